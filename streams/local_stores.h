// LocalStores: the stores of one process, over its stream threads.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "streams/store_access.h"
#include "streams/stream_thread.h"

namespace leat {

class LocalStores final : public StoreAccess {
 public:
  struct Thread {
    /// Has a task run on the thread's loop, at once where that is the caller's. False where the thread has ended.
    std::function<bool(Loop::Task task)> post;
    /// To be called on its loop.
    std::function<StreamThread&()> get;
  };

  /// `check_running`: an error while the application cannot be asked, so always before open(). It and the functions of
  /// the threads are called from any thread, and outlive this; the plan does so too.
  explicit LocalStores(std::function<Status()> check_running) : check_running_(std::move(check_running)) {}
  void open(const Plan& plan, std::vector<Thread> threads);
  /// One more thread, that is there from now on.
  void add(Thread thread);

  std::size_t thread_count() const override { return threads()->size(); }
  void ask(StoreQuestion question, OneShot<Result<StoreSeen>> done) const override;
  void whereabouts(OneShot<Result<WhereaboutsPtr>> done) const override;
  void lags(OneShot<Result<StoreLags>> done) const override;
  /// Of all threads that live; also while the application cannot be asked about its stores.
  void metrics(OneShot<Result<std::vector<Metric>>> done) const;

 private:
  std::function<Status()> check_running_;
  using Threads = std::shared_ptr<const std::vector<Thread>>;
  Threads threads() const {
    const std::lock_guard lock(mutex_);
    return threads_;
  }

  const Plan* plan_ = nullptr;
  mutable std::mutex mutex_;
  Threads threads_ = std::make_shared<const std::vector<Thread>>();
};

}  // namespace leat
