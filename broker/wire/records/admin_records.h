// Records of the metadata log about limits, credentials, access control and features, in Kafka's schemas
// (metadata/src/main/resources/common/metadata). Framed as metadata_records.h says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/uuid.h"
#include "broker/wire/byte_string.h"
#include "broker/wire/codec.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct UserScramCredentialRecord {
  static constexpr MessageTraits kTraits{.name = "UserScramCredentialRecord",
                                         .api = ApiKey::kNone,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};
  static constexpr std::uint32_t kType = 11;

  std::string name;
  std::int8_t mechanism = 0;
  ByteString salt;
  ByteString stored_key;
  ByteString server_key;
  std::int32_t iterations = 0;

  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.name, "name");
    visit(self.mechanism, "mechanism");
    visit(self.salt, "salt");
    visit(self.stored_key, "storedKey");
    visit(self.server_key, "serverKey");
    visit(self.iterations, "iterations");
  }
};

struct FeatureLevelRecord {
  static constexpr MessageTraits kTraits{
      .name = "FeatureLevelRecord", .api = ApiKey::kNone, .version_min = 0, .version_max = 0, .flexible_since = 0};
  static constexpr std::uint32_t kType = 12;

  std::string name;
  std::int16_t feature_level = 0;

  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.name, "name");
    visit(self.feature_level, "featureLevel");
  }
};

struct ClientQuotaRecord {
  static constexpr MessageTraits kTraits{
      .name = "ClientQuotaRecord", .api = ApiKey::kNone, .version_min = 0, .version_max = 0, .flexible_since = 0};
  static constexpr std::uint32_t kType = 14;

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

  std::vector<EntityData> entity;
  std::string key;
  double value = 0;
  bool remove = false;

  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.entity, "entity");
    visit(self.key, "key");
    visit(self.value, "value");
    visit(self.remove, "remove");
  }
};

struct AccessControlEntryRecord {
  static constexpr MessageTraits kTraits{.name = "AccessControlEntryRecord",
                                         .api = ApiKey::kNone,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};
  static constexpr std::uint32_t kType = 18;

  Uuid id;
  std::int8_t resource_type = 0;
  std::string resource_name;
  std::int8_t pattern_type = 0;
  std::string principal;
  std::string host;
  std::int8_t operation = 0;
  std::int8_t permission_type = 0;

  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.id, "id");
    visit(self.resource_type, "resourceType");
    visit(self.resource_name, "resourceName");
    visit(self.pattern_type, "patternType");
    visit(self.principal, "principal");
    visit(self.host, "host");
    visit(self.operation, "operation");
    visit(self.permission_type, "permissionType");
  }
};

struct RemoveAccessControlEntryRecord {
  static constexpr MessageTraits kTraits{.name = "RemoveAccessControlEntryRecord",
                                         .api = ApiKey::kNone,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};
  static constexpr std::uint32_t kType = 19;

  Uuid id;

  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.id, "id");
  }
};

struct RemoveUserScramCredentialRecord {
  static constexpr MessageTraits kTraits{.name = "RemoveUserScramCredentialRecord",
                                         .api = ApiKey::kNone,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};
  static constexpr std::uint32_t kType = 22;

  std::string name;
  std::int8_t mechanism = 0;

  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.name, "name");
    visit(self.mechanism, "mechanism");
  }
};

}  // namespace leat::wire
