#include "tasks/image_encoder.hpp"

#include "base/error.hpp"

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
    fail(Fault::usage, "{}: a model for {}, which takes no pictures", model.name,
         model.info.max_tokens > 0 ? "text" : "sound");
  transform_ = with_side(image_transform_of(model), side > 0 ? side : model.info.image_size);
}

InputKind ImageEncoder::kind_of(const Image& image) const {
  return lp::kind_of(image, transform_, sessions_.info());
}

void ImageEncoder::add(const Image& image, Sample& to) const {
  to.add(image, transform_, sessions_.info());
}

std::vector<Encoded> ImageEncoder::run(Sample& inputs, std::size_t first, std::size_t count) {
  return run_encoder(sessions_, inputs, first, count);
}

Encoded ImageEncoder::encode(const Image& image) {
  input_.clear();
  add(image, input_);
  return std::move(run(input_, 0, 1).front());
}

Session& ImageEncoder::session(int batch) {
  const int side = sessions_.info().image_size;
  InputKind kind = kind_of({.width = side, .height = side});
  kind.sizes.batch = batch;
  return sessions_.at(kind.sizes, kind.graph);
}

}  // namespace lp
