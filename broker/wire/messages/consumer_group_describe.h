// ConsumerGroupDescribe (69), versions 0 and 1: groups whose partitions the broker assigns (KIP-848).
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/uuid.h"
#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct ConsumerGroupDescribeRequest {
  static constexpr MessageTraits kTraits{.name = "ConsumerGroupDescribeRequest",
                                         .api = ApiKey::kConsumerGroupDescribe,
                                         .version_min = 0,
                                         .version_max = 1,
                                         .flexible_since = 0};

  std::vector<std::string> group_ids;
  bool include_authorized_operations = false;

  bool operator==(const ConsumerGroupDescribeRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.group_ids, "groupIds");
    visit(self.include_authorized_operations, "includeAuthorizedOperations");
  }
};

struct ConsumerGroupDescribeResponse {
  static constexpr MessageTraits kTraits{.name = "ConsumerGroupDescribeResponse",
                                         .api = ApiKey::kConsumerGroupDescribe,
                                         .version_min = 0,
                                         .version_max = 1,
                                         .flexible_since = 0};

  struct DescribedGroup {
    struct Member {
      struct Assignment {
        struct TopicPartitions {
          Uuid topic_id;
          std::string topic_name;
          std::vector<std::int32_t> partitions;

          bool operator==(const TopicPartitions&) const = default;
          template <class Self, class Visitor>
          static void Fields(Self& self, Visitor& visit) {
            visit(self.topic_id, "topicId");
            visit(self.topic_name, "topicName");
            visit(self.partitions, "partitions");
          }
        };

        std::vector<TopicPartitions> topic_partitions;

        bool operator==(const Assignment&) const = default;
        template <class Self, class Visitor>
        static void Fields(Self& self, Visitor& visit) {
          visit(self.topic_partitions, "topicPartitions");
        }
      };

      std::string member_id;
      std::optional<std::string> instance_id;
      std::optional<std::string> rack_id;
      std::int32_t member_epoch = 0;
      std::string client_id;
      std::string client_host;
      std::vector<std::string> subscribed_topic_names;
      std::optional<std::string> subscribed_topic_regex;
      Assignment assignment;
      Assignment target_assignment;
      std::int8_t member_type = -1;

      bool operator==(const Member&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.member_id, "memberId");
        visit(self.instance_id, "instanceId", always().nullable(0));
        visit(self.rack_id, "rackId", always().nullable(0));
        visit(self.member_epoch, "memberEpoch");
        visit(self.client_id, "clientId");
        visit(self.client_host, "clientHost");
        visit(self.subscribed_topic_names, "subscribedTopicNames");
        visit(self.subscribed_topic_regex, "subscribedTopicRegex", always().nullable(0));
        visit(self.assignment, "assignment");
        visit(self.target_assignment, "targetAssignment");
        visit(self.member_type, "memberType", since(1));
      }
    };

    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> error_message;
    std::string group_id;
    std::string group_state;
    std::int32_t group_epoch = 0;
    std::int32_t assignment_epoch = 0;
    std::string assignor_name;
    std::vector<Member> members;
    std::int32_t authorized_operations = std::numeric_limits<std::int32_t>::min();

    bool operator==(const DescribedGroup&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.error_code, "errorCode");
      visit(self.error_message, "errorMessage", always().nullable(0));
      visit(self.group_id, "groupId");
      visit(self.group_state, "groupState");
      visit(self.group_epoch, "groupEpoch");
      visit(self.assignment_epoch, "assignmentEpoch");
      visit(self.assignor_name, "assignorName");
      visit(self.members, "members");
      visit(self.authorized_operations, "authorizedOperations");
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<DescribedGroup> groups;

  bool operator==(const ConsumerGroupDescribeResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.groups, "groups");
  }
};

}  // namespace leat::wire
