#include "streams/task.h"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <typeinfo>

#include "base/log.h"
#include "streams/commit_metadata.h"

namespace leat {

using detail::RecordQueue;

namespace {

void describe(const std::exception_ptr& error, FailedRecord& failed) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& exception) {
    const std::unique_ptr<char, decltype(&std::free)> name(
        abi::__cxa_demangle(typeid(exception).name(), nullptr, nullptr, nullptr), &std::free);
    failed.error_type = name ? name.get() : typeid(exception).name();
    failed.message = exception.what();
  } catch (...) {
    failed.error_type = "unknown";
    failed.message = "an exception that is no std::exception";
  }
}

void add_headers(const std::vector<wire::RecordHeader>& raw, Headers& headers) {
  for (const wire::RecordHeader& header : raw) {
    headers.add(std::string(header.key), header.value ? std::optional<Bytes>(Bytes(*header.value)) : std::nullopt);
  }
}

/// The records of a batch from an offset on, as a batch; empty where there are none.
Result<Buf> records_from(const wire::BatchView& batch, const Buf& owner, std::int64_t from) {
  constexpr std::size_t kInflatedBytesMax = 256 * 1024 * 1024;
  LEAT_ASSIGN_OR_RETURN(auto cursor, wire::RecordCursor::open(batch, owner, kInflatedBytesMax));
  wire::BatchBuilder builder(batch.size());
  for (wire::RecordView record; cursor.next(record);)
    if (record.offset >= from) builder.append(record, static_cast<std::int32_t>(record.offset - from));
  if (builder.empty()) return Buf();
  Buf rest = builder.seal({});
  wire::BatchStamp(rest.mutable_data()).base_offset(from);
  return rest;
}

}  // namespace

std::vector<TaskState::Entry> Task::stores_of(TopologyInstance& instance, std::vector<std::string>& scopes) {
  // Upstream first: a flush forwards downstream, where the next store is flushed after it.
  std::vector<std::size_t> first_user(instance.stores.size(), std::numeric_limits<std::size_t>::max());
  for (std::size_t i = 0; i < instance.stores.size(); ++i) {
    for (std::size_t node = 0; node < instance.nodes.size() && first_user[i] > node; ++node) {
      const auto connected = instance.connections.find(instance.nodes[node].get());
      if (connected != instance.connections.end() && connected->second.count(instance.stores[i].store->name())) {
        first_user[i] = node;
      }
    }
  }
  std::vector<std::size_t> order(instance.stores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return first_user[a] < first_user[b]; });
  std::vector<TaskState::Entry> entries;
  for (const std::size_t i : order) {
    TopologyInstance::Store& store = instance.stores[i];
    scopes.push_back(scope_of(store.planned.builder->description()));
    entries.push_back({std::move(store.store), store.planned.changelog_topic, store.planned.changelog_is_source});
  }
  return entries;
}

Task::Task(Options options, TopologyInstance instance, std::unique_ptr<StateBackend> backend,
           RecordCollector& collector)
    : options_(std::move(options)),
      collector_(collector),
      instance_(std::move(instance)),
      state_(stores_of(instance_, store_scopes_), std::move(backend)),
      figures_(options_.recording_level) {
  if (!options_.metrics)
    own_metrics_ = std::make_unique<StreamsMetrics>(options_.recording_level, options_.application_id);
  begin_measuring();
  if (!options_.app_configs) options_.app_configs = std::make_shared<const std::map<std::string, std::string>>();
  if (!options_.state_dir)
    options_.state_dir = []() -> Result<std::string> {
      return Error{ErrorKind::kNotFound, "this task has no directory; in tests, set TestDriverOptions::state_dir"};
    };
  set_no_record(-1);
}

Task::~Task() { close(); }

SourceNode* Task::source_of(const std::string& topic) const {
  const auto source = instance_.sources.find(topic);
  if (source != instance_.sources.end()) return source->second;
  for (const auto& [pattern, node] : instance_.pattern_sources) {
    if (pattern.matches(topic)) return node;
  }
  return nullptr;
}

