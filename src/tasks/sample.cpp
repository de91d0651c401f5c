#include "tasks/sample.hpp"

#include "base/error.hpp"

#include <algorithm>

namespace lp {
namespace {

bool takes_both(const ModelInfo& info) {
  return info.image_size > 0 && info.max_tokens > 0;
}

/// Where a text that ends with a special token ends: at its first one, as the original models look for it.
std::int32_t end_of(const std::vector<std::int32_t>& ids) {
  return static_cast<std::int32_t>(std::find(ids.begin(), ids.end(), ids.back()) - ids.begin());
}

}  // namespace

int text_bucket(std::size_t tokens, int most) {
  const auto length = static_cast<std::int64_t>(std::max<std::size_t>(tokens, 1));
  const std::int64_t step = length <= 64 ? 16 : length <= 128 ? 32 : length <= 256 ? 64 : 128;
  return static_cast<int>(std::min<std::int64_t>((length + step - 1) / step * step, most));
}

void Sample::set_picture(int width, int height) {
  sizes_.image_width = width;
  sizes_.image_height = height;
  pixels_.resize(static_cast<std::size_t>(std::int64_t{3} * height * width));
  ids_.clear();
}

void Sample::fill(const Image& image, const Letterbox& box) {
  sizes_ = {};
  set_picture(box.width, box.height);
  letterbox_rgb(image, box, pixels_.data(), PixelLayout::interleaved);
}

void Sample::fill(const Image& image, const ImageTransform& transform, const ModelInfo& info) {
  graph_ = takes_both(info) ? "image" : "";
  sizes_ = default_sizes(info);
  const ImageTransform::Size size = transform.output_size(image.width, image.height);
  set_picture(size.width, size.height);
  transform.apply(image, pixels_, PixelLayout::interleaved);
}

void Sample::fill(std::vector<std::int32_t> ids, const ModelInfo& info) {
  LP_ASSERT(!ids.empty());
  graph_ = takes_both(info) ? "text" : "";
  sizes_ = default_sizes(info);
  sizes_.tokens = text_bucket(ids.size(), info.max_tokens);
  extent_ = takes_both(info) ? end_of(ids) : static_cast<std::int32_t>(ids.size());
  ids_ = std::move(ids);
  ids_.resize(static_cast<std::size_t>(sizes_.tokens));
  pixels_.clear();
}

std::vector<TensorView> Sample::views() {
  const std::int64_t height = sizes_.image_height, width = sizes_.image_width;
  if (ids_.empty())
    return {{DType::f32, {1, 3, height, width}, {3 * height * width, 1, 3 * width, 3}, pixels_.data()}};
  return {{DType::i32, {1, static_cast<std::int64_t>(ids_.size())}, {}, ids_.data()},
          {DType::i32, {1}, {}, &extent_}};
}

}  // namespace lp
