#include "tasks/image_encoder.hpp"

#include "base/error.hpp"
#include "base/stop_watch.hpp"

#include <algorithm>

namespace lp {
namespace {

ImageTransform read_transform(const Model& model) {
  const nlohmann::json& given = model.info.preprocessing;
  if (given.contains("hugging_face")) return ImageTransform::from_hugging_face(given["hugging_face"]);
  if (given.contains("timm")) return ImageTransform::from_timm(given["timm"]);
  if (given.contains("open_clip")) return ImageTransform::from_open_clip(given["open_clip"]);
  fail(Fault::bad_model,
       "it does not say how pictures are prepared; convert it with the publisher's "
       "preprocessor_config.json (timm: config.json) beside its weights");
}

}  // namespace

ImageTransform with_side(ImageTransform transform, int side) {
  const int own = transform.width() > 0 ? transform.width() : transform.scale_size.width;
  if (own == 0 || (own == side && transform.height() == side)) return transform;
  const auto scaled = [&](int length) {
    return std::max(1, static_cast<int>(std::int64_t{length} * side / own));
  };
  transform.scale_size = {scaled(transform.scale_size.width), scaled(transform.scale_size.height)};
  if (transform.longest > 0) transform.longest = scaled(transform.longest);
  if (transform.crop != ImageTransform::Crop::none) transform.crop_size = {side, side};
  return transform;
}

ImageTransform image_transform_of(const Model& model) {
  try {
    return read_transform(model);
  } catch (const Error& error) {
    fail(error.fault(), "{}: {}", model.name, error.what());
  }
}

ImageEncoder::ImageEncoder(LoadedModel loaded, int side) : sessions_(std::move(loaded)) {
  const Model& model = *sessions_.loaded().model;
  if (model.info.image_size == 0)
    fail(Fault::usage, "{}: a model for text, which takes no pictures", model.name);
  transform_ = with_side(image_transform_of(model), side > 0 ? side : model.info.image_size);
}

Session& ImageEncoder::session() {
  const ModelInfo& info = sessions_.info();
  const ImageTransform::Size size = transform_.output_size(info.image_size, info.image_size);
  BuildOptions sizes = default_sizes(info);
  sizes.image_width = size.width;
  sizes.image_height = size.height;
  return sessions_.at(sizes, input_.graph());
}

Encoded ImageEncoder::encode(const Image& image) {
  Encoded encoded;
  StopWatch watch;
  input_.fill(image, transform_, sessions_.info());
  encoded.preprocess_ms = watch.lap();
  Session& net = sessions_.at(input_.sizes(), input_.graph());
  watch.lap();  // compiling is once for all pictures of this size
  encoded.outputs = run_to_values(net, input_.views());
  encoded.inference_ms = watch.lap();
  return encoded;
}

}  // namespace lp
