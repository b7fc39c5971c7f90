// The actions of kafka-consumer-groups, one file each.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "broker/tools/group_list.h"
#include "broker/tools/options.h"

namespace leat::tools {

/// --describe, of offsets, --members or --state.
Result<int> describe_groups(Session& session, const Options& options);
/// --reset-offsets with all its ways to say where to.
Result<int> reset_offsets(Session& session, const Options& options);
/// --delete-offsets.
Result<int> delete_offsets(Session& session, const Options& options);

/// The groups that --group and --all-groups mean.
Result<std::vector<std::string>> chosen_groups(Session& session, const Options& options);
/// The partitions that --topic, or another option of its kind, means: `name` for all, `name:0,1` for some. Topics that
/// are not there are told in `missing`, or fail the call where that is null.
Result<std::set<TopicPartition>> chosen_partitions(Session& session, const Options& options,
                                                   std::vector<std::string>* missing = nullptr,
                                                   std::string_view option = "topic");
/// What Kafka's tool prints of a failure, to stdout.
void print_error(Session& session, std::string_view message);

}  // namespace leat::tools
