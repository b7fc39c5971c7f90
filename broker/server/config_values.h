// Where the value of a config comes from. What is set first in this order holds:
//
//   the topic's or group's own -> this broker's, at run time -> all brokers', at run time -> server.properties ->
//   default
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/server/broker.h"
#include "broker/server/config_keys.h"
#include "broker/server/topic_config.h"

namespace leat::server {

/// Kafka's ConfigSource.
enum class ConfigSource : std::int8_t {
  kTopic = 1,
  kBroker = 2,
  kAllBrokers = 3,
  kFile = 4,
  kDefault = 5,
  kLogger = 6,
  kClientMetrics = 7,
  kGroup = 8,
};

/// One of the values that a config could have; the first of several holds.
struct ConfigValue {
  std::string name;  ///< under which it was set, such as log.retention.hours for retention.ms
  std::string value;
  ConfigSource source;
};

/// Values of the broker behind a config, which are looked for under each of these names.
std::vector<ConfigValue> broker_values(const Broker& broker, std::int32_t node,
                                       const std::vector<BrokerSynonym>& names);
std::vector<ConfigValue> topic_values(const Broker& broker, const Topic& topic, const TopicConfigKey& key);
std::vector<ConfigValue> group_values(const Broker& broker, const std::string& group, const GroupConfigKey& key);
/// Of one of a node's own configs, under its name and those that Kafka takes for the same (hours for milliseconds).
std::vector<ConfigValue> broker_config_values(const Broker& broker, std::int32_t node, const std::string& name);
/// What holds for all brokers at run time. Kafka keeps min.insync.replicas there from the first start on.
Settings::Values all_brokers_configs(const Broker& broker);

/// The number that holds for a config of this broker; it must have one.
std::int64_t broker_number(const Broker& broker, std::string_view name);

/// min.insync.replicas of a topic.
std::int64_t in_sync_replicas_min(const Broker& broker, const Topic& topic);

}  // namespace leat::server
