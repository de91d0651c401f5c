#include "formats/torch_state.hpp"

#include "base/error.hpp"
#include "formats/checks.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace lp::torch {
namespace {

using nlohmann::json;
using pickle::Ref;

/// Dicts that hold weights under one of their keys: Ultralytics (the average over time first, as it does
/// itself), Lightning and timm, PyTorch's own tutorials, BasicSR.
constexpr std::array<std::string_view, 5> wrappers = {"ema", "model", "state_dict", "model_state_dict",
                                                      "params"};
constexpr int deepest_wrapper = 4, deepest_module = 64;
constexpr std::size_t most_steps = std::size_t{1} << 26U;
constexpr std::size_t entry_steps = 64;  // what a name costs that is kept, beside its length

class Finder {
 public:
  Finder(const pickle::Tree& tree, const Tensors& tensors, const std::string& file)
      : tree_(tree), tensors_(tensors), file_(file) {}

  State find() {
    const Ref root = tree_.root();
    Ref weights = root;
    for (int depth = 0; depth < deepest_wrapper && !is_module(weights); ++depth) {
      const auto inner = wrapped(weights);
      if (!inner) break;
      weights = *inner;
    }
    if (const auto module = module_of(weights))
      add_module(*module, "", 0);
    else
      add_dict(weights, "");
    if (state_.tensors.empty())
      fail(Fault::bad_model, "{}: no tensors with names are in it; save the model's state_dict by torch.save",
           file_);
    describe(root, weights);
    return std::move(state_);
  }

 private:
  /// What the walk needs of a torch.nn.Module.
  struct Module {
    Ref attributes, parameters, modules;
  };

  /// What a walk costs in time and memory: a hostile file can name one thing over and over.
  void spend(std::size_t steps) {
    if (steps > most_steps - spent_)
      fail(Fault::bad_model, "{}: its modules and names are more than any model has", file_);
    spent_ += steps;
  }

  std::optional<Ref> get(Ref dict, std::string_view key) {
    spend(1 + tree_.pairs(dict).size());
    return tree_.find(dict, key);
  }

  /// An attribute of an object, or what a dict has under that key.
  std::optional<Ref> attribute(std::optional<Ref> object, std::string_view key) {
    if (!object) return {};
    if (const auto found = get(*object, key)) return found;
    const pickle::Record* const record = tree_.record(*object);
    return record != nullptr && record->state ? get(*record->state, key) : std::nullopt;
  }

  std::optional<Module> module_of(Ref ref) {
    const pickle::Record* const record = tree_.record(ref);
    if (record == nullptr || !record->state) return {};
    const auto parameters = get(*record->state, "_parameters"), modules = get(*record->state, "_modules");
    if (!parameters || !modules) return {};
    return Module{.attributes = *record->state, .parameters = *parameters, .modules = *modules};
  }

  bool is_module(Ref ref) { return module_of(ref).has_value(); }

  bool has_tensors(Ref dict) {
    const auto pairs = tree_.pairs(dict);
    spend(pairs.size());
    for (std::size_t i = 1; i < pairs.size(); i += 2)
      if (tensors_.is_tensor(pairs[i])) return true;
    return false;
  }

  std::optional<Ref> wrapped(Ref dict) {
    for (const std::string_view key : wrappers)
      if (const auto value = get(dict, key);
          value && (is_module(*value) || has_tensors(*value) || wrapped_once(*value)))
        return value;
    return {};
  }

  /// Whether one more dict lies between, as in {"model": {"state_dict": {...}}}.
  bool wrapped_once(Ref dict) {
    return std::any_of(wrappers.begin(), wrappers.end(), [&](std::string_view key) {
      const auto value = get(dict, key);
      return value && (is_module(*value) || has_tensors(*value));
    });
  }

  std::string joined(const std::string& prefix, Ref key) {
    const auto name = tree_.text(key);
    if (!name) fail(Fault::bad_model, "{}: the name of a tensor or module is no text", file_);
    spend(entry_steps + prefix.size() + name->size());
    return checked_name(prefix.empty() ? std::string(*name) : fmt::format("{}.{}", prefix, *name), file_,
                        "a tensor name");
  }

  /// The tensors of a dict, but for those whose keys are left out.
  void add_dict(Ref dict, const std::string& prefix, const std::set<std::string_view>& left_out = {}) {
    const auto pairs = tree_.pairs(dict);
    spend(pairs.size());
    for (std::size_t i = 0; i < pairs.size(); i += 2) {
      if (!tensors_.is_tensor(pairs[i + 1])) continue;
      std::string name = joined(prefix, pairs[i]);
      if (!left_out.contains(tree_.text(pairs[i]).value_or("")))
        state_.tensors.emplace_back(std::move(name), pairs[i + 1]);
    }
  }

  /// Texts of a list, or of a set as a call makes it.
  std::set<std::string_view> texts(std::optional<Ref> ref) {
    std::set<std::string_view> found;
    if (!ref) return found;
    if (const pickle::Record* const record = tree_.record(*ref)) {
      const auto arguments = tree_.items(record->arguments);
      if (arguments.size() != 1) return found;
      ref = arguments.front();
    }
    for (const Ref item : tree_.items(*ref)) {
      const std::string_view text = tree_.text(item).value_or("");
      spend(entry_steps + text.size());
      found.insert(text);
    }
    return found;
  }

