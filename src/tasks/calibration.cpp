#include "tasks/calibration.hpp"

#include "base/error.hpp"
#include "formats/tensor_data.hpp"
#include "quantize/smoothing.hpp"
#include "quantize/weights.hpp"
#include "tasks/answer_error.hpp"

#include <algorithm>
#include <cmath>
#include <list>

namespace lp {
namespace {

constexpr std::size_t most_tried = 24, most_confirming = 24;  // samples that errors are measured on

/// A method, or a layer, that does better by less does so by chance.
constexpr double clearly_less = 0.8, least_gain = 0.02;

using Weights = std::set<std::string, std::less<>>;

/// A layer that could stay in floating numbers, and what that is worth.
struct Candidate {
  std::string weight;
  double flops = 0, gain = 0;
};

/// A value whose channels are made alike.
struct Smoothed {
  std::vector<std::string> weights;  // of the layers that read it
  std::vector<Range> channels;
  std::shared_ptr<const std::vector<float>> factors;
};

class Calibration {
 public:
  Calibration(const LoadedModel& original, std::vector<Sample>& samples, const CalibrationOptions& options)
      : original_(original), samples_(samples), options_(options) {}

  Calibrated run() {
    find_layers();
    measure();
    choose_samples();
    choose_method();
    keep_sensitive_layers();
    result_.model = quantized(all_without(result_.kept), ranges_);
    quantize_weights_alone();
    say("measuring the result", 0.99);
    result_.error = error_of(result_.model, all_chosen());
    return std::move(result_);
  }

 private:
  void say(const std::string& what, double part) {
    doing_ = {what, part};
    say_again();
  }

  /// Between samples: progress is where a person's wish to stop is seen.
  void say_again() const {
    if (options_.progress) options_.progress(doing_.first, doing_.second);
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
      for (const auto& [value, weights] : values_to_smooth(graph, weights_))
        smoothed_[value].weights = weights;
    }
    leave_shared_weights();
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

  /// A weight that two values are multiplied by can have the factors of neither.
  void leave_shared_weights() {
    std::map<std::string, int> readers;
    for (const auto& [value, smoothed] : smoothed_)
      for (const std::string& weight : smoothed.weights) ++readers[weight];
    std::erase_if(smoothed_, [&](const auto& entry) {
      return std::ranges::any_of(entry.second.weights,
                                 [&](const std::string& weight) { return readers[weight] > 1; });
    });
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
                 if (const auto it = smoothed_.find(value); it != smoothed_.end())
                   join_columns(it->second.channels, x, columns_of(it->second));
                 if (!std::isfinite(range.low) || !std::isfinite(range.high))
                   fail(Fault::bad_model, "{}: the values of `{}` are not finite on these inputs",
                        original_.model->name, value);
                 const auto [it, is_new] = histograms.try_emplace(value);
                 it->second.range = is_new ? range : join(it->second.range, range);
               });
    find_smoothing();
    for_values("counting values", 0.1, 0.25, [&](const std::string& value, const std::vector<float>& x) {
      const auto it = smoothed_.find(value);
      if (it == smoothed_.end()) return histograms[value].add(x);
      std::vector<float> smooth = x;
      const std::vector<float>& factors = *it->second.factors;
      for (std::size_t i = 0; i < smooth.size(); ++i) smooth[i] *= factors[i % factors.size()];
      histograms[value].add(smooth);
    });
  }

  std::size_t columns_of(const Smoothed& smoothed) const {
    return static_cast<std::size_t>(
        original_.model->checkpoint.tensors.at(smoothed.weights.front()).shape.back());
  }

  void find_smoothing() {
    for (auto& [value, smoothed] : smoothed_) {
      std::vector<float> largest(columns_of(smoothed));
      for (const std::string& weight : smoothed.weights)
        take_largest(largest, to_f32(original_.model->checkpoint.tensors.at(weight)));
      smoothed.factors =
          std::make_shared<const std::vector<float>>(smoothing_factors(smoothed.channels, largest));
      result_.histograms.at(value).range = smoothed_range(smoothed.channels, *smoothed.factors);
      for (const std::string& weight : smoothed.weights) factors_.emplace(weight, smoothed.factors);
    }
  }

