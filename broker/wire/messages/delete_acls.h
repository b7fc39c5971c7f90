// DeleteAcls (31), versions 1 to 3: removes access control entries that fit filters.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct DeleteAclsRequest {
  static constexpr MessageTraits kTraits{
      .name = "DeleteAclsRequest", .api = ApiKey::kDeleteAcls, .version_min = 1, .version_max = 3, .flexible_since = 2};

  struct DeleteAclsFilter {
    std::int8_t resource_type_filter = 0;
    std::optional<std::string> resource_name_filter;
    std::int8_t pattern_type_filter = 3;
    std::optional<std::string> principal_filter;
    std::optional<std::string> host_filter;
    std::int8_t operation = 0;
    std::int8_t permission_type = 0;

    bool operator==(const DeleteAclsFilter&) const = default;
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

  std::vector<DeleteAclsFilter> filters;

  bool operator==(const DeleteAclsRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.filters, "filters");
  }
};

struct DeleteAclsResponse {
  static constexpr MessageTraits kTraits{.name = "DeleteAclsResponse",
                                         .api = ApiKey::kDeleteAcls,
                                         .version_min = 1,
                                         .version_max = 3,
                                         .flexible_since = 2};

  struct DeleteAclsFilterResult {
    struct DeleteAclsMatchingAcl {
      ErrorCode error_code = ErrorCode::kNone;
      std::optional<std::string> error_message;
      std::int8_t resource_type = 0;
      std::string resource_name;
      std::int8_t pattern_type = 3;
      std::string principal;
      std::string host;
      std::int8_t operation = 0;
      std::int8_t permission_type = 0;

      bool operator==(const DeleteAclsMatchingAcl&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.error_code, "errorCode");
        visit(self.error_message, "errorMessage", always().nullable(0));
        visit(self.resource_type, "resourceType");
        visit(self.resource_name, "resourceName");
        visit(self.pattern_type, "patternType");
        visit(self.principal, "principal");
        visit(self.host, "host");
        visit(self.operation, "operation");
        visit(self.permission_type, "permissionType");
      }
    };

    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> error_message;
    std::vector<DeleteAclsMatchingAcl> matching_acls;

    bool operator==(const DeleteAclsFilterResult&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.error_code, "errorCode");
      visit(self.error_message, "errorMessage", always().nullable(0));
      visit(self.matching_acls, "matchingAcls");
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<DeleteAclsFilterResult> filter_results;

  bool operator==(const DeleteAclsResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.filter_results, "filterResults");
  }
};

}  // namespace leat::wire
