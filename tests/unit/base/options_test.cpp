#include "base/options.hpp"

#include "base/error.hpp"

#include <doctest/doctest.h>

#include <map>

namespace lp {
namespace {

const std::vector<Option>& options() {
  static const std::vector<Option> all = {
      {.name = "json", .kind = OptionKind::flag},
      {.name = "quiet", .kind = OptionKind::flag, .letter = 'q'},
      {.name = "help", .kind = OptionKind::flag, .letter = 'h', .flag_only = true},
      {.name = "threads",
       .kind = OptionKind::integer,
       .default_text = "4",
       .placeholder = "N",
       .least = 1,
       .most = 64},
      {.name = "max-detections",
       .kind = OptionKind::integer,
       .default_text = "300",
       .placeholder = "N",
       .least = 1},
      {.name = "confidence",
       .kind = OptionKind::number,
       .default_text = "0.25",
       .placeholder = "X",
       .least = 0,
       .most = 1},
      {.name = "runtime",
       .default_text = "auto",
       .placeholder = "NAME",
       .choices = {"auto", "onednn", "reference"}},
      {.name = "save", .placeholder = "DIR"},
      {.name = "classes", .kind = OptionKind::list, .placeholder = "A,B"}};
  return all;
}

Arguments parse(const std::vector<std::string>& words, Until until = Until::end) {
  return parse_arguments(options(), words, until);
}

Settings resolve(const std::vector<std::string>& words, const std::string& file = "",
                 const std::map<std::string, std::string>& environment = {}) {
  return resolve_settings(options(), parse(words), parse_config(file, "test.toml"), "detect",
                          [&](const char* variable) {
                            const auto it = environment.find(variable);
                            return it == environment.end() ? nullptr : it->second.c_str();
                          });
}

/// The sentence of the usage error that `call` ends in.
template <class Call>
std::string refusal(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::usage);
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("options: words and options in any order") {
  const Arguments arguments = parse({"a.jpg", "--confidence", "0.5", "b.jpg", "-q", "--threads=2", "-"});
  CHECK(arguments.rest == std::vector<std::string>{"a.jpg", "b.jpg", "-"});
  CHECK(arguments.given.at("confidence") == std::vector<std::string>{"0.5"});
  CHECK(arguments.given.contains("quiet"));
  CHECK_FALSE(arguments.given.contains("json"));
}

TEST_CASE("options: after -- everything is a word") {
  CHECK(parse({"--json", "--", "--confidence", "-x"}).rest == std::vector<std::string>{"--confidence", "-x"});
}

TEST_CASE("options: words in brackets are words as they are") {
  CHECK(parse({"[a,b]", "x", "[]"}).rest == std::vector<std::string>{"[a,b]", "x", "[]"});
  CHECK(parse({"--save", "[a,b]"}).given.at("save") == std::vector<std::string>{"[a,b]"});
  CHECK(parse({"--classes=[a]"}).given.at("classes") == std::vector<std::string>{"[a]"});
  CHECK(parse({"--", "--", "[a]", "-x"}).rest == std::vector<std::string>{"--", "[a]", "-x"});
  CHECK(refusal([] { parse({"a", "--unknown", "b"}); }).starts_with("no option `--unknown`"));
}

TEST_CASE("options: before the command only up to its name") {
  const Arguments arguments =
      parse({"--json", "--threads", "2", "detect", "--json", "--unknown"}, Until::first_word);
  CHECK(arguments.rest == std::vector<std::string>{"detect", "--json", "--unknown"});
  CHECK(arguments.given.at("threads") == std::vector<std::string>{"2"});
}

TEST_CASE("options: a value may begin with a dash") {
  CHECK(parse({"--save", "-"}).given.at("save") == std::vector<std::string>{"-"});
  CHECK(refusal([] { resolve({"--confidence", "-1"}); }) == "--confidence: -1 is out of range (0 to 1)");
}

TEST_CASE("options: the nearest name is suggested") {
  CHECK(refusal([] { parse({"--confidance", "1"}); }) ==
        "no option `--confidance`; did you mean `--confidence`?");
  CHECK(refusal([] { parse({"--jsn"}, Until::first_word); }) == "no option `--jsn`; did you mean `--json`?");
  CHECK(refusal([] { parse({"-x"}); }) == "no option `-x`; `--help` lists them");
  CHECK(refusal([] { parse({"--threads"}); }) == "--threads: needs a value");
}

TEST_CASE("options: values are checked, and the giver is named") {
  CHECK(refusal([] { resolve({"--threads", "two"}); }) == "--threads: `two` is not a whole number");
  CHECK(refusal([] { resolve({"--threads", "2.5"}); }) == "--threads: `2.5` is not a whole number");
  CHECK(refusal([] { resolve({"--threads", "0"}); }) == "--threads: 0 is out of range (1 to 64)");
  CHECK(refusal([] { resolve({"--confidence", "nan"}); }) == "--confidence: `nan` is not a number");
  CHECK(refusal([] { resolve({"--max-detections", "0"}); }) ==
        "--max-detections: 0 is out of range (at least 1)");
  CHECK(refusal([] { resolve({"--runtime", "onedn"}); }) ==
        "--runtime: no `onedn` (did you mean `onednn`?); there are: auto, onednn, reference");
  CHECK(refusal([] { resolve({}, "", {{"LLAMA_PAJAMAS_THREADS", "x"}}); }) ==
        "LLAMA_PAJAMAS_THREADS: `x` is not a whole number");
  CHECK(refusal([] { resolve({}, "", {{"LLAMA_PAJAMAS_JSON", "maybe"}}); }) ==
        "LLAMA_PAJAMAS_JSON: `maybe` is neither true nor false");
  CHECK(refusal([] { resolve({}, "threads = \"x\""); }) == "test.toml: `threads`: `x` is not a whole number");
}

TEST_CASE("options: flag beats environment beats file beats default") {
  const std::map<std::string, std::string> environment = {{"LLAMA_PAJAMAS_THREADS", "3"},
                                                          {"LLAMA_PAJAMAS_CONFIDENCE", "0.5"}};
  const std::string file = "threads = 5\nconfidence = 0.6\nmax_detections = 7\n";
  const Settings settings = resolve({"--threads", "2"}, file, environment);
  CHECK(settings.integer("threads") == 2);
  CHECK(settings.number("confidence") == 0.5);
  CHECK(settings.integer("max-detections") == 7);
  CHECK(settings.text("runtime") == "auto");
  CHECK(settings.values().at("threads").source == Source::flag);
  CHECK(settings.values().at("confidence").source == Source::environment);
  CHECK(settings.values().at("max-detections").source == Source::file);
  CHECK(settings.values().at("runtime").source == Source::preset);
  CHECK_FALSE(settings.given("runtime"));
  CHECK_FALSE(settings.has("save"));
}

TEST_CASE("options: the last flag counts, lists add up") {
  const Settings settings = resolve({"--threads", "2", "--threads", "3", "--classes", "a, b", "--classes=c"});
  CHECK(settings.integer("threads") == 3);
  CHECK(settings.list("classes") == std::vector<std::string>{"a", "b", "c"});
}

TEST_CASE("options: switches by every source") {
  CHECK(resolve({"--json"}).flag("json"));
  CHECK_FALSE(resolve({}).flag("json"));
  CHECK(resolve({}, "json = true").flag("json"));
  CHECK(resolve({}, "", {{"LLAMA_PAJAMAS_JSON", "1"}}).flag("json"));
  CHECK_FALSE(resolve({}, "json = true", {{"LLAMA_PAJAMAS_JSON", "off"}}).flag("json"));
  CHECK_FALSE(resolve({}, "", {{"LLAMA_PAJAMAS_HELP", "1"}}).flag("help"));  // on the command line only
}

TEST_CASE("options: a config file in TOML") {
  const std::string file =
      "# what this machine likes\n"
      "threads = 2  # both of them\n"
      "runtime = \"reference\"\n"
      "classes = [\"dog\", \"traffic light\"]\n"
      "[detect]\n"
      "threads = 1\n"
      "[bench]\n"
      "confidence = 0.9\n";
  const Settings settings = resolve({}, file);
  CHECK(settings.integer("threads") == 1);  // the command's own table
  CHECK(settings.text("runtime") == "reference");
  CHECK(settings.list("classes") == std::vector<std::string>{"dog", "traffic light"});
  CHECK(settings.number("confidence") == 0.25);  // that of another command does not count
}

TEST_CASE("options: unknown keys and tables of a config file") {
  const std::vector<std::string> commands = {"detect", "bench"};
  const auto check = [&](const std::string& file) {
    return refusal([&] { check_config(parse_config(file, "c.toml"), options(), commands, "c.toml"); });
  };
  CHECK(check("thread = 2") == "c.toml: no option `thread`; nearest is `threads`");
  CHECK(check("[detct]\nthreads = 2") == "c.toml: [detct] is no command; nearest is [detect]");
  CHECK(check("[bench]\nthreads = 2") == "accepted");
}

TEST_CASE("options: a config file in YAML is named as such") {
  for (const char* file : {"# mine\nthreads: 2\n", "---\n", "classes:\n  - dog\n", "  - dog"})
    CHECK(refusal([&] { parse_config(file, "c.yaml"); }).find("this version reads TOML") !=
          std::string::npos);
  CHECK(refusal([] { parse_config("# mine\nthreads: 2\n", "c.yaml"); }) ==
        "c.yaml: line 2 looks like YAML; this version reads TOML: `threads = 2`");
  CHECK(refusal([] { parse_config("save = \"C: x\"\n# a: b\nclasses = [\n  \"a: b\",\n]\n", "c.toml"); }) ==
        "accepted");
}

TEST_CASE("options: the environment's names") {
  CHECK(environment_name(options()[4]) == "LLAMA_PAJAMAS_MAX_DETECTIONS");
}

}  // namespace lp
