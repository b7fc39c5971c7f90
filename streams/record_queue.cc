#include "streams/record_queue.h"

#include <algorithm>

namespace leat::detail {

namespace {
/// More than a broker lets a batch be; against a batch that inflates without end.
constexpr std::size_t kInflatedBytesMax = 512u << 20;
}  // namespace

RecordQueue::RecordQueue(TopicPartition partition, SourceSlot& source, OnDropped on_dropped)
    : source_(source), on_dropped_(std::move(on_dropped)) {
  metadata_.topic = std::move(partition.topic);
  metadata_.partition = partition.partition;
  flow_.topic = metadata_.topic;
}

Status RecordQueue::add(const wire::BatchView& batch, Buf owner) {
  records_ += batch.record_count();
  batches_.push_back({batch, std::move(owner)});
  return has_head_ ? Status() : update_head();
}

void RecordQueue::process_head(RecordContext& context) {
  if (source_.decoded_for != this) {
    // Another partition of the source was decoded in between; this one decoded before, so it does again.
    source_.decoded_for = this;
    if (Status decoded = source_.node->decode(raw_head()); !decoded.ok()) throw ProcessingFailed(decoded.error());
  }
  metadata_.offset = head_.offset;
  ++flow_.records;
  flow_.bytes += flow_bytes(metadata_.topic, head_.key, head_.value, context.headers);
  source_.node->arrived(context);
  source_.node->process(context);
}

Status RecordQueue::advance() {
  partition_time_ = std::max(partition_time_, head_timestamp_);
  has_head_ = false;
  corrupted_ = false;
  --records_;
  return update_head();
}

void RecordQueue::clear() {
  batches_.clear();
  cursor_ = {};
  cursor_open_ = false;
  ahead_count_ = 0;
  has_head_ = false;
  corrupted_ = false;
  records_ = 0;
  partition_time_ = -1;
  if (source_.decoded_for == this) source_.decoded_for = nullptr;
}

void RecordQueue::expect(const wire::RecordView& record, Comes comes) const {
  if (!record.key) return;
  for (StateStore* store : source_.stores) store->expect(*record.key, record.timestamp, comes);
}

/// The next record of the cursor becomes the head, and those behind it are made known.
bool RecordQueue::take_ahead() {
  if (source_.stores.empty()) return cursor_.next(head_);
  while (ahead_count_ < kAhead) {
    wire::RecordView& read = ahead_[(ahead_first_ + ahead_count_) % kAhead];
    if (!cursor_.next(read)) break;
    ++ahead_count_;
    expect(read, Comes::kSoon);
  }
  if (ahead_count_ == 0) return false;
  if (ahead_count_ > kNear) expect(ahead_[(ahead_first_ + kNear) % kAhead], Comes::kNear);
  if (ahead_count_ > kNext) expect(ahead_[(ahead_first_ + kNext) % kAhead], Comes::kNext);
  head_ = ahead_[ahead_first_];
  ahead_first_ = (ahead_first_ + 1) % kAhead;
  --ahead_count_;
  return true;
}

Result<bool> RecordQueue::next_record() {
  for (;;) {
    if (cursor_open_) {
      if (take_ahead()) return true;
      if (!cursor_.ok()) {
        return Error{ErrorKind::kCorrupt, "a batch of " + metadata_.topic + "-" + std::to_string(metadata_.partition) +
                                              " behind offset " + std::to_string(head_.offset) + " is malformed"};
      }
      cursor_open_ = false;
    }
    if (batches_.empty()) return false;
    Batch batch = std::move(batches_.front());
    batches_.pop_front();
    LEAT_ASSIGN_OR_RETURN(cursor_, wire::RecordCursor::open(batch.view, std::move(batch.owner), kInflatedBytesMax));
    cursor_open_ = true;
  }
}

Status RecordQueue::decode_head() {
  source_.decoded_for = this;
  try {
    return source_.node->decode(raw_head());
  } catch (const std::exception& error) {
    return Error{ErrorKind::kUser, std::string("the serde threw: ") + error.what()};
  }
}

RawRecord RecordQueue::raw_head() {
  RawRecord raw{head_.key, head_.value, head_.timestamp};
  if (!source_.node->wants_headers()) return raw;
  // As it will be while the record is processed; nobody looks at it before.
  metadata_.offset = head_.offset;
  raw.metadata = &metadata_;
  head_headers_.clear();
  raw_headers_.clear();
  if (head_.header_count > 0 && head_.headers(raw_headers_))
    for (const wire::RecordHeader& header : raw_headers_)
      head_headers_.add(std::string(header.key),
                        header.value ? std::optional<Bytes>(Bytes(*header.value)) : std::nullopt);
  raw.headers = &head_headers_;
  return raw;
}

Result<std::int64_t> RecordQueue::timestamp_of_head() {
  const RawRecord raw = raw_head();
  try {
    return source_.node->timestamp(raw, partition_time_);
  } catch (const std::exception& error) {
    return Error{ErrorKind::kUser, "source " + source_.node->name() + ", record " + metadata_.topic + "-" +
                                       std::to_string(metadata_.partition) + "@" + std::to_string(head_.offset) +
                                       ": the timestamp extractor threw: " + error.what()};
  }
}

Status RecordQueue::update_head() {
  bool skipped = false;
  for (;;) {
    LEAT_ASSIGN_OR_RETURN(const bool found, next_record());
    if (!found) {
      if (skipped) {  // head_ is still the last one that was
        head_.key.reset();
        head_.value.reset();
        has_head_ = corrupted_ = true;
        ++records_;
        head_timestamp_ = -1;
      }
      return {};
    }
    if (Status decoded = decode_head(); !decoded.ok()) {
      bool skip = false;
      try {
        skip = on_undecodable_(head_, decoded.error());
      } catch (const ProcessingFailed& failed) {
        return failed.error();
      }
      if (!skip) {
        return decoded.error().in("source " + source_.node->name() + ", record " + metadata_.topic + "-" +
                                  std::to_string(metadata_.partition) + "@" + std::to_string(head_.offset));
      }
      on_dropped_(DropCause::kDeserialization);
      skipped = true;
      --records_;
      continue;
    }
    LEAT_ASSIGN_OR_RETURN(head_timestamp_, timestamp_of_head());
    if (head_timestamp_ < 0) {
      on_dropped_(DropCause::kInvalidTimestamp);
      --records_;
      continue;
    }
    has_head_ = true;
    return {};
  }
}

}  // namespace leat::detail
