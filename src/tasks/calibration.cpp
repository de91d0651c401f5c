#include "tasks/calibration.hpp"

#include "base/error.hpp"
#include "formats/tensor_data.hpp"
#include "quantize/weights.hpp"
#include "tasks/answer_error.hpp"

#include <algorithm>
#include <list>

namespace lp {
namespace {

constexpr std::size_t most_judged = 64;  // samples that errors are measured on
constexpr std::size_t most_tried = 24;   // the same where that is done once for each layer

using Weights = std::set<std::string, std::less<>>;

/// A layer that could stay in floating numbers, and what that is worth.
struct Candidate {
  std::string weight;
  double flops = 0, gain = 0;
};

class Calibration {
 public:
  Calibration(const LoadedModel& original, std::vector<Sample>& samples, const CalibrationOptions& options)
      : original_(original), samples_(samples), options_(options) {}

  Calibrated run() {
    find_layers();
    measure();
    choose_method();
    keep_sensitive_layers();
    result_.model = quantized(all_without(result_.kept), ranges_);
    result_.error = error_of(result_.model, "measuring the result", 0.99, 1);
    return std::move(result_);
  }

 private:
  void say(const std::string& what, double part) const {
    if (options_.progress) options_.progress(what, part);
  }

  /// All layers of the graphs that there are samples for.
  void find_layers() {
    std::set<std::string> graphs;
    for (Sample& sample : samples_) {
      if (!graphs.insert(sample.graph()).second) continue;
      const Graph graph = build_graph(*original_.model, sample.sizes(), sample.graph());
      for (const QuantizableLayer& layer : quantizable_layers(graph)) {
        weights_.insert(layer.weight);
        flops_[layer.weight] += layer.flops;
      }
      for (const std::string& value : values_to_measure(graph, weights_)) values_.push_back(value);
    }
    if (weights_.empty())
      fail(Fault::unsupported, "{}: it has no layer that computes with 8-bit numbers", original_.model->name);
  }

  /// Calls `take(value, numbers)` for each value of each sample's run.
  template <class Take>
  void for_values(const std::string& what, double from, double to, const Take& take) {
    for (std::size_t i = 0; i < samples_.size(); ++i) {
      say(what, from + (to - from) * static_cast<double>(i) / static_cast<double>(samples_.size()));
      const SessionOptions wanted{
          .sizes = samples_[i].sizes(), .graph = samples_[i].graph(), .keep = values_};
      if (!session_ || session_->options().sizes != wanted.sizes || session_->options().graph != wanted.graph)
        session_ = std::make_unique<Session>(original_, wanted);
      outputs_.resize(samples_.size());
      outputs_[i] = run_to_values(*session_, samples_[i].views());
      for (const std::string& value : values_in(session_->graph())) take(value, session_->value(value));
    }
  }

  std::vector<std::string> values_in(const Graph& graph) const {
    std::vector<std::string> names;
    for (int id = 0; id < graph.size(); ++id)
      if (std::find(values_.begin(), values_.end(), graph[id].name) != values_.end())
        names.push_back(graph[id].name);
    return names;
  }

  void measure() {
    auto& histograms = result_.histograms;
    for_values("finding the ends of ranges", 0, 0.1,
               [&](const std::string& value, const std::vector<float>& x) {
                 const auto [least, most] = std::minmax_element(x.begin(), x.end());
                 const Range range{*least, *most};
                 const auto [it, is_new] = histograms.try_emplace(value);
                 it->second.range = is_new ? range : join(it->second.range, range);
               });
    for_values("counting values", 0.1, 0.25,
               [&](const std::string& value, const std::vector<float>& x) { histograms[value].add(x); });
  }

  void choose_method() {
    double least = 0;
    for (std::size_t i = 0; i < range_methods.size(); ++i) {
      Ranges ranges;
      for (const auto& [value, histogram] : result_.histograms)
        ranges.emplace(value, find_range(histogram, range_methods[i]));
      const std::string method(name(range_methods[i]));
      const double part = 0.25 + 0.15 * static_cast<double>(i) / range_methods.size();
      const double error =
          error_of(quantized(weights_, ranges), "trying ranges by " + method, part, part + 0.03);
      result_.errors[method] = error;
      if (i > 0 && error >= least) continue;
      least = error;
      result_.method = method;
      ranges_ = std::move(ranges);
    }
    result_.error = least;
  }