Status Task::add_partition(const TopicPartition& partition) {
  SourceNode* source = source_of(partition.topic);
  if (!source) {
    return Error{ErrorKind::kNotFound,
                 "task " + options_.id + " has no source that reads the topic " + partition.topic};
  }
  detail::SourceSlot& slot = sources_[source];
  slot.node = source;
  auto queue = std::make_unique<RecordQueue>(partition, slot,
                                             [this, source](DropCause cause) { count_dropped(cause, source->name()); });
  RecordQueue* raw = queue.get();
  queue->on_undecodable(
      [this, raw](const wire::RecordView& record, const Error& error) { return on_undecodable(*raw, record, error); });
  queues_[partition] = std::move(queue);
  return {};
}

void Task::set_committed_metadata(const TopicPartition& partition, std::string_view metadata) {
  const CommitMetadata committed = CommitMetadata::decode(metadata);
  queues_.at(partition)->set_partition_time(committed.partition_time);
  stream_time_ = std::max(stream_time_, committed.partition_time);
  for (const auto& [name, value] : committed.processors) {
    const auto kept = processor_metadata_.try_emplace(name, value).first;
    kept->second = std::max(kept->second, value);
  }
}

void Task::set_committed_offset(const TopicPartition& partition, std::int64_t offset) {
  queues_.at(partition)->committed_offset = offset;
}

Position Task::position() const {
  Position position;
  for (const auto& [partition, queue] : queues_) {
    const std::int64_t last = queue->consumed_offset.value_or(queue->committed_offset - 1);
    if (last >= 0) position.with_component(partition.topic, partition.partition, last);
  }
  return position;
}

std::optional<std::int64_t> Task::processor_metadata(const std::string& name) const {
  const auto kept = processor_metadata_.find(name);
  return kept != processor_metadata_.end() ? std::optional(kept->second) : std::nullopt;
}

void Task::keep_processor_metadata(const std::string& name, std::int64_t value) {
  processor_metadata_[name] = value;
  processor_metadata_changed_ = true;
}

std::vector<TopicPartition> Task::partitions() const {
  std::vector<TopicPartition> partitions;
  for (const auto& [partition, queue] : queues_) partitions.push_back(partition);
  return partitions;
}

Status Task::open() {
  StoreContext context;
  context.context = &context_;
  context.collector = &collector_;
  context.partition = options_.partition;
  context.cache_budget = options_.cache_budget;
  context.expired_records = &expired_records_;
  context.application_id = options_.application_id;
  context.task_id = options_.id;
  context.app_configs = options_.app_configs;
  context.state_dir = options_.state_dir;
  if (options_.global) context.writable = &writable_;
  return state_.open(std::move(context));
}

Status Task::start() {
  started_ = true;
  try {
    for (const auto& node : instance_.nodes) {
      if (node->wrapper()) node->wrapper()->init(*this);
      node->init(*this);
    }
    // More stores than that are none that every record goes to.
    constexpr std::size_t kToldMax = 2;
    if (state_.stores().size() <= kToldMax) {
      for (auto& [node, slot] : sources_)
        for (const TaskState::Entry& entry : state_.stores()) slot.stores.push_back(entry.store.get());
    }
  } catch (const ProcessingFailed& failed) {
    return failed.error();
  } catch (const std::exception& error) {
    return Error{ErrorKind::kUser, "task " + options_.id + " cannot start: " + error.what()};
  }
  return {};
}

void Task::close() {
  if (started_) {
    started_ = false;
    for (const auto& node : instance_.nodes) {
      try {
        node->close();
        if (node->wrapper()) node->wrapper()->close();
      } catch (...) {
        // A processor that fails to close must not keep the others from it; there is nobody left to tell.
        continue;
      }
    }
  }
  ready_queues_.clear();
  queues_.clear();
  state_.close();
}

StateStore* Task::store(const Node& node, std::string_view name) {
  if (options_.global_state) {
    if (StateStore* global = options_.global_state->find(name)) return global;
  }
  const auto connected = instance_.connections.find(&node);
  if (connected == instance_.connections.end() || !connected->second.contains(name)) return nullptr;
  return state_.find(name);
}

