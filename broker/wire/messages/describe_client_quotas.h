// DescribeClientQuotas (48), versions 0 to 1: limits on clients that fit a filter.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct DescribeClientQuotasRequest {
  static constexpr MessageTraits kTraits{.name = "DescribeClientQuotasRequest",
                                         .api = ApiKey::kDescribeClientQuotas,
                                         .version_min = 0,
                                         .version_max = 1,
                                         .flexible_since = 1};

  struct ComponentData {
    std::string entity_type;
    std::int8_t match_type = 0;
    std::optional<std::string> match;

    bool operator==(const ComponentData&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.entity_type, "entityType");
      visit(self.match_type, "matchType");
      visit(self.match, "match", always().nullable(0));
    }
  };

  std::vector<ComponentData> components;
  bool strict = false;

  bool operator==(const DescribeClientQuotasRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.components, "components");
    visit(self.strict, "strict");
  }
};

struct DescribeClientQuotasResponse {
  static constexpr MessageTraits kTraits{.name = "DescribeClientQuotasResponse",
                                         .api = ApiKey::kDescribeClientQuotas,
                                         .version_min = 0,
                                         .version_max = 1,
                                         .flexible_since = 1};

  struct EntryData {
    struct EntityData {
      std::string entity_type;
      std::optional<std::string> entity_name;

      bool operator==(const EntityData&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.entity_type, "entityType");
        visit(self.entity_name, "entityName", always().nullable(0));
      }
    };

    struct ValueData {
      std::string key;
      double value = 0;

      bool operator==(const ValueData&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.key, "key");
        visit(self.value, "value");
      }
    };

    std::vector<EntityData> entity;
    std::vector<ValueData> values;

    bool operator==(const EntryData&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.entity, "entity");
      visit(self.values, "values");
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message;
  std::optional<std::vector<EntryData>> entries;

  bool operator==(const DescribeClientQuotasResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.error_code, "errorCode");
    visit(self.error_message, "errorMessage", always().nullable(0));
    visit(self.entries, "entries", always().nullable(0));
  }
};

}  // namespace leat::wire
