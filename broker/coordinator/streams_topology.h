// What a topology needs of the cluster (KIP-1071, org.apache.kafka.coordinator.group.streams.topics): how many
// partitions its internal topics shall have, which of them are missing, and how many tasks each sub-topology makes.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker/coordinator/topic_catalog.h"
#include "broker/wire/records/streams_group_records.h"

namespace leat::coordinator {

using StreamsTopology = wire::StreamsGroupTopologyValue;

/// What members of a group are told beside their tasks.
struct StreamsStatus {
  using enum wire::streams_group::StatusCode;
  wire::streams_group::StatusCode code = kStaleTopology;
  std::string detail;
};

struct ConfiguredSubtopology {
  std::int32_t tasks = 0;
  std::set<std::string> sources;  ///< repartition topics too
  std::vector<wire::streams_group::TopicInfo> repartition_sources;
  std::vector<wire::streams_group::TopicInfo> changelogs;

  bool is_stateful() const { return !changelogs.empty(); }
};

struct ConfiguredTopology {
  std::map<std::string, ConfiguredSubtopology> subtopologies;  ///< none where topics stand in the way
  std::vector<wire::streams_group::TopicInfo> missing;         ///< internal topics, to be made
  std::optional<StreamsStatus> problem;

  bool is_ready() const { return !problem; }
};

ConfiguredTopology configured(const StreamsTopology& topology, const TopicCatalog& topics);

/// All topics that it reads or keeps its state in.
std::set<std::string> required_topics(const StreamsTopology& topology);

}  // namespace leat::coordinator
