// AlterClientQuotas (49), versions 0 to 1: sets and removes limits on clients.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct AlterClientQuotasRequest {
  static constexpr MessageTraits kTraits{.name = "AlterClientQuotasRequest",
                                         .api = ApiKey::kAlterClientQuotas,
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

    struct OpData {
      std::string key;
      double value = 0;
      bool remove = false;

      bool operator==(const OpData&) const = default;
      template <class Self, class Visitor>
      static void Fields(Self& self, Visitor& visit) {
        visit(self.key, "key");
        visit(self.value, "value");
        visit(self.remove, "remove");
      }
    };

    std::vector<EntityData> entity;
    std::vector<OpData> ops;

    bool operator==(const EntryData&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.entity, "entity");
      visit(self.ops, "ops");
    }
  };

  std::vector<EntryData> entries;
  bool validate_only = false;

  bool operator==(const AlterClientQuotasRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.entries, "entries");
    visit(self.validate_only, "validateOnly");
  }
};

struct AlterClientQuotasResponse {
  static constexpr MessageTraits kTraits{.name = "AlterClientQuotasResponse",
                                         .api = ApiKey::kAlterClientQuotas,
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

    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> error_message;
    std::vector<EntityData> entity;

    bool operator==(const EntryData&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.error_code, "errorCode");
      visit(self.error_message, "errorMessage", always().nullable(0));
      visit(self.entity, "entity");
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<EntryData> entries;

  bool operator==(const AlterClientQuotasResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.entries, "entries");
  }
};

}  // namespace leat::wire