  /// Of the layers without which the error is less, those that gain most for their arithmetic, as long as the
  /// budget reaches and the error falls.
  void keep_sensitive_layers() {
    std::vector<Candidate> candidates;
    const double all = error_of(quantized(weights_, ranges_), "trying layers", 0.4, 0.4, most_tried);
    double total = 0, done = 0;
    for (const auto& [weight, flops] : flops_) total += flops;
    for (const auto& [weight, flops] : flops_) {
      const double part = 0.4 + 0.5 * done++ / static_cast<double>(flops_.size());
      if (flops > options_.budget * total) continue;
      const double error =
          error_of(quantized(all_without({weight}), ranges_), "trying layers", part, part, most_tried);
      candidates.push_back({weight, flops, all - error});
    }
    std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
      return a.gain * b.flops > b.gain * a.flops;  // gain for each multiply-add
    });
    double spent = 0;
    for (const Candidate& candidate : candidates) {
      constexpr double least_gain = 0.01;  // of the error: less is chance
      if (candidate.gain < least_gain * result_.error || spent + candidate.flops > options_.budget * total)
        continue;
      std::vector<std::string> kept = result_.kept;
      kept.push_back(candidate.weight);
      const double error = error_of(quantized(all_without(kept), ranges_), "keeping layers", 0.95, 0.95);
      if (error >= result_.error) continue;
      spent += candidate.flops;
      result_.kept = std::move(kept);
      result_.error = error;
    }
  }

  Weights all_without(const std::vector<std::string>& kept) const {
    Weights weights = weights_;
    for (const std::string& weight : kept) weights.erase(weight);
    return weights;
  }

  /// The model with these weights in 8 bits.
  std::shared_ptr<const Model> quantized(const Weights& weights, const Ranges& ranges) {
    struct Storage {
      std::shared_ptr<const void> original;
      std::list<std::shared_ptr<const QuantizedTensor>> tensors;
    };
    auto model = std::make_shared<Model>(*original_.model);
    auto storage = std::make_shared<Storage>();
    storage->original = model->checkpoint.storage;
    for (const std::string& path : weights) {
      StoredTensor& tensor = model->checkpoint.tensors.at(path);
      auto& made = made_[path];
      if (!made)
        made = std::make_shared<QuantizedTensor>(quantize_rows(to_f32(tensor), tensor.shape.front()));
      tensor = {DType::i8, tensor.shape, std::as_bytes(std::span(made->numbers)),
                std::as_bytes(std::span(made->scales))};
      storage->tensors.push_back(made);
    }
    model->checkpoint.storage = storage;
    model->stored = DType::i8;
    nlohmann::json stored = nlohmann::json::object();
    for (const auto& [value, range] : ranges) stored[value] = {range.low, range.high};
    model->info.quantization = {{"method", result_.method}, {"ranges", stored}};
    return model;
  }

  /// Mean answer_error over samples, at most `most` of them.
  double error_of(const std::shared_ptr<const Model>& model, const std::string& what, double from, double to,
                  std::size_t most = most_judged) {
    LoadedModel loaded = original_;
    loaded.model = model;
    loaded.placement.precision = DType::i8;
    loaded.weights = original_.placement.backend->weights(model->checkpoint);
    SessionCache sessions(std::move(loaded));
    double sum = 0;
    const std::size_t step = (samples_.size() + most - 1) / most;
    std::size_t count = 0;
    for (std::size_t i = 0; i < samples_.size(); i += step, ++count) {
      say(what, from + (to - from) * static_cast<double>(i) / static_cast<double>(samples_.size()));
      Session& session = sessions.at(samples_[i].sizes(), samples_[i].graph());
      sum += answer_error(model->info, run_to_values(session, samples_[i].views()), outputs_[i]);
    }
    return sum / static_cast<double>(count);
  }

  const LoadedModel& original_;
  std::vector<Sample>& samples_;
  const CalibrationOptions& options_;
  Calibrated result_;
  Weights weights_;
  std::map<std::string, double> flops_;  // by weight
  std::vector<std::string> values_;
  std::unique_ptr<Session> session_;  // of the original, with its values; the last sample's
  std::vector<Outputs> outputs_;      // of the original
  std::map<std::string, std::shared_ptr<const QuantizedTensor>> made_;
  Ranges ranges_;
};

}  // namespace

Calibrated calibrate(const LoadedModel& original, std::vector<Sample>& samples,
                     const CalibrationOptions& options) {
  if (samples.empty()) fail(Fault::bad_input, "{}: nothing to calibrate on", original.model->name);
  if (const Support support = original.placement.backend->computes(DType::i8); !support)
    fail(Fault::unsupported, "{}: {}", original.model->name, support.why);
  return Calibration(original, samples, options).run();
}

}  // namespace lp
