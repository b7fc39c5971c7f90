// DescribeConfigs (32), versions 1 to 4, for topics, this broker, all brokers, loggers, groups and client metrics;
// ListConfigResources (74), 0 and 1. Configs without an effect here have no documentation.
#include <algorithm>
#include <charconv>
#include <set>

#include "base/log.h"
#include "broker/server/admin_handlers.h"
#include "broker/server/config_docs.h"
#include "broker/server/config_values.h"
#include "broker/server/handlers.h"

namespace leat::server {

using wire::ErrorCode;

namespace {

using DescribeResult = wire::DescribeConfigsResponse::DescribeConfigsResult;
using DescribedConfig = DescribeResult::DescribeConfigsResourceResult;

/// One resource's part of the answer, while it is made.
struct Description {
  Broker& broker;
  /// Who is asked.
  std::int32_t node;
  const std::optional<std::vector<std::string>>& keys;
  bool include_synonyms;
  bool include_documentation;
  DescribeResult& result;

  bool wants(std::string_view name) const {
    return !keys || keys->empty() || std::find(keys->begin(), keys->end(), name) != keys->end();
  }
  DescribedConfig& add(std::string_view name, ConfigType type, std::optional<std::string> value, ConfigSource source) {
    auto& config = result.configs.emplace_back();
    config.name = name;
    config.config_type = static_cast<std::int8_t>(type);
    config.value = std::move(value);
    config.config_source = static_cast<std::int8_t>(source);
    if (include_documentation) config.documentation = config_documentation(name);
    return config;
  }
  void add_synonyms(DescribedConfig& config, const std::vector<ConfigValue>& values) const {
    if (!include_synonyms) return;
    for (const ConfigValue& value : values)
      config.synonyms.push_back({value.name, value.value, static_cast<std::int8_t>(value.source)});
  }
  void refuse(std::string why) {
    result.error_code = ErrorCode::kInvalidRequest;
    result.error_message = std::move(why);
  }
};

void describe_topic(Description& to, const std::string& name) {
  const Topic* topic = to.broker.topics().find(name);
  if (topic == nullptr) {
    const TopicVerdict verdict = to.broker.topics().judge({.name = name, .configs = {}});
    const bool illegal = verdict.error == ErrorCode::kInvalidTopicException;
    to.result.error_code = illegal ? verdict.error : ErrorCode::kUnknownTopicOrPartition;
    if (illegal) to.result.error_message = verdict.message;
    return;
  }
  for (const TopicConfigKey& key : topic_config_keys()) {
    if (!to.wants(key.name)) continue;
    const std::vector<ConfigValue> values = topic_values(to.broker, *topic, key);
    if (key.internal && values.empty()) continue;
    const ConfigSource source = values.empty() ? ConfigSource::kDefault : values.front().source;
    // What is set in coarser units, such as hours, is told in the topic's own.
    std::string value = source == ConfigSource::kDefault ? std::string(key.by_default)
                        : source == ConfigSource::kTopic
                            ? values.front().value
                            : value_in_topic_units(values.front().name, values.front().value);
    to.add_synonyms(to.add(key.name, static_cast<ConfigType>(key.type), std::move(value), source), values);
  }
}

void describe_broker_config(Description& to, const std::string& name) {
  const BrokerConfigKey* key = find_broker_config(name);
  std::vector<ConfigValue> values = broker_config_values(to.broker, to.node, name);
  // What stands above a value under another name (minutes above hours) is that one's matter.
  values.erase(values.begin(), std::find_if(values.begin(), values.end(),
                                            [&](const ConfigValue& value) { return value.name == name; }));
  std::optional<std::string> value;
  if (!values.empty()) {
    value = values.front().value;
  } else if (key != nullptr && key->by_default) {
    value = std::string(*key->by_default);
  }
  // What nobody knows may be a secret, such as the users of a listener.
  const bool secret = key == nullptr || key->type == ConfigType::kPassword;
  if (secret) value.reset();
  auto& config = to.add(name, key == nullptr ? ConfigType::kUnknown : key->type, std::move(value),
                        values.empty() ? ConfigSource::kDefault : values.front().source);
  config.is_sensitive = secret;
  config.read_only = key == nullptr || key->update == ConfigUpdate::kNever;
  to.add_synonyms(config, values);
  for (auto& synonym : config.synonyms)
    if (secret) synonym.value.reset();
}

void describe_this_broker(Description& to) {
  const BrokerConfig& config = to.broker.config();
  std::set<std::string> names;
  for (const BrokerConfigKey& key : broker_config_keys()) names.emplace(key.name);
  for (const auto& [name, value] : config.given) names.insert(name);
  for (const auto& [name, value] : to.broker.settings().configs(ResourceType::kBroker, std::to_string(to.node)))
    names.insert(name);
  for (const auto& [name, value] : to.broker.nodes().find(to.node)->given) names.insert(name);
  for (const auto& [name, value] : all_brokers_configs(to.broker)) names.insert(name);
  for (const std::string& name : names) {
    if (!to.wants(name)) continue;
    describe_broker_config(to, name);
    auto& described = to.result.configs.back();
    if (name != "advertised.listeners" || described.value) continue;
    std::string advertised;
    for (const auto& listening : to.broker.listening())
      if (listening.node == to.node)
        advertised += (advertised.empty() ? "" : ",") + listening.name + "://" + listening.advertised.to_string();
    described.value = std::move(advertised);
  }
}

void describe_all_brokers(Description& to) {
  for (const auto& [name, value] : all_brokers_configs(to.broker)) {
    if (!to.wants(name)) continue;
    const BrokerConfigKey* key = find_broker_config(name);
    const bool secret = key == nullptr || key->type == ConfigType::kPassword;
    auto& config = to.add(name, key == nullptr ? ConfigType::kUnknown : key->type,
                          secret ? std::nullopt : std::optional(value), ConfigSource::kAllBrokers);
    config.is_sensitive = secret;
    config.read_only = key == nullptr || key->update == ConfigUpdate::kNever;
    if (!secret) to.add_synonyms(config, {{name, value, ConfigSource::kAllBrokers}});
  }
}

/// Why a name is none of a broker here; none where it is.
std::optional<std::string> problem_with_broker_name(std::int32_t id_asked, const std::string& name, bool may_be_empty) {
  std::int32_t id = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
  if (error != std::errc{} || end != name.data() + name.size())
    return "Broker id must be an integer, but it is: " + name;
  const std::string node = std::to_string(id_asked);
  if (name != node)
    return "Unexpected broker id, expected " + node + (may_be_empty ? " or empty string" : "") + ", but received " +
           name;
  return std::nullopt;
}

void describe_broker(Description& to, const std::string& name) {
  if (name.empty()) return describe_all_brokers(to);
  if (auto problem = problem_with_broker_name(to.node, name, true)) return to.refuse(std::move(*problem));
  describe_this_broker(to);
}

void describe_logger(Description& to, const std::string& name) {
  if (name.empty()) return to.refuse("Broker id must not be empty");
  if (auto problem = problem_with_broker_name(to.node, name, false)) return to.refuse(std::move(*problem));
  if (!to.wants("root")) return;
  const char* level = log_enabled(LogLevel::kDebug)  ? "DEBUG"
                      : log_enabled(LogLevel::kInfo) ? "INFO"
                      : log_enabled(LogLevel::kWarn) ? "WARN"
                                                     : "ERROR";
  to.add("root", ConfigType::kUnknown, level, ConfigSource::kLogger);
}

void describe_client_metrics(Description& to, const std::string& name) {
  if (name.empty()) return to.refuse("Client metrics subscription name must not be empty");
  const Settings::Values& own = to.broker.settings().configs(ResourceType::kClientMetrics, name);
  for (const ClientMetricsKey& key : client_metrics_keys()) {
    if (!to.wants(key.name)) continue;
    const auto set = own.find(std::string(key.name));
    std::vector<ConfigValue> values;
    if (set != own.end()) values.push_back({set->first, set->second, ConfigSource::kClientMetrics});
    values.push_back({std::string(key.name), std::string(key.by_default), ConfigSource::kDefault});
    to.add_synonyms(to.add(key.name, key.type, values.front().value, values.front().source), values);
  }
}

void describe_group(Description& to, const std::string& name) {
  if (name.empty()) return to.refuse("Group name must not be empty");
  for (const GroupConfigKey& key : group_config_keys()) {
    if (!to.wants(key.name)) continue;
    const std::vector<ConfigValue> values = group_values(to.broker, name, key);
    to.add_synonyms(to.add(key.name, key.type, values.front().value, values.front().source), values);
  }
}

}  // namespace

void handle(Broker& broker, const RequestContext& context, wire::DescribeConfigsRequest request,
            OneShot<wire::DescribeConfigsResponse> reply) {
  wire::DescribeConfigsResponse response;
  for (const auto& resource : request.resources) {
    auto& result = response.results.emplace_back();
    result.resource_type = resource.resource_type;
    result.resource_name = resource.resource_name;
    result.error_message = "";
    Description to{
        broker, context.node(), resource.configuration_keys, request.include_synonyms, request.include_documentation,
        result};
    switch (static_cast<ResourceType>(resource.resource_type)) {
      case ResourceType::kTopic: describe_topic(to, resource.resource_name); break;
      case ResourceType::kBroker: describe_broker(to, resource.resource_name); break;
      case ResourceType::kBrokerLogger: describe_logger(to, resource.resource_name); break;
      case ResourceType::kClientMetrics: describe_client_metrics(to, resource.resource_name); break;
      case ResourceType::kGroup: describe_group(to, resource.resource_name); break;
      default: to.refuse("Resources of type " + std::to_string(resource.resource_type) + " have no configs.");
    }
  }
  reply(std::move(response));
}

void handle(Broker& broker, const RequestContext& context, wire::ListConfigResourcesRequest request,
            OneShot<wire::ListConfigResourcesResponse> reply) {
  wire::ListConfigResourcesResponse response;
  constexpr ResourceType kListed[] = {ResourceType::kTopic, ResourceType::kBroker, ResourceType::kBrokerLogger,
                                      ResourceType::kClientMetrics, ResourceType::kGroup};
  std::set<ResourceType> types;
  for (const std::int8_t type : request.resource_types) types.insert(static_cast<ResourceType>(type));
  for (const ResourceType type : types)
    if (std::find(std::begin(kListed), std::end(kListed), type) == std::end(kListed)) {
      response.error_code = ErrorCode::kUnsupportedVersion;
      return reply(std::move(response));
    }
  if (types.empty()) types.insert(std::begin(kListed), std::end(kListed));
  if (context.version == 0) types = {ResourceType::kClientMetrics};
  for (const ResourceType type : types) {
    std::vector<std::string> names;
    if (type == ResourceType::kTopic) {
      for (const auto& [name, topic] : broker.topics().all()) names.push_back(name);
    } else if (type == ResourceType::kBroker || type == ResourceType::kBrokerLogger) {
      for (const Node& node : broker.nodes().all()) names.push_back(std::to_string(node.id));
    } else {
      names = broker.settings().names(type);
    }
    for (std::string& name : names)
      response.config_resources.push_back({std::move(name), static_cast<std::int8_t>(type)});
  }
  reply(std::move(response));
}

}  // namespace leat::server
