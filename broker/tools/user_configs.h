// The side of kafka-configs that is about who calls: quotas of users, clients and addresses, and SCRAM credentials.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/tools/session.h"

namespace leat::tools {

/// `type` is users, clients or ips. The name is empty for the default; none means all of the type.
struct QuotaEntity {
  std::string type;
  std::optional<std::string> name;
};

Result<int> describe_user_configs(Session& session, const std::vector<QuotaEntity>& entities);
Result<int> alter_user_configs(Session& session, const std::vector<QuotaEntity>& entities,
                               const std::map<std::string, std::string>& to_add,
                               const std::vector<std::string>& to_delete);

}  // namespace leat::tools
