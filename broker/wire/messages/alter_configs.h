// AlterConfigs (33), versions 0 to 2: replaces all configs of a resource.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct AlterConfigsRequest {
  static constexpr MessageTraits kTraits{.name = "AlterConfigsRequest",
                                         .api = ApiKey::kAlterConfigs,
                                         .version_min = 0,
                                         .version_max = 2,
                                         .flexible_since = 2};

  struct AlterConfigsResource {
    struct AlterableConfig {
      std::string name;
      std::optional<std::string> value;

      bool operator==(const AlterableConfig&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.name, "name");
        visit(self.value, "value", always().nullable(0));
      }
    };

    std::int8_t resource_type = 0;
    std::string resource_name;
    std::vector<AlterableConfig> configs;

    bool operator==(const AlterConfigsResource&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.resource_type, "resourceType");
      visit(self.resource_name, "resourceName");
      visit(self.configs, "configs");
    }
  };

  std::vector<AlterConfigsResource> resources;
  bool validate_only = false;

  bool operator==(const AlterConfigsRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.resources, "resources");
    visit(self.validate_only, "validateOnly");
  }
};

struct AlterConfigsResponse {
  static constexpr MessageTraits kTraits{.name = "AlterConfigsResponse",
                                         .api = ApiKey::kAlterConfigs,
                                         .version_min = 0,
                                         .version_max = 2,
                                         .flexible_since = 2};

  struct AlterConfigsResourceResponse {
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> error_message;
    std::int8_t resource_type = 0;
    std::string resource_name;

    bool operator==(const AlterConfigsResourceResponse&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.error_code, "errorCode");
      visit(self.error_message, "errorMessage", always().nullable(0));
      visit(self.resource_type, "resourceType");
      visit(self.resource_name, "resourceName");
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<AlterConfigsResourceResponse> responses;

  bool operator==(const AlterConfigsResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.responses, "responses");
  }
};

}  // namespace leat::wire
