#pragma once
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

namespace lp {

/// One thread with one OpenMP team: the only place where models compute. Team sizes of all lanes add up to
/// the cores.
class Lane {
 public:
  explicit Lane(int threads);
  ~Lane();  // finishes what was handed in
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  int threads() const { return threads_; }
  /// Runs `work` on the lane and waits for it. @throws what `work` threw. Thread-safe; callers take turns; on
  /// the lane itself it just runs.
  void run(const std::function<void()>& work);

 private:
  void loop();

  int threads_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  bool closing_ = false;
  std::thread thread_;
};

/// Cores that computing pays on: physical cores that this process may use (affinity and cgroup quota
/// respected).
int usable_cores();

}  // namespace lp
