// StreamThread: one member of the application's group, with its tasks.
//
//   Starting    joins the group
//   Restoring   has tasks whose stores are being read back; the others run
//   Running     processes
//   Closing     commits, closes its tasks, leaves
//   Dead        done, or failed with an error
//
// It owns its loop: whoever runs it calls `run_once` until it is dead. Work is done in turns: what has come over the
// network, fetched batches into the tasks' queues, some records of each task, due timers, and a commit when it is time.
// While a commit or a rebalance is being settled no records are processed.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/world.h"
#include "broker/client/fetcher.h"
#include "broker/client/offsets.h"
#include "broker/client/producer.h"
#include "streams/committer.h"
#include "streams/global_state.h"
#include "streams/internal_topics.h"
#include "streams/restore_listener.h"
#include "streams/restorer.h"
#include "streams/standby_updater.h"
#include "streams/state_directory.h"
#include "streams/store_access.h"
#include "streams/streams_config.h"
#include "streams/task.h"
#include "streams/thread_membership.h"
#include "streams/thread_metrics.h"
#include "streams/topic_collector.h"

namespace leat {

class StreamThread : public client::RebalanceListener {
 public:
  enum class State { kStarting, kRestoring, kRunning, kClosing, kDead };
  /// As Kafka Streams names the state of a thread that is that far.
  static std::string_view name(State state);

  /// What a thread shares with the others of its process; all of it outlives the thread.
  struct Process {
    const StreamsConfig& config;
    const Plan& plan;
    StateDirectory& directory;
    /// Opens what the persistent stores of a task are kept in, in the task's directory.
    std::function<Result<std::unique_ptr<StateBackend>>(const std::string& directory)> open_state;
    /// Called on the thread's loop.
    std::function<void(int thread, State now)> on_state;
    /// Null: nobody wants to know.
    StateRestoreListener* restore_listener = nullptr;
    StandbyUpdateListener* standby_listener = nullptr;
    /// Decides what becomes of the application when this thread dies of an error; on its loop, once, while it is still
    /// a member. Empty: the client shuts down.
    std::function<OnUncaught(int thread, const Error& why)> on_uncaught = {};
    /// While it is true nothing is processed or restored and no timer fires. Null: never.
    const std::atomic<bool>* paused = nullptr;
  };

  StreamThread(World world, wire::Connector& connector, Process process, int index);
  ~StreamThread() override;

  void start();
  /// What has come over the loop, then one turn; waits up to `wait_at_most` where there is nothing to do.
  void run_once(Duration wait_at_most);
  /// One turn without the loop, for an owner who runs that elsewhere (a simulation). Returns whether there was work.
  bool turn();
  /// Commits what is done, closes the tasks and leaves the group as `how` says; then the thread is dead.
  void close(client::Leaving how = client::Leaving::kDefault);
  /// So many threads share the memory of the process from now on.
  void share_memory(int threads);

  State state() const { return state_; }
  /// Why it died, where it did not just close.
  const std::optional<Error>& error() const { return error_; }
  /// The running tasks.
  std::vector<Task*> tasks();
  /// Those that are kept up to date here for others.
  std::vector<TaskId> standbys() const;
  /// The global store of that name; null where there is none, or not yet.
  StateStore* global_store(const std::string& name) const { return global_ ? global_->find(name) : nullptr; }
  std::uint64_t records_processed() const { return records_processed_; }

  // Queries; on the thread's loop, between two turns (stream_thread_queries.cc).
  /// Shows every instance of a store that is here. `as_thread` is what LocalStore::thread is to say.
  Result<StoreSeen> look(const StoreQuestion& question, std::size_t as_thread);
  WhereaboutsPtr whereabouts() const;
  void lags(OneShot<Result<StoreLags>> done);
  /// All metrics of the thread, its tasks and stores (stream_thread_metrics.cc); like the queries, between two turns.
  std::vector<Metric> metrics();

 private:
  struct Running {
    std::unique_ptr<Task> task;
    std::set<TopicPartition> partitions;
    std::uint64_t number = 0;  ///< tells a task from one that had its id before
    bool restored = false;
  };
  /// The running task, if it is still the one of that number.
  Running* find_task(const TaskId& id, std::uint64_t number);

  // RebalanceListener.
  void on_rebalance(OneShot<Status> ready) override;
  void on_assigned(const std::vector<TopicPartition>& added) override;
  void on_revoked(const std::vector<TopicPartition>& revoked, OneShot<Status> done) override;
  void on_lost(const std::vector<TopicPartition>& lost) override;

