#include "broker/server/config_values.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"

namespace leat::server {

namespace {

const std::string kMinInsyncReplicas = "min.insync.replicas";

/// What the file says, and what every Kafka must be told in it.
std::optional<std::string> value_in_file(const Broker& broker, std::int32_t node, const std::string& name) {
  const auto& own = broker.nodes().find(node)->given;
  if (const auto found = own.find(name); found != own.end()) return found->second;
  if (name == "node.id") return std::to_string(node);
  const auto& given = broker.config().given;
  if (const auto found = given.find(name); found != given.end()) return found->second;
  return std::nullopt;
}

std::int64_t number(const std::vector<ConfigValue>& values) {
  LEAT_CHECK(!values.empty(), "a config without a value was taken for a number");
  std::int64_t number = 0;
  const std::string& text = values.front().value;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

Settings::Values all_brokers_configs(const Broker& broker) {
  Settings::Values values = broker.settings().configs(ResourceType::kBroker, "");
  values.emplace(kMinInsyncReplicas, value_in_file(broker, broker.config().node_id, kMinInsyncReplicas).value_or("1"));
  return values;
}

std::vector<ConfigValue> broker_values(const Broker& broker, std::int32_t node,
                                       const std::vector<BrokerSynonym>& names) {
  std::vector<ConfigValue> values;
  const auto add_set = [&](const Settings::Values& set, ConfigSource source) {
    for (const BrokerSynonym& synonym : names)
      if (const auto found = set.find(std::string(synonym.name)); found != set.end())
        values.push_back({found->first, found->second, source});
  };
  add_set(broker.settings().configs(ResourceType::kBroker, std::to_string(node)), ConfigSource::kBroker);
  add_set(all_brokers_configs(broker), ConfigSource::kAllBrokers);
  for (const BrokerSynonym& synonym : names)
    if (auto value = value_in_file(broker, node, std::string(synonym.name)))
      values.push_back({std::string(synonym.name), std::move(*value), ConfigSource::kFile});
  for (const BrokerSynonym& synonym : names)
    if (!synonym.by_default.empty())
      values.push_back({std::string(synonym.name), std::string(synonym.by_default), ConfigSource::kDefault});
  return values;
}

std::vector<ConfigValue> topic_values(const Broker& broker, const Topic& topic, const TopicConfigKey& key) {
  std::vector<ConfigValue> values = broker_values(broker, broker.config().node_id, broker_synonyms(key));
  if (const auto own = topic.configs.find(std::string(key.name)); own != topic.configs.end())
    values.insert(values.begin(), {own->first, own->second, ConfigSource::kTopic});
  return values;
}

std::vector<ConfigValue> group_values(const Broker& broker, const std::string& group, const GroupConfigKey& key) {
  const std::string_view name = key.broker_key.empty() ? key.name : key.broker_key;
  std::vector<ConfigValue> values = broker_values(broker, broker.config().node_id, {{name, key.by_default}});
  const auto& own = broker.settings().configs(ResourceType::kGroup, group);
  if (const auto found = own.find(std::string(key.name)); found != own.end())
    values.insert(values.begin(), {found->first, found->second, ConfigSource::kGroup});
  return values;
}

std::vector<ConfigValue> broker_config_values(const Broker& broker, std::int32_t node, const std::string& name) {
  std::vector<BrokerSynonym> names;
  for (const TopicConfigKey& key : topic_config_keys()) {
    const auto synonyms = broker_synonyms(key);
    for (std::size_t i = 0; i < synonyms.size() && synonyms.size() > 1; ++i)
      if (synonyms[i].name == name) names.assign(synonyms.begin() + static_cast<std::ptrdiff_t>(i), synonyms.end());
  }
  const BrokerConfigKey* key = find_broker_config(name);
  if (names.empty()) names = {{name, key == nullptr ? std::string_view() : key->by_default.value_or("")}};
  return broker_values(broker, node, names);
}

std::int64_t in_sync_replicas_min(const Broker& broker, const Topic& topic) {
  const auto keys = topic_config_keys();
  const auto key =
      std::find_if(keys.begin(), keys.end(), [](const auto& each) { return each.name == kMinInsyncReplicas; });
  return number(topic_values(broker, topic, *key));
}

std::int64_t broker_number(const Broker& broker, std::string_view name) {
  const auto values = broker_config_values(broker, broker.config().node_id, std::string(name));
  return number(values);
}

}  // namespace leat::server