Status Task::add_batch(const TopicPartition& partition, const wire::BatchView& batch, Buf owner, std::int64_t from) {
  if (batch.base_offset() < from) {
    LEAT_ASSIGN_OR_RETURN(const Buf rest, records_from(batch, owner, from));
    return rest.empty() ? Status() : add_batch(partition, wire::BatchView::trusted(rest.view()), rest, from);
  }
  const auto found = queues_.find(partition);
  LEAT_CHECK(found != queues_.end(), "a batch of a partition that is not this task's");
  RecordQueue& queue = *found->second;
  const bool was_empty = queue.empty();
  queue.position = batch.last_offset() + 1;
  LEAT_RETURN_IF_ERROR(queue.add(batch, std::move(owner)));
  if (was_empty && !queue.empty()) ready_queues_.offer(&queue);
  return {};
}

void Task::set_position(const TopicPartition& partition, std::int64_t next_offset, std::int64_t lag) {
  const auto found = queues_.find(partition);
  if (found == queues_.end()) return;
  found->second->position = next_offset;
  found->second->lag = lag;
}

std::int64_t Task::buffered(const TopicPartition& partition) const {
  const auto found = queues_.find(partition);
  return found == queues_.end() ? 0 : found->second->size();
}

bool Task::ready(std::int64_t now_ms) {
  if (ready_queues_.empty()) return false;
  if (options_.max_task_idle_ms < 0) return true;
  for (auto& [partition, queue] : queues_) {
    if (!queue->empty()) {
      queue->idle_deadline_ms.reset();
      continue;
    }
    if (!queue->lag || *queue->lag > 0) {
      queue->idle_deadline_ms.reset();
      return false;
    }
    if (!queue->idle_deadline_ms) queue->idle_deadline_ms = now_ms + options_.max_task_idle_ms;
    if (now_ms < *queue->idle_deadline_ms) return false;
  }
  return true;
}

Result<int> Task::process(int records_max) {
  int processed = 0;
  struct Writing {
    bool& writable;
    ~Writing() { writable = false; }
  } writing{writable_};
  writable_ = true;
  figures_.now_ms = options_.wall_clock_ms();
  while (processed < records_max && !ready_queues_.empty()) {
    RecordQueue& queue = *ready_queues_.poll();
    LEAT_RETURN_IF_ERROR(process_head(queue));
    LEAT_RETURN_IF_ERROR(queue.advance());
    ++processed;
    if (!queue.empty()) {
      ready_queues_.offer(&queue);
    } else if (!ready_queues_.empty() && !ready(options_.wall_clock_ms())) {
      break;  // what comes next of this partition may be older than what the others have
    }
  }
  processed_total_ += processed;
  return processed;
}

Status Task::process_head(RecordQueue& queue) {
  commit_needed_ = true;
  queue.consumed_offset = queue.head_offset();
  if (queue.head_is_corrupted()) return {};
  const wire::RecordView& record = queue.head();
  stream_time_ = std::max(stream_time_, queue.head_timestamp());
  if (figures_.level >= RecordingLevel::kDebug) figures_.lateness_ms.record(stream_time_ - queue.head_timestamp());
  if (record.header_count > 0 || !headers_.empty()) {
    headers_.clear();
    raw_headers_.clear();
    if (!record.headers(raw_headers_)) {
      return Error{ErrorKind::kCorrupt, "the headers of the record " + queue.metadata().topic + "-" +
                                            std::to_string(queue.metadata().partition) + "@" +
                                            std::to_string(record.offset) + " are malformed"};
    }
    add_headers(raw_headers_, headers_);
  }
  context_.timestamp = queue.head_timestamp();
  context_.headers = &headers_;
  context_.metadata = &queue.metadata();
  context_.raw_key = record.key;
  context_.raw_value = record.value;
  try {
    queue.process_head(context_);
  } catch (const ProcessingFailed& failed) {
    return failed.error();
  }
  return {};
}

