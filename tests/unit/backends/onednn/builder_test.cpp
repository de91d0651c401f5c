// No silent slow kernel: what oneDNN would only do with its reference code is refused when the plan is built.
#include "backends/onednn/builder.hpp"

#include "base/error.hpp"
#include "ops/conv.hpp"

#include <doctest/doctest.h>

namespace lp::onednn {
namespace {

/// A graph of one convolution on channels that are a part of a wider tensor.
Graph one_convolution() {
  Graph graph;
  const Tensor x = input(graph, "x", {{"n", 1}, {"c", 16}, {"h", 8}, {"w", 8}});
  const Tensor weight{&graph, graph.add(Weight{"weight"}, {}, {{"co", 16}, {"ci", 16}, {"kh", 3}, {"kw", 3}},
                                        "weight", Here::current())};
  const Tensor y = apply(op::Conv2d{.padding = 1}, {x, weight, std::nullopt}, "block.conv");
  graph.outputs = {{"y", y.id}};
  return graph;
}

}  // namespace

TEST_CASE("a convolution into channels with gaps has only a reference kernel, and the plan refuses it") {
  const Graph graph = one_convolution();
  Builder builder(graph, nullptr, CompileOptions{}, dnnl::engine(dnnl::engine::kind::cpu, 0));
  const View x = builder.fresh(DType::f32, {1, 16, 8, 8});
  View y = builder.fresh(DType::f32, {1, 32, 8, 8});
  y.dims[1] = 16;  // half of the channels of a concat's result
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const dnnl::memory::desc weight({16, 16, 3, 3}, dnnl::memory::data_type::f32,
                                  dnnl::memory::format_tag::any);
  const dnnl::convolution_forward::primitive_desc plan(
      builder.engine(), dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, x.desc(),
      weight, dnnl::memory::desc(), y.desc(), {1, 1}, {0, 0}, {1, 1}, {1, 1}, attributes);
  const int convolution = graph.outputs.front().id;
  std::string said;
  try {
    builder.primitive(convolution, plan.impl_info_str(), dnnl::convolution_forward(plan),
                      plan.scratchpad_desc(), {{DNNL_ARG_SRC, x}}, {{DNNL_ARG_DST, y}});
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::unsupported);
    said = error.what();
  }
  INFO(said);
  CHECK(said.starts_with("conv2d `block.conv`: oneDNN has only its reference kernel `ref:any`"));
  CHECK(said.find("f32 [1, 16, 8, 8] with gaps") != std::string::npos);
}

TEST_CASE("what a processor does not compute is refused with the op's name") {
  const Graph graph = one_convolution();
  const CompileOptions half{.policy = PrecisionPolicy("", DType::f16)};
  try {
    Builder(graph, nullptr, half, dnnl::engine(dnnl::engine::kind::cpu, 0)).build();
    MESSAGE("this processor has F16");
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::unsupported);
    CHECK(std::string(error.what()).starts_with("conv2d `block.conv`: oneDNN "));
  }
}

TEST_CASE("values in use at one time never share memory") {
  Plan plan;
  for (const auto& [size, first, last] : {std::tuple{1000, 0, 1}, {500, 1, 2}, {1000, 2, 3}, {64, 0, 3}}) {
    Buffer buffer;
    buffer.size_bytes = static_cast<std::size_t>(size);
    plan.buffers.push_back(buffer);
    (void)first, (void)last;
  }
  const auto step = [](std::vector<int> buffers) {
    Step made;
    for (const int buffer : buffers) made.writes.push_back({DType::u8, {1}, {1}, buffer, 0});
    return made;
  };
  plan.steps = {step({0, 3}), step({0, 1}), step({1, 2}), step({2, 3})};
  place_in_arena(plan);
  const auto overlap = [&](std::size_t a, std::size_t b) {
    const Buffer &x = plan.buffers[a], &y = plan.buffers[b];
    return x.offset < y.offset + y.size_bytes && y.offset < x.offset + x.size_bytes;
  };
  CHECK_FALSE(overlap(0, 1));
  CHECK_FALSE(overlap(1, 2));
  for (const std::size_t other : {0U, 1U, 2U}) CHECK_FALSE(overlap(3, other));
  CHECK(plan.buffers[0].offset == plan.buffers[2].offset);  // never in use together: one place
  CHECK(plan.arena_bytes == 1024 + 512 + 64);
}

}  // namespace lp::onednn
