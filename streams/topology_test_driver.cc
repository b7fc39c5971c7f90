#include "streams/topology_test_driver.h"

#include <algorithm>
#include <set>

#include "streams/task.h"

namespace leat {

namespace {

/// Keeps what the topology sends.
class CapturingCollector final : public RecordCollector {
 public:
  void send(const Outgoing& record) override {
    TestRecordBytes sent;
    sent.topic = record.topic;
    if (record.key) sent.key.emplace(*record.key);
    if (record.value) sent.value.emplace(*record.value);
    sent.timestamp = record.timestamp;
    if (record.headers) sent.headers = *record.headers;
    sent.partition = record.partition;
    fresh.push_back(std::move(sent));
  }
  std::int32_t partition_count(std::string_view) override { return 1; }
  void send_when_known(const Outgoing& record, Choose) override { send(record); }

  std::vector<TestRecordBytes> fresh;
};

}  // namespace

class TopologyTestDriver::Runtime {
 public:
  Runtime(const Topology& topology, TestDriverOptions options) : options_(std::move(options)) {
    wall_clock_ms_ = options_.initial_wall_clock.ms();
    cache_.bytes_max = options_.statestore_cache_max_bytes;
    PlanOptions plan_options;
    plan_options.application_id = options_.application_id;
    plan_options.emit_interval_ms = options_.emit_interval_ms;
    plan_options.changes_apart = options_.changes_apart;
    plan_options.on_invalid_timestamp = options_.default_timestamp_extractor;
    auto planned = topology.plan(plan_options);
    if (!planned.ok()) throw TestDriverError(planned.error().message);
    plan_ = std::make_unique<Plan>(std::move(planned).value());
    Task::Options task_options;
    task_options.application_id = options_.application_id;
    task_options.cache_budget = &cache_;
    task_options.wall_clock_ms = [this] { return wall_clock_ms_; };
    task_options.handlers = options_.handlers;
    task_options.metrics = &own_metrics_;
    task_options.app_configs = std::make_shared<const std::map<std::string, std::string>>(options_.app_configs);
    if (!options_.state_dir.empty())
      task_options.state_dir = [this]() -> Result<std::string> { return options_.state_dir; };
    if (plan_->has_global()) start_global(task_options);
    task_ = std::make_unique<Task>(std::move(task_options), plan_->instantiate_all(), open_backend(), collector_);
    for (const Subtopology& part : plan_->subtopologies()) {
      if (part.global) continue;
      for (const std::string& topic : part.source_topics) add_topic(topic);
    }
    require(task_->open());
    require(task_->start());
  }

  Status pipe(const TestRecordBytes& record) {
    LEAT_RETURN_IF_ERROR(enqueue(record));
    return complete();
  }
  StateStore* store(const std::string& name) const {
    StateStore* found = task_->state().find(name);
    return found || !global_ ? found : global_->state().find(name);
  }
  std::vector<Metric> metrics() {
    constexpr double kWindowSeconds = 30;
    std::vector<Metric> all;
    task_->show_metrics(all, {{"thread-id", "TopologyTestDriver"}}, kWindowSeconds);
    own_metrics_.show(all, kWindowSeconds);
    return all;
  }
  std::int64_t dropped_total() const { return task_->dropped_total() + (global_ ? global_->dropped_total() : 0); }

  Status pipe_batch(const std::vector<TestRecordBytes>& records) {
    for (const TestRecordBytes& record : records) LEAT_RETURN_IF_ERROR(enqueue(record));
    while (task_->ready(wall_clock_ms_)) {
      LEAT_RETURN_IF_ERROR(task_->process(1));
      LEAT_RETURN_IF_ERROR(task_->punctuate_stream_time());
    }
    LEAT_RETURN_IF_ERROR(commit());
    return complete();
  }

  Status advance(std::int64_t by_ms) {
    wall_clock_ms_ += by_ms;
    LEAT_RETURN_IF_ERROR(task_->punctuate_wall_clock());
    LEAT_RETURN_IF_ERROR(commit());
    return complete();
  }

