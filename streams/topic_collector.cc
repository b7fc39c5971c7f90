#include "streams/topic_collector.h"

#include "base/log.h"

namespace leat {

namespace {

constexpr std::size_t kInflatedBytesMax = 256 * 1024 * 1024;

void as_wire(const Headers& headers, std::vector<wire::RecordHeader>& to) {
  to.clear();
  for (const Header& header : headers)
    to.push_back({header.name, header.value ? std::optional<BytesView>(*header.value) : std::nullopt});
}

std::optional<BytesView> view(const std::optional<Bytes>& bytes) {
  return bytes ? std::optional<BytesView>(*bytes) : std::nullopt;
}

/// Whether another try may find the topic. (`prepare` has tried for as long as the client may.)
bool may_come(const Error& error) {
  return error.kind == ErrorKind::kUnavailable || error.kind == ErrorKind::kTimeout ||
         (error.kind == ErrorKind::kKafka && wire::retriable(static_cast<wire::ErrorCode>(error.kafka_code)));
}

}  // namespace

TopicCollector::TopicCollector(Loop& loop, client::Producer& producer, ErrorHandlers handlers, Duration look_up_timeout)
    : loop_(loop), producer_(producer), handlers_(std::move(handlers)), look_up_timeout_(look_up_timeout) {
  producer_.on_refused([this](const client::Producer::Topic& topic, std::int32_t partition, const Buf& batch,
                              const Error& why) { return on_refused(topic, partition, batch, why); });
}

TopicCollector::~TopicCollector() {
  alive_.reset();
  producer_.on_refused({});
}

client::Producer::Topic& TopicCollector::find(std::string_view name) {
  for (const Known& known : known_)
    if (known.name.data() == name.data() && known.name.size() == name.size() && known.topic->name() == name)
      return *known.topic;
  client::Producer::Topic& topic = producer_.topic(std::string(name));
  constexpr std::size_t kKnownMax = 64;
  if (known_.size() >= kKnownMax) known_.clear();
  // An address may have been used for another topic's name before.
  std::erase_if(known_, [&](const Known& known) { return known.name.data() == name.data(); });
  known_.push_back({name, &topic});
  return topic;
}

std::int64_t TopicCollector::timestamp_of(const Outgoing& record) const {
  return record.timestamp ? *record.timestamp : loop_.wall_clock_ms();
}

void TopicCollector::send(const Outgoing& record) {
  client::Producer::Topic& topic = find(record.topic);
  // What waits for the topic was sent before.
  if (topic.partition_count() == 0 || (!parked_.empty() && parked_.contains(record.topic)))
    return send_when_known(record, {});
  headers_.clear();
  if (record.headers) as_wire(*record.headers, headers_);
  producer_.send(topic, record.partition.value_or(-1), record.key, record.value, headers_, timestamp_of(record));
}

void TopicCollector::send_when_known(const Outgoing& record, Choose choose) {
  const std::string name(record.topic);
  const auto copy = [](std::optional<BytesView> bytes) { return bytes ? std::optional<Bytes>(*bytes) : std::nullopt; };
  const bool first = !parked_.contains(name);
  parked_[name].push_back({copy(record.key), copy(record.value), record.headers ? *record.headers : Headers(),
                           timestamp_of(record), record.partition, std::move(choose), std::string(record.from)});
  if (!first) return;
  producer_.prepare({name}, loop_.now() + look_up_timeout_,
                    [this, alive = std::weak_ptr<bool>(alive_), name](Status found) {
                      if (!alive.expired()) looked_up(name, found);
                    });
}

void TopicCollector::looked_up(const std::string& name, const Status& found) {
  const std::deque<Parked> records = std::exchange(parked_[name], {});
  parked_.erase(name);
  client::Producer::Topic& topic = producer_.topic(name);
  for (const Parked& record : records) {
    if (error_) break;
    if (found) {
      send_parked(topic, record);
      continue;
    }
    // Where it came from is no longer known: it is its own witness.
    FailedSend failed;
    failed.node = record.from;
    failed.metadata = {name, record.partition.value_or(-1), -1};
    failed.timestamp = record.timestamp;
    failed.key = view(record.key);
    failed.value = view(record.value);
    failed.headers = &record.headers;
    failed.error_type = "UnknownTopic";
    failed.message = record.from + " writes to topic '" + name + "': " + found.error().message;
    failed.to_topic = name;
    failed.retriable = may_come(found.error());
    let_go(failed, {ErrorKind::kNotFound, failed.message + "; create the topic, or let the broker create it"});
  }
  if (waiting()) return;
  for (auto& settled : std::exchange(settling_, {})) settled(error_ ? Status(*error_) : Status());
}

void TopicCollector::send_parked(client::Producer::Topic& topic, const Parked& record) {
  as_wire(record.headers, headers_);
  const auto to = [&](std::int32_t partition) {
    producer_.send(topic, partition, view(record.key), view(record.value), headers_, record.timestamp);
  };
  const auto chosen = record.choose ? record.choose(topic.partition_count()) : std::nullopt;
  if (!chosen) return to(record.partition.value_or(-1));
  dropped_ += chosen->empty() ? 1 : 0;
  for (const std::int32_t partition : *chosen) to(partition);
}

void TopicCollector::settle(OneShot<Status> done) {
  if (!waiting()) return done(error_ ? Status(*error_) : Status());
  settling_.push_back(std::move(done));
}

bool TopicCollector::on_refused(const client::Producer::Topic& topic, std::int32_t partition, const Buf& batch,
                                const Error& why) {
  auto cursor = wire::RecordCursor::open(wire::BatchView::trusted(batch.view()), batch, kInflatedBytesMax);
  if (!cursor) return false;
  std::vector<wire::RecordHeader> raw;
  for (wire::RecordView record; cursor->next(record);) {
    Headers headers;
    raw.clear();
    if (record.headers(raw))
      for (const wire::RecordHeader& header : raw)
        headers.add(std::string(header.key), header.value ? std::optional<Bytes>(Bytes(*header.value)) : std::nullopt);
    FailedSend failed;
    failed.metadata = {topic.name(), partition, -1};
    failed.timestamp = record.timestamp;
    failed.key = record.key;
    failed.value = record.value;
    failed.headers = &headers;
    failed.error_type = wire::name(static_cast<wire::ErrorCode>(why.kafka_code));
    failed.message = why.message;
    failed.to_topic = topic.name();
    if (!let_go(failed, why)) return false;
  }
  return true;
}

bool TopicCollector::let_go(const FailedSend& failed, const Error& why) {
  OnProductionError decision = OnProductionError::kFail;
  try {
    if (handlers_.production) decision = handlers_.production(failed);
  } catch (const std::exception& error) {
    error_ = Error{ErrorKind::kUser, "the production handler failed: " + std::string(error.what()) +
                                         "; it was asked about this: " + failed.message};
    return false;
  }
  // A dead letter that cannot be written has nowhere else to go.
  if (!handlers_.dead_letter_topic.empty() && failed.to_topic != handlers_.dead_letter_topic) {
    const Headers headers = dead_letter_headers(failed);
    send({.topic = handlers_.dead_letter_topic,
          .key = failed.key,
          .value = failed.value,
          .timestamp = failed.timestamp,
          .headers = &headers,
          .from = "the dead letter queue"});
  }
  if (decision == OnProductionError::kContinue) {
    ++dropped_;
    return true;
  }
  error_ = why;
  if (decision == OnProductionError::kRetry && failed.retriable) error_->kind = ErrorKind::kTimeout;
  return false;
}

}  // namespace leat
