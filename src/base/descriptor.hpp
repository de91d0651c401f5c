#pragma once

namespace lp {

/// A file descriptor that is owned: closed when it goes. Movable.
class Descriptor {
 public:
  Descriptor() = default;
  /// Takes over what `open` and the like returned; below zero: it failed, and there is none.
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() { close(); }
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;

  int value() const { return value_; }
  /// Whether there is one.
  explicit operator bool() const { return value_ >= 0; }
  /// Closes it now.
  void close();

 private:
  int value_ = -1;
};

}  // namespace lp
