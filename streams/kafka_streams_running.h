// KafkaStreams::Running: what is behind a KafkaStreams. Only kafka_streams*.cc include it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/os/loop_thread.h"
#include "base/os/real_world.h"
#include "base/os/thread.h"
#include "streams/embedded_broker.h"
#include "streams/kafka_streams.h"
#include "streams/local_stores.h"
#include "streams/query_server.h"
#include "streams/stream_thread.h"

namespace leat {

/// Everything of an application that has been started.
class KafkaStreams::Running {
 public:
  Running(Topology topology, StreamsConfig config) : topology_(std::move(topology)), config_(std::move(config)) {}
  ~Running() {
    stop_query_server();
    for (auto& member : members_) member->stop();
    // The threads end first; then the broker, whose last answers go to their loops; then the loops.
    for (auto& member : members_) member->runner.reset();
    broker_.reset();
    members_.clear();
  }

  std::function<void(State, State)> listener;
  std::function<OnUncaught(const Error&)> on_uncaught;
  std::shared_ptr<StateRestoreListener> restore_listener;
  std::shared_ptr<StandbyUpdateListener> standby_listener;

  Status start();
  bool close(const CloseOptions& options);
  Result<std::string> add_stream_thread();
  Result<std::string> remove_stream_thread(std::chrono::milliseconds timeout);
  void pause(bool paused) {
    paused_ = paused;
    const std::lock_guard lock(mutex_);
    // So that those who wait for something to do look again.
    for (auto& member : members_) member->world.loop().post([] {});
  }
  bool paused() const { return paused_; }
  State state() const {
    const std::lock_guard lock(mutex_);
    return state_;
  }
  Status error() const {
    const std::lock_guard lock(mutex_);
    return error_ ? Status(*error_) : Status();
  }
  std::uint64_t records_processed() const {
    const std::lock_guard lock(mutex_);
    std::uint64_t sum = 0;
    for (const auto& member : members_) sum += member->records_processed.load(std::memory_order_relaxed);
    return sum;
  }
  std::string broker_address() const { return broker_ ? broker_->address() : std::string(); }
  std::string query_address() const { return query_server_ ? query_server_->local().to_string() : std::string(); }
  const StoreAccess& stores() const { return stores_; }
  void metrics(OneShot<Result<std::vector<Metric>>> done) const;

 private:
  /// One stream thread with its world.
  struct Member {
    int index = 0;
    os::RealWorld world;
    std::unique_ptr<wire::Connector> connector;
    std::unique_ptr<StreamThread> thread;
    std::atomic<std::uint64_t> records_processed{0};
    std::unique_ptr<os::Thread> runner;
    std::atomic<std::uint64_t> runs_on{0};
    // Guarded by mutex_.
    StreamThread::State state = StreamThread::State::kStarting;
    OnUncaught on_death = OnUncaught::kShutdownClient;  ///< what the handler has decided
    bool replaced = false;                              ///< its thread died, and another is to take its place
    bool removed = false;                               ///< its thread has ended, or is to end, and the others go on

    void stop(client::Leaving how = client::Leaving::kDefault) {
      world.loop().post([this, how] { thread->close(how); });
    }
    bool dead() const { return state == StreamThread::State::kDead; }
  };

  Status check();
  Status start_query_server();
  void stop_query_server() {
    if (query_server_) query_thread_->run([this] { query_server_.reset(); });
  }
  bool lives(const Member& member) const {
    const std::lock_guard lock(mutex_);
    return !member.dead();
  }
  /// While nothing can be asked: why.
  Status check_running() const;
  LocalStores::Thread asked(Member& member) const;
  std::unique_ptr<StreamThread> make_thread(Member& member);
  Result<std::unique_ptr<wire::Connector>> make_connector(Member& member) const;
  Result<Member*> make_member();
  void start_thread(Member& member);
  /// The threads that are to go on share the memory of the process.
  void share_memory();
  int threads_staying() const;
  std::ptrdiff_t threads_alive() const;
  std::string thread_name(const Member& member) const { return ThreadMetrics::thread_id(config_, member.index); }
  void run(Member& member);
  bool replace(Member& member);
  OnUncaught on_death(Member& member, const Error& why);
  void on_thread_state(Member& member, StreamThread::State now);
  State state_by_threads() const;
  void set_state(State now);

  Topology topology_;
  StreamsConfig config_;
  std::optional<Plan> plan_;
  std::unique_ptr<os::RealWorld> files_world_;
  std::unique_ptr<EmbeddedBroker> broker_;
  std::unique_ptr<StateDirectory> directory_;
  std::unique_ptr<StateMemory> memory_;
  std::vector<std::unique_ptr<Member>> members_;
  LocalStores stores_{[this] { return check_running(); }};
  std::unique_ptr<os::LoopThread> query_thread_;
  std::unique_ptr<QueryServer> query_server_;

  std::atomic<bool> paused_ = false;
  std::mutex control_;  ///< one starts, adds, removes or closes at a time
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  State state_ = State::kCreated;
  std::atomic<std::uint64_t> threads_failed_{0};
  std::optional<Error> error_;
};

}  // namespace leat
