#include "broker/server/config_rules.h"

#include <fmt/format.h>
#include <regex.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>

#include "broker/server/config_values.h"

namespace leat::server {

using wire::ErrorCode;

namespace {

Refusal refuse(ErrorCode error, std::string message) { return ConfigRefusal{error, std::move(message)}; }
Refusal invalid_request(std::string message) { return refuse(ErrorCode::kInvalidRequest, std::move(message)); }
Refusal invalid_config(std::string message) { return refuse(ErrorCode::kInvalidConfig, std::move(message)); }

template <class Number>
std::optional<Number> number_of(const std::string& text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Why a text is no value of a type.
std::optional<std::string> problem_of_type(ConfigType type, const std::string& name, const std::string& value) {
  const auto not_a = [&](std::string_view what) {
    return fmt::format("Invalid value {} for configuration {}: {}", value, name, what);
  };
  if (type == ConfigType::kBoolean && value != "true" && value != "false")
    return not_a("Expected value to be either true or false");
  if (type == ConfigType::kInt && !number_of<std::int32_t>(value)) return not_a("Not a number of type INT");
  if (type == ConfigType::kShort && !number_of<std::int16_t>(value)) return not_a("Not a number of type SHORT");
  if (type == ConfigType::kLong && !number_of<std::int64_t>(value)) return not_a("Not a number of type LONG");
  if (type == ConfigType::kDouble) {
    char* end = nullptr;
    std::strtod(value.c_str(), &end);
    if (value.empty() || *end != 0) return not_a("Not a number of type DOUBLE");
  }
  return std::nullopt;
}

/// The name behind listener.name.NAME., or the name itself.
std::string without_listener(const std::string& name) {
  constexpr std::string_view kPrefix = "listener.name.";
  if (!name.starts_with(kPrefix)) return name;
  const std::size_t dot = name.find('.', kPrefix.size());
  return dot == std::string::npos ? name : name.substr(dot + 1);
}

Refusal judge_broker_config(const ConfigTarget& target, const std::string& name,
                            const std::optional<std::string>& value) {
  constexpr std::string_view kMinInsyncReplicas = "min.insync.replicas";
  if (name == kMinInsyncReplicas && !target.name.empty())
    return invalid_config("Broker-level min.insync.replicas cannot be altered while ELR is enabled.");
  if (name == kMinInsyncReplicas && !value)
    return invalid_config("Cluster-level min.insync.replicas cannot be removed while ELR is enabled.");
  if (!value) return {};
  const std::string base = without_listener(name);
  const BrokerConfigKey* key = find_broker_config(base);
  if (key == nullptr) return {};  // configs of plug-ins may have any name
  if (key->update == ConfigUpdate::kNever)
    return invalid_request(fmt::format("Cannot update these configs dynamically: [{}]", name));
  if (key->update == ConfigUpdate::kPerListener && base == name)
    return invalid_request(fmt::format(
        "These security configs can be dynamically updated only per-listener using the listener prefix: [{}]", name));
  if (auto problem = problem_of_type(key->type, name, *value)) return invalid_request(std::move(*problem));
  if (target.name.empty() && key->update != ConfigUpdate::kCluster)
    return invalid_request(
        fmt::format("Cannot update these configs at default cluster level, broker id must be specified: [{}]", name));
  log::LogConfig checked;
  if (const auto topic_key = topic_key_of_broker_key(name))
    if (auto applied = apply_topic_config(*topic_key, *value, checked); !applied)
      return invalid_request(applied.error().message);
  return {};
}

bool is_offset_reset(const std::string& value) {
  constexpr std::string_view kByDuration = "by_duration:P";
  return value == "latest" || value == "earliest" ||
         (value.starts_with(kByDuration) && value.size() > kByDuration.size());
}

Refusal judge_group_config(const Broker& broker, const std::string& name, const std::optional<std::string>& value) {
  const GroupConfigKey* key = find_group_config(name);
  if (key == nullptr) return invalid_config("Unknown group config name: " + name);
  if (!value) return {};
  if (auto problem = problem_of_type(key->type, name, *value)) return invalid_config(std::move(*problem));
  if (name == "share.auto.offset.reset" && !is_offset_reset(*value))
    return invalid_config(fmt::format(
        "Invalid value `{}` for configuration {}. The value must be either 'earliest', 'latest' or of the format "
        "'by_duration:<PnDTnHnMn.nS>'.",
        *value, name));
  if (name == "share.isolation.level" && *value != "read_committed" && *value != "read_uncommitted")
    return invalid_config(
        fmt::format("Invalid value {} for configuration {}: String must be one of: read_committed, "
                    "read_uncommitted",
                    *value, name));
  if (key->type != ConfigType::kInt) return {};
  const std::int64_t number = *number_of<std::int32_t>(*value);
  if (!key->least_key.empty() && number < broker_number(broker, key->least_key))
    return invalid_config(fmt::format("{} must be greater than or equal to {}", name, key->least_key));
  if (!key->most_key.empty() && number > broker_number(broker, key->most_key))
    return invalid_config(fmt::format("{} must be less than or equal to {}", name, key->most_key));
  if (number < key->least)
    return invalid_config(
        fmt::format("Invalid value {} for configuration {}: Value must be at least {}", number, name, key->least));
  return {};
}

/// Comma-separated name=pattern, where the name is one of what a client tells of itself.
bool is_client_match(const std::string& text) {
  constexpr std::string_view kNames[] = {"client_instance_id",    "client_id",
                                         "client_software_name",  "client_software_version",
                                         "client_source_address", "client_source_port"};
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    const std::string part = text.substr(at, comma - at);
    at = comma + 1;
    const std::size_t equals = part.find('=');
    if (equals == std::string::npos || part.find('=', equals + 1) != std::string::npos) return false;
    if (std::find(std::begin(kNames), std::end(kNames), part.substr(0, equals)) == std::end(kNames)) return false;
    regex_t pattern;
    if (regcomp(&pattern, part.substr(equals + 1).c_str(), REG_EXTENDED | REG_NOSUB) != 0) return false;
    regfree(&pattern);
  }
  return true;
}

Refusal judge_client_metrics_config(const std::string& name, const std::optional<std::string>& value) {
  constexpr std::int32_t kIntervalMsMin = 100, kIntervalMsMax = 3'600'000;
  const ClientMetricsKey* key = find_client_metrics_config(name);
  if (key == nullptr) return invalid_request("Unknown client metrics configuration: " + name);
  if (!value) return {};
  if (auto problem = problem_of_type(key->type, name, *value)) return invalid_config(std::move(*problem));
  if (name == "interval.ms") {
    const std::int32_t interval_ms = *number_of<std::int32_t>(*value);
    if (interval_ms < kIntervalMsMin || interval_ms > kIntervalMsMax)
      return invalid_request(fmt::format("Invalid value {} for {}, interval must be between {} and {} (1 hour)", *value,
                                         name, kIntervalMsMin, kIntervalMsMax));
  }
  if (name == "match" && !is_client_match(*value)) return invalid_config("Illegal client matching pattern: " + *value);
  return {};
}

}  // namespace

Refusal find_config_target(Broker& broker, const RequestContext& context, std::int8_t type, const std::string& name,
                           ConfigTarget& target) {
  target = {static_cast<ResourceType>(type), name, nullptr};
  switch (target.type) {
    case ResourceType::kTopic: {
      const Topic* topic = broker.topics().find(name);
      if (topic == nullptr)
        return refuse(ErrorCode::kUnknownTopicOrPartition, "The topic '" + name + "' does not exist.");
      target.own = &topic->configs;
      return {};
    }
    case ResourceType::kBroker: {
      const std::int32_t node = context.node();
      const auto id = number_of<std::int32_t>(name);
      if (!name.empty() && !id) return invalid_request("Node id must be an integer, but it is: " + name);
      if (id && *id != node)
        return invalid_request(fmt::format("Unexpected broker id, expected {}, but received {}", node, name));
      break;
    }
    case ResourceType::kClientMetrics:
      if (name.empty()) return invalid_request("Subscription name can't be empty");
      break;
    case ResourceType::kGroup:
      if (name.empty()) return invalid_request("Default group resources are not allowed.");
      break;
    default: return invalid_request(fmt::format("Unknown resource type {}", type));
  }
  target.own = &broker.settings().configs(target.type, name);
  return {};
}

Refusal judge_config(const Broker& broker, const ConfigTarget& target, const std::string& name,
                     const std::optional<std::string>& value) {
  switch (target.type) {
    case ResourceType::kBroker: return judge_broker_config(target, name, value);
    case ResourceType::kGroup: return judge_group_config(broker, name, value);
    case ResourceType::kClientMetrics: return judge_client_metrics_config(name, value);
    default: break;
  }
  log::LogConfig checked;
  if (value)
    if (auto applied = apply_topic_config(name, *value, checked); !applied)
      return invalid_config(applied.error().message);
  return {};
}

std::optional<ListConfig> list_config(const Broker& broker, const ConfigTarget& target, const std::string& name) {
  ListConfig config;
  std::vector<ConfigValue> inherited;
  if (target.type == ResourceType::kTopic) {
    const auto keys = topic_config_keys();
    const auto key = std::find_if(keys.begin(), keys.end(), [&](const auto& each) { return each.name == name; });
    if (key == keys.end()) return std::nullopt;
    config = {static_cast<ConfigType>(key->type) == ConfigType::kList, std::string(key->by_default)};
    inherited = broker_values(broker, broker.config().node_id, broker_synonyms(*key));
  } else if (target.type == ResourceType::kBroker) {
    const BrokerConfigKey* key = find_broker_config(name);
    if (key == nullptr) return std::nullopt;
    config = {key->type == ConfigType::kList, std::string(key->by_default.value_or(""))};
    inherited =
        broker_config_values(broker, number_of<std::int32_t>(target.name).value_or(broker.config().node_id), name);
  } else if (const GroupConfigKey* group_key = find_group_config(name);
             target.type == ResourceType::kGroup && group_key != nullptr) {
    config = {group_key->type == ConfigType::kList, std::string(group_key->by_default)};
  } else if (const ClientMetricsKey* metrics_key = find_client_metrics_config(name);
             target.type == ResourceType::kClientMetrics && metrics_key != nullptr) {
    config = {metrics_key->type == ConfigType::kList, std::string(metrics_key->by_default)};
  } else {
    return std::nullopt;
  }
  if (!inherited.empty()) config.value = inherited.front().value;
  if (const auto own = target.own->find(name); own != target.own->end()) config.value = own->second;
  return config;
}

}  // namespace leat::server
