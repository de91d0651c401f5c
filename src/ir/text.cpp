#include "ir/text.hpp"

#include "base/error.hpp"
#include "ops/catalog.hpp"

#include <charconv>
#include <functional>
#include <utility>

namespace lp {
namespace {

/// Node ids in the order of the text: inputs as declared, then depth first from the outputs and from what the
/// states become.
std::vector<int> canonical_order(const Graph& graph) {
  std::vector<int> order = graph.inputs();
  std::vector<bool> seen(static_cast<std::size_t>(graph.size()), false);
  for (const int id : order) seen[static_cast<std::size_t>(id)] = true;
  const std::function<void(int)> visit = [&](int id) {
    if (id < 0 || seen[static_cast<std::size_t>(id)]) return;
    seen[static_cast<std::size_t>(id)] = true;
    for (const int input : graph[id].inputs) visit(input);
    order.push_back(id);
  };
  for (const Graph::Output& output : graph.outputs) visit(output.id);
  for (const Graph::StateVersions& each : graph.states()) visit(each.last);
  return order;
}

std::string line(const Node& node, int number, const std::vector<int>& numbers) {
  std::string args;
  const auto add = [&](const std::string& arg) { args += (args.empty() ? "" : ", ") + arg; };
  for (const int id : node.inputs)
    add(id < 0 ? "_" : fmt::format("%{}", numbers[static_cast<std::size_t>(id)]));
  for (const Attribute& attribute : node.op.attributes()) add(attribute.name + "=" + attribute.text);
  return fmt::format("%{} = {}({}) -> {}  # {}\n", number, node.op.name(), args, text(node.shape), node.name);
}

/// Reads one line of graph text from the left.
class LineReader {
 public:
  LineReader(std::string_view line, int number) : left_(line), line_(line), number_(number) {}

  [[noreturn]] void broken() const {
    fail(Fault::bad_model, "graph text, line {}: cannot read `{}`", number_, line_);
  }
  /// Text up to `end`, which is passed over.
  std::string_view until(std::string_view end) {
    const std::size_t at = left_.find(end);
    if (at == std::string_view::npos) broken();
    const std::string_view taken = left_.substr(0, at);
    left_.remove_prefix(at + end.size());
    return taken;
  }
  std::string_view rest() const { return left_; }
  int reference(std::string_view text, int count) const {
    int id = -1;
    if (!text.starts_with('%')) broken();
    const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), id);
    if (error != std::errc() || end != text.data() + text.size() || id < 0 || id >= count) broken();
    return id;
  }

 private:
  std::string_view left_, line_;
  int number_;
};

/// Splits at ", " outside of quotes and brackets.
std::vector<std::string_view> split_arguments(std::string_view text) {
  std::vector<std::string_view> parts;
  std::size_t from = 0;
  bool quoted = false;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '"') quoted = !quoted;
    if (i < text.size() && (quoted || text[i] != ',')) continue;
    std::string_view part = text.substr(from, i - from);
    while (part.starts_with(' ')) part.remove_prefix(1);
    if (!part.empty()) parts.push_back(part);
    from = i + 1;
  }
  return parts;
}

Shape parse_shape(std::string_view text, const LineReader& reader) {
  if (!text.starts_with('[') || !text.ends_with(']')) reader.broken();
  Shape shape;
  for (const std::string_view axis : split_arguments(text.substr(1, text.size() - 2))) {
    const std::size_t equals = axis.find('=');
    if (equals == std::string_view::npos) reader.broken();
    std::int64_t size = 0;
    read_attribute(axis.substr(equals + 1), size);
    if (size < 0) reader.broken();
    shape.push_back({std::string(axis.substr(0, equals)), size});
  }
  return shape;
}

void parse_node(Graph& graph, LineReader reader, int number) {
  if (reader.reference(reader.until(" = "), number + 1) != number) reader.broken();
  const std::string_view op_name = reader.until("(");
  const std::string_view arguments = reader.until(") -> ");
  const Shape shape = parse_shape(reader.until("  # "), reader);
  std::vector<int> inputs;
  std::vector<std::optional<Shape>> shapes;
  std::vector<Attribute> attributes;
  for (const std::string_view argument : split_arguments(arguments)) {
    if (const std::size_t equals = argument.find('=');
        equals != std::string_view::npos && argument.front() != '%') {
      attributes.push_back(
          {std::string(argument.substr(0, equals)), std::string(argument.substr(equals + 1))});
    } else if (argument == "_") {
      inputs.push_back(-1);
      shapes.emplace_back();
    } else {
      inputs.push_back(reader.reference(argument, number));
      shapes.emplace_back(graph[inputs.back()].shape);
    }
  }
  const std::string value_name(reader.rest());
  if (op_name == Input::name) {
    graph.add(Input{}, {}, shape, value_name, Here::current());
  } else if (op_name == Indices::name) {
    graph.add(Indices{}, {}, shape, value_name, Here::current());
  } else if (op_name == StateValue::name) {
    graph.add(StateValue{}, {}, shape, value_name, Here::current());
  } else if (op_name == Weight::name) {
    Weight weight;
    set_attributes(weight, attributes);
    graph.add(weight, {}, shape, value_name, Here::current());
  } else {
    const Op op = find_op(op_name).make(attributes);
    const Shape inferred = op.infer(shapes);
    if (text(inferred) != text(shape)) reader.broken();
    graph.add(op, inputs, inferred, value_name, Here::current());
  }
}

}  // namespace

std::string text(const Graph& graph) {
  std::string out = fmt::format("graph {}\n", graph.name);
  std::vector<int> numbers(static_cast<std::size_t>(graph.size()), -1);
  int next = 0;
  for (const int id : canonical_order(graph)) {
    numbers[static_cast<std::size_t>(id)] = next;
    out += line(graph[id], next++, numbers);
  }
  for (const Graph::Output& output : graph.outputs)
    out += fmt::format("output {} = %{}\n", output.name, numbers[static_cast<std::size_t>(output.id)]);
  return out;
}

Graph parse_graph(std::string_view text) {
  Graph graph;
  int number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    LineReader reader(line, ++number);
    if (line.starts_with("graph ")) {
      graph.name = line.substr(6);
    } else if (line.starts_with("output ")) {
      reader.until("output ");
      const std::string output_name(reader.until(" = "));
      graph.outputs.push_back({output_name, reader.reference(reader.rest(), graph.size())});
    } else if (!line.empty()) {
      parse_node(graph, reader, graph.size());
    }
  }
  return graph;
}

}  // namespace lp
