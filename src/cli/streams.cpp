#include "cli/streams.hpp"

#include "cli/stop.hpp"

#include <algorithm>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

namespace lp::cli {
namespace {

class Streams {
 public:
  Streams(std::size_t count, const std::function<void(std::size_t, std::size_t)>& work,
          const std::function<void(std::size_t)>& tell)
      : work_(work), tell_(tell), is_done_(count) {}

  void run(std::size_t stream) noexcept {
    while (const std::optional<std::size_t> item = take()) {
      try {
        work_(stream, *item);
        settle(*item);
      } catch (...) {
        const std::scoped_lock lock(mutex_);
        if (!thrown_) thrown_ = std::current_exception();
      }
    }
  }

  std::exception_ptr thrown() const { return thrown_; }

 private:
  std::optional<std::size_t> take() {
    const std::scoped_lock lock(mutex_);
    if (next_ == is_done_.size() || thrown_ || stop_signal() != 0) return {};
    return next_++;
  }

  void settle(std::size_t item) {
    const std::scoped_lock lock(mutex_);
    is_done_[item] = true;
    while (told_ < is_done_.size() && is_done_[told_] && !thrown_) tell_(told_++);
  }

  const std::function<void(std::size_t, std::size_t)>& work_;
  const std::function<void(std::size_t)>& tell_;
  std::mutex mutex_;
  std::vector<bool> is_done_;
  std::size_t next_ = 0, told_ = 0;
  std::exception_ptr thrown_;
};

/// Threads that are waited for. (std::jthread: libc++ has it since LLVM 20.)
struct Joined {
  std::vector<std::thread> threads;

  Joined() = default;
  ~Joined() {
    for (std::thread& thread : threads) thread.join();
  }
  Joined(const Joined&) = delete;
  Joined& operator=(const Joined&) = delete;
};

}  // namespace

void work_in_streams(std::size_t count, std::size_t streams,
                     const std::function<void(std::size_t, std::size_t)>& work,
                     const std::function<void(std::size_t)>& tell) {
  Streams all(count, work, tell);
  {
    Joined others;
    try {
      for (std::size_t stream = 1; stream < std::min(streams, count); ++stream)
        others.threads.emplace_back([&all, stream] { all.run(stream); });
    } catch (const std::system_error&) {  // no more threads: those that there are do it all
    }
    all.run(0);
  }
  if (all.thrown()) std::rethrow_exception(all.thrown());
}

}  // namespace lp::cli