  /// As torch.nn.Module.state_dict() walks: parameters, buffers that are to be kept, modules below.
  void add_module(const Module& module, const std::string& prefix, int depth) {
    if (depth > deepest_module)
      fail(Fault::bad_model, "{}: modules are nested more than {} deep", file_, deepest_module);
    add_dict(module.parameters, prefix);
    const auto buffers = get(module.attributes, "_buffers");
    if (buffers) add_dict(*buffers, prefix, texts(get(module.attributes, "_non_persistent_buffers_set")));
    if (buffers && get(*buffers, "running_var"))
      if (const auto eps = get(module.attributes, "eps"))
        if (const auto number = tree_.real(*eps)) state_.batch_norm_eps.emplace(prefix, *number);
    const auto below = tree_.pairs(module.modules);
    spend(below.size());
    for (std::size_t i = 0; i < below.size(); i += 2)
      if (const auto inner = module_of(below[i + 1])) add_module(*inner, joined(prefix, below[i]), depth + 1);
  }

  // What is known besides weights.

  void note(const char* key, std::optional<Ref> value) {
    const auto text = value ? tree_.text(*value) : std::nullopt;
    if (!text || state_.metadata.contains(key)) return;
    spend(text->size());
    state_.metadata[key] = checked_text(*text, file_, fmt::format("`{}`", key));
  }

  /// Labels as Ultralytics writes them into ONNX files: the text of a Python dict.
  void note_labels(std::optional<Ref> value) {
    std::vector<std::string> entries;
    const auto add = [&](std::int64_t id, Ref label) {
      const std::string_view text = tree_.text(label).value_or("");
      spend(entry_steps + text.size());
      std::string quoted;
      for (const char c : checked_text(text, file_, "`names`"))
        quoted += c == '\'' || c == '\\' ? fmt::format("\\{}", c) : std::string(1, c);
      entries.push_back(fmt::format("{}: '{}'", id, quoted));
    };
    if (!value) return;
    const auto pairs = tree_.pairs(*value), items = tree_.items(*value);
    for (std::size_t i = 0; i < pairs.size(); i += 2)
      if (const auto id = tree_.integer(pairs[i])) add(*id, pairs[i + 1]);
    for (std::size_t i = 0; i < items.size(); ++i) add(static_cast<std::int64_t>(i), items[i]);
    if (!entries.empty()) state_.metadata["names"] = fmt::format("{{{}}}", fmt::join(entries, ", "));
  }

  void note_size(std::optional<Ref> value) {
    if (!value || state_.metadata.contains("imgsz")) return;
    std::vector<std::int64_t> sides;
    if (const auto side = tree_.integer(*value)) sides.push_back(*side);
    for (const Ref item : tree_.items(*value))
      if (const auto side = tree_.integer(item); side && sides.size() < 2) sides.push_back(*side);
    if (!sides.empty()) state_.metadata["imgsz"] = shape_text(sides);
  }

  /// The sizes that OpenAI's Whispers have beside their weights.
  void note_dims(std::optional<Ref> value) {
    if (!value) return;
    const auto pairs = tree_.pairs(*value);
    for (std::size_t i = 0; i < pairs.size(); i += 2) {
      const auto key = tree_.text(pairs[i]);
      const auto size = tree_.integer(pairs[i + 1]);
      if (!key || !size) continue;
      spend(entry_steps + key->size());
      state_.metadata["dims"][checked_text(*key, file_, "a key of `dims`")] = *size;
    }
  }

  void describe(Ref root, Ref weights) {
    for (const char* key : {"license", "version"}) note(key, attribute(root, key));
    note_dims(attribute(root, "dims"));
    if (!is_module(weights)) return;
    const auto labels = attribute(weights, "names");
    note_labels(labels ? labels : attribute(root, "names"));
    note("task", attribute(weights, "task"));
    for (const auto arguments : {attribute(root, "train_args"), attribute(weights, "args")}) {
      note("task", attribute(arguments, "task"));
      note_size(attribute(arguments, "imgsz"));
    }
  }

  const pickle::Tree& tree_;
  const Tensors& tensors_;
  const std::string& file_;
  State state_;
  std::size_t spent_ = 0;
};

}  // namespace

State find_state(const pickle::Tree& tree, const Tensors& tensors, const std::string& file) {
  return Finder(tree, tensors, file).find();
}

bool is_plain(std::string_view callable) {
  static constexpr std::array<std::string_view, 21> names = {
      "collections.OrderedDict", "collections.defaultdict", "__builtin__.set", "builtins.set",
      "__builtin__.frozenset", "builtins.frozenset", "torch.Size", "torch.device",
      // Numbers and arrays of numpy, among the results of a training.
      "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct",
      "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar", "numpy.dtype", "_codecs.encode",
      // Arguments of a training.
      "argparse.Namespace", "types.SimpleNamespace", "pathlib.Path", "pathlib.PosixPath",
      "pathlib.WindowsPath", "pathlib._local.PosixPath", "pathlib._local.WindowsPath"};
  // Classes of modules: PyTorch's, Ultralytics', and those of YOLO files from before it was a package. A
  // class has a capital; no checkpoint wants a function of these packages called.
  static constexpr std::array<std::string_view, 4> packages = {"torch.nn.", "ultralytics.", "models.",
                                                               "utils."};
  const std::string_view last = callable.substr(callable.rfind('.') + 1);
  const bool is_class = !last.empty() && last.front() >= 'A' && last.front() <= 'Z';
  return makes_tensors(callable) || std::find(names.begin(), names.end(), callable) != names.end() ||
         (is_class && std::any_of(packages.begin(), packages.end(),
                                  [&](std::string_view package) { return callable.starts_with(package); }));
}

}  // namespace lp::torch
