// Which configs may be set on which resource, and to what. Errors are Kafka's, for the same requests.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "broker/server/broker.h"
#include "broker/wire/error_code.h"

namespace leat::server {

/// Why a request is refused. Kafka says nothing to some errors.
struct ConfigRefusal {
  wire::ErrorCode error;
  std::string message;
};
using Refusal = std::optional<ConfigRefusal>;

/// A resource whose configs are to be changed.
struct ConfigTarget {
  ResourceType type = ResourceType::kTopic;
  std::string name;
  /// What is set on it now.
  const std::map<std::string, std::string>* own = nullptr;
};

/// Looks the resource up.
Refusal find_config_target(Broker& broker, const RequestContext& context, std::int8_t type, const std::string& name,
                           ConfigTarget& target);
/// Whether a config may be set to this value; without a value, whether it may be taken away.
Refusal judge_config(const Broker& broker, const ConfigTarget& target, const std::string& name,
                     const std::optional<std::string>& value);
/// The value that holds now, for a config that is a list; nothing for one that is not known.
struct ListConfig {
  bool is_list = false;
  std::string value;
};
std::optional<ListConfig> list_config(const Broker& broker, const ConfigTarget& target, const std::string& name);

}  // namespace leat::server
