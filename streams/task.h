// Task: one partition's instance of a sub-topology: its nodes, its stores, its input queues, its timers.
//
//   Task task(options, plan.instantiate(0), std::move(backend), collector);
//   task.add_partition({"lines", 3});
//   task.open();                              // then restore task.state().changelogs()
//   task.start();
//   task.add_batch({"lines", 3}, batch, block);
//   task.process(1000);  task.punctuate_stream_time();  task.punctuate_wall_clock();
//   task.prepare_commit();                    // flushes caches through the graph; records go to the collector
//   ... the producer's acknowledgements, offsets of task.committable(), the end of the transaction ...
//   task.finish_commit(changelog_offsets);    // installs what was written, atomically
//
// The task takes the record with the lowest timestamp among the heads of its queues; ties go as in Kafka Streams. It
// does no I/O but that of its state backend. One owner: the stream thread's loop. Any error is final: the task is
// closed without a commit and begins anew from what was committed.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "broker/wire/record_batch.h"
#include "broker/wire/topic_partition.h"
#include "state/position.h"
#include "state/task_state.h"
#include "streams/error_handlers.h"
#include "streams/java_priority_queue.h"
#include "streams/record_queue.h"
#include "streams/task_figures.h"
#include "topology/plan.h"
#include "topology/streams_metrics.h"

namespace leat {

class Task final : private NodeRuntime {
 public:
  struct Options {
    std::string application_id;
    /// Sub-topology and partition, "0_3".
    std::string id = "0_0";
    std::int32_t partition = 0;
    /// Of the stream thread; null: no record caches.
    RecordCacheBudget* cache_budget = nullptr;
    std::int64_t max_task_idle_ms = 0;
    /// What all processors may read: the state of the thread's global task. Null: there is none.
    const TaskState* global_state = nullptr;
    /// This is the global task: its stores may be written while it processes only.
    bool global = false;
    std::function<std::int64_t()> wall_clock_ms;
    ErrorHandlers handlers;
    RecordingLevel recording_level = RecordingLevel::kInfo;
    /// The program's own, of the stream thread, which outlive the task. Null: the task has some of its own.
    StreamsMetrics* metrics = nullptr;
    /// Null: there are none.
    std::shared_ptr<const std::map<std::string, std::string>> app_configs;
    /// Makes the task's directory and says where it is.
    std::function<Result<std::string>()> state_dir;
  };
  struct CommittableOffset {
    std::int64_t offset = 0;
    /// CommitMetadata as text.
    std::string metadata;
  };

  /// `collector` and the cache budget outlive the task.
  Task(Options options, TopologyInstance instance, std::unique_ptr<StateBackend> backend, RecordCollector& collector);
  ~Task() override;

  const std::string& id() const { return options_.id; }

  /// Declares an input partition; where it runs already, one of a topic that is new. kNotFound where no source of the
  /// sub-topology reads the topic.
  Status add_partition(const TopicPartition& partition);
  /// What was committed for the partition: brings back its time. Before its first batch.
  void set_committed_metadata(const TopicPartition& partition, std::string_view metadata);
  /// What comes first of the partition will be read from this offset on. Before its first batch.
  void set_committed_offset(const TopicPartition& partition, std::int64_t offset);
  std::vector<TopicPartition> partitions() const;
  /// The last record of each partition that the stores know of.
  Position position() const;

  /// Opens the stores. Then their changelogs are to be read into state().
  Status open();
  TaskState& state() { return state_; }
  const TaskState& state() const { return state_; }
  /// Initialises the nodes. Processors may schedule timers here.
  Status start();
  /// Closes nodes and stores; without a commit before, what was not committed is gone.
  void close();

  /// Queues a batch without control records. `owner` keeps its bytes alive. Records before the offset `from` are left
  /// out: the first batch after a start may begin before what is committed.
  Status add_batch(const TopicPartition& partition, const wire::BatchView& batch, Buf owner, std::int64_t from = 0);
  /// The next offset that will be fetched (it may lie behind control records or gaps), and how many offsets the
  /// partition's end is ahead of it. A task with an empty queue waits until the lag is known to be 0.
  void set_position(const TopicPartition& partition, std::int64_t next_offset, std::int64_t lag);
  /// Records in the queue of a partition; fetching pauses above buffered.records.per.partition.
  std::int64_t buffered(const TopicPartition& partition) const;
  bool has_records() const { return !ready_queues_.empty(); }
  /// Whether the next record may be taken: every queue has one, or has been empty for max.task.idle.ms.
  bool ready(std::int64_t now_ms);

  /// Processes up to `records_max` records; returns how many.
  Result<int> process(int records_max);
  /// Fires the timers that are due; returns whether any was.
  Result<bool> punctuate_stream_time();
  Result<bool> punctuate_wall_clock();

  /// Whether anything happened since the last commit, and whether a processor asked for one.
  bool commit_needed() const { return commit_needed_; }
  bool commit_requested() const { return commit_requested_; }
  /// Flushes the stores; afterwards all that belongs to the commit is with the collector.
  Status prepare_commit();
  /// The offsets to commit, by input partition.
  std::map<TopicPartition, CommittableOffset> committable() const;
  /// After the commit: `changelog_offsets` are the next offsets of the changelog topics.
  Status finish_commit(const std::map<std::string, std::int64_t>& changelog_offsets);

