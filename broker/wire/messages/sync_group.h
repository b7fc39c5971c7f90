// SyncGroup (14), versions 0 to 5: gives the leader's assignment to the members.
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

struct SyncGroupRequest {
  static constexpr MessageTraits kTraits{
      .name = "SyncGroupRequest", .api = ApiKey::kSyncGroup, .version_min = 0, .version_max = 5, .flexible_since = 4};

  struct SyncGroupRequestAssignment {
    std::string member_id;
    ByteString assignment;

    bool operator==(const SyncGroupRequestAssignment&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.member_id, "memberId");
      visit(self.assignment, "assignment");
    }
  };

  std::string group_id;
  std::int32_t generation_id = 0;
  std::string member_id;
  std::optional<std::string> group_instance_id;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  std::vector<SyncGroupRequestAssignment> assignments;

  bool operator==(const SyncGroupRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.group_id, "groupId");
    visit(self.generation_id, "generationId");
    visit(self.member_id, "memberId");
    visit(self.group_instance_id, "groupInstanceId", since(3).nullable(3));
    visit(self.protocol_type, "protocolType", since(5).nullable(5));
    visit(self.protocol_name, "protocolName", since(5).nullable(5));
    visit(self.assignments, "assignments");
  }
};

struct SyncGroupResponse {
  static constexpr MessageTraits kTraits{
      .name = "SyncGroupResponse", .api = ApiKey::kSyncGroup, .version_min = 0, .version_max = 5, .flexible_since = 4};

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  ByteString assignment;

  bool operator==(const SyncGroupResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs", since(1));
    visit(self.error_code, "errorCode");
    visit(self.protocol_type, "protocolType", since(5).nullable(5));
    visit(self.protocol_name, "protocolName", since(5).nullable(5));
    visit(self.assignment, "assignment");
  }
};

}  // namespace leat::wire
