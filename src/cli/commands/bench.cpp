#include "base/error.hpp"
#include "base/sha256.hpp"
#include "cli/against.hpp"
#include "cli/command.hpp"
#include "cli/model_choice.hpp"
#include "cli/output.hpp"
#include "cli/profile.hpp"
#include "cli/stop.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace lp::cli {
namespace {

using nlohmann::json;

/// Most memory that the process has had, in units of 10^6 bytes. Source: getrusage(2): kilobytes, on macOS
/// bytes.
double peak_rss_mb() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
  return static_cast<double>(usage.ru_maxrss) * 1e-6;
#else
  return static_cast<double>(usage.ru_maxrss) * 1024e-6;
#endif
}

/// A session and two inputs that take turns, so that nothing can be reused from the run before.
class Bench {
 public:
  Bench(const Settings& settings, const Found& found)
      : ready_(load_model(settings, found)),
        session_(ready_, session_options(settings)),
        states_(session_.new_states()),
        turns_{Buffers(session_.graph(), 1), Buffers(session_.graph(), 2)} {
    for (const Buffers& turn : turns_)
      session_.run({turn.inputs, turn.outputs, states_.get()});  // to warm up
  }

  /// Milliseconds of one run, from the caller's buffer to the caller's buffer.
  double run_once() {
    const Buffers& turn = turns_[next_];
    next_ = 1 - next_;
    const auto start = std::chrono::steady_clock::now();
    session_.run({turn.inputs, turn.outputs, states_.get()});
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  }

  const LoadedModel& ready() const { return ready_; }
  double gflop() const { return gflop_of(session_.graph()); }
  double build_ms() const { return session_.build_ms(); }
  std::vector<StepProfile> profile() { return cli::profile(session_); }

  /// The first 16 digits of SHA-256 over all outputs, for each of the two inputs.
  std::array<std::string, 2> checksums() const {
    std::array<std::string, 2> sums;
    for (std::size_t i = 0; i < 2; ++i) {
      Sha256 sum;
      for (const TensorView& output : turns_[i].outputs)
        sum.add({static_cast<const std::byte*>(output.data),
                 static_cast<std::size_t>(output.elements()) * sizeof(float)});
      sums[i] = sum.finish().substr(0, 16);
    }
    return sums;
  }

 private:
  SessionOptions session_options(const Settings& settings) const {
    const int side = settings.has("size") ? settings.integer("size") : 0;
    BuildOptions sizes = default_sizes(ready_.model->info, side);
    if (settings.has("tokens")) sizes.tokens = settings.integer("tokens");
    sizes.batch = settings.integer("batch");
    const std::string part = settings.has("part") ? settings.text("part") : "";
    if (!part.empty()) check_part(sizes, part);
    return {.sizes = sizes, .graph = part, .keep = {}};
  }

  /// @throws Error{usage} with the names that there are.
  void check_part(const BuildOptions& sizes, const std::string& part) const {
    const Model& model = *ready_.model;
    std::vector<std::string> names;
    for (const Graph& graph : model.family->build(&model.checkpoint, model.info, sizes).graphs)
      names.push_back(graph.name);
    if (std::find(names.begin(), names.end(), part) == names.end())
      fail(Fault::usage, "--part: {} has no part `{}`, but: {}", model.name, part, fmt::join(names, ", "));
  }

  LoadedModel ready_;
  Session session_;
  std::unique_ptr<States> states_;
  std::array<Buffers, 2> turns_;
  std::size_t next_ = 0;
};

/// For scripts that interleave programs: "ready", then for every line N of input the milliseconds of N runs;
/// 0 ends it.
int serve(Bench& bench) {
  print("ready\n");
  for (std::string line; read_input_line(line);) {
    int runs = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), runs);
    if (error != std::errc() || end != line.data() + line.size() || runs < 0)
      fail(Fault::bad_input, "bench --serve: `{}` is not a number of runs", line);
    if (runs == 0) break;
    std::string times;
    for (int i = 0; i < runs; ++i) times += fmt::format("{}{:.4f}", i > 0 ? " " : "", bench.run_once());
    print(times + "\n");
  }
  return 0;
}

