#include "tasks/encoded.hpp"

#include "base/stop_watch.hpp"

namespace lp {

std::vector<Encoded> run_encoder(SessionCache& sessions, Sample& inputs, std::size_t first,
                                 std::size_t count) {
  Session& net = sessions.at(inputs.sizes(count), inputs.graph());
  StopWatch watch;  // compiling is once for all inputs of this size
  const auto outputs = run_to_values(net, inputs.views(first, count));
  std::vector<Encoded> encoded(count);
  const double ms = watch.lap() / static_cast<double>(count);
  for (std::size_t i = 0; i < count; ++i) {
    encoded[i].inference_ms = ms;
    for (const auto& [name, values] : outputs) {
      const auto each = static_cast<std::ptrdiff_t>(values.size() / count);
      const auto start = values.begin() + static_cast<std::ptrdiff_t>(i) * each;
      encoded[i].outputs[name].assign(start, start + each);
    }
  }
  return encoded;
}

}  // namespace lp
