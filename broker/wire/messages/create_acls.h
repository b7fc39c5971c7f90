// CreateAcls (30), versions 1 to 3: adds access control entries.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct CreateAclsRequest {
  static constexpr MessageTraits kTraits{
      .name = "CreateAclsRequest", .api = ApiKey::kCreateAcls, .version_min = 1, .version_max = 3, .flexible_since = 2};

  struct AclCreation {
    std::int8_t resource_type = 0;
    std::string resource_name;
    std::int8_t resource_pattern_type = 3;
    std::string principal;
    std::string host;
    std::int8_t operation = 0;
    std::int8_t permission_type = 0;

    bool operator==(const AclCreation&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.resource_type, "resourceType");
      visit(self.resource_name, "resourceName");
      visit(self.resource_pattern_type, "resourcePatternType");
      visit(self.principal, "principal");
      visit(self.host, "host");
      visit(self.operation, "operation");
      visit(self.permission_type, "permissionType");
    }
  };

  std::vector<AclCreation> creations;

  bool operator==(const CreateAclsRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.creations, "creations");
  }
};

struct CreateAclsResponse {
  static constexpr MessageTraits kTraits{.name = "CreateAclsResponse",
                                         .api = ApiKey::kCreateAcls,
                                         .version_min = 1,
                                         .version_max = 3,
                                         .flexible_since = 2};

  struct AclCreationResult {
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> error_message;

    bool operator==(const AclCreationResult&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.error_code, "errorCode");
      visit(self.error_message, "errorMessage", always().nullable(0));
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<AclCreationResult> results;

  bool operator==(const CreateAclsResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.results, "results");
  }
};

}  // namespace leat::wire
