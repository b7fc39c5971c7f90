// Assignors of the broker: which member of a group shall hold which partition (KIP-848).
//
//   range     of each topic, a run of neighbouring partitions for each member: topics with equal counts are co-assigned
//   uniform   as even as can be, moving as little as can be
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "broker/coordinator/consumer_group.h"

namespace leat::coordinator {

inline constexpr std::string_view kUniformAssignor = "uniform";
inline constexpr std::string_view kRangeAssignor = "range";

struct AssignorMember {
  std::string id;
  std::optional<std::string> instance_id;
  std::set<Uuid> topics;  ///< that exist
  PartitionSet assigned;  ///< by the target before
};

/// Counts of partitions.
using AssignorTopics = std::map<Uuid, std::int32_t>;
using GroupAssignment = std::map<std::string, PartitionSet>;

/// Requires a name of the above, and topics for all that members subscribe to.
GroupAssignment assign(std::string_view assignor, const std::vector<AssignorMember>& members,
                       const AssignorTopics& topics);

}  // namespace leat::coordinator
