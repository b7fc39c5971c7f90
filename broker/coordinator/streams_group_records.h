// Records of streams groups: what decisions write, and what replay reads.
#pragma once

#include <optional>
#include <string>

#include "broker/coordinator/state_machine.h"
#include "broker/coordinator/streams_group.h"

namespace leat::coordinator {

/// Types of records, as the keys of __consumer_offsets begin.
enum class StreamsRecordType : std::int16_t {
  kGroup = 17,
  kMember = 19,
  kTarget = 20,
  kTargetOfMember = 21,
  kHeld = 22,
  kTopology = 23,
};

/// Epoch, hash and what was validated, as they are in `group`.
InternalRecord streams_group_record(const StreamsGroupHead& group);
InternalRecord streams_member_record(const std::string& group_id, const StreamsMember& member);
InternalRecord streams_target_record(const std::string& group_id, std::int32_t target_epoch, std::int64_t timestamp_ms);
InternalRecord streams_target_record(const std::string& group_id, const std::string& member_id,
                                     const TaskAssignment& tasks);
InternalRecord streams_held_record(const std::string& group_id, const StreamsMember& member);
InternalRecord streams_topology_record(const std::string& group_id, const StreamsTopology& topology);

/// Takes a member out.
void append_streams_member_tombstones(std::vector<InternalRecord>& records, const std::string& group_id,
                                      const std::string& member_id);
/// Takes the whole group out.
void append_streams_group_tombstones(std::vector<InternalRecord>& records, const StreamsGroup& group);

/// The group that a record is of, where it is one of these and its key can be read.
std::optional<std::string> streams_group_of(const wire::RecordView& record);
/// Takes one record into the group it is of. One whose value cannot be read is skipped.
void apply_to(StreamsGroup& group, const wire::RecordView& record);
/// Whether the record says that the group is gone.
bool ends_streams_group(const wire::RecordView& record);

}  // namespace leat::coordinator
