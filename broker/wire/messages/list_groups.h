// ListGroups (16), versions 0 to 5: all groups, filtered by state and type.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct ListGroupsRequest {
  static constexpr MessageTraits kTraits{
      .name = "ListGroupsRequest", .api = ApiKey::kListGroups, .version_min = 0, .version_max = 5, .flexible_since = 3};

  std::vector<std::string> states_filter;
  std::vector<std::string> types_filter;

  bool operator==(const ListGroupsRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.states_filter, "statesFilter", since(4));
    visit(self.types_filter, "typesFilter", since(5));
  }
};

struct ListGroupsResponse {
  static constexpr MessageTraits kTraits{.name = "ListGroupsResponse",
                                         .api = ApiKey::kListGroups,
                                         .version_min = 0,
                                         .version_max = 5,
                                         .flexible_since = 3};

  struct ListedGroup {
    std::string group_id;
    std::string protocol_type;
    std::string group_state;
    std::string group_type;

    bool operator==(const ListedGroup&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.group_id, "groupId");
      visit(self.protocol_type, "protocolType");
      visit(self.group_state, "groupState", since(4));
      visit(self.group_type, "groupType", since(5));
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::vector<ListedGroup> groups;

  bool operator==(const ListGroupsResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs", since(1));
    visit(self.error_code, "errorCode");
    visit(self.groups, "groups");
  }
};

}  // namespace leat::wire