  std::int64_t stream_time() const { return stream_time_; }
  std::int64_t dropped(DropCause cause) const { return dropped_[static_cast<std::size_t>(cause)]; }
  /// Kafka's dropped-records-total.
  std::int64_t dropped_total() const;
  std::int64_t processed_total() const { return processed_total_; }

  // Metrics (task_metrics.cc).
  TaskFigures& figures() { return figures_; }
  /// The window in which rates and averages count is over.
  void turn_figures();
  void show_metrics(std::vector<Metric>& to, const MetricTags& thread, double seconds);

 private:
  static constexpr std::size_t kDropCauses = 16;

  struct Timer {
    std::int64_t due_ms = 0;
    std::int64_t interval_ms = 0;
    Node* node = nullptr;
    std::shared_ptr<bool> cancelled;
    std::shared_ptr<std::function<void(Timestamp)>> punctuate;
  };
  struct EarlierTimer {
    bool operator()(const Timer& a, const Timer& b) const { return a.due_ms < b.due_ms; }
  };
  struct EarlierQueue {
    bool operator()(const detail::RecordQueue* a, const detail::RecordQueue* b) const {
      return a->head_timestamp() < b->head_timestamp();
    }
  };
  using Timers = detail::JavaPriorityQueue<Timer, EarlierTimer>;

  // NodeRuntime.
  const std::string& application_id() const override { return options_.application_id; }
  std::string task_id() const override { return options_.id; }
  std::int32_t partition() const override { return options_.partition; }
  const std::map<std::string, std::string>& app_configs() const override { return *options_.app_configs; }
  Result<std::string> state_dir() override { return options_.state_dir(); }
  StateStore* store(const Node& node, std::string_view name) override;
  RecordCollector& collector() override { return collector_; }
  RecordContext& context() override { return context_; }
  std::int64_t current_stream_time_ms() const override { return stream_time_; }
  std::int64_t current_system_time_ms() const override { return options_.wall_clock_ms(); }
  Cancellable schedule(Node& node, std::optional<std::int64_t> start_ms, std::int64_t interval_ms, PunctuationType type,
                       std::function<void(Timestamp)> punctuate) override;
  void request_commit() override { commit_requested_ = true; }
  std::optional<std::int64_t> processor_metadata(const std::string& name) const override;
  void keep_processor_metadata(const std::string& name, std::int64_t value) override;
  void dropped(const Node& node, DropCause cause) override { count_dropped(cause, node.name()); }
  bool on_processing_error(const Node& node, const RecordContext& context, std::exception_ptr error) override;
  StreamsMetrics& metrics() override { return options_.metrics ? *options_.metrics : *own_metrics_; }

  void begin_measuring();
  void show_node_metrics(std::vector<Metric>& to, const MetricTags& task, double seconds) const;
  void show_store_metrics(std::vector<Metric>& to, const MetricTags& task, double seconds);
  bool on_serialization_error(const Node& node, const RecordContext& context, std::string_view topic, bool of_key,
                              std::exception_ptr error) override;

  void count_dropped(DropCause cause, const std::string& node);
  SourceNode* source_of(const std::string& topic) const;
  FailedRecord failed_record(const Node& node, const RecordContext& context, const std::exception_ptr& error) const;
  /// What `ask` says; then the dead letter is sent.
  template <class Ask>
  auto decide(const FailedRecord& failed, Ask ask);
  bool on_undecodable(const detail::RecordQueue& queue, const wire::RecordView& record, const Error& error);
  Status process_head(detail::RecordQueue& queue);
  Result<bool> punctuate(Timers& timers, std::int64_t now_ms);
  void fire(const Timer& timer, std::int64_t now_ms);
  void set_no_record(std::int64_t timestamp);
  static std::vector<TaskState::Entry> stores_of(TopologyInstance& instance, std::vector<std::string>& scopes);
  static std::string scope_of(const StoreDescription& store);

  Options options_;
  RecordCollector& collector_;
  TopologyInstance instance_;
  std::vector<std::string> store_scopes_;  ///< of state_.stores(), one by one
  TaskState state_;
  std::map<const SourceNode*, detail::SourceSlot> sources_;
  std::map<TopicPartition, std::unique_ptr<detail::RecordQueue>> queues_;
  detail::JavaPriorityQueue<detail::RecordQueue*, EarlierQueue> ready_queues_;
  Timers stream_timers_;
  Timers wall_timers_;

  RecordContext context_;
  Headers headers_;
  std::vector<wire::RecordHeader> raw_headers_;
  RecordMetadata no_record_;
  std::int64_t stream_time_ = -1;
  std::map<std::string, std::int64_t> processor_metadata_;
  bool processor_metadata_changed_ = false;
  bool writable_ = false;
  bool started_ = false;
  bool commit_needed_ = false;
  bool commit_requested_ = false;
  std::int64_t expired_records_ = 0;
  std::int64_t processed_total_ = 0;
  TaskFigures figures_;
  std::unique_ptr<StreamsMetrics> own_metrics_;
  std::array<std::int64_t, kDropCauses> dropped_{};
  /// How often a cause had been counted when it was logged last, and when that was.
  std::array<std::int64_t, kDropCauses> dropped_logged_{};
  std::array<std::int64_t, kDropCauses> dropped_logged_ms_{};
};

}  // namespace leat
