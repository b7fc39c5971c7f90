// Records of __consumer_offsets for groups whose partitions the broker assigns (KIP-848). The number in front of a key
// is the type of its record; a value has an int16 of its version in front (encode_versioned). A null value is a
// tombstone.
//
//   3 the group's epoch   5 a member and what it subscribes to   8 what a member holds now
//   6 the epoch of the target assignment   7 what a member shall hold   16 the topics behind a regular expression
//   4 (metadata of topics) is of Kafka 4.0 and before: only its tombstones are written
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/uuid.h"
#include "broker/wire/byte_string.h"
#include "broker/wire/codec.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct ConsumerGroupMetadataKey {
  static constexpr MessageTraits kTraits{
      .name = "ConsumerGroupMetadataKey", .api = ApiKey::kNone, .version_min = 0, .version_max = 0};

  std::string group_id;

  bool operator==(const ConsumerGroupMetadataKey&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.group_id, "groupId");
  }
};

struct ConsumerGroupMetadataValue {
  static constexpr MessageTraits kTraits{.name = "ConsumerGroupMetadataValue",
                                         .api = ApiKey::kNone,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  std::int32_t epoch = 0;
  std::int64_t metadata_hash = 0;

  bool operator==(const ConsumerGroupMetadataValue&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.epoch, "epoch");
    visit(self.metadata_hash, "metadataHash", always().tag(0));
  }
};

struct ConsumerGroupPartitionMetadataKey {
  static constexpr MessageTraits kTraits{
      .name = "ConsumerGroupPartitionMetadataKey", .api = ApiKey::kNone, .version_min = 0, .version_max = 0};

  std::string group_id;

  bool operator==(const ConsumerGroupPartitionMetadataKey&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.group_id, "groupId");
  }
};

struct ConsumerGroupPartitionMetadataValue {
  static constexpr MessageTraits kTraits{.name = "ConsumerGroupPartitionMetadataValue",
                                         .api = ApiKey::kNone,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  struct TopicMetadata {
    struct PartitionMetadata {
      std::int32_t partition = 0;
      std::vector<std::string> racks;

      bool operator==(const PartitionMetadata&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.partition, "partition");
        visit(self.racks, "racks");
      }
    };

    Uuid topic_id;
    std::string topic_name;
    std::int32_t num_partitions = 0;
    std::vector<PartitionMetadata> partition_metadata;

    bool operator==(const TopicMetadata&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.topic_id, "topicId");
      visit(self.topic_name, "topicName");
      visit(self.num_partitions, "numPartitions");
      visit(self.partition_metadata, "partitionMetadata");
    }
  };

  std::vector<TopicMetadata> topics;

  bool operator==(const ConsumerGroupPartitionMetadataValue&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.topics, "topics");
  }
};

struct ConsumerGroupMemberMetadataKey {
  static constexpr MessageTraits kTraits{
      .name = "ConsumerGroupMemberMetadataKey", .api = ApiKey::kNone, .version_min = 0, .version_max = 0};

  std::string group_id;
  std::string member_id;

  bool operator==(const ConsumerGroupMemberMetadataKey&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.group_id, "groupId");
    visit(self.member_id, "memberId");
  }
};

struct ConsumerGroupMemberMetadataValue {
  static constexpr MessageTraits kTraits{.name = "ConsumerGroupMemberMetadataValue",
                                         .api = ApiKey::kNone,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  struct ClassicMemberMetadata {
    struct ClassicProtocol {
      std::string name;
      ByteString metadata;

      bool operator==(const ClassicProtocol&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.name, "name");
        visit(self.metadata, "metadata");
      }
    };

    std::int32_t session_timeout_ms = 0;
    std::vector<ClassicProtocol> supported_protocols;

    bool operator==(const ClassicMemberMetadata&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.session_timeout_ms, "sessionTimeoutMs");
      visit(self.supported_protocols, "supportedProtocols");
    }
  };

  std::optional<std::string> instance_id;
  std::optional<std::string> rack_id;
  std::string client_id;
  std::string client_host;
  std::vector<std::string> subscribed_topic_names;
  std::optional<std::string> subscribed_topic_regex;
  std::int32_t rebalance_timeout_ms = -1;
  std::optional<std::string> server_assignor;
  std::optional<ClassicMemberMetadata> classic_member_metadata;

  bool operator==(const ConsumerGroupMemberMetadataValue&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.instance_id, "instanceId", always().nullable(0));
    visit(self.rack_id, "rackId", always().nullable(0));
    visit(self.client_id, "clientId");
    visit(self.client_host, "clientHost");
    visit(self.subscribed_topic_names, "subscribedTopicNames");
    visit(self.subscribed_topic_regex, "subscribedTopicRegex", always().nullable(0));
    visit(self.rebalance_timeout_ms, "rebalanceTimeoutMs");
    visit(self.server_assignor, "serverAssignor", always().nullable(0));
    visit(self.classic_member_metadata, "classicMemberMetadata", always().nullable(0).tag(0));
  }
};

