// DescribeAcls (29), versions 1 to 3: lists access control entries that fit a filter.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct DescribeAclsRequest {
  static constexpr MessageTraits kTraits{.name = "DescribeAclsRequest",
                                         .api = ApiKey::kDescribeAcls,
                                         .version_min = 1,
                                         .version_max = 3,
                                         .flexible_since = 2};

  std::int8_t resource_type_filter = 0;
  std::optional<std::string> resource_name_filter;
  std::int8_t pattern_type_filter = 3;
  std::optional<std::string> principal_filter;
  std::optional<std::string> host_filter;
  std::int8_t operation = 0;
  std::int8_t permission_type = 0;

  bool operator==(const DescribeAclsRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.resource_type_filter, "resourceTypeFilter");
    visit(self.resource_name_filter, "resourceNameFilter", always().nullable(0));
    visit(self.pattern_type_filter, "patternTypeFilter");
    visit(self.principal_filter, "principalFilter", always().nullable(0));
    visit(self.host_filter, "hostFilter", always().nullable(0));
    visit(self.operation, "operation");
    visit(self.permission_type, "permissionType");
  }
};

struct DescribeAclsResponse {
  static constexpr MessageTraits kTraits{.name = "DescribeAclsResponse",
                                         .api = ApiKey::kDescribeAcls,
                                         .version_min = 1,
                                         .version_max = 3,
                                         .flexible_since = 2};

  struct DescribeAclsResource {
    struct AclDescription {
      std::string principal;
      std::string host;
      std::int8_t operation = 0;
      std::int8_t permission_type = 0;

      bool operator==(const AclDescription&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.principal, "principal");
        visit(self.host, "host");
        visit(self.operation, "operation");
        visit(self.permission_type, "permissionType");
      }
    };

    std::int8_t resource_type = 0;
    std::string resource_name;
    std::int8_t pattern_type = 3;
    std::vector<AclDescription> acls;

    bool operator==(const DescribeAclsResource&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.resource_type, "resourceType");
      visit(self.resource_name, "resourceName");
      visit(self.pattern_type, "patternType");
      visit(self.acls, "acls");
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message;
  std::vector<DescribeAclsResource> resources;

  bool operator==(const DescribeAclsResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.error_code, "errorCode");
    visit(self.error_message, "errorMessage", always().nullable(0));
    visit(self.resources, "resources");
  }
};

}  // namespace leat::wire
