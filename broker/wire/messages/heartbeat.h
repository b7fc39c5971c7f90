// Heartbeat (12), versions 0 to 4: keeps a member in its group and tells it of a rebalance.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct HeartbeatRequest {
  static constexpr MessageTraits kTraits{
      .name = "HeartbeatRequest", .api = ApiKey::kHeartbeat, .version_min = 0, .version_max = 4, .flexible_since = 4};

  std::string group_id;
  std::int32_t generation_id = 0;
  std::string member_id;
  std::optional<std::string> group_instance_id;

  bool operator==(const HeartbeatRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.group_id, "groupId");
    visit(self.generation_id, "generationId");
    visit(self.member_id, "memberId");
    visit(self.group_instance_id, "groupInstanceId", since(3).nullable(3));
  }
};

struct HeartbeatResponse {
  static constexpr MessageTraits kTraits{
      .name = "HeartbeatResponse", .api = ApiKey::kHeartbeat, .version_min = 0, .version_max = 4, .flexible_since = 4};

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;

  bool operator==(const HeartbeatResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs", since(1));
    visit(self.error_code, "errorCode");
  }
};

}  // namespace leat::wire