  std::optional<TestRecordBytes> read(const std::string& topic) {
    capture_outputs();
    std::deque<TestRecordBytes>& records = unread_[topic];
    if (records.empty()) return std::nullopt;
    TestRecordBytes record = std::move(records.front());
    records.pop_front();
    return record;
  }
  std::size_t unread(const std::string& topic) {
    capture_outputs();
    return unread_[topic].size();
  }
  std::set<std::string> produced_topic_names() {
    capture_outputs();
    std::set<std::string> names;
    for (const auto& [topic, count] : sent_count_)
      if (count > 0) names.insert(topic);
    return names;
  }
  std::vector<TestRecordBytes> take_sent() {
    capture_outputs();
    return std::exchange(sent_, {});
  }

  Plan& plan() { return *plan_; }
  Task& task() { return *task_; }
  std::int64_t wall_clock_ms() const { return wall_clock_ms_; }
  const std::map<std::string, std::string>& committed() const { return committed_; }

 private:
  static void require(const Status& status) {
    if (!status.ok()) throw TestDriverError(status.error().message);
  }

  std::unique_ptr<StateBackend> open_backend() {
    if (options_.state_dir.empty()) return StateBackend::in_memory();
    memory_ = std::make_unique<StateMemory>(std::size_t{8} << 20, std::size_t{8} << 20);
    auto backend = StateBackend::open(options_.state_dir, *memory_);
    if (!backend.ok()) throw TestDriverError(backend.error().message);
    return std::move(backend).value();
  }

  void start_global(Task::Options& task_options) {
    Task::Options options = task_options;
    options.id = "global";
    options.global = true;
    options.max_task_idle_ms = -1;
    global_topics_ = plan_->global_topics();
    global_ =
        std::make_unique<Task>(std::move(options), plan_->instantiate_global(), StateBackend::in_memory(), collector_);
    for (const std::string& topic : global_topics_) require(global_->add_partition({topic, 0}));
    require(global_->open());
    require(global_->start());
    task_options.global_state = &global_->state();
  }

  bool add_topic(const std::string& topic) {
    if (topics_.count(topic)) return true;
    if (!task_->add_partition({topic, 0}).ok()) return false;
    task_->set_position({topic, 0}, 0, 0);
    topics_.insert(topic);
    return true;
  }

  Status enqueue(const TestRecordBytes& record) {
    const bool global = global_topics_.contains(record.topic);
    if (!global && !add_topic(record.topic)) {
      return Error{ErrorKind::kInvalidArgument, "no source of the topology reads the topic " + record.topic};
    }
    wire::BatchBuilder builder(256);
    std::vector<wire::RecordHeader> headers;
    for (const Header& header : record.headers) {
      headers.push_back({header.name, header.value ? std::optional<BytesView>(*header.value) : std::nullopt});
    }
    builder.append(record.timestamp.value_or(wall_clock_ms_), view(record.key), view(record.value), headers);
    Buf block = builder.seal({});
    const std::int64_t offset = next_offset_[record.topic]++;
    wire::BatchStamp(block.mutable_data()).base_offset(offset);
    const wire::BatchView batch = wire::BatchView::trusted(block);
    if (global) {
      LEAT_RETURN_IF_ERROR(global_->add_batch({record.topic, 0}, batch, block));
      const auto processed = global_->process(1);
      return processed ? global_->prepare_commit() : processed.error();
    }
    LEAT_RETURN_IF_ERROR(task_->add_batch({record.topic, 0}, batch, block));
    task_->set_position({record.topic, 0}, offset + 1, 0);
    return {};
  }
  static std::optional<BytesView> view(const std::optional<Bytes>& bytes) {
    return bytes ? std::optional<BytesView>(*bytes) : std::nullopt;
  }

  /// Moves what was sent to where tests read it; returns what the topology reads itself.
  std::vector<TestRecordBytes> capture_outputs() {
    std::vector<TestRecordBytes> again;
    for (TestRecordBytes& record : collector_.fresh) {
      ++sent_count_[record.topic];
      if (topics_.count(record.topic) || global_topics_.count(record.topic)) again.push_back(record);
      unread_[record.topic].push_back(record);
      sent_.push_back(std::move(record));
    }
    collector_.fresh.clear();
    return again;
  }
  Status read_back() {
    for (const TestRecordBytes& record : capture_outputs()) LEAT_RETURN_IF_ERROR(enqueue(record));
    return {};
  }

