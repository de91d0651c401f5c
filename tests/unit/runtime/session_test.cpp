// A model of formula weights through artefact, placement and several sessions at once.
#include "runtime/session.hpp"

#include "base/error.hpp"
#include "formats/gguf_writer.hpp"
#include "runtime/artefact.hpp"
#include "runtime/session_cache.hpp"
#include "support/formula.hpp"
#include "support/tiny_model.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <thread>

namespace lp {
namespace {

std::vector<float> picture(int size, int number) {
  std::vector<float> values;
  for (const double u : formula_uniform("picture" + std::to_string(number), 3LL * size * size))
    values.push_back(static_cast<float>(u));
  return values;
}

std::vector<float> run(Session& session, std::vector<float> image, int size) {
  const Graph& graph = session.graph();
  const std::vector<std::int64_t> shape = sizes(graph[graph.outputs.front().id].shape);
  std::vector<float> output(static_cast<std::size_t>(shape[1] * shape[2]));
  const TensorView in{DType::f32, {1, 3, size, size}, {}, image.data()};
  const TensorView out{DType::f32, shape, {}, output.data()};
  session.run({std::span(&in, 1), std::span(&out, 1)});
  return output;
}

std::unique_ptr<Session> session_of(const std::shared_ptr<const Model>& model,
                                    const std::shared_ptr<WeightStore>& weights, const Backend& backend,
                                    int size) {
  return std::make_unique<Session>(
      LoadedModel{model, {&backend, DType::f32, ""}, weights, std::make_shared<Lane>(1)},
      SessionOptions{
          .sizes = {.batch = 1, .image_width = size, .image_height = size}, .graph = {}, .keep = {}});
}

}  // namespace

TEST_CASE("an artefact holds the model: what it is, and its weights bit by bit") {
  const auto path =
      std::filesystem::temp_directory_path() / ("lp-artefact-" + std::to_string(::getpid()) + ".gguf");
  const auto model = tiny_model();
  write_artefact(path, *model, DType::f32);
  const auto read = open_model(path, "tiny");
  CHECK(read->info.labels == model->info.labels);
  CHECK(read->info.config == model->info.config);
  CHECK(read->info.image_size == 64);
  CHECK(read->stored == DType::f32);
  REQUIRE(read->checkpoint.tensors.size() == model->checkpoint.tensors.size());
  for (const auto& [name, tensor] : model->checkpoint.tensors) {
    const StoredTensor& other = read->checkpoint.tensors.at(name);
    CHECK(other.shape == tensor.shape);
    REQUIRE(std::equal(tensor.data.begin(), tensor.data.end(), other.data.begin(), other.data.end()));
  }
  for (const Backend* backend : backends()) {
    const auto a = session_of(model, backend->weights(model->checkpoint), *backend, 64);
    const auto b = session_of(read, backend->weights(read->checkpoint), *backend, 64);
    CHECK(run(*a, picture(64, 0), 64) == run(*b, picture(64, 0), 64));
  }
  std::filesystem::remove(path);
}

TEST_CASE("a cache of sessions keeps the last used, whose answers do not change") {
  const auto model = tiny_model();
  const Backend& backend = *backends().front();
  SessionCache cache(
      {model, {&backend, DType::f32, ""}, backend.weights(model->checkpoint), std::make_shared<Lane>(1)}, 2);
  const auto at = [&](int size) -> Session& {
    return cache.at({.batch = 1, .image_width = size, .image_height = size});
  };
  const std::vector<float> before = run(at(64), picture(64, 0), 64);
  const Session* const first = &at(64);
  at(96);
  CHECK(&at(64) == first);
  at(32);  // 96 goes: 64 was used after it
  CHECK(cache.size() == 2);
  CHECK(&at(64) == first);
  at(96);
  at(32);  // now 64 goes, and is made anew
  CHECK(cache.size() == 2);
  CHECK(run(at(64), picture(64, 0), 64) == before);
}

TEST_CASE("weights stored in half the bytes run too") {
  const auto model = tiny_model();
  std::vector<float> bins(16);
  for (std::size_t i = 0; i < bins.size(); ++i) bins[i] = static_cast<float>(i);
  model->checkpoint.tensors["model.22.dfl.conv.weight"] = {
      DType::f32, {1, 16, 1, 1}, std::as_bytes(std::span(bins))};
  const Backend& backend = *backends().front();
  const auto exact = session_of(model, backend.weights(model->checkpoint), backend, 64);
  const std::vector<float> expected = run(*exact, picture(64, 0), 64);
  for (const DType type : {DType::f32, DType::f16, DType::bf16}) {
    const auto path =
        std::filesystem::temp_directory_path() / ("lp-half-" + std::to_string(::getpid()) + ".gguf");
    write_artefact(path, *model, type);
    const auto read = open_model(path, "half");
    CHECK(read->stored == type);
    const auto session = session_of(read, backend.weights(read->checkpoint), backend, 64);
    const std::vector<float> found = run(*session, picture(64, 0), 64);
    double difference = 0, size = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
      difference += std::pow(double{found[i]} - double{expected[i]}, 2);
      size += std::pow(double{expected[i]}, 2);
    }
    CHECK(std::sqrt(difference / size) < (type == DType::f32 ? 1e-12 : 0.05));
    std::filesystem::remove(path);
  }
}

