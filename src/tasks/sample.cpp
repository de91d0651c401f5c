#include "tasks/sample.hpp"

#include "base/error.hpp"
#include "tasks/whisper_model.hpp"

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

InputKind kind_of(const Letterbox& box) {
  return {.graph = {}, .sizes = {.batch = 1, .image_width = box.width, .image_height = box.height}};
}

InputKind kind_of(const Image& image, const ImageTransform& transform, const ModelInfo& info) {
  InputKind kind{.graph = takes_both(info) ? "image" : "", .sizes = default_sizes(info)};
  const ImageTransform::Size size = transform.output_size(image.width, image.height);
  kind.sizes.image_width = size.width;
  kind.sizes.image_height = size.height;
  return kind;
}

InputKind kind_of_text(std::size_t tokens, const ModelInfo& info) {
  InputKind kind{.graph = takes_both(info) ? "text" : "", .sizes = default_sizes(info)};
  kind.sizes.tokens = text_bucket(tokens, info.max_tokens);
  return kind;
}

BuildOptions Sample::sizes(std::size_t count) const {
  BuildOptions sizes = kind_.sizes;
  sizes.batch = static_cast<int>(count);
  return sizes;
}

template <class Number>
std::span<Number> Sample::next(InputKind kind, std::size_t size, std::vector<Number>& numbers) {
  LP_ASSERT(count_ == 0 || kind == kind_);
  kind_ = std::move(kind);
  size_ = size;
  if (numbers.size() < (count_ + 1) * size) numbers.resize((count_ + 1) * size);
  return {numbers.data() + count_ * size, size};
}

std::span<float> Sample::next_picture(InputKind kind) {
  is_text_ = is_sound_ = false;
  const std::int64_t size = std::int64_t{3} * kind.sizes.image_height * kind.sizes.image_width;
  return next(std::move(kind), static_cast<std::size_t>(size), pixels_);
}

void Sample::add(const Image& image, const Letterbox& box) {
  letterbox_rgb(image, box, next_picture(kind_of(box)).data(), PixelLayout::interleaved);
  ++count_;
}

void Sample::add(const Image& image, const ImageTransform& transform, const ModelInfo& info) {
  transform.apply(image, next_picture(kind_of(image, transform, info)), PixelLayout::interleaved);
  ++count_;
}

void Sample::add(const std::vector<std::int32_t>& ids, const ModelInfo& info) {
  InputKind kind = kind_of_text(ids.size(), info);
  const auto length = static_cast<std::size_t>(kind.sizes.tokens);
  LP_ASSERT(!ids.empty() && ids.size() <= length);
  is_text_ = true;
  is_sound_ = false;
  const std::span<std::int32_t> padded = next(std::move(kind), length, ids_);
  std::fill(std::copy(ids.begin(), ids.end(), padded.begin()), padded.end(), 0);
  extents_.resize(count_);
  extents_.push_back(takes_both(info) ? end_of(ids) : static_cast<std::int32_t>(ids.size()));
  ++count_;
}

void Sample::add_sound(std::span<const float> samples, int frames) {
  LP_ASSERT(count_ == 0);
  kind_ = {.graph = "encoder", .sizes = {.tokens = 1, .frames = frames}};
  is_sound_ = true;
  pixels_ = whisper_input(samples, frames);
  extents_.assign(1, 0);  // where the states are written
  size_ = pixels_.size();
  count_ = 1;
}

std::vector<TensorView> Sample::views(std::size_t first, std::size_t count) {
  LP_ASSERT(first + count <= count_);
  const auto n = static_cast<std::int64_t>(count);
  if (is_sound_)
    return {{DType::f32, {1, static_cast<std::int64_t>(pixels_.size()), 1}, {}, pixels_.data()},
            {DType::i32, {1}, {}, extents_.data()}};
  if (is_text_)
    return {{DType::i32, {n, kind_.sizes.tokens}, {}, ids_.data() + first * size_},
            {DType::i32, {n}, {}, extents_.data() + first}};
  const std::int64_t height = kind_.sizes.image_height, width = kind_.sizes.image_width;
  return {{DType::f32,
           {n, 3, height, width},
           {3 * height * width, 1, 3 * width, 3},
           pixels_.data() + first * size_}};
}

}  // namespace lp
