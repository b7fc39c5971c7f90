// The internal topics of an application: how many partitions each needs, and making them.
#pragma once

#include <map>
#include <set>
#include <string>

#include "broker/client/cluster.h"
#include "streams/streams_config.h"
#include "topology/plan.h"

namespace leat {

using PartitionCounts = std::map<std::string, std::int32_t>;

/// Partitions of every source, repartition and changelog topic of the plan. `counts` holds those of the topics that the
/// user made; a source topic that is missing, and co-partitioned topics with different counts, are errors that name
/// them.
Result<PartitionCounts> partition_counts(const Plan& plan, PartitionCounts counts);

/// Looks at the source topics, makes what is missing of the internal ones, and replies with the partitions of all.
/// Internal topics that are there with other counts are errors that name them.
void prepare_topics(client::Cluster& cluster, const Plan& plan, const StreamsConfig& config,
                    OneShot<Result<PartitionCounts>> done);

/// Looks at the source topics only; on the embedded broker the application is at home and makes them. Those that are
/// missing are not in the reply, except that a missing source of a global table is an error.
void find_source_topics(client::Cluster& cluster, const Plan& plan, const StreamsConfig& config,
                        OneShot<Result<PartitionCounts>> done);
/// Which topics of the cluster the sources by pattern read now.
void look_for_matched_topics(client::Cluster& cluster, const Plan& plan, OneShot<Result<std::set<std::string>>> done);

}  // namespace leat
