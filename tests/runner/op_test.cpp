#include "runner/op_test.hpp"

#include "base/error.hpp"

#include <charconv>
#include <fstream>
#include <sstream>

namespace lp {
namespace {

/// Reads one file line by line; errors name the place.
class Parser {
 public:
  explicit Parser(const std::filesystem::path& file) : file_(file.filename().string()), in_(file) {
    if (!in_) fail(Fault::io, "{}: cannot be read", file.string());
  }

  std::vector<OpTest> read() {
    while (next()) {
      if (line_.front() != ' ')
        start();
      else if (tests_.empty())
        broken("a line before the first case");
      else
        add(tests_.back());
    }
    return std::move(tests_);
  }

 private:
  [[noreturn]] void broken(std::string_view why) const {
    fail(Fault::bad_input, "{}:{}: {}: `{}`", file_, number_, why, line_);
  }

  bool next() {
    while (std::getline(in_, line_)) {
      ++number_;
      if (const std::size_t comment = line_.find('#');
          comment != std::string::npos && !line_.starts_with("  says"))
        line_.resize(comment);
      if (line_.find_first_not_of(' ') != std::string::npos) return true;
    }
    return false;
  }

  void start() {
    std::istringstream words(line_);
    std::string kind;
    OpTest test;
    words >> kind >> test.name;
    if (kind == "case")
      test.kind = OpTest::Kind::values;
    else if (kind == "sweep")
      test.kind = OpTest::Kind::sweep;
    else if (kind == "error")
      test.kind = OpTest::Kind::error;
    else
      broken("neither case, sweep nor error");
    test.file = file_;
    test.line = number_;
    tests_.push_back(std::move(test));
  }

  void add(OpTest& test) const {
    std::string_view text(line_);
    text.remove_prefix(text.find_first_not_of(' '));
    if (test.op.empty())
      add_op(test, text);
    else if (text.starts_with("says "))
      test.says = text.substr(5);
    else if (text.starts_with("->"))
      test.expected = tensor(text.substr(2), "");
    else
      add_input(test, text);
  }

  void add_op(OpTest& test, std::string_view text) const {
    std::istringstream words{std::string(text)};
    words >> test.op;
    for (std::string word; words >> word;) {
      const std::size_t equals = word.find('=');
      if (equals == std::string::npos) broken("an attribute is name=value");
      test.attributes.push_back({word.substr(0, equals), word.substr(equals + 1)});
    }
  }

  void add_input(OpTest& test, std::string_view text) const {
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos) broken("an input is NAME [sizes] values");
    const std::string input_name(text.substr(0, space));
    const std::string_view rest = text.substr(space + 1);
    test.inputs.push_back(rest.find('_') != std::string_view::npos ? std::nullopt
                                                                   : std::optional(tensor(rest, input_name)));
  }

  TestTensor tensor(std::string_view text, const std::string& tensor_name) const {
    const std::size_t open = text.find('['), close = text.find(']');
    if (open == std::string_view::npos || close == std::string_view::npos) broken("sizes are [1, 2, 3]");
    TestTensor out{tensor_name, shape(text.substr(open + 1, close - open - 1)), {}};
    std::istringstream values{std::string(text.substr(close + 1))};
    for (float value = 0; values >> value;) out.values.push_back(value);
    if (!values.eof()) broken("a value is no number");
    if (!out.values.empty() && static_cast<std::int64_t>(out.values.size()) != elements(out.shape))
      broken(fmt::format("{} values for {} elements", out.values.size(), elements(out.shape)));
    return out;
  }

  Shape shape(std::string_view text) const {
    Shape out;
    std::istringstream axes{std::string(text)};
    for (std::string axis; std::getline(axes, axis, ',');) {
      const std::size_t equals = axis.find('=');
      std::string axis_name = equals == std::string::npos ? "" : axis.substr(0, equals);
      axis_name.erase(0, std::min(axis_name.find_first_not_of(' '), axis_name.size()));
      std::int64_t size = -1;
      const std::string digits =
          axis.substr(equals == std::string::npos ? axis.find_first_not_of(' ') : equals + 1);
      std::from_chars(digits.data(), digits.data() + digits.size(), size);
      if (size < 0) broken("a size is a number");
      out.push_back({axis_name, size});
    }
    static const std::vector<std::vector<std::string>> names = {
        {}, {"d"}, {"s", "d"}, {"b", "s", "d"}, {"n", "c", "h", "w"}};
    if (out.size() < names.size())
      for (std::size_t i = 0; i < out.size(); ++i)
        if (out[i].name.empty()) out[i].name = names[out.size()][i];
    return out;
  }

  std::string file_;
  std::ifstream in_;
  std::string line_;
  int number_ = 0;
  std::vector<OpTest> tests_;
};

}  // namespace

std::vector<OpTest> read_op_tests(const std::filesystem::path& file) {
  return Parser(file).read();
}

}  // namespace lp
