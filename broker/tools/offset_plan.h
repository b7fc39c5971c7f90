// Where the offsets of a group are to be put: what kafka-consumer-groups --reset-offsets and the reset tool of Kafka
// Streams understand alike, by their options --to-earliest, --to-offset, --shift-by, --by-duration and so on.
#pragma once

#include <map>
#include <set>
#include <string>

#include "broker/tools/options.h"
#include "broker/tools/session.h"

namespace leat::tools {

using Offsets = std::map<TopicPartition, std::int64_t>;

/// How many of the options that say where to are given; kInvalidArgument where the value of one is none.
Result<int> count_scenarios(const Options& options);

/// The new offsets of a group by the one scenario that is given. Partitions that are not there are left out with a
/// warning. Lines of --from-file need no group where `only_group` is not empty.
Result<Offsets> plan_offsets(Session& session, const Options& options, const std::string& group,
                             const std::string& only_group, const std::set<TopicPartition>& partitions);

/// Offsets at a special time (-1 the end, -2 the beginning) or a timestamp.
Result<Offsets> offsets_at(Session& session, const std::set<TopicPartition>& partitions, std::int64_t time);

/// Commits for a group without active members.
Status commit_plan(Session& session, const std::string& group, const Offsets& offsets);

}  // namespace leat::tools
