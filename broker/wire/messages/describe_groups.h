// DescribeGroups (15), versions 0 to 6: state and members of groups.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/byte_string.h"
#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct DescribeGroupsRequest {
  static constexpr MessageTraits kTraits{.name = "DescribeGroupsRequest",
                                         .api = ApiKey::kDescribeGroups,
                                         .version_min = 0,
                                         .version_max = 6,
                                         .flexible_since = 5};

  std::vector<std::string> groups;
  bool include_authorized_operations = false;

  bool operator==(const DescribeGroupsRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.groups, "groups");
    visit(self.include_authorized_operations, "includeAuthorizedOperations", since(3));
  }
};

struct DescribeGroupsResponse {
  static constexpr MessageTraits kTraits{.name = "DescribeGroupsResponse",
                                         .api = ApiKey::kDescribeGroups,
                                         .version_min = 0,
                                         .version_max = 6,
                                         .flexible_since = 5};

  struct DescribedGroup {
    struct DescribedGroupMember {
      std::string member_id;
      std::optional<std::string> group_instance_id;
      std::string client_id;
      std::string client_host;
      ByteString member_metadata;
      ByteString member_assignment;

      bool operator==(const DescribedGroupMember&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.member_id, "memberId");
        visit(self.group_instance_id, "groupInstanceId", since(4).nullable(4));
        visit(self.client_id, "clientId");
        visit(self.client_host, "clientHost");
        visit(self.member_metadata, "memberMetadata");
        visit(self.member_assignment, "memberAssignment");
      }
    };

    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> error_message;
    std::string group_id;
    std::string group_state;
    std::string protocol_type;
    std::string protocol_data;
    std::vector<DescribedGroupMember> members;
    std::int32_t authorized_operations = std::numeric_limits<std::int32_t>::min();

    bool operator==(const DescribedGroup&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.error_code, "errorCode");
      visit(self.error_message, "errorMessage", since(6).nullable(6));
      visit(self.group_id, "groupId");
      visit(self.group_state, "groupState");
      visit(self.protocol_type, "protocolType");
      visit(self.protocol_data, "protocolData");
      visit(self.members, "members");
      visit(self.authorized_operations, "authorizedOperations", since(3));
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<DescribedGroup> groups;

  bool operator==(const DescribeGroupsResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs", since(1));
    visit(self.groups, "groups");
  }
};

}  // namespace leat::wire