/// The value below which `part` of the sorted times lie, between neighbours linearly.
double quantile(const std::vector<double>& sorted, double part) {
  const double at = part * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (at - static_cast<double>(below));
}

int run(const Invocation& invocation) {
  const Settings& settings = invocation.settings;
  // The programs that `against` starts serve, whatever the config file has for them.
  if (!settings.flag("serve") && !settings.list("against").empty()) {
    if (settings.integer("batch") > 1)
      fail(Fault::usage, "bench: --against measures single inputs, so there is nothing for --batch");
    return run_against(invocation);
  }
  const Store store = open_store(settings);
  Bench bench(settings, find_model(store, invocation.arguments.front(), settings.text("precision")));
  if (settings.flag("serve")) return serve(bench);
  const int runs = settings.integer("runs"), batch = settings.integer("batch");
  Progress progress(!settings.flag("quiet"), static_cast<std::size_t>(runs));
  std::vector<double> times;
  for (int i = 0; i < runs; ++i) {
    check_stop();
    progress.step("runs");
    times.push_back(bench.run_once());
  }
  progress.clear();
  std::sort(times.begin(), times.end());
  const double median = quantile(times, 0.5);
  const auto checksums = bench.checksums();
  const LoadedModel& ready = bench.ready();
  json row = {{"model", ready.model->name},
              {"task", ready.model->info.task},
              {"runtime", ready.placement.backend->name()},
              {"device", device_name},
              {"precision", precision_name(ready.placement.precision)},
              {"threads", ready.lane->threads()},
              {"batch", batch},
              {"runs", runs},
              {"min_ms", rounded(times.front(), 4)},
              {"median_ms", rounded(median, 4)},
              {"p99_ms", rounded(quantile(times, 0.99), 4)},
              {"per_second", rounded(batch * 1e3 / median, 2)},
              {"gflops", rounded(bench.gflop() / median * 1e3, 1)},
              {"peak_rss_mb", rounded(peak_rss_mb(), 1)},
              {"build_ms", rounded(bench.build_ms(), 1)},
              {"checksums", checksums}};
  if (settings.flag("profile")) row["profile"] = profile_json(bench.profile());
  if (invocation.json()) {
    print_json({{"rows", json::array({row})}});
    return 0;
  }
  print(fmt::format("{} on {} in {}, {} threads, {} runs{}\n", plain(ready.model->name),
                    ready.placement.backend->name(), precision_name(ready.placement.precision),
                    ready.lane->threads(), runs, batch > 1 ? fmt::format(" of {} inputs", batch) : ""));
  print(table({{"MIN MS", "MEDIAN MS", "P99 MS", "PER SECOND", "GFLOP/S", "PEAK MB"},
               {fmt::format("{:.2f}", times.front()), fmt::format("{:.2f}", median),
                fmt::format("{:.2f}", quantile(times, 0.99)), fmt::format("{:.1f}", batch * 1e3 / median),
                fmt::format("{:.0f}", bench.gflop() / median * 1e3), fmt::format("{:.0f}", peak_rss_mb())}},
              {0, 1, 2, 3, 4, 5}));
  print(fmt::format("checksums {} {}\n", checksums[0], checksums[1]));
  if (settings.flag("profile")) std::fputs(profile_table(bench.profile()).c_str(), stderr);
  return 0;
}

}  // namespace

Command bench_command() {
  return {
      .name = "bench",
      .summary = "measure how fast a model runs, side by side with other programs",
      .arguments = "MODEL",
      .options = {"size", "tokens", "part", "batch", "runs", "against", "onnx", "rounds", "serve", "profile"},
      .least_arguments = 1,
      .most_arguments = 1,
      .run = run};
}

}  // namespace lp::cli