struct ConsumerGroupTargetAssignmentMetadataKey {
  static constexpr MessageTraits kTraits{
      .name = "ConsumerGroupTargetAssignmentMetadataKey", .api = ApiKey::kNone, .version_min = 0, .version_max = 0};

  std::string group_id;

  bool operator==(const ConsumerGroupTargetAssignmentMetadataKey&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.group_id, "groupId");
  }
};

struct ConsumerGroupTargetAssignmentMetadataValue {
  static constexpr MessageTraits kTraits{.name = "ConsumerGroupTargetAssignmentMetadataValue",
                                         .api = ApiKey::kNone,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  std::int32_t assignment_epoch = 0;
  std::int64_t assignment_timestamp = 0;

  bool operator==(const ConsumerGroupTargetAssignmentMetadataValue&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.assignment_epoch, "assignmentEpoch");
    visit(self.assignment_timestamp, "assignmentTimestamp", always().tag(0));
  }
};

struct ConsumerGroupTargetAssignmentMemberKey {
  static constexpr MessageTraits kTraits{
      .name = "ConsumerGroupTargetAssignmentMemberKey", .api = ApiKey::kNone, .version_min = 0, .version_max = 0};

  std::string group_id;
  std::string member_id;

  bool operator==(const ConsumerGroupTargetAssignmentMemberKey&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.group_id, "groupId");
    visit(self.member_id, "memberId");
  }
};

struct ConsumerGroupTargetAssignmentMemberValue {
  static constexpr MessageTraits kTraits{.name = "ConsumerGroupTargetAssignmentMemberValue",
                                         .api = ApiKey::kNone,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  struct TopicPartition {
    Uuid topic_id;
    std::vector<std::int32_t> partitions;

    bool operator==(const TopicPartition&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.topic_id, "topicId");
      visit(self.partitions, "partitions");
    }
  };

  std::vector<TopicPartition> topic_partitions;

  bool operator==(const ConsumerGroupTargetAssignmentMemberValue&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.topic_partitions, "topicPartitions");
  }
};

struct ConsumerGroupCurrentMemberAssignmentKey {
  static constexpr MessageTraits kTraits{
      .name = "ConsumerGroupCurrentMemberAssignmentKey", .api = ApiKey::kNone, .version_min = 0, .version_max = 0};

  std::string group_id;
  std::string member_id;

  bool operator==(const ConsumerGroupCurrentMemberAssignmentKey&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.group_id, "groupId");
    visit(self.member_id, "memberId");
  }
};

struct ConsumerGroupCurrentMemberAssignmentValue {
  static constexpr MessageTraits kTraits{.name = "ConsumerGroupCurrentMemberAssignmentValue",
                                         .api = ApiKey::kNone,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  struct TopicPartitions {
    Uuid topic_id;
    std::vector<std::int32_t> partitions;
    std::optional<std::vector<std::int32_t>> assignment_epochs;

    bool operator==(const TopicPartitions&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.topic_id, "topicId");
      visit(self.partitions, "partitions");
      visit(self.assignment_epochs, "assignmentEpochs", always().nullable(0).tag(0));
    }
  };

  std::int32_t member_epoch = 0;
  std::int32_t previous_member_epoch = 0;
  std::int8_t state = 0;
  std::vector<TopicPartitions> assigned_partitions;
  std::vector<TopicPartitions> partitions_pending_revocation;

  bool operator==(const ConsumerGroupCurrentMemberAssignmentValue&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.member_epoch, "memberEpoch");
    visit(self.previous_member_epoch, "previousMemberEpoch");
    visit(self.state, "state");
    visit(self.assigned_partitions, "assignedPartitions");
    visit(self.partitions_pending_revocation, "partitionsPendingRevocation");
  }
};

struct ConsumerGroupRegularExpressionKey {
  static constexpr MessageTraits kTraits{
      .name = "ConsumerGroupRegularExpressionKey", .api = ApiKey::kNone, .version_min = 0, .version_max = 0};

  std::string group_id;
  std::string regular_expression;

  bool operator==(const ConsumerGroupRegularExpressionKey&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.group_id, "groupId");
    visit(self.regular_expression, "regularExpression");
  }
};

struct ConsumerGroupRegularExpressionValue {
  static constexpr MessageTraits kTraits{.name = "ConsumerGroupRegularExpressionValue",
                                         .api = ApiKey::kNone,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  std::vector<std::string> topics;
  std::int64_t version = 0;
  std::int64_t timestamp = 0;

  bool operator==(const ConsumerGroupRegularExpressionValue&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.topics, "topics");
    visit(self.version, "version");
    visit(self.timestamp, "timestamp");
  }
};

}  // namespace leat::wire
