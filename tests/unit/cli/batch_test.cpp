#include "cli/batch.hpp"

#include "base/error.hpp"
#include "cli/option_list.hpp"
#include "unit/formats/files.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

namespace lp::cli {
namespace {

/// Work on inputs whose names are their widths. What is done is noted.
class NotedWork final : public BatchWork {
 public:
  explicit NotedWork(const std::vector<std::string>& inputs) : inputs_(inputs) {}

  std::function<BatchResult()> alone(std::size_t index, Progress&) override {
    if (inputs_[index] != "video") return {};
    return [this] {
      notes += "video ";
      return BatchResult{.document = "video", .text = "video\n", .key = "videos", .failure = video_failure};
    };
  }
  InputKind read(std::size_t index) override {
    if (inputs_[index] == "unreadable") fail(Fault::bad_input, "unreadable");
    return {.graph = {}, .sizes = {.batch = 1, .image_width = std::stoi(inputs_[index]), .image_height = 1}};
  }
  void add(std::size_t, Sample&) override { ++waiting; }
  void run(Sample&, std::size_t first, std::size_t count) override {
    notes += fmt::format("{}+{} ", first, count);
    if (count > 1 && together_fails) fail(*together_fails, "together");
    if (count == 1 && first == failing_single) fail(Fault::bad_model, "alone");
  }
  BatchResult result(std::size_t index, std::size_t position) override {
    const std::string name = fmt::format("{}:{}@{}\n", index, inputs_[index], position);
    return {.document = name, .text = name, .key = {}, .failure = {}};
  }
  void forget(std::size_t index) override {
    if (inputs_[index] != "video" && inputs_[index] != "unreadable") --waiting;
  }
  std::size_t kept_bytes() const override { return waiting * bytes_of_one; }

  std::string notes;
  std::optional<Fault> together_fails;
  std::size_t failing_single = 1000, waiting = 0, bytes_of_one = 0;
  std::optional<Error> video_failure;

 private:
  const std::vector<std::string>& inputs_;
};

/// What `work` prints to standard output.
template <class Work>
std::string printed(const Work& work) {
  const test::TemporaryFolder folder;
  const std::string path = folder / "out";
  std::fflush(stdout);
  const int kept = ::dup(STDOUT_FILENO);
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT, 0600);
  ::dup2(file, STDOUT_FILENO);
  work();
  std::fflush(stdout);
  ::dup2(kept, STDOUT_FILENO);
  ::close(kept);
  ::close(file);
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

struct Answer {
  int status = -1;
  std::string text;
};

Answer run(const Batch& batch, NotedWork& work, std::vector<std::string> words = {}) {
  std::vector<Option> options = {option_named("batch"), option_named("json"), option_named("quiet")};
  words.insert(words.end(), {"--quiet", "--batch", "2"});
  const Arguments arguments = parse_arguments(options, words);
  const Invocation invocation{
      .settings = resolve_settings(options, arguments, {}, "detect", [](const char*) { return nullptr; }),
      .arguments = {}};
  Answer answer;
  const auto level = spdlog::get_level();
  spdlog::set_level(spdlog::level::off);  // the tests' log goes to standard output
  answer.text = printed([&] { answer.status = run_batch(invocation, batch, work, {}); });
  spdlog::set_level(level);
  return answer;
}

Batch batch_of(std::vector<std::string> inputs) {
  return {.key = "images",
          .noun = "pictures",
          .more_keys = {"videos"},
          .inputs = std::move(inputs),
          .missing = {},
          .finish = {}};
}

}  // namespace

TEST_CASE("inputs of a kind run together, and are told in the order that they were given in") {
  const Batch batch = batch_of({"32", "64", "32", "32", "unreadable", "64", "64"});
  NotedWork work(batch.inputs);
  const Answer answer = run(batch, work);
  CHECK(work.notes == "0+2 0+2 0+1 0+1 ");
  CHECK(answer.text == "0:32@0\n1:64@0\n2:32@1\n3:32@0\n5:64@1\n6:64@0\n");
  CHECK(answer.status == 1);
  CHECK(work.waiting == 0);
}

TEST_CASE("where inputs fail together, each is tried by itself") {
  const Batch batch = batch_of({"32", "32"});
  NotedWork work(batch.inputs);
  work.together_fails = Fault::bad_model;
  work.failing_single = 1;
  const Answer answer = run(batch, work);
  CHECK(work.notes == "0+2 0+1 1+1 ");
  CHECK(answer.text == "0:32@0\n");
  CHECK(answer.status == 1);
}

TEST_CASE("where memory for a batch is missing, all of it fail") {
  const Batch batch = batch_of({"32", "32", "64"});
  NotedWork work(batch.inputs);
  work.together_fails = Fault::out_of_memory;
  const Answer answer = run(batch, work, {"--json"});
  CHECK(work.notes == "0+2 0+1 ");
  const nlohmann::json document = nlohmann::json::parse(answer.text);
  CHECK(document["images"] == nlohmann::json::array({"2:64@0\n"}));
  REQUIRE(document["errors"].size() == 2);
  CHECK(document["errors"][1] ==
        nlohmann::json{{"path", "32"}, {"type", "out_of_memory"}, {"message", "together"}});
  CHECK(document["error"]["message"] == "2 of 3 pictures failed: 32, 32");
}

TEST_CASE("what waits is bounded, by memory and by number") {
  const Batch few = batch_of({"32", "64", "96", "96"});
  NotedWork large(few.inputs);
  large.bytes_of_one = 900'000'000;
  CHECK(run(few, large).text == "0:32@0\n1:64@0\n2:96@0\n3:96@1\n");
  CHECK(large.notes == "0+1 0+2 0+1 ");

  std::vector<std::string> inputs(100, "64");
  inputs.front() = "32";
  const Batch many = batch_of(inputs);
  NotedWork small(many.inputs);
  CHECK(run(many, small).status == 0);
  std::string expected;  // the first one runs when 64 stand behind it
  for (int pair = 0; pair < 32; ++pair) expected += "0+2 ";
  expected += "0+1 ";
  CHECK(small.notes.starts_with(expected));
}

TEST_CASE("a video runs by itself, after those before it") {
  const Batch batch = batch_of({"32", "video", "32"});
  NotedWork work(batch.inputs);
  CHECK(run(batch, work).text == "0:32@0\nvideo\n2:32@0\n");
  CHECK(work.notes == "0+1 video 0+1 ");
}

TEST_CASE("an input that fails in the middle tells what it had, and why it failed") {
  const Batch batch = batch_of({"video", "32"});
  NotedWork work(batch.inputs);
  work.video_failure = Error(Fault::io, "camera: gone");
  const Answer answer = run(batch, work, {"--json"});
  CHECK(answer.status == 1);
  const nlohmann::json document = nlohmann::json::parse(answer.text);
  CHECK(document["videos"] == nlohmann::json::array({"video"}));
  CHECK(document["images"].size() == 1);
  CHECK(document["errors"][0]["message"] == "camera: gone");
}

}  // namespace lp::cli
