#include "tasks/transcripts/numbers.hpp"

#include "tasks/transcripts/characters.hpp"
#include "tasks/transcripts/digits.hpp"
#include "tasks/transcripts/number_text.hpp"

#include <optional>

namespace lp::transcripts {
namespace {

constexpr std::u32string_view currencies = U"$¢€£";

/// The number that the words so far have said.
struct Value {
  std::u32string digits;
  /// Whether it is a row of digits, which others are put behind, and not a quantity, which others are added
  /// to.
  bool is_row = false;

  /// "twenty" and "twenty": 2020.
  void add_behind(const std::u32string& more) {
    digits += more;
    is_row = true;
  }
};

}  // namespace

/// One pass over the words of a text.
class NumberWriter::Sentence {
 public:
  Sentence(const std::unordered_map<std::u32string, NumberWord>& known,
           const std::vector<std::u32string>& words)
      : words_(words) {
    for (const std::u32string& word : words) {
      const auto found = known.find(word);
      kinds_.push_back(found == known.end() ? nullptr : &found->second);
    }
  }

  std::vector<std::u32string> write() {
    for (at_ = 0; at_ < words_.size(); ++at_) take();
    finish();
    return std::move(written_);
  }

 private:
  const std::u32string& word() const { return words_[at_]; }
  const NumberWord* previous() const { return at_ > 0 ? kinds_[at_ - 1] : nullptr; }
  const NumberWord* next() const { return at_ + 1 < words_.size() ? kinds_[at_ + 1] : nullptr; }
  bool follows_number() const {
    return next() != nullptr || (at_ + 1 < words_.size() && is_decimal(words_[at_ + 1]));
  }

  /// Writes a word or number, with the sign or currency that waits.
  void put(const std::u32string& text) {
    written_.push_back(prefix_ + text);
    prefix_.clear();
    value_.reset();
  }
  void finish() {
    if (value_) put(value_->digits);
  }
  void put_alone() {
    finish();
    put(word());
  }
  /// The number so far, from now on a row of digits; a quantity of 0 is nothing.
  std::u32string& row() {
    const bool nothing = !value_ || (!value_->is_row && value_->digits == U"0");
    Value& value = nothing ? value_.emplace() : *value_;
    value.is_row = true;
    return value.digits;
  }
  void take() {
    if (take_digits()) return;
    const NumberWord* const known = kinds_[at_];
    if (known == nullptr) return put_alone();
    switch (known->kind) {
      case NumberKind::zero: row() += U'0'; return;
      case NumberKind::one:
      case NumberKind::ten: return add(*known);
      case NumberKind::multiplier: return multiply(*known);
      case NumberKind::sign:
        finish();
        if (follows_number())
          prefix_ = known->symbol;
        else
          put(word());
        return;
      case NumberKind::currency:
        if (value_) prefix_ = known->symbol;
        put(value_ ? value_->digits : word());
        return;
      case NumberKind::percent: put(value_ ? value_->digits + U"%" : word()); return;
      case NumberKind::per: return take_per();
      default: return take_conjunction(*known);
    }
  }

  /// A number that is in digits already, perhaps with a currency before it.
  bool take_digits() {
    const bool has_currency = currencies.find(word().front()) != currencies.npos;
    const std::u32string number = word().substr(has_currency ? 1 : 0);
    if (!is_decimal(number)) return false;
    if (value_ && value_->is_row && value_->digits.back() == U'.') {  // decimals, or a part of an address
      value_->digits += word();
      return true;
    }
    finish();
    if (has_currency) prefix_ = word().front();
    const std::optional<std::u32string> whole = whole_product(number, 0);
    value_ = whole ? Value{*whole, false} : Value{number, true};
    return true;
  }

  void add(const NumberWord& number) {
    const bool is_one = number.kind == NumberKind::one;
    const bool behind_one = is_one && previous() != nullptr && previous()->is(NumberKind::one);
    const bool behind_ten = is_one && previous() != nullptr && previous()->is(NumberKind::ten);
    if (!value_)
      value_ = {number.digits, false};
    else if (value_->is_row && behind_ten && number.digits.size() == 1)
      value_->digits.back() = number.digits.front();
    else if (value_->is_row || behind_one || !is_multiple(value_->digits, number.digits.size()))
      value_->add_behind(number.digits);
    else
      value_->digits = filled(value_->digits, number.digits);
    if (!number.suffix.empty()) put(value_->digits + number.suffix);
  }

  void multiply(const NumberWord& number) {
    if (!value_) {
      value_ = {number.digits, false};
    } else if (!value_->is_row) {
      value_ = {with_last_thousand_times(value_->digits, number.times), false};
    } else if (const std::optional<std::u32string> product = whole_product(value_->digits, number.times)) {
      value_ = {*product, false};
    } else {
      finish();
      value_ = {number.digits, false};
    }
    if (!number.suffix.empty()) put(value_->digits + number.suffix);
  }

  void take_per() {
    if (!value_) return put(word());
    if (at_ + 1 >= words_.size() || words_[at_ + 1] != U"cent") return put_alone();
    put(value_->digits + U"%");
    ++at_;
  }

  /// "and", "double", "triple", "point": parts of a number only between others.
  void take_conjunction(const NumberWord& known) {
    if (!follows_number()) return put_alone();
    if (known.kind == NumberKind::conjunction) {
      if (previous() == nullptr || !previous()->is(NumberKind::multiplier)) put_alone();
    } else if (known.kind == NumberKind::repetition) {
      if (next() == nullptr || !next()->is_digit()) return put_alone();
      for (std::size_t i = 0; i < known.times; ++i) row() += next()->digits;
      ++at_;
    } else if (next() == nullptr || next()->is_digit() || next()->is(NumberKind::ten)) {
      row() += U'.';
    }
  }

  const std::vector<std::u32string>& words_;
  std::vector<const NumberWord*> kinds_;  // of each word; null: no part of a number
  std::vector<std::u32string> written_;
  std::optional<Value> value_;
  std::u32string prefix_;
  std::size_t at_ = 0;
};

std::u32string NumberWriter::write(std::u32string_view text) const {
  const std::vector<std::u32string> words = words_of(before_numbers(text, words_));
  return after_numbers(joined(Sentence(words_, words).write(), U" "));
}

}  // namespace lp::transcripts
