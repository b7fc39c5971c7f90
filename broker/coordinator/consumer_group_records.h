// Records of groups whose partitions the broker assigns: what decisions write, and what replay reads.
#pragma once

#include <optional>
#include <string>

#include "broker/coordinator/consumer_group.h"
#include "broker/coordinator/state_machine.h"

namespace leat::coordinator {

/// Types of records, as the keys of __consumer_offsets begin.
enum class ConsumerRecordType : std::int16_t {
  kGroup = 3,
  kPartitionMetadata = 4,  ///< of Kafka 4.0 and before; has no meaning here
  kMember = 5,
  kTarget = 6,
  kTargetOfMember = 7,
  kHeld = 8,
  kRegex = 16,
};
bool is_consumer_group_record(int type);

InternalRecord group_record(const std::string& group_id, std::int32_t epoch, std::int64_t metadata_hash);
InternalRecord member_record(const std::string& group_id, const ConsumerMember& member);
InternalRecord target_record(const std::string& group_id, std::int32_t target_epoch, std::int64_t timestamp_ms);
InternalRecord target_record(const std::string& group_id, const std::string& member_id, const PartitionSet& partitions);
InternalRecord held_record(const std::string& group_id, const ConsumerMember& member);
InternalRecord regex_record(const std::string& group_id, const std::string& regex, const ResolvedRegex& resolved);
InternalRecord regex_tombstone(const std::string& group_id, const std::string& regex);

/// Takes a member out.
void append_member_tombstones(std::vector<InternalRecord>& records, const std::string& group_id,
                              const std::string& member_id);
/// Takes the whole group out.
void append_group_tombstones(std::vector<InternalRecord>& records, const ConsumerGroup& group);
/// Writes the whole group, as it comes from a classic one.
void append_group(std::vector<InternalRecord>& records, const ConsumerGroup& group);

/// The group that a record is of, where it is one of these and its key can be read.
std::optional<std::string> consumer_group_of(const wire::RecordView& record);
/// Takes one record into the group it is of. One whose value cannot be read is skipped.
void apply_to(ConsumerGroup& group, const wire::RecordView& record);
/// Whether the record says that the group is gone.
bool ends_group(const wire::RecordView& record);

}  // namespace leat::coordinator
