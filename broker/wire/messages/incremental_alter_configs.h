// IncrementalAlterConfigs (44), versions 0 to 1: sets (0), deletes (1), appends to (2) and subtracts from (3) single
// configs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct IncrementalAlterConfigsRequest {
  static constexpr MessageTraits kTraits{.name = "IncrementalAlterConfigsRequest",
                                         .api = ApiKey::kIncrementalAlterConfigs,
                                         .version_min = 0,
                                         .version_max = 1,
                                         .flexible_since = 1};

  struct AlterConfigsResource {
    struct AlterableConfig {
      std::string name;
      std::int8_t config_operation = 0;
      std::optional<std::string> value;

      bool operator==(const AlterableConfig&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.name, "name");
        visit(self.config_operation, "configOperation");
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

  bool operator==(const IncrementalAlterConfigsRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.resources, "resources");
    visit(self.validate_only, "validateOnly");
  }
};

struct IncrementalAlterConfigsResponse {
  static constexpr MessageTraits kTraits{.name = "IncrementalAlterConfigsResponse",
                                         .api = ApiKey::kIncrementalAlterConfigs,
                                         .version_min = 0,
                                         .version_max = 1,
                                         .flexible_since = 1};

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

  bool operator==(const IncrementalAlterConfigsResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.responses, "responses");
  }
};

}  // namespace leat::wire
