// Batches and their sending; transactions are in producer_transaction.cc.
#include "broker/client/producer.h"

#include <algorithm>

#include "base/murmur2.h"

namespace leat::client {

using wire::ErrorCode;

namespace {

/// While a batch of its partition is under way the next one may grow up to this.
constexpr std::size_t kBatchBytesMax = 900 * 1024;
constexpr int kProduceVersionMax = 12;  // from 13 on topics are named by id
constexpr std::int32_t kProduceTimeoutMs = 30'000;

bool refreshes(ErrorCode error) {
  return error == ErrorCode::kNotLeaderOrFollower || error == ErrorCode::kUnknownTopicOrPartition ||
         error == ErrorCode::kLeaderNotAvailable || error == ErrorCode::kFencedLeaderEpoch ||
         error == ErrorCode::kUnknownLeaderEpoch || error == ErrorCode::kReplicaNotAvailable ||
         error == ErrorCode::kKafkaStorageError || error == ErrorCode::kNetworkException;
}

/// Refused for what the records are: others may pass.
bool is_of_records(ErrorCode error) {
  return error == ErrorCode::kMessageTooLarge || error == ErrorCode::kRecordListTooLarge ||
         error == ErrorCode::kInvalidRecord || error == ErrorCode::kInvalidTimestamp ||
         error == ErrorCode::kPolicyViolation;
}

}  // namespace

/// One produce request under way, with the partitions whose first sealed batch it carries.
struct Producer::Request {
  std::vector<Partition*> partitions;
};

Producer::Producer(Cluster& cluster, ProducerConfig config)
    : cluster_(cluster), world_(cluster.world()), config_(std::move(config)) {
  LEAT_CHECK(config_.acks == -1 || config_.acks == 1, "acks must be -1 (all) or 1");
}

Producer::~Producer() {
  alive_.reset();
  if (linger_timer_) world_.loop.cancel(*linger_timer_);
}

template <class Task>
void Producer::after_backoff(Task task) {
  world_.loop.call_at(world_.loop.now() + cluster_.config().retry_backoff,
                      [alive = std::weak_ptr<bool>(alive_), task = std::move(task)]() mutable {
                        if (!alive.expired()) task();
                      });
}

Producer::Topic& Producer::topic(const std::string& name) {
  auto& topic = topics_[name];
  if (!topic) {
    topic = std::make_unique<Topic>();
    topic->name_ = name;
  }
  return *topic;
}

void Producer::prepare(const std::set<std::string>& topics, OneShot<Status> ready) {
  prepare(topics, world_.loop.now() + config_.prepare_timeout, std::move(ready));
}

void Producer::prepare(const std::set<std::string>& topics, Instant deadline, OneShot<Status> ready) {
  cluster_.refresh(
      topics, true,
      [this, alive = std::weak_ptr<bool>(alive_), topics, deadline, ready = std::move(ready)](Status status) mutable {
        if (alive.expired()) return ready(Error{ErrorKind::kClosed, "the producer was closed"});
        const bool in_time = world_.loop.now() < deadline;
        const auto again = [&] {
          after_backoff([this, topics, deadline, later = std::move(ready)]() mutable {
            prepare(topics, deadline, std::move(later));
          });
        };
        if (!status) {
          const bool may_help =
              status.error().kind == ErrorKind::kUnavailable || status.error().kind == ErrorKind::kTimeout;
          return may_help && in_time ? again() : ready(status);
        }
        for (const std::string& name : topics) {
          const TopicMetadata* metadata = cluster_.topic(name);
          if (metadata == nullptr || metadata->leaders.empty()) {
            const ErrorCode error = metadata ? metadata->error : ErrorCode::kUnknownTopicOrPartition;
            // A topic that is made on first use is there at the next look.
            if (wire::retriable(error) && in_time) return again();
            return ready(wire::kafka_error(error, "writing to topic '" + name + "'"));
          }
          Topic& known = topic(name);
          while (known.partitions_.size() < metadata->leaders.size()) {
            auto partition = std::make_unique<Partition>();
            partition->topic = &known;
            partition->index = known.partition_count();
            known.partitions_.push_back(std::move(partition));
          }
        }
        if (producer_id_ >= 0 || !config_.transactional_id.empty()) return ready({});
        init_producer_id(world_.loop.now() + config_.delivery_timeout, std::move(ready));
      });
}

void Producer::send(Topic& topic, std::int32_t index, std::optional<BytesView> key, std::optional<BytesView> value,
                    std::span<const wire::RecordHeader> headers, std::int64_t timestamp_ms) {
  LEAT_CHECK(topic.partition_count() > 0, "a record was sent to a topic that is not prepared");
  if (error_) return;
  if (index < 0) index = key ? partition_for_key(*key, topic.partition_count()) : topic.sticky_;
  Partition& partition = *topic.partitions_[static_cast<std::size_t>(index)];
  const std::size_t more = wire::BatchBuilder::record_bytes_max(key, value, headers);
  if (!partition.open.empty() && partition.open.size() + more > kBatchBytesMax) seal(partition);
  const std::size_t before = partition.open.size();
  if (partition.open.empty()) {
    ++open_batches_;
    partition.opened_at = world_.loop.now();
  }
  partition.open.append(timestamp_ms, key, value, headers);
  bytes_waiting_ += partition.open.size() - before;
  if (in_transaction_) transaction_used_ = true;
  if (partition.open.size() >= config_.batch_bytes) {
    if (!key && index == topic.sticky_) topic.sticky_ = (topic.sticky_ + 1) % topic.partition_count();
    append_ready(partition);
  } else if (config_.linger == Duration::zero()) {
    append_ready(partition);
  } else if (!linger_timer_) {
    linger_timer_ = world_.loop.call_at(*partition.opened_at + config_.linger, [this] {
      linger_timer_.reset();
      for (auto& [name, each] : topics_)
        for (auto& one : each->partitions_)
          if (!one->open.empty()) append_ready(*one);
    });
  }
}

void Producer::append_ready(Partition& partition) {
  if (partition.under_way || partition.queued) return;
  partition.queued = true;
  ready_.push_back(&partition);
  schedule_send();
}

/// At the end of the loop's turn, so that what is sent in one turn goes in one request.
void Producer::schedule_send() {
  if (std::exchange(send_scheduled_, true)) return;
  world_.loop.post([this, alive = std::weak_ptr<bool>(alive_)] {
    if (alive.expired()) return;
    send_scheduled_ = false;
    send_ready();
  });
}

void Producer::seal(Partition& partition) {
  wire::BatchAttributes attributes{.codec = config_.codec,
                                   .transactional = !config_.transactional_id.empty(),
                                   .control = false,
                                   .producer_id = producer_id_,
                                   .producer_epoch = producer_epoch_,
                                   .base_sequence = partition.next_sequence};
  const std::size_t bytes = partition.open.size();
  partition.next_sequence = static_cast<std::int32_t>(
      (static_cast<std::int64_t>(partition.next_sequence) + partition.open.record_count()) & 0x7fffffff);
  Buf sealed = partition.open.seal(attributes);
  bytes_waiting_ += sealed.size() - bytes;
  partition.sealed.push_back({std::move(sealed), world_.loop.now() + config_.delivery_timeout});
  --open_batches_;
  ++batches_waiting_;
}

void Producer::send_ready() {
  std::map<std::int32_t, std::vector<Partition*>> by_leader;
  for (Partition* partition : std::exchange(ready_, {})) {
    partition->queued = false;
    if (error_ || partition->under_way) continue;
    if (partition->sealed.empty()) {
      if (partition->open.empty()) continue;
      seal(*partition);
    }
    partition->under_way = true;
    const std::int32_t leader = cluster_.leader_of({partition->topic->name_, partition->index});
    if (leader < 0) {
      retry_later(*partition, true);
    } else {
      by_leader[leader].push_back(partition);
    }
  }
  for (auto& [leader, partitions] : by_leader) send_to(leader, std::move(partitions));
}

void Producer::send_to(std::int32_t leader, std::vector<Partition*> partitions) {
  wire::ProduceRequest request;
  if (!config_.transactional_id.empty()) request.transactional_id = config_.transactional_id;
  request.acks = config_.acks;
  request.timeout_ms = kProduceTimeoutMs;
  std::map<Topic*, std::size_t> topics;
  for (Partition* partition : partitions) {
    auto [at, is_new] = topics.emplace(partition->topic, request.topic_data.size());
    if (is_new) request.topic_data.emplace_back().name = partition->topic->name_;
    auto& data = request.topic_data[at->second].partition_data.emplace_back();
    data.index = partition->index;
    data.records = partition->sealed.front().bytes;
  }
  auto under_way = std::make_shared<Request>(Request{std::move(partitions)});
  cluster_.call_node<wire::ProduceRequest, wire::ProduceResponse>(
      leader, std::move(request),
      [this, alive = std::weak_ptr<bool>(alive_), under_way](Result<wire::ProduceResponse> response) {
        if (!alive.expired()) answered(under_way, std::move(response));
      },
      kProduceVersionMax);
}

void Producer::answered(std::shared_ptr<Request> request, Result<wire::ProduceResponse> response) {
  if (!response) {
    for (Partition* partition : request->partitions) {
      if (response.error().kind == ErrorKind::kUnavailable || response.error().kind == ErrorKind::kTimeout ||
          response.error().kind == ErrorKind::kClosed) {
        retry_later(*partition, true);
      } else if (abort_done_) {
        abandon(*partition);
      } else {
        partition->under_way = false;
        fail(response.error());
      }
    }
    return answer_flushes();
  }
  for (const auto& topic : response->responses)
    for (const auto& result : topic.partition_responses)
      for (Partition* partition : request->partitions)
        if (partition->index == result.index && partition->topic->name_ == topic.name)
          settle(*partition, result.error_code, result.base_offset);
  answer_flushes();
}

void Producer::settle(Partition& partition, ErrorCode error, std::int64_t base_offset) {
  if (abort_done_) return abandon(partition);
  if (error != ErrorCode::kNone && wire::retriable(error)) return retry_later(partition, refreshes(error));
  partition.under_way = false;
  // A duplicate that the broker remembers as written, though not where, is written.
  const bool written = error == ErrorCode::kNone || error == ErrorCode::kDuplicateSequenceNumber;
  if (!written) {
    const bool too_large = error == ErrorCode::kMessageTooLarge || error == ErrorCode::kRecordListTooLarge;
    const auto batch = wire::BatchView::trusted(partition.sealed.front().bytes.view());
    if (too_large && batch.record_count() > 1) {
      const Status halved = split(partition);
      return halved ? go_on(partition) : fail(halved.error());
    }
    const Error why =
        wire::kafka_error(error, "writing to " + partition.topic->name_ + "-" + std::to_string(partition.index));
    if (!is_of_records(error) || !refused(partition, why)) return fail(why);
    return go_on(partition);
  }
  const auto batch = wire::BatchView::trusted(partition.sealed.front().bytes.view());
  if (base_offset >= 0) partition.last_offset = base_offset + batch.last_offset_delta();
  partition.acknowledged += batch.record_count();
  pop_front(partition);
  go_on(partition);
}

void Producer::pop_front(Partition& partition) {
  bytes_waiting_ -= partition.sealed.front().bytes.size();
  partition.sealed.pop_front();
  --batches_waiting_;
}

void Producer::go_on(Partition& partition) {
  const bool lingers = partition.sealed.empty() && flushes_.empty() && partition.open.size() < config_.batch_bytes &&
                       config_.linger > Duration::zero();
  if (!partition.sealed.empty() || (!partition.open.empty() && !lingers)) append_ready(partition);
}

/// Makes two of the batch that was too large, with the sequence numbers that it had.
Status Producer::split(Partition& partition) {
  constexpr std::size_t kInflatedBytesMax = 256 * 1024 * 1024;
  const Topic::Sealed whole = partition.sealed.front();
  const auto batch = wire::BatchView::trusted(whole.bytes.view());
  LEAT_ASSIGN_OR_RETURN(auto cursor, wire::RecordCursor::open(batch, whole.bytes, kInflatedBytesMax));
  wire::BatchBuilder halves[2];
  const std::int32_t half = batch.record_count() / 2;
  std::vector<wire::RecordHeader> headers;
  for (wire::RecordView record; cursor.next(record);) {
    headers.clear();
    if (!record.headers(headers)) break;
    halves[halves[0].record_count() < half ? 0 : 1].append(record.timestamp, record.key, record.value, headers);
  }
  LEAT_CHECK(cursor.ok() && !halves[1].empty(), "a batch that was sent can be read");
  pop_front(partition);
  for (const int i : {1, 0}) {
    const std::int64_t sequence = std::int64_t{batch.base_sequence()} + i * half;
    Buf bytes = halves[i].seal({.codec = config_.codec,
                                .transactional = !config_.transactional_id.empty(),
                                .control = false,
                                .producer_id = batch.producer_id(),
                                .producer_epoch = batch.producer_epoch(),
                                .base_sequence = static_cast<std::int32_t>(sequence & 0x7fffffff)});
    bytes_waiting_ += bytes.size();
    ++batches_waiting_;
    partition.sealed.push_front({std::move(bytes), whole.deadline});
  }
  return {};
}

/// Lets the batch go where the owner says so. None of those behind it has been sent, and they take its numbers: the
/// broker knows nothing of it.
bool Producer::refused(Partition& partition, const Error& why) {
  const Buf bytes = partition.sealed.front().bytes;
  const auto batch = wire::BatchView::trusted(bytes.view());
  if (!on_refused_ || !on_refused_(*partition.topic, partition.index, bytes, why)) return false;
  pop_front(partition);
  std::int32_t sequence = batch.base_sequence();
  for (Topic::Sealed& later : partition.sealed) {
    const auto view = wire::BatchView::trusted(later.bytes.view());
    const std::int32_t records = view.record_count();
    wire::BatchStamp stamp(later.bytes.mutable_data());
    stamp.producer(view.producer_id(), view.producer_epoch(), sequence);
    stamp.seal(later.bytes.size());
    sequence = static_cast<std::int32_t>((static_cast<std::int64_t>(sequence) + records) & 0x7fffffff);
  }
  partition.next_sequence = sequence;
  return true;
}

/// The transaction of the partition's batch under way is aborted: whatever became of the batch does not count.
void Producer::abandon(Partition& partition) {
  partition.under_way = false;
  pop_front(partition);
  abort_when_quiet();
}

void Producer::retry_later(Partition& partition, bool refresh) {
  if (abort_done_) return abandon(partition);
  if (world_.loop.now() >= partition.sealed.front().deadline) {
    partition.under_way = false;
    return fail(
        {ErrorKind::kTimeout, "a batch for " + partition.topic->name_ + "-" + std::to_string(partition.index) +
                                  " was not acknowledged within the delivery timeout; is the broker reachable?"});
  }
  const auto again = [this, &partition] {
    if (abort_done_) return abandon(partition);
    partition.under_way = false;
    error_ ? drop_all() : append_ready(partition);
  };
  if (!refresh) return after_backoff(again);
  after_backoff([this, again, name = partition.topic->name_] {
    cluster_.refresh({name}, false, [alive = std::weak_ptr<bool>(alive_), again](Status) {
      if (!alive.expired()) again();
    });
  });
}

void Producer::fail(const Error& why) {
  if (!error_) error_ = why;
  drop_all();
  answer_flushes();
}

void Producer::drop_all() {
  for (auto& [name, topic] : topics_)
    for (auto& partition : topic->partitions_) {
      // A batch under way stays until its answer comes.
      const std::size_t keep = partition->under_way ? 1 : 0;
      while (partition->sealed.size() > keep) {
        bytes_waiting_ -= partition->sealed.back().bytes.size();
        partition->sealed.pop_back();
        --batches_waiting_;
      }
      if (!partition->open.empty()) {
        bytes_waiting_ -= partition->open.size();
        partition->open = wire::BatchBuilder();
        --open_batches_;
      }
    }
}

void Producer::flush(OneShot<Status> done) {
  flushes_.push_back(std::move(done));
  if (!error_)
    for (auto& [name, topic] : topics_)
      for (auto& partition : topic->partitions_)
        if (!partition->open.empty() || !partition->sealed.empty()) append_ready(*partition);
  answer_flushes();
}

void Producer::answer_flushes() {
  if (flushes_.empty() || (!error_ && (batches_waiting_ > 0 || open_batches_ > 0))) return;
  for (auto& flush : std::exchange(flushes_, {})) flush(error_ ? Status(*error_) : Status());
}

}  // namespace leat::client
