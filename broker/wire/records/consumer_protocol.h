// What members of a consumer group tell each other through JoinGroup and SyncGroup, each behind an int16 of its
// version (encode_versioned).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/byte_string.h"
#include "broker/wire/codec.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct ConsumerProtocolSubscription {
  static constexpr MessageTraits kTraits{
      .name = "ConsumerProtocolSubscription", .api = ApiKey::kNone, .version_min = 0, .version_max = 3};

  struct TopicPartition {
    std::string topic;
    std::vector<std::int32_t> partitions;

    bool operator==(const TopicPartition&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.topic, "topic", since(1));
      visit(self.partitions, "partitions", since(1));
    }
  };

  std::vector<std::string> topics;
  std::optional<ByteString> user_data;
  std::vector<TopicPartition> owned_partitions;
  std::int32_t generation_id = -1;
  std::optional<std::string> rack_id;

  bool operator==(const ConsumerProtocolSubscription&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.topics, "topics");
    visit(self.user_data, "userData", always().nullable(0));
    visit(self.owned_partitions, "ownedPartitions", since(1));
    visit(self.generation_id, "generationId", since(2));
    visit(self.rack_id, "rackId", since(3).nullable(3));
  }
};

struct ConsumerProtocolAssignment {
  static constexpr MessageTraits kTraits{
      .name = "ConsumerProtocolAssignment", .api = ApiKey::kNone, .version_min = 0, .version_max = 3};

  struct TopicPartition {
    std::string topic;
    std::vector<std::int32_t> partitions;

    bool operator==(const TopicPartition&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.topic, "topic");
      visit(self.partitions, "partitions");
    }
  };

  std::vector<TopicPartition> assigned_partitions;
  std::optional<ByteString> user_data;

  bool operator==(const ConsumerProtocolAssignment&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.assigned_partitions, "assignedPartitions");
    visit(self.user_data, "userData", always().nullable(0));
  }
};

}  // namespace leat::wire
