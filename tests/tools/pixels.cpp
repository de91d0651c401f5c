// lp-pixels: what our image preprocessing makes of a picture, for comparison with the original.
//   lp-pixels IMAGE... --config FILE.json --output OUT.npy [--kind hugging_face|timm|open_clip|own]
//             [--interleaved] [--repeat N]
//   lp-pixels IMAGE... --resize W H FILTER --output OUT.npy [--repeat N]
//   lp-pixels --config FILE.json [--kind ...]      prints the transform as our JSON
// OUT.npy: f32 [3, h, w] or [h, w, 3]; with --resize u8 [h, w, 3]. Of several pictures the name of the output
// has {} in place of their number. --repeat also prints the milliseconds of the fastest of N runs.
#include "base/error.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "formats/npy.hpp"
#include "tasks/image_transform.hpp"
#include "tasks/resample.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace lp {
namespace {

struct Arguments {
  std::vector<std::string> images, resize;
  std::string config, output, kind = "hugging_face";
  bool interleaved = false;
  int repeat = 0;
};

ImageTransform read_transform(const Arguments& arguments) {
  const nlohmann::json config = parse_json(read_text(arguments.config), arguments.config);
  if (arguments.kind == "timm") return ImageTransform::from_timm(config);
  if (arguments.kind == "open_clip") return ImageTransform::from_open_clip(config);
  if (arguments.kind == "own") return ImageTransform::from_json(config);
  return ImageTransform::from_hugging_face(config);
}

template <class Work>
void run(int repeat, const Work& work) {
  double best = 1e9;
  for (int i = 0; i < std::max(repeat, 1); ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    best = std::min(
        best, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  if (repeat > 0) std::printf("%.4f ms\n", best);
}

void write_resized(const Arguments& arguments, const Image& image, const std::string& output) {
  const std::optional<ResampleFilter> filter = resample_filter(arguments.resize[2]);
  if (!filter) fail(Fault::usage, "no filter {}", arguments.resize[2]);
  Image scaled;
  run(arguments.repeat, [&] {
    scaled = resample(image, std::stoi(arguments.resize[0]), std::stoi(arguments.resize[1]), *filter);
  });
  const std::array<std::int64_t, 3> shape = {scaled.height, scaled.width, 3};
  write_npy(output, DType::u8, shape, std::as_bytes(std::span(scaled.rgb)));
}

void write_pixels(const Arguments& arguments, const ImageTransform& transform, const Image& image,
                  const std::string& output) {
  const ImageTransform::Size size = transform.output_size(image.width, image.height);
  std::vector<float> values(3 * static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height));
  const PixelLayout layout = arguments.interleaved ? PixelLayout::interleaved : PixelLayout::planar;
  run(arguments.repeat, [&] { transform.apply(image, values, layout); });
  std::array<std::int64_t, 3> shape = {3, size.height, size.width};
  if (arguments.interleaved) shape = {size.height, size.width, 3};
  write_npy(output, DType::f32, shape, std::as_bytes(std::span(values)));
}

void run(const Arguments& arguments) {
  ImageTransform transform;
  if (!arguments.config.empty()) transform = read_transform(arguments);
  if (arguments.images.empty()) std::printf("%s\n", transform.to_json().dump().c_str());
  for (std::size_t i = 0; i < arguments.images.size(); ++i) {
    std::string output = arguments.output;
    if (const std::size_t place = output.find("{}"); place != std::string::npos)
      output.replace(place, 2, std::to_string(i));
    const Image image = read_image(arguments.images[i]);
    if (arguments.resize.empty()) {
      write_pixels(arguments, transform, image, output);
    } else {
      write_resized(arguments, image, output);
    }
  }
}

}  // namespace
}  // namespace lp

int main(int argc, char** argv) {
  CLI::App app("Writes the pixels that an image encoder is given");
  lp::Arguments arguments;
  app.add_option("images", arguments.images);
  app.add_option("--config", arguments.config);
  app.add_option("--kind", arguments.kind)
      ->check(CLI::IsMember({"hugging_face", "timm", "open_clip", "own"}));
  app.add_option("--resize", arguments.resize)->expected(3);
  app.add_option("--output", arguments.output);
  app.add_flag("--interleaved", arguments.interleaved);
  app.add_option("--repeat", arguments.repeat);
  CLI11_PARSE(app, argc, argv);
  try {
    lp::run(arguments);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "lp-pixels: %s\n", error.what());
    return 1;
  }
}
