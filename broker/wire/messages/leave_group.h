// LeaveGroup (13), versions 0 to 5: removes members. Version 3 on takes several.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct LeaveGroupRequest {
  static constexpr MessageTraits kTraits{
      .name = "LeaveGroupRequest", .api = ApiKey::kLeaveGroup, .version_min = 0, .version_max = 5, .flexible_since = 4};

  struct MemberIdentity {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::optional<std::string> reason;

    bool operator==(const MemberIdentity&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.member_id, "memberId", since(3));
      visit(self.group_instance_id, "groupInstanceId", since(3).nullable(3));
      visit(self.reason, "reason", since(5).nullable(5));
    }
  };

  std::string group_id;
  std::string member_id;
  std::vector<MemberIdentity> members;

  bool operator==(const LeaveGroupRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.group_id, "groupId");
    visit(self.member_id, "memberId", between(0, 2));
    visit(self.members, "members", since(3));
  }
};

struct LeaveGroupResponse {
  static constexpr MessageTraits kTraits{.name = "LeaveGroupResponse",
                                         .api = ApiKey::kLeaveGroup,
                                         .version_min = 0,
                                         .version_max = 5,
                                         .flexible_since = 4};

  struct MemberResponse {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    ErrorCode error_code = ErrorCode::kNone;

    bool operator==(const MemberResponse&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.member_id, "memberId", since(3));
      visit(self.group_instance_id, "groupInstanceId", since(3).nullable(3));
      visit(self.error_code, "errorCode", since(3));
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::vector<MemberResponse> members;

  bool operator==(const LeaveGroupResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs", since(1));
    visit(self.error_code, "errorCode");
    visit(self.members, "members", since(3));
  }
};

}  // namespace leat::wire