  /// The samples in which there is most to judge, in two parts.
  void choose_samples() {
    const ModelInfo& info = original_.model->info;
    std::vector<std::pair<double, std::size_t>> order;  // least first: weight, sample
    for (std::size_t i = 0; i < samples_.size(); ++i)
      order.emplace_back(-answer_error(info, outputs_[i], outputs_[i]).weight, i);
    std::stable_sort(order.begin(), order.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (std::size_t i = 0; i < order.size(); ++i) {
      std::vector<std::size_t>& part = i % 2 == 0 ? tried_ : confirming_;
      if (part.size() < (i % 2 == 0 ? most_tried : most_confirming)) part.push_back(order[i].second);
    }
    if (confirming_.empty()) confirming_ = tried_;
  }

  /// All numbers of a value have a level, unless another method does clearly better on all samples.
  void choose_method() {
    static_assert(range_methods.front() == RangeMethod::min_max);
    for (std::size_t i = 0; i < range_methods.size(); ++i) {
      Ranges ranges;
      for (const auto& [value, histogram] : result_.histograms)
        ranges.emplace(value, find_range(histogram, range_methods[i]));
      const std::string method(name(range_methods[i]));
      say("trying ranges by " + method, 0.25 + 0.15 * static_cast<double>(i) / range_methods.size());
      const auto model = quantized(weights_, ranges);
      const double error = error_of(model, all_chosen());
      result_.errors[method] = error;
      if (i > 0 && error >= clearly_less * result_.error) continue;
      result_.error = error;
      result_.method = method;
      ranges_ = std::move(ranges);
    }
  }

  /// Of the layers without which the error is less, those that gain most for their arithmetic, as long as the
  /// budget reaches. They are found on one half of the samples and must hold on the other.
  void keep_sensitive_layers() {
    if (result_.error <= options_.enough) return;
    std::vector<Candidate> candidates;
    double total = 0, done = 0;
    for (const auto& [weight, flops] : flops_) total += flops;
    const double all = error_of(quantized(weights_, ranges_), tried_);
    for (const auto& [weight, flops] : flops_) {
      say("trying layers", 0.4 + 0.5 * done++ / static_cast<double>(flops_.size()));
      if (flops > options_.budget * total) continue;
      const double gain = all - error_of(quantized(all_without({weight}), ranges_), tried_);
      if (gain > least_gain * all) candidates.push_back({weight, flops, gain});
    }
    std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
      return a.gain * b.flops > b.gain * a.flops;  // gain for each multiply-add
    });
    double spent = 0, least = error_of(quantized(weights_, ranges_), confirming_);
    for (const Candidate& candidate : candidates) {
      if (spent + candidate.flops > options_.budget * total) continue;
      say("keeping layers", 0.95);
      std::vector<std::string> kept = result_.kept;
      kept.push_back(candidate.weight);
      const double error = error_of(quantized(all_without(kept), ranges_), confirming_);
      if (error >= (1 - least_gain) * least) continue;
      spent += candidate.flops;
      least = error;
      result_.kept = std::move(kept);
    }
  }

  /// The linear layers of the graph that is bound by its weights: nothing is measured for them.
  void quantize_weights_alone() {
    const Model& given = *original_.model;
    if (given.family->weights_only.empty()) return;
    Weights weights;
    const Graph graph = build_graph(given, default_sizes(given.info), given.family->weights_only);
    for (const QuantizableLayer& layer : quantizable_layers(graph))
      if (!weights_.contains(layer.weight)) weights.insert(layer.weight);
    Weights all = all_without(result_.kept);
    all.insert(weights.begin(), weights.end());
    const auto model = std::make_shared<Model>(*quantized(all, ranges_));
    model->info.quantization["weights_only"] = weights;
    result_.model = model;
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
      std::list<std::shared_ptr<const std::vector<float>>> factors;
      std::list<std::shared_ptr<const QuantizedTensor>> tensors;
    };
    auto model = std::make_shared<Model>(*original_.model);
    auto storage = std::make_shared<Storage>();
    storage->original = model->checkpoint.storage;
    for (const std::string& path : weights) {
      StoredTensor& tensor = model->checkpoint.tensors.at(path);
      auto& made = made_[path];
      const auto factors = factors_.find(path);
      if (!made) made = std::make_shared<QuantizedTensor>(quantized_rows(tensor, factors));
      tensor = {DType::i8, tensor.shape, std::as_bytes(std::span(made->numbers)),
                std::as_bytes(std::span(made->scales))};
      storage->tensors.push_back(made);
      if (factors == factors_.end()) continue;
      tensor.smoothing = std::as_bytes(std::span(*factors->second));
      storage->factors.push_back(factors->second);
    }
    model->checkpoint.storage = storage;
    model->stored = DType::i8;
    nlohmann::json stored = nlohmann::json::object();
    for (const auto& [value, range] : ranges) stored[value] = {range.low, range.high};
    model->info.quantization = {{"method", result_.method}, {"ranges", stored}};
    return model;
  }

  /// Rows of 8-bit numbers, of a linear layer's divided by the factors of what it reads.
  QuantizedTensor quantized_rows(const StoredTensor& tensor, const Smoothing::const_iterator& factors) const {
    std::vector<float> values = to_f32(tensor);
    if (factors != factors_.end())
      for (std::size_t i = 0; i < values.size(); ++i)
        values[i] /= factors->second->at(i % factors->second->size());
    return quantize_rows(values, tensor.shape.front());
  }

  std::vector<std::size_t> all_chosen() const {
    std::vector<std::size_t> all = tried_;
    all.insert(all.end(), confirming_.begin(), confirming_.end());
    return all;
  }

  /// The mean answer_error of some of the samples.
  double error_of(const std::shared_ptr<const Model>& model, const std::vector<std::size_t>& samples) {
    LoadedModel loaded = original_;
    loaded.model = model;
    loaded.placement.precision = DType::i8;
    loaded.weights = original_.placement.backend->weights_alike(model->checkpoint, packed_);
    if (!packed_) packed_ = loaded.weights;  // of the first, which has every layer in 8 bits
    SessionCache sessions(std::move(loaded));
    AnswerError all;
    for (const std::size_t i : samples) {
      say_again();
      Session& session = sessions.at(samples_[i].sizes(), samples_[i].graph());
      const AnswerError one =
          answer_error(model->info, run_to_values(session, samples_[i].views()), outputs_[i]);
      all = {all.sum + one.sum, all.weight + one.weight};
    }
    return all.mean();
  }

  const LoadedModel& original_;
  std::vector<Sample>& samples_;
  const CalibrationOptions& options_;
  Calibrated result_;
  std::pair<std::string, double> doing_;  // what, and the part of all that is done
  Weights weights_;
  std::map<std::string, double> flops_;  // by weight
  std::vector<std::string> values_;
  std::map<std::string, Smoothed, std::less<>> smoothed_;  // by value
  Smoothing factors_;                                      // by weight
  std::unique_ptr<Session> session_;             // of the original, with its values; the last sample's
  std::vector<Outputs> outputs_;                 // of the original
  std::vector<std::size_t> tried_, confirming_;  // samples that choices are made on, and others
  std::shared_ptr<WeightStore> packed_;          // forms that all trials share
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