  void make_clients();
  void start_global(const PartitionCounts& counts);
  Result<std::unique_ptr<StateBackend>> open_global_state();
  void make_member();
  std::unique_ptr<ThreadMembership> classic_membership();
  void set_state(State state);
  Task::Options task_options();
  Status make_task(const TaskId& id, const std::set<TopicPartition>& partitions);
  /// A task with its stores open, without partitions. kAlreadyExists while another thread has its directory.
  Result<std::unique_ptr<Task>> open_task(const TaskId& id);
  void make_tasks(const std::set<TaskId>& ids, Instant deadline);
  void follow_assignment();
  void make_standbys();
  /// Asks for the next round when this member has warmed up for a task, or when it is time.
  void probe();
  Status close_standby(const TaskId& id);
  void close_standbys();
  void prepare_outputs(OneShot<Status> ready);
  /// Gives tasks that run the partitions of theirs that are new: of topics that match a pattern.
  Status widen_tasks(const std::vector<TopicPartition>& added);
  std::set<std::string> topics_read() const;
  bool knows_topics_of(const std::vector<TopicPartition>& partitions) const;
  /// Which topics sources by pattern read now, and how many partitions all topics have.
  void learn_topics(OneShot<Status> done);
  void look_for_new_topics();
  void on_assigned_known(const std::vector<TopicPartition>& added);
  void read_committed_offsets(std::set<TaskId> ids);
  void restored(const TaskId& id, std::uint64_t number,
                const std::map<TopicPartition, client::CommittedOffset>& committed, Status status);
  void begin_fetching(const TaskId& id, const TopicPartition& partition,
                      const std::map<TopicPartition, client::CommittedOffset>& committed);
  std::optional<client::OffsetReset> offset_reset(int subtopology, const std::string& topic) const;
  void check_all_restored();
  void take_batches();
  bool any_task_runs() const;
  bool process_some();
  void send_global_dead_letters();
  void fail_on_outputs();
  void maybe_commit();
  void turn_metrics();
  void note_processed(Task& task, Duration took, int records);
  void note_punctuated(Task& task, Duration took);
  void show_lags(std::vector<Metric>& to) const;
  void commit(OneShot<Status> done);
  void when_settled(Loop::Task task);
  void run_settled();
  void close_tasks(const std::function<bool(const TaskId&)>& which);
  /// A task could not go on: everything is given up and begun anew from what is committed, or the thread dies.
  void fail(Error why);
  void begin_anew();
  void start_again();
  void die(std::optional<Error> why);
  void leave_and_end();
  /// What a member of the group, or its leader, has told all members. Returns whether that ends the thread.
  bool obey();
  bool paused() const { return process_.paused != nullptr && process_.paused->load(std::memory_order_relaxed); }
  /// Deletes from the repartition topics what has just been committed.
  void maybe_purge();
  std::map<TaskId, std::int64_t> task_offsets() const;

  World world_;
  wire::Connector& connector_;
  Process process_;
  const StreamsConfig& config_;
  int index_;
  State state_ = State::kStarting;
  std::optional<Error> error_;
  ThreadMetrics metrics_;
  RecordCacheBudget cache_budget_;
  int threads_ = 1;  ///< of the process
  std::shared_ptr<const std::map<std::string, std::string>> app_configs_;
  std::unique_ptr<client::Cluster> cluster_;
  std::unique_ptr<client::Producer> producer_;
  std::unique_ptr<client::Fetcher> fetcher_;
  std::unique_ptr<TopicCollector> collector_;
  std::unique_ptr<Restorer> restorer_;
  std::unique_ptr<Committer> committer_;
  std::unique_ptr<GlobalState> global_;
  std::unique_ptr<ThreadMembership> membership_;
  PartitionCounts partition_counts_;
  mutable WhereaboutsPtr whereabouts_;
  mutable std::uint64_t whereabouts_of_ = 0;  ///< the assignment that it was made of
  std::map<TaskId, Running> tasks_;
  std::map<TaskId, std::unique_ptr<Task>> standbys_;
  std::unique_ptr<StandbyUpdater> standby_updater_;
  std::uint64_t followed_assignment_ = 0;
  std::optional<Instant> probe_due_;  ///< when to look whether this member has warmed up
  Duration probe_after_{};
  std::optional<Instant> standbys_due_;  ///< when to try again to open what others had open
  std::uint64_t next_task_number_ = 1;
  std::map<TopicPartition, TaskId> task_of_;
  std::deque<Loop::Task> settled_;
  Instant last_commit_;
  Instant last_purge_;
  bool purging_ = false;
  bool outputs_ready_ = false;
  bool transactions_ready_ = false;
  std::optional<Instant> topics_due_;  ///< when to look for topics that match a pattern
  std::vector<OneShot<Status>> outputs_wanted_;
  bool begin_anew_wanted_ = false;
  std::optional<Instant> stalled_since_;   ///< the first passing error since the last commit
  bool dead_letters_uncommitted_ = false;  ///< of the global stores
  std::uint64_t starts_ = 0;               ///< answers to an earlier start are not ours any more
  bool leaving_ = false;                   ///< between two memberships
  bool obeying_ = false;                   ///< it dies because another member wants that
  bool ending_ = false;                    ///< it has died, and is about to leave
  bool uncommitted_full_ = false;          ///< processing waits for a commit, and that for the end of a rebalance
  std::uint64_t records_processed_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace leat
