// DeleteGroups (42), versions 0 to 2: deletes empty groups with their offsets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct DeleteGroupsRequest {
  static constexpr MessageTraits kTraits{.name = "DeleteGroupsRequest",
                                         .api = ApiKey::kDeleteGroups,
                                         .version_min = 0,
                                         .version_max = 2,
                                         .flexible_since = 2};

  std::vector<std::string> groups_names;

  bool operator==(const DeleteGroupsRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.groups_names, "groupsNames");
  }
};

struct DeleteGroupsResponse {
  static constexpr MessageTraits kTraits{.name = "DeleteGroupsResponse",
                                         .api = ApiKey::kDeleteGroups,
                                         .version_min = 0,
                                         .version_max = 2,
                                         .flexible_since = 2};

  struct DeletableGroupResult {
    std::string group_id;
    ErrorCode error_code = ErrorCode::kNone;

    bool operator==(const DeletableGroupResult&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.group_id, "groupId");
      visit(self.error_code, "errorCode");
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<DeletableGroupResult> results;

  bool operator==(const DeleteGroupsResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.results, "results");
  }
};

}  // namespace leat::wire
