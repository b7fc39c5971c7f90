#include "broker/coordinator/offset_store.h"

#include <algorithm>

#include "broker/wire/header.h"
#include "broker/wire/records/group_records.h"

namespace leat::coordinator {

namespace {

constexpr int kKeyVersion = 1;
constexpr int kValueVersion = 3;
constexpr int kValueVersionWithExpiry = 1;

Bytes key_of(const std::string& group, const TopicPartition& partition) {
  wire::OffsetCommitKey key;
  key.group = group;
  key.topic = partition.topic;
  key.partition = partition.partition;
  return wire::encode_versioned(key, kKeyVersion);
}

}  // namespace

const OffsetsByPartition* OffsetStore::of_group(const std::string& group) const {
  const auto found = committed_.find(group);
  return found == committed_.end() ? nullptr : &found->second;
}

const CommittedOffset* OffsetStore::find(const std::string& group, const TopicPartition& partition) const {
  const auto* offsets = of_group(group);
  if (offsets == nullptr) return nullptr;
  const auto found = offsets->find(partition);
  return found == offsets->end() ? nullptr : &found->second;
}

bool OffsetStore::has_pending(const std::string& group, const TopicPartition& partition) const {
  return std::any_of(pending_.begin(), pending_.end(), [&](const auto& producer) {
    const auto staged = producer.second.find(group);
    return staged != producer.second.end() && staged->second.contains(partition);
  });
}

bool OffsetStore::has_pending(const std::string& group) const {
  return std::any_of(pending_.begin(), pending_.end(),
                     [&](const auto& producer) { return producer.second.contains(group); });
}

InternalRecord OffsetStore::record(const std::string& group, const TopicPartition& partition,
                                   const CommittedOffset& offset) {
  wire::OffsetCommitValue value;
  value.offset = offset.offset;
  value.leader_epoch = offset.leader_epoch;
  value.metadata = offset.metadata;
  value.commit_timestamp = offset.commit_timestamp_ms;
  value.expire_timestamp = offset.expire_timestamp_ms;
  const int version = offset.expire_timestamp_ms >= 0 ? kValueVersionWithExpiry : kValueVersion;
  return {key_of(group, partition), wire::encode_versioned(value, version)};
}

InternalRecord OffsetStore::tombstone(const std::string& group, const TopicPartition& partition) {
  return {key_of(group, partition), std::nullopt};
}

void OffsetStore::apply(const std::string& group, const TopicPartition& partition,
                        std::optional<CommittedOffset> offset, const WriterIdentity& writer) {
  if (writer.transactional()) {
    if (offset) pending_[writer.producer_id][group][partition] = std::move(*offset);
  } else if (offset) {
    committed_[group][partition] = std::move(*offset);
  } else if (auto found = committed_.find(group); found != committed_.end()) {
    found->second.erase(partition);
    if (found->second.empty()) committed_.erase(found);
  }
}

void OffsetStore::apply_end(std::int64_t producer_id, bool committed) {
  auto staged = pending_.extract(producer_id);
  if (staged.empty() || !committed) return;
  for (auto& [group, offsets] : staged.mapped())
    for (auto& [partition, offset] : offsets) {
      // A plain commit may have come between the staged offset and the end of its transaction: it is the newer one.
      CommittedOffset& known = committed_[group][partition];
      if (known.log_offset < offset.log_offset) known = std::move(offset);
    }
}

}  // namespace leat::coordinator