template <class Ask>
auto Task::decide(const FailedRecord& failed, Ask ask) {
  decltype(ask()) decision{};
  try {
    decision = ask();
  } catch (const std::exception& error) {
    // As in Kafka Streams, this is fatal; what the record failed of is told all the same.
    throw ProcessingFailed({ErrorKind::kUser, "the error handler failed: " + std::string(error.what()) +
                                                  "; it was asked about record " + failed.metadata.topic + "-" +
                                                  std::to_string(failed.metadata.partition) + "@" +
                                                  std::to_string(failed.metadata.offset) + ": " + failed.message});
  }
  // A punctuation has no record that could be kept.
  if (!options_.handlers.dead_letter_topic.empty() && !failed.metadata.topic.empty()) {
    const Headers headers = dead_letter_headers(failed);
    collector_.send({.topic = options_.handlers.dead_letter_topic,
                     .key = failed.key,
                     .value = failed.value,
                     .timestamp = failed.timestamp,
                     .headers = &headers,
                     .from = "the dead letter queue"});
  }
  return decision;
}

bool Task::on_undecodable(const RecordQueue& queue, const wire::RecordView& record, const Error& error) {
  Headers headers;
  std::vector<wire::RecordHeader> raw;
  if (record.header_count > 0 && record.headers(raw)) add_headers(raw, headers);
  FailedRecord failed{"",           queue.metadata(), record.timestamp,       record.key,
                      record.value, &headers,         "DeserializationError", error.message};
  failed.metadata.offset = record.offset;
  const auto& handler = options_.handlers.deserialization;
  return decide(failed, [&] { return handler ? handler(failed) : OnError::kFail; }) == OnError::kContinue;
}

FailedRecord Task::failed_record(const Node& node, const RecordContext& context,
                                 const std::exception_ptr& error) const {
  FailedRecord failed{node.name(),       context.metadata ? *context.metadata : no_record_,
                      context.timestamp, context.raw_key,
                      context.raw_value, context.headers};
  describe(error, failed);
  return failed;
}

bool Task::on_processing_error(const Node& node, const RecordContext& context, std::exception_ptr error) {
  const FailedRecord failed = failed_record(node, context, error);
  const auto& handler = options_.handlers.processing;
  return decide(failed, [&] { return handler ? handler(failed) : OnError::kFail; }) == OnError::kContinue;
}

bool Task::on_serialization_error(const Node& node, const RecordContext& context, std::string_view topic, bool of_key,
                                  std::exception_ptr error) {
  FailedSend failed{failed_record(node, context, error)};
  failed.stage = of_key ? FailedSend::Stage::kKeySerde : FailedSend::Stage::kValueSerde;
  failed.to_topic = topic;
  const auto& handler = options_.handlers.production;
  return decide(failed, [&] { return handler ? handler(failed) : OnProductionError::kFail; }) ==
         OnProductionError::kContinue;
}

void Task::count_dropped(DropCause cause, const std::string& node) {
  constexpr std::int64_t kLogEveryMs = 10'000;
  const auto index = static_cast<std::size_t>(cause);
  const std::int64_t count = ++dropped_[index];
  // Of these the handlers tell.
  if (cause == DropCause::kDeserialization || cause == DropCause::kProcessingError || cause == DropCause::kNotWritten)
    return;
  const std::int64_t now = options_.wall_clock_ms();
  std::int64_t& logged = dropped_logged_[index];
  if (logged > 0 && now - dropped_logged_ms_[index] < kLogEveryMs) return;
  const RecordMetadata& record = context_.metadata ? *context_.metadata : no_record_;
  log_line(LogLevel::kWarn, "streams", "records are dropped",
           {{"task", options_.id},
            {"processor", node},
            {"cause", std::string(name(cause))},
            {"records", std::to_string(count - logged)},
            {"last", record.topic + "-" + std::to_string(record.partition) + "@" + std::to_string(record.offset)}});
  logged = count;
  dropped_logged_ms_[index] = now;
}

