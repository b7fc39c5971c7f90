// Records of the broker's metadata log, in Kafka's schemas (metadata/src/main/resources/common/metadata). A record's
// value is framed: unsigned varint 1, unsigned varint record type, unsigned varint version, message.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/uuid.h"
#include "broker/wire/codec.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct TopicRecord {
  static constexpr MessageTraits kTraits{
      .name = "TopicRecord", .api = ApiKey::kNone, .version_min = 0, .version_max = 0, .flexible_since = 0};
  static constexpr std::uint32_t kType = 2;

  std::string name;
  Uuid topic_id;

  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.name, "name");
    visit(self.topic_id, "topicId");
  }
};

struct PartitionRecord {
  static constexpr MessageTraits kTraits{
      .name = "PartitionRecord", .api = ApiKey::kNone, .version_min = 0, .version_max = 0, .flexible_since = 0};
  static constexpr std::uint32_t kType = 3;

  std::int32_t partition_id = -1;
  Uuid topic_id;
  std::vector<std::int32_t> replicas;
  std::vector<std::int32_t> isr;
  std::vector<std::int32_t> removing_replicas;
  std::vector<std::int32_t> adding_replicas;
  std::int32_t leader = -1;
  std::int32_t leader_epoch = -1;
  std::int32_t partition_epoch = -1;

  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.partition_id, "partitionId");
    visit(self.topic_id, "topicId");
    visit(self.replicas, "replicas");
    visit(self.isr, "isr");
    visit(self.removing_replicas, "removingReplicas");
    visit(self.adding_replicas, "addingReplicas");
    visit(self.leader, "leader");
    visit(self.leader_epoch, "leaderEpoch");
    visit(self.partition_epoch, "partitionEpoch");
  }
};

/// What is new about a partition.
struct PartitionChangeRecord {
  static constexpr MessageTraits kTraits{
      .name = "PartitionChangeRecord", .api = ApiKey::kNone, .version_min = 0, .version_max = 0, .flexible_since = 0};
  static constexpr std::uint32_t kType = 5;
  static constexpr std::int32_t kSameLeader = -2;

  std::int32_t partition_id = -1;
  Uuid topic_id;
  std::optional<std::vector<std::int32_t>> isr;
  std::int32_t leader = kSameLeader;
  std::optional<std::vector<std::int32_t>> replicas;

  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.partition_id, "partitionId");
    visit(self.topic_id, "topicId");
    visit(self.isr, "isr", always().nullable(0).tag(0));
    visit(self.leader, "leader", always().tag(1), kSameLeader);
    visit(self.replicas, "replicas", always().nullable(0).tag(2));
  }
};

struct ConfigRecord {
  static constexpr MessageTraits kTraits{
      .name = "ConfigRecord", .api = ApiKey::kNone, .version_min = 0, .version_max = 0, .flexible_since = 0};
  static constexpr std::uint32_t kType = 4;

  std::int8_t resource_type = 0;
  std::string resource_name;
  std::string name;
  std::optional<std::string> value;

  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.resource_type, "resourceType");
    visit(self.resource_name, "resourceName");
    visit(self.name, "name");
    visit(self.value, "value", always().nullable(0));
  }
};

struct RemoveTopicRecord {
  static constexpr MessageTraits kTraits{
      .name = "RemoveTopicRecord", .api = ApiKey::kNone, .version_min = 0, .version_max = 0, .flexible_since = 0};
  static constexpr std::uint32_t kType = 9;

  Uuid topic_id;

  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.topic_id, "topicId");
  }
};

struct ProducerIdsRecord {
  static constexpr MessageTraits kTraits{
      .name = "ProducerIdsRecord", .api = ApiKey::kNone, .version_min = 0, .version_max = 0, .flexible_since = 0};
  static constexpr std::uint32_t kType = 15;

  std::int32_t broker_id = 0;
  std::int64_t broker_epoch = -1;
  /// The first id that no block has covered yet.
  std::int64_t next_producer_id = 0;

  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.broker_id, "brokerId");
    visit(self.broker_epoch, "brokerEpoch");
    visit(self.next_producer_id, "nextProducerId");
  }
};

/// A broker has started.
struct RegisterBrokerRecord {
  static constexpr MessageTraits kTraits{
      .name = "RegisterBrokerRecord", .api = ApiKey::kNone, .version_min = 0, .version_max = 0, .flexible_since = 0};
  static constexpr std::uint32_t kType = 0;

  struct BrokerEndpoint {
    std::string name;
    std::string host;
    std::uint16_t port = 0;
    std::int16_t security_protocol = 0;
    bool operator==(const BrokerEndpoint&) const = default;

    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name");
      visit(self.host, "host");
      visit(self.port, "port");
      visit(self.security_protocol, "securityProtocol");
    }
  };
  struct BrokerFeature {
    std::string name;
    std::int16_t min_supported_version = 0;
    std::int16_t max_supported_version = 0;
    bool operator==(const BrokerFeature&) const = default;

    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name");
      visit(self.min_supported_version, "minSupportedVersion");
      visit(self.max_supported_version, "maxSupportedVersion");
    }
  };

  std::int32_t broker_id = 0;
  Uuid incarnation_id;
  std::int64_t broker_epoch = -1;
  std::vector<BrokerEndpoint> end_points;
  std::vector<BrokerFeature> features;
  std::optional<std::string> rack;
  bool fenced = true;

  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.broker_id, "brokerId");
    visit(self.incarnation_id, "incarnationId");
    visit(self.broker_epoch, "brokerEpoch");
    visit(self.end_points, "endPoints");
    visit(self.features, "features");
    visit(self.rack, "rack", always().nullable(0));
    visit(self.fenced, "fenced");
  }
};

}  // namespace leat::wire
