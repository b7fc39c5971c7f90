// Settings: what administrators set beside topics - configs of brokers, groups and client metrics, limits on clients,
// SCRAM credentials, access control entries, feature levels. Held in memory behind records of the metadata log: Topics
// writes the records and hands every one that is not its own to `apply`, at start-up too.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/uuid.h"
#include "broker/server/metadata_record.h"

namespace leat::server {

/// Kafka's ConfigResource.Type.
enum class ResourceType : std::int8_t {
  kTopic = 2,
  kBroker = 4,
  kBrokerLogger = 8,
  kClientMetrics = 16,
  kGroup = 32,
};

/// By entity type ("user", "client-id", "ip"); no name stands for all entities that have no limits of their own.
using QuotaEntity = std::map<std::string, std::optional<std::string>>;

/// What a broker keeps of a password (RFC 5802).
struct ScramCredential {
  Bytes salt;
  Bytes stored_key;
  Bytes server_key;
  std::int32_t iterations = 0;
};

/// Who may (or must not) do what with which resources. Numbers are Kafka's: ResourceType, PatternType, AclOperation,
/// AclPermissionType.
struct AccessControlEntry {
  std::int8_t resource_type = 0;
  std::string resource_name;
  std::int8_t pattern_type = 0;
  std::string principal;
  std::string host;
  std::int8_t operation = 0;
  std::int8_t permission_type = 0;

  auto operator<=>(const AccessControlEntry&) const = default;
};

class Settings {
 public:
  using Values = std::map<std::string, std::string>;

  /// Configs of one resource; the broker without a name stands for all brokers.
  const Values& configs(ResourceType type, const std::string& name) const;
  /// Resources that have configs.
  std::vector<std::string> names(ResourceType type) const;

  const std::map<QuotaEntity, std::map<std::string, double>>& quotas() const { return quotas_; }
  /// By user and mechanism (1: SCRAM-SHA-256, 2: SCRAM-SHA-512).
  const std::map<std::string, std::map<std::int8_t, ScramCredential>>& scram() const { return scram_; }
  const std::map<Uuid, AccessControlEntry>& acls() const { return acls_; }
  /// Nothing where the level was never changed.
  std::optional<std::int16_t> feature_level(const std::string& feature) const;
  /// Grows with every change of a feature level.
  std::int64_t features_epoch() const { return features_epoch_; }

  /// Whether the record is one of settings.
  bool apply(const FramedRecord& record);

 private:
  std::map<std::pair<ResourceType, std::string>, Values> configs_;
  std::map<QuotaEntity, std::map<std::string, double>> quotas_;
  std::map<std::string, std::map<std::int8_t, ScramCredential>> scram_;
  std::map<Uuid, AccessControlEntry> acls_;
  std::map<std::string, std::int16_t> features_;
  std::int64_t features_epoch_ = 1;
};

}  // namespace leat::server
