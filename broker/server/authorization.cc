#include "broker/server/authorization.h"

namespace leat::server {

bool Access::may(AclOperation operation, AclResource resource, const std::string& name) const {
  return broker_->authorizer().allows(user_, host_, operation, resource, name);
}

bool Access::topic(AclOperation operation, const Uuid& id, const std::string& name) const {
  if (id.is_zero()) return topic(operation, name);
  const Topic* found = broker_->topics().find(id);
  return found == nullptr || topic(operation, found->name);
}

bool Access::any_topic(AclOperation operation) const {
  return broker_->authorizer().allows_any(user_, host_, operation, AclResource::kTopic);
}

bool Access::internal_topic(const std::string& name) const {
  if (broker_->topics().find(name) != nullptr) return topic(AclOperation::kDescribe, name);
  return cluster(AclOperation::kCreate) || topic(AclOperation::kCreate, name);
}

bool Access::configs(AclOperation operation, std::int8_t resource_type, const std::string& name) const {
  switch (static_cast<ResourceType>(resource_type)) {
    case ResourceType::kTopic: return topic(operation, name);
    case ResourceType::kGroup: return group(operation, name);
    default: return cluster(operation);
  }
}

}  // namespace leat::server
