#include "runtime/lane.hpp"

#include <omp.h>

#include <algorithm>

namespace lp {

Lane::Lane(int threads) : threads_(std::max(threads, 1)), thread_([this] { loop(); }) {}

Lane::~Lane() {
  {
    const std::scoped_lock lock(mutex_);
    closing_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Lane::run(const std::function<void()>& work) {
  if (std::this_thread::get_id() == thread_.get_id()) return work();  // already on the lane
  std::exception_ptr thrown;
  std::mutex done_mutex;
  std::condition_variable done_wake;
  bool done = false;
  {
    const std::scoped_lock lock(mutex_);
    queue_.emplace_back([&] {
      try {
        work();
      } catch (...) {
        thrown = std::current_exception();
      }
      // Notify under the lock: the waiter's condition variable is gone as soon as it sees `done`.
      const std::scoped_lock done_lock(done_mutex);
      done = true;
      done_wake.notify_one();
    });
  }
  wake_.notify_one();
  std::unique_lock lock(done_mutex);
  done_wake.wait(lock, [&] { return done; });
  if (thrown) std::rethrow_exception(thrown);
}

void Lane::loop() {
  omp_set_num_threads(threads_);
  omp_set_dynamic(0);
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [&] { return closing_ || !queue_.empty(); });
    if (queue_.empty()) return;
    const std::function<void()> work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    work();
    lock.lock();
  }
}

}  // namespace lp
