#include "support/tiny_model.hpp"

#include "models/vision/yolov8.hpp"
#include "support/formula.hpp"

namespace lp {

std::shared_ptr<Model> tiny_model() {
  auto model = std::make_shared<Model>();
  static const Family family = models::yolov8();
  model->name = "tiny";
  model->family = &family;
  model->info = {.family = "yolov8",
                 .task = "detect",
                 .variant = "custom",
                 .labels = {"cat", "dog", "été"},
                 .image_size = 64};
  model->info.config = {{"width", {8, 16, 16, 32, 32}}, {"repeats", 1}, {"classes", 3}, {"bins", 16}};
  const Program declared =
      family.build(nullptr, model->info, {.batch = 1, .image_width = 64, .image_height = 64});
  model->checkpoint = formula_checkpoint(declared.graph("main"), 1.5);
  model->checkpoint.file = "tiny";
  return model;
}

}  // namespace lp
