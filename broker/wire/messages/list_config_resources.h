// ListConfigResources (74), versions 0 to 1: resources that have configs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct ListConfigResourcesRequest {
  static constexpr MessageTraits kTraits{.name = "ListConfigResourcesRequest",
                                         .api = ApiKey::kListConfigResources,
                                         .version_min = 0,
                                         .version_max = 1,
                                         .flexible_since = 0};

  std::vector<std::int8_t> resource_types;

  bool operator==(const ListConfigResourcesRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.resource_types, "resourceTypes", since(1));
  }
};

struct ListConfigResourcesResponse {
  static constexpr MessageTraits kTraits{.name = "ListConfigResourcesResponse",
                                         .api = ApiKey::kListConfigResources,
                                         .version_min = 0,
                                         .version_max = 1,
                                         .flexible_since = 0};

  struct ConfigResource {
    std::string resource_name;
    std::int8_t resource_type = 16;

    bool operator==(const ConfigResource&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.resource_name, "resourceName");
      visit(self.resource_type, "resourceType", since(1));
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::vector<ConfigResource> config_resources;

  bool operator==(const ListConfigResourcesResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.error_code, "errorCode");
    visit(self.config_resources, "configResources");
  }
};

}  // namespace leat::wire
