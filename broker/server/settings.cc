#include "broker/server/settings.h"

#include "broker/wire/records/admin_records.h"
#include "broker/wire/records/metadata_records.h"

namespace leat::server {

const Settings::Values& Settings::configs(ResourceType type, const std::string& name) const {
  static const Values kNone;
  const auto found = configs_.find({type, name});
  return found == configs_.end() ? kNone : found->second;
}

std::vector<std::string> Settings::names(ResourceType type) const {
  std::vector<std::string> names;
  for (const auto& [resource, values] : configs_)
    if (resource.first == type) names.push_back(resource.second);
  return names;
}

std::optional<std::int16_t> Settings::feature_level(const std::string& feature) const {
  const auto found = features_.find(feature);
  return found == features_.end() ? std::nullopt : std::optional(found->second);
}

bool Settings::apply(const FramedRecord& record) {
  // A record that cannot be read is skipped, as state machines do; it is ours all the same.
  const auto with = [&]<class Record>(auto take) {
    if (record.type != Record::kType) return false;
    if (const auto read = wire::decode<Record>(record.body, 0)) take(*read);
    return true;
  };
  return with.template operator()<wire::ConfigRecord>([&](const auto& config) {
    const std::pair key{static_cast<ResourceType>(config.resource_type), config.resource_name};
    Values& values = configs_[key];
    config.value ? (void)(values[config.name] = *config.value) : (void)values.erase(config.name);
    if (values.empty()) configs_.erase(key);
  }) || with.template operator()<wire::ClientQuotaRecord>([&](const auto& quota) {
    QuotaEntity entity;
    for (const auto& part : quota.entity) entity[part.entity_type] = part.entity_name;
    auto& limits = quotas_[entity];
    quota.remove ? (void)limits.erase(quota.key) : (void)(limits[quota.key] = quota.value);
    if (limits.empty()) quotas_.erase(entity);
  }) || with.template operator()<wire::UserScramCredentialRecord>([&](const auto& user) {
    scram_[user.name][user.mechanism] = {user.salt.bytes, user.stored_key.bytes, user.server_key.bytes,
                                         user.iterations};
  }) || with.template operator()<wire::RemoveUserScramCredentialRecord>([&](const auto& user) {
    const auto found = scram_.find(user.name);
    if (found == scram_.end()) return;
    found->second.erase(user.mechanism);
    if (found->second.empty()) scram_.erase(found);
  }) || with.template operator()<wire::AccessControlEntryRecord>([&](const auto& acl) {
    acls_[acl.id] = {acl.resource_type, acl.resource_name, acl.pattern_type,   acl.principal,
                     acl.host,          acl.operation,     acl.permission_type};
  }) || with.template operator()<wire::RemoveAccessControlEntryRecord>([&](const auto& acl) { acls_.erase(acl.id); }) ||
         with.template operator()<wire::FeatureLevelRecord>([&](const auto& feature) {
           features_[feature.name] = feature.feature_level;
           ++features_epoch_;
         });
}

}  // namespace leat::server
