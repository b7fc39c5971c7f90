// Authorizer: who may do what, by access control entries (Kafka's StandardAuthorizer).
//
//   authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
//   super.users=User:admin
//
// Without that class name everybody may do everything, and entries can neither be made nor read.
#pragma once

#include <set>
#include <string>

#include "broker/server/settings.h"

namespace leat::server {

/// Kafka's ResourceType.
enum class AclResource : std::int8_t {
  kAny = 1,
  kTopic = 2,
  kGroup = 3,
  kCluster = 4,
  kTransactionalId = 5,
  kDelegationToken = 6,
  kUser = 7,
};

/// Kafka's PatternType. kAny and kMatch are for filters only.
enum class AclPattern : std::int8_t { kAny = 1, kMatch = 2, kLiteral = 3, kPrefixed = 4 };

/// Kafka's AclOperation.
enum class AclOperation : std::int8_t {
  kAny = 1,
  kAll = 2,
  kRead = 3,
  kWrite = 4,
  kCreate = 5,
  kDelete = 6,
  kAlter = 7,
  kDescribe = 8,
  kClusterAction = 9,
  kDescribeConfigs = 10,
  kAlterConfigs = 11,
  kIdempotentWrite = 12,
};

/// Kafka's AclPermissionType.
enum class AclPermission : std::int8_t { kAny = 1, kDeny = 2, kAllow = 3 };

/// The one name of a cluster among resources.
inline const std::string kClusterName = "kafka-cluster";

struct AuthorizerConfig {
  bool enabled = false;
  /// As "User:NAME".
  std::set<std::string> super_users;
  /// allow.everyone.if.no.acl.found
  bool open_without_entries = false;
};

class Authorizer {
 public:
  /// Borrows its arguments.
  Authorizer(const AuthorizerConfig& config, const Settings& settings) : config_(config), settings_(settings) {}

  bool enabled() const { return config_.enabled; }
  bool is_super(const std::string& user) const { return config_.super_users.contains("User:" + user); }

  /// A refusal by one entry outweighs all that allow.
  bool allows(const std::string& user, const std::string& host, AclOperation operation, AclResource resource,
              const std::string& name) const;
  /// Whether there is any resource of a kind that an entry allows this on.
  bool allows_any(const std::string& user, const std::string& host, AclOperation operation, AclResource resource) const;

 private:
  const AuthorizerConfig& config_;
  const Settings& settings_;
};

}  // namespace leat::server
