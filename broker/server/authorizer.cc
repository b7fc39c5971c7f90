#include "broker/server/authorizer.h"

namespace leat::server {

namespace {

bool covers(const AccessControlEntry& entry, AclResource resource, const std::string& name) {
  if (entry.resource_type != static_cast<std::int8_t>(resource)) return false;
  if (entry.pattern_type == static_cast<std::int8_t>(AclPattern::kPrefixed))
    return name.starts_with(entry.resource_name);
  return entry.resource_name == name || entry.resource_name == "*";
}

bool is_about(const AccessControlEntry& entry, const std::string& user, const std::string& host) {
  return (entry.principal == "User:*" || entry.principal == "User:" + user) &&
         (entry.host == "*" || entry.host == host);
}

bool is_allow(const AccessControlEntry& entry) {
  return entry.permission_type == static_cast<std::int8_t>(AclPermission::kAllow);
}

/// To be allowed something implies to be allowed to see what it is done to; a refusal implies nothing.
bool concerns(const AccessControlEntry& entry, AclOperation operation) {
  const auto of_entry = static_cast<AclOperation>(entry.operation);
  if (of_entry == AclOperation::kAll || of_entry == operation) return true;
  if (!is_allow(entry)) return false;
  if (operation == AclOperation::kDescribe)
    return of_entry == AclOperation::kRead || of_entry == AclOperation::kWrite || of_entry == AclOperation::kDelete ||
           of_entry == AclOperation::kAlter;
  return operation == AclOperation::kDescribeConfigs && of_entry == AclOperation::kAlterConfigs;
}

}  // namespace

bool Authorizer::allows(const std::string& user, const std::string& host, AclOperation operation, AclResource resource,
                        const std::string& name) const {
  bool allowed = false;
  bool covered = false;
  for (const auto& [id, entry] : settings_.acls()) {
    if (!covers(entry, resource, name)) continue;
    covered = true;
    if (!is_about(entry, user, host) || !concerns(entry, operation)) continue;
    if (!is_allow(entry)) return false;
    allowed = true;
  }
  return allowed || (!covered && config_.open_without_entries);
}

bool Authorizer::allows_any(const std::string& user, const std::string& host, AclOperation operation,
                            AclResource resource) const {
  for (const auto& [id, entry] : settings_.acls())
    if (entry.resource_type == static_cast<std::int8_t>(resource) && is_allow(entry) && is_about(entry, user, host) &&
        concerns(entry, operation) && allows(user, host, operation, resource, entry.resource_name))
      return true;
  return config_.open_without_entries;
}

}  // namespace leat::server
