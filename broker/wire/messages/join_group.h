// JoinGroup (11), versions 0 to 9: joins a classic group. Version 4: the member id is required; 5: static members; 7:
// flexible.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/byte_string.h"
#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct JoinGroupRequest {
  static constexpr MessageTraits kTraits{
      .name = "JoinGroupRequest", .api = ApiKey::kJoinGroup, .version_min = 0, .version_max = 9, .flexible_since = 6};

  struct JoinGroupRequestProtocol {
    std::string name;
    ByteString metadata;

    bool operator==(const JoinGroupRequestProtocol&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name");
      visit(self.metadata, "metadata");
    }
  };

  std::string group_id;
  std::int32_t session_timeout_ms = 0;
  std::int32_t rebalance_timeout_ms = -1;
  std::string member_id;
  std::optional<std::string> group_instance_id;
  std::string protocol_type;
  std::vector<JoinGroupRequestProtocol> protocols;
  std::optional<std::string> reason;

  bool operator==(const JoinGroupRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.group_id, "groupId");
    visit(self.session_timeout_ms, "sessionTimeoutMs");
    visit(self.rebalance_timeout_ms, "rebalanceTimeoutMs", since(1));
    visit(self.member_id, "memberId");
    visit(self.group_instance_id, "groupInstanceId", since(5).nullable(5));
    visit(self.protocol_type, "protocolType");
    visit(self.protocols, "protocols");
    visit(self.reason, "reason", since(8).nullable(8));
  }
};

struct JoinGroupResponse {
  static constexpr MessageTraits kTraits{
      .name = "JoinGroupResponse", .api = ApiKey::kJoinGroup, .version_min = 0, .version_max = 9, .flexible_since = 6};

  struct JoinGroupResponseMember {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    ByteString metadata;

    bool operator==(const JoinGroupResponseMember&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.member_id, "memberId");
      visit(self.group_instance_id, "groupInstanceId", since(5).nullable(5));
      visit(self.metadata, "metadata");
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::int32_t generation_id = -1;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  std::string leader;
  bool skip_assignment = false;
  std::string member_id;
  std::vector<JoinGroupResponseMember> members;

  bool operator==(const JoinGroupResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs", since(2));
    visit(self.error_code, "errorCode");
    visit(self.generation_id, "generationId");
    visit(self.protocol_type, "protocolType", since(7).nullable(7));
    visit(self.protocol_name, "protocolName", always().nullable(7));
    visit(self.leader, "leader");
    visit(self.skip_assignment, "skipAssignment", since(9));
    visit(self.member_id, "memberId");
    visit(self.members, "members");
  }
};

}  // namespace leat::wire
