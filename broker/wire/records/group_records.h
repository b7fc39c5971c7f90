// Records of __consumer_offsets for classic groups: keys and values, each behind an int16 of its version
// (encode_versioned). A null value is a tombstone.
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

struct OffsetCommitKey {
  static constexpr MessageTraits kTraits{
      .name = "OffsetCommitKey", .api = ApiKey::kNone, .version_min = 0, .version_max = 0};

  std::string group;
  std::string topic;
  std::int32_t partition = 0;

  bool operator==(const OffsetCommitKey&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.group, "group");
    visit(self.topic, "topic");
    visit(self.partition, "partition");
  }
};

struct OffsetCommitValue {
  static constexpr MessageTraits kTraits{
      .name = "OffsetCommitValue", .api = ApiKey::kNone, .version_min = 0, .version_max = 4, .flexible_since = 4};

  std::int64_t offset = 0;
  std::int32_t leader_epoch = -1;
  std::string metadata;
  std::int64_t commit_timestamp = 0;
  std::int64_t expire_timestamp = -1;
  Uuid topic_id;

  bool operator==(const OffsetCommitValue&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.offset, "offset");
    visit(self.leader_epoch, "leaderEpoch", since(3));
    visit(self.metadata, "metadata");
    visit(self.commit_timestamp, "commitTimestamp");
    visit(self.expire_timestamp, "expireTimestamp", between(1, 1));
    visit(self.topic_id, "topicId", since(4).tag(0));
  }
};

struct GroupMetadataKey {
  static constexpr MessageTraits kTraits{
      .name = "GroupMetadataKey", .api = ApiKey::kNone, .version_min = 0, .version_max = 0};

  std::string group;

  bool operator==(const GroupMetadataKey&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.group, "group");
  }
};

struct GroupMetadataValue {
  static constexpr MessageTraits kTraits{
      .name = "GroupMetadataValue", .api = ApiKey::kNone, .version_min = 0, .version_max = 4, .flexible_since = 4};

  struct MemberMetadata {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::string client_id;
    std::string client_host;
    std::int32_t rebalance_timeout = -1;
    std::int32_t session_timeout = 0;
    ByteString subscription;
    ByteString assignment;

    bool operator==(const MemberMetadata&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.member_id, "memberId");
      visit(self.group_instance_id, "groupInstanceId", since(3).nullable(3));
      visit(self.client_id, "clientId");
      visit(self.client_host, "clientHost");
      visit(self.rebalance_timeout, "rebalanceTimeout", since(1));
      visit(self.session_timeout, "sessionTimeout");
      visit(self.subscription, "subscription");
      visit(self.assignment, "assignment");
    }
  };

  std::string protocol_type;
  std::int32_t generation = 0;
  std::optional<std::string> protocol;
  std::optional<std::string> leader;
  std::int64_t current_state_timestamp = -1;
  std::vector<MemberMetadata> members;

  bool operator==(const GroupMetadataValue&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.protocol_type, "protocolType");
    visit(self.generation, "generation");
    visit(self.protocol, "protocol", always().nullable(0));
    visit(self.leader, "leader", always().nullable(0));
    visit(self.current_state_timestamp, "currentStateTimestamp", since(2));
    visit(self.members, "members");
  }
};

}  // namespace leat::wire