  Status commit() {
    LEAT_RETURN_IF_ERROR(task_->prepare_commit());
    for (const auto& [partition, offset] : task_->committable()) committed_[partition.topic] = offset.metadata;
    std::map<std::string, std::int64_t> changelog_offsets;
    for (const TaskState::Changelog& changelog : task_->state().changelogs()) {
      const auto fresh = std::count_if(collector_.fresh.begin(), collector_.fresh.end(),
                                       [&](const TestRecordBytes& record) { return record.topic == changelog.topic; });
      changelog_offsets[changelog.topic] = sent_count_[changelog.topic] + fresh;
    }
    return task_->finish_commit(changelog_offsets);
  }

  Status complete() {
    LEAT_RETURN_IF_ERROR(read_back());
    while (task_->ready(wall_clock_ms_)) {
      LEAT_RETURN_IF_ERROR(task_->process(1));
      LEAT_RETURN_IF_ERROR(task_->punctuate_stream_time());
      LEAT_RETURN_IF_ERROR(commit());
      LEAT_RETURN_IF_ERROR(read_back());
    }
    return {};
  }

  TestDriverOptions options_;
  std::int64_t wall_clock_ms_ = 0;
  StreamsMetrics own_metrics_{RecordingLevel::kInfo, "TopologyTestDriver"};
  RecordCacheBudget cache_;
  CapturingCollector collector_;
  std::unique_ptr<StateMemory> memory_;
  std::unique_ptr<Plan> plan_;
  std::unique_ptr<Task> global_;
  std::set<std::string> global_topics_;
  std::unique_ptr<Task> task_;
  std::set<std::string> topics_;
  std::map<std::string, std::int64_t> next_offset_;
  std::map<std::string, std::int64_t> sent_count_;
  std::map<std::string, std::deque<TestRecordBytes>> unread_;
  std::vector<TestRecordBytes> sent_;
  std::map<std::string, std::string> committed_;
};

TopologyTestDriver::TopologyTestDriver(const Topology& topology, TestDriverOptions options)
    : runtime_(std::make_unique<Runtime>(topology, std::move(options))) {}
TopologyTestDriver::~TopologyTestDriver() = default;

Status TopologyTestDriver::pipe(const TestRecordBytes& record) { return runtime_->pipe(record); }
Status TopologyTestDriver::pipe_batch(const std::vector<TestRecordBytes>& records) {
  return runtime_->pipe_batch(records);
}
Status TopologyTestDriver::advance(std::int64_t by_ms) { return runtime_->advance(by_ms); }
void TopologyTestDriver::advance_wall_clock_time(std::chrono::milliseconds by) {
  const Status advanced = runtime_->advance(by.count());
  if (!advanced.ok()) throw TestDriverError(advanced.error().message);
}
std::optional<TestRecordBytes> TopologyTestDriver::read(const std::string& topic) { return runtime_->read(topic); }
std::size_t TopologyTestDriver::unread(const std::string& topic) const { return runtime_->unread(topic); }
std::set<std::string> TopologyTestDriver::produced_topic_names() const { return runtime_->produced_topic_names(); }
std::vector<TestRecordBytes> TopologyTestDriver::take_sent() { return runtime_->take_sent(); }

std::vector<std::string> TopologyTestDriver::store_names() const {
  std::vector<std::string> names;
  for (const TaskState::Entry& entry : runtime_->task().state().stores()) names.push_back(entry.store->name());
  return names;
}
StateStore* TopologyTestDriver::state_store(const std::string& name) const { return runtime_->store(name); }
std::map<std::string, std::string> TopologyTestDriver::committed_metadata() const { return runtime_->committed(); }
std::vector<Metric> TopologyTestDriver::metrics() const { return runtime_->metrics(); }
std::int64_t TopologyTestDriver::dropped_records_total() const { return runtime_->dropped_total(); }
std::int64_t TopologyTestDriver::wall_clock_ms() const { return runtime_->wall_clock_ms(); }

std::optional<std::int64_t> TopologyTestDriver::window_size_ms() const {
  return detail::common_window_size_ms(runtime_->plan());
}

std::optional<std::int64_t> detail::common_window_size_ms(const Plan& plan) {
  std::optional<std::int64_t> size;
  for (const Subtopology& part : plan.subtopologies()) {
    for (const PlannedStore& store : part.stores) {
      const std::int64_t window = store.builder->description().window_size_ms;
      if (window <= 0) continue;
      if (size && *size != window) return std::nullopt;
      size = window;
    }
  }
  return size;
}

}  // namespace leat
