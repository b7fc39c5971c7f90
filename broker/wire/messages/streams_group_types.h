// What the requests and records of streams groups (KIP-1071) are made of.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker/wire/fields.h"

namespace leat::wire::streams_group {

/// What members of a group are told beside their tasks (StreamsGroupHeartbeatResponse.Status).
enum StatusCode : std::int8_t {
  kStaleTopology = 0,
  kMissingSourceTopics = 1,
  kIncorrectlyPartitionedTopics = 2,
  kMissingInternalTopics = 3,
  kShutdownApplication = 4,
  kAssignmentDelayed = 5,
};

struct KeyValue {
  std::string key;
  std::string value;

  bool operator==(const KeyValue&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.key, "key");
    visit(self.value, "value");
  }
};

/// Where the queries of a client are answered.
struct Endpoint {
  std::string host;
  std::uint16_t port = 0;

  bool operator==(const Endpoint&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.host, "host");
    visit(self.port, "port");
  }
};

/// Tasks of one sub-topology.
struct TaskIds {
  std::string subtopology_id;
  std::vector<std::int32_t> partitions;

  bool operator==(const TaskIds&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.subtopology_id, "subtopologyId");
    visit(self.partitions, "partitions");
  }
};

struct TaskOffset {
  std::string subtopology_id;
  std::int32_t partition = 0;
  std::int64_t offset = 0;

  bool operator==(const TaskOffset&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.subtopology_id, "subtopologyId");
    visit(self.partition, "partition");
    visit(self.offset, "offset");
  }
};

/// An internal topic, as the topology wants it; 0 partitions: as many as its sources have.
struct TopicInfo {
  std::string name;
  std::int32_t partitions = 0;
  std::int16_t replication_factor = 0;
  std::vector<KeyValue> topic_configs;

  bool operator==(const TopicInfo&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.name, "name");
    visit(self.partitions, "partitions");
    visit(self.replication_factor, "replicationFactor");
    visit(self.topic_configs, "topicConfigs");
  }
};

/// Topics that must have as many partitions as each other: positions in the lists of the sub-topology.
struct CopartitionGroup {
  std::vector<std::int16_t> source_topics;
  std::vector<std::int16_t> source_topic_regex;
  std::vector<std::int16_t> repartition_source_topics;

  bool operator==(const CopartitionGroup&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.source_topics, "sourceTopics");
    visit(self.source_topic_regex, "sourceTopicRegex");
    visit(self.repartition_source_topics, "repartitionSourceTopics");
  }
};

struct Subtopology {
  std::string subtopology_id;
  std::vector<std::string> source_topics;
  std::vector<std::string> source_topic_regex;
  std::vector<TopicInfo> state_changelog_topics;
  std::vector<std::string> repartition_sink_topics;
  std::vector<TopicInfo> repartition_source_topics;
  std::vector<CopartitionGroup> copartition_groups;

  bool operator==(const Subtopology&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.subtopology_id, "subtopologyId");
    visit(self.source_topics, "sourceTopics");
    visit(self.source_topic_regex, "sourceTopicRegex");
    visit(self.state_changelog_topics, "stateChangelogTopics");
    visit(self.repartition_sink_topics, "repartitionSinkTopics");
    visit(self.repartition_source_topics, "repartitionSourceTopics");
    visit(self.copartition_groups, "copartitionGroups");
  }
};

}  // namespace leat::wire::streams_group