TEST_CASE("an artefact of a newer program is one sentence") {
  const auto path =
      std::filesystem::temp_directory_path() / ("lp-newer-" + std::to_string(::getpid()) + ".gguf");
  write_gguf(path, {{"lp.family", "yolov8"}, {"lp.format_version", 99}}, {});
  CHECK_THROWS_WITH_AS(
      open_model(path, "newer"),
      (path.string() +
       ": made by a newer llama-pajamas (format 99, this one reads up to 1); update the program")
          .c_str(),
      Error);
  std::filesystem::remove(path);
}

TEST_CASE("sessions of one model run beside each other on shared weights, each with its own result") {
  const auto model = tiny_model();
  const Backend& backend = *backends().front();
  const auto weights = backend.weights(model->checkpoint);
  const auto alone = session_of(model, weights, backend, 64);
  const std::size_t bytes = alone->memory().weights;
  std::vector<std::vector<float>> expected;
  for (int i = 0; i < 3; ++i) expected.push_back(run(*alone, picture(64, i), 64));
  CHECK(expected[0] != expected[1]);

  std::vector<std::unique_ptr<Session>> sessions;
  for (int i = 0; i < 3; ++i) sessions.push_back(session_of(model, weights, backend, 64));
  CHECK(sessions.back()->memory().weights == bytes);  // nothing was packed twice
  std::vector<std::thread> callers;
  std::array<int, 3> wrong{};
  for (std::size_t i = 0; i < 3; ++i)
    callers.emplace_back([&, i] {
      for (int round = 0; round < 20; ++round)
        if (run(*sessions[i], picture(64, static_cast<int>(i)), 64) != expected[i]) ++wrong[i];
    });
  for (std::thread& caller : callers) caller.join();
  CHECK(wrong == std::array<int, 3>{});
}

TEST_CASE("a caller's tensor may have any strides") {
  const auto model = tiny_model();
  for (const Backend* backend : backends()) {
    const auto session = session_of(model, backend->weights(model->checkpoint), *backend, 64);
    const std::vector<float> planar = picture(64, 0);
    std::vector<float> pixels(planar.size());
    for (std::size_t c = 0; c < 3; ++c)
      for (std::size_t p = 0; p < 64 * 64; ++p) pixels[p * 3 + c] = planar[c * 64 * 64 + p];
    const std::vector<float> expected = run(*session, planar, 64);
    const std::vector<std::int64_t> shape =
        sizes(session->graph()[session->graph().outputs.front().id].shape);
    std::vector<float> turned(expected.size());  // anchors first
    const TensorView in{DType::f32, {1, 3, 64, 64}, {3 * 64 * 64, 1, 3 * 64, 3}, pixels.data()};
    const TensorView out{DType::f32, shape, {shape[1] * shape[2], 1, shape[1]}, turned.data()};
    session->run({std::span(&in, 1), std::span(&out, 1)});
    bool same = true;
    for (std::int64_t row = 0; row < shape[1]; ++row)
      for (std::int64_t a = 0; a < shape[2]; ++a)
        same = same && turned[static_cast<std::size_t>(a * shape[1] + row)] ==
                           expected[static_cast<std::size_t>(row * shape[2] + a)];
    CHECK(same);
    const TensorView wrong{DType::f32, {1, 3, 32, 64}, {}, pixels.data()};
    CHECK_THROWS_WITH_AS(session->run({std::span(&wrong, 1), std::span(&out, 1)}),
                         "`images` was given as [1, 3, 32, 64], it is [1, 3, 64, 64]", Error);
  }
}

TEST_CASE("a size that the model cannot take is refused") {
  const auto model = tiny_model();
  const Backend& backend = find_backend("reference");
  CHECK_THROWS_WITH_AS(session_of(model, backend.weights(model->checkpoint), backend, 100),
                       "YOLOv8 takes images whose sides are multiples of 32 pixels, not 100x100", Error);
}

TEST_CASE("placement says why, or why not") {
  const auto model = tiny_model();
  CHECK(choose_placement(*model, "reference", "f32").backend->name() == "reference");
  CHECK_FALSE(choose_placement(*model, "auto", "auto").why.empty());
  if (backends().size() == 2)
    CHECK_THROWS_WITH_AS(choose_placement(*model, "onnx", "f32"),
                         "no runtime `onnx` in this program; it has: onednn, reference", Error);
  CHECK_THROWS_WITH_AS(choose_placement(*model, "reference", "bf16"),
                       "reference: the reference computes in f32 only", Error);
  CHECK_THROWS_WITH_AS(choose_placement(*model, "auto", "f99"),
                       "no precision `f99` to compute in; there are: auto, f32, bf16, int8", Error);
}

}  // namespace lp