Cancellable Task::schedule(Node& node, std::optional<std::int64_t> start_ms, std::int64_t interval_ms,
                           PunctuationType type, std::function<void(Timestamp)> punctuate) {
  Timer timer;
  timer.interval_ms = interval_ms;
  timer.node = &node;
  timer.cancelled = std::make_shared<bool>(false);
  timer.punctuate = std::make_shared<std::function<void(Timestamp)>>(std::move(punctuate));
  const bool stream_time = type == PunctuationType::kStreamTime;
  const std::int64_t now = stream_time ? stream_time_ : current_system_time_ms();
  if (!start_ms) {
    timer.due_ms = stream_time ? 0 : now + interval_ms;
  } else {
    timer.due_ms = *start_ms;
    // A start in the past of the wall clock keeps its grid; nothing is made up for.
    if (!stream_time && timer.due_ms < now) {
      timer.due_ms += (now - timer.due_ms + interval_ms - 1) / interval_ms * interval_ms;
    }
  }
  Cancellable cancellable(timer.cancelled);
  (stream_time ? stream_timers_ : wall_timers_).offer(std::move(timer));
  return cancellable;
}

Result<bool> Task::punctuate_stream_time() {
  if (stream_time_ < 0) return false;
  return punctuate(stream_timers_, stream_time_);
}

Result<bool> Task::punctuate_wall_clock() { return punctuate(wall_timers_, current_system_time_ms()); }

Result<bool> Task::punctuate(Timers& timers, std::int64_t now_ms) {
  bool any = false;
  while (!timers.empty() && timers.peek().due_ms <= now_ms) {
    Timer timer = timers.poll();
    if (*timer.cancelled) continue;
    any = true;
    commit_needed_ = true;
    try {
      fire(timer, now_ms);
    } catch (const ProcessingFailed& failed) {
      return failed.error();
    }
    if (*timer.cancelled) continue;
    const std::int64_t next = timer.due_ms + timer.interval_ms;
    const std::int64_t missed = (now_ms - timer.due_ms) / timer.interval_ms;
    timer.due_ms = now_ms < next ? next : timer.due_ms + (missed + 1) * timer.interval_ms;
    timers.offer(std::move(timer));
  }
  return any;
}

void Task::fire(const Timer& timer, std::int64_t now_ms) {
  set_no_record(now_ms);
  try {
    (*timer.punctuate)(now_ms);
  } catch (...) {
    detail::processing_error(*timer.node, context_);
  }
}

void Task::set_no_record(std::int64_t timestamp) {
  headers_.clear();
  context_.timestamp = timestamp;
  context_.headers = &headers_;
  context_.metadata = &no_record_;
  context_.raw_key.reset();
  context_.raw_value.reset();
}

Status Task::prepare_commit() {
  try {
    state_.flush();
  } catch (const ProcessingFailed& failed) {
    return failed.error();
  } catch (const std::exception& error) {
    return Error{ErrorKind::kUser, "task " + options_.id + " cannot flush its stores: " + error.what()};
  }
  return state_.status();
}

std::map<TopicPartition, Task::CommittableOffset> Task::committable() const {
  std::map<TopicPartition, CommittableOffset> offsets;
  for (const auto& [partition, queue] : queues_) {
    // What processors keep is committed with every partition: any of them may be the last one to be read again.
    const bool read = queue->consumed_offset || (processor_metadata_changed_ && (!queue->empty() || queue->position));
    if (!read) continue;
    CommittableOffset& offset = offsets[partition];
    offset.offset = queue->consumed_offset ? *queue->consumed_offset + 1 : 0;
    if (!queue->empty()) {
      offset.offset = queue->head_offset();
    } else if (queue->position) {
      offset.offset = std::max(offset.offset, *queue->position);
    }
    CommitMetadata metadata;
    metadata.partition_time = queue->partition_time();
    metadata.processors = processor_metadata_;
    offset.metadata = metadata.encode();
  }
  return offsets;
}

Status Task::finish_commit(const std::map<std::string, std::int64_t>& changelog_offsets) {
  commit_needed_ = false;
  commit_requested_ = false;
  processor_metadata_changed_ = false;
  return state_.install(changelog_offsets);
}

std::int64_t Task::dropped_total() const { return std::accumulate(dropped_.begin(), dropped_.end(), expired_records_); }

}  // namespace leat
