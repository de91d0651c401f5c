#include "formats/pickle.hpp"

#include "files.hpp"
#include "torch_bytes.hpp"

#include <doctest/doctest.h>

#include <string>

namespace lp::test {
namespace {

using pickle::Kind;
using pickle::Ref;
using pickle::Tree;

bool allows(std::string_view callable) {
  return callable == "good.Class" || callable == "__builtin__.set" || callable == "__builtin__.frozenset" ||
         callable == "_codecs.encode";
}

/// Texts of the tree point into the bytes, so both are kept.
struct Parsed {
  Bytes bytes;
  Tree tree;
  explicit Parsed(const std::string& text)
      : bytes(to_bytes(text)), tree(pickle::parse(bytes, "file", allows)) {}
};

std::string refused(const std::string& value) {
  return refusal([&] { Parsed{pickled(value)}; });
}

std::string from_hex(std::string_view hex) {
  std::string text;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    text += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return text;
}

// {'a': [1, -2, 300, 70000, 2**40, -2**62, 2**70, 1.5, None, True, False], 't': (1, 2, 3, 4), 's': {7},
//  'b': b'xy', 'f': frozenset({8}), 'e': ((), [], {}), 'u': 'grü'}, by pickle.dumps of CPython 3.11.
constexpr std::string_view by_protocol_2 =
    "80027d71002858010000006171015d7102284b014afeffffff4d2c014a701101008a060000000000018a0800000000000000c08a"
    "09000000000000000040473ff80000000000004e8889655801000000747103284b014b024b034b04747104580100000073710563"
    "5f5f6275696c74696e5f5f0a7365740a71065d71074b0761857108527109580100000062710a635f636f646563730a656e636f64"
    "650a710b58020000007879710c58060000006c6174696e31710d86710e52710f5801000000667110635f5f6275696c74696e5f5f"
    "0a66726f7a656e7365740a71115d71124b08618571135271145801000000657115295d71167d7117877118580100000075711958"
    "040000006772c3bc711a752e";
constexpr std::string_view by_protocol_5 =
    "80059586000000000000007d94288c0161945d94284b014afeffffff4d2c014a701101008a060000000000018a08000000000000"
    "00c08a09000000000000000040473ff80000000000004e8889658c017494284b014b024b034b0474948c0173948f94284b07908c"
    "01629443027879948c016694284b0891948c016594295d947d9487948c0175948c046772c3bc94752e";

TEST_CASE("pickle: what CPython wrote is read back, by protocols 2 and 5") {
  for (const bool second : {true, false}) {
    const Parsed parsed(from_hex(second ? by_protocol_2 : by_protocol_5));
    const Tree& tree = parsed.tree;
    const Ref root = tree.root();
    CHECK(tree[root].kind == Kind::dict);
    CHECK(tree.pairs(root).size() == 14);
    const auto list = tree.items(*tree.find(root, "a"));
    REQUIRE(list.size() == 11);
    const std::vector<std::int64_t> wanted = {1, -2, 300, 70000, 1LL << 40U, -(1LL << 62U)};
    for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(tree.integer(list[i]) == wanted[i]);
    CHECK(tree[list[6]].kind == Kind::big_integer);
    CHECK(tree.real(list[7]) == 1.5);
    CHECK(tree[list[8]].kind == Kind::none);
    CHECK(tree.integer(list[9]) == 1);
    CHECK(tree.integer(list[10]) == 0);
    CHECK(tree.items(*tree.find(root, "t")).size() == 4);
    CHECK(tree.items(*tree.find(root, "e")).size() == 3);
    CHECK(tree.text(*tree.find(root, "u")) == "gr\u00fc");
    const Ref set = *tree.find(root, "s"), bytes = *tree.find(root, "b");
    if (second) {  // which has no opcodes for these
      CHECK(tree.called(set) == "__builtin__.set");
      CHECK(tree.called(bytes) == "_codecs.encode");
    } else {
      CHECK(tree[set].kind == Kind::set);
      CHECK(tree.integer(tree.items(set).front()) == 7);
      CHECK(tree[bytes].kind == Kind::bytes);
    }
  }
}

TEST_CASE("pickle: calls that may be asked for become records, in each of their forms") {
  const std::string type = global("good", "Class"), one = "K\x01";
  const std::string forms[] = {type + one + "\x85R",     type + one + "\x85\x81",
                               type + one + "\x85}\x92", "(igood\nClass\n",
                               "(" + type + one + "o",   str("good") + str("Class") + "\x93" + one + "\x85R"};
  for (const std::string& form : forms) {
    CAPTURE(form);
    const Parsed parsed(pickled(form +
                                "K\x02"
                                "a" +
                                str("k") + "K\x03s" + str("state") + "b"));
    const Tree& tree = parsed.tree;
    const pickle::Record* const record = tree.record(tree.root());
    REQUIRE(record != nullptr);
    CHECK(tree.called(tree.root()) == "good.Class");
    CHECK(tree.items(record->arguments).size() == (form[0] == '(' && form[1] == 'i' ? 0 : 1));
    CHECK(tree.integer(record->items.at(0)) == 2);
    CHECK(tree.integer(*tree.find(tree.root(), "k")) == 3);
    CHECK(tree.text(*record->state) == "state");
  }
}

TEST_CASE("pickle: any other call is refused by its name, in each of its forms") {
  const std::string run = str("touch /tmp/x"), system = global("posix", "system");
  const std::string sentence =
      "file: it would call `posix.system`; this is not a plain checkpoint, and nothing of it was run; if you "
      "trust its maker, ask for the state_dict alone, saved by torch.save";
  CHECK(refused(system + run + "\x85R") == sentence);
  CHECK(refused(system + run + "\x85\x81") == sentence);
  CHECK(refused(system + run + "\x85}\x92") == sentence);
  CHECK(refused("(" + run + "iposix\nsystem\n") == sentence);
  CHECK(refused("(" + system + run + "o") == sentence);
  CHECK(refused(str("posix") + str("system") + "\x93" + run + "\x85R") == sentence);
  CHECK(refused(dict({{"weights", list({call(global("builtins", "eval"), {str("1")})})}}))
            .starts_with("file: it would call `builtins.eval`; "));
  // What a call has made, a text, a name that is none.
  CHECK(
      refused(global("good", "Class") + ")R)R").starts_with("file: it would call what it has made itself; "));
  CHECK(refused(str("posix.system") + ")R").starts_with("file: it would call what it has made itself; "));
  CHECK(refused(global("good", "Class\x1b[2J") + ")R").starts_with("file: it would call `good.Class?[2J`; "));
  CHECK(refused(global("good", std::string(900, 'x')) + ")R").size() < 400);
  // Only to name it does no harm.
  CHECK(Parsed(pickled(system)).tree.global(1 + 2) == "posix.system");
}

TEST_CASE("pickle: values that are shared, circular, or nested without end cost no more than others") {
  // The list l = [l].
  const Parsed circle(
      pickled("]q\x05h\x05"
              "a"));
  CHECK(circle.tree.items(circle.tree.root()).front() == circle.tree.root());
  // 2^60 paths: each list has the one before it twice.
  std::string shared = "]q" + std::string(1, '\0');
  for (char i = 0; i < 60; ++i) shared += std::string("](h") + i + "h" + i + "eq" + static_cast<char>(i + 1);
  const Parsed paths(pickled(shared));
  CHECK(paths.tree.items(paths.tree.root()).size() == 2);
  // Half a million lists, each in the other.
  const std::size_t deep = 500'000;
  CHECK(Parsed(pickled(std::string(deep, ']') + std::string(deep - 1, 'a'))).tree.items(3).size() == 1);
}

TEST_CASE("pickle: what is larger than any checkpoint's is refused") {
  CHECK(refused(std::string(1'100'000, 'N')) ==
        "file: more than 1048576 values on the stack in the pickle, more than any checkpoint has");
  CHECK(refused(std::string(1'100'000, '(')) ==
        "file: more than 1048576 marks in the pickle, more than any checkpoint has");
  std::string many;
  for (int i = 0; i < 5'000'000; ++i) many += "]0";
  CHECK(refused(many) == "file: more than 4194304 values in the pickle, more than any checkpoint has");
  std::string items = "]";
  for (int i = 0; i < 20; ++i) items += "(" + std::string(1'000'000, 'N') + "e";
  CHECK(refused(items) == "file: more than 16777216 items in the pickle, more than any checkpoint has");
  CHECK(refused("Nr\xff\xff\xff\xff") ==
        "file: more than 4194304 remembered values in the pickle, more than any checkpoint has");
  CHECK(refused(std::string(65U << 20U, 'N')) ==
        "file: a pickle of 65 MB beside the weights; at most 64 are read");
}

TEST_CASE("pickle: broken ones are refused with a sentence") {
  const auto broken = [](const std::string& value) {
    const std::string text = refused(value);
    return text.substr(std::min(text.find(": it"), text.size()));
  };
  CHECK(broken("") == ": it takes from an empty stack");
  CHECK(broken("N(") == ": it takes from an empty stack");
  CHECK(broken("t") == ": it looks for a mark that is not there");
  CHECK(broken("(o") == ": it makes an object of no class");
  CHECK(broken("NNa") == ": it appends to what is no list");
  CHECK(broken("NNNs") == ": it sets a key of what is no dict");
  CHECK(broken("NNb") == ": it gives attributes to what is no object");
  CHECK(broken("h\x07") == ": it recalls what it never remembered");
  CHECK(refused("(Nd") == "file: the pickle is broken at byte 5: a key of a dict has no value");
  CHECK(refused("}(Nu") == "file: the pickle is broken at byte 6: a key of a dict has no value");
  CHECK(refused("NN\x93") == "file: the pickle is broken at byte 5: a class has no name");
  CHECK(refused("c" + std::string(1001, 'x') + "\n") ==
        "file: the pickle is broken at byte 1004: a name has no end");
  CHECK(refused("X\xff\xff\xff\x7f") == "file: ends inside the pickle, at byte 8");
  CHECK(refused("\x8d\xff\xff\xff\xff\xff\xff\xff\xff") == "file: ends inside the pickle, at byte 12");
  CHECK(refused("S'a'\n") == "file: opcode 0x53 at byte 2 of the pickle is none that PyTorch writes");
  CHECK(refused("Pid\n") == "file: opcode 0x50 at byte 2 of the pickle is none that PyTorch writes");
  CHECK(refusal([] { Parsed("\x80\x06N."); }) == "file: a pickle of protocol 6; those of 2 to 5 are read");
  CHECK(refusal([] { Parsed("I01\n."); }) ==
        "file: the pickle is broken at byte 1: it does not begin with a protocol");
}

TEST_CASE("pickle: cut short or changed, one is read or refused, never more") {
  for (const std::string_view hex : {by_protocol_2, by_protocol_5})
    check_hostile(to_bytes(from_hex(hex)), 20'000,
                  [](const Bytes& bytes) { pickle::parse(bytes, "file", allows); });
}

}  // namespace
}  // namespace lp::test
