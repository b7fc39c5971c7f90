// Topic configs: every key that Kafka 4.3.1 knows, with its default and type, and what the log makes of it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "broker/log/log_config.h"

namespace leat::server {

struct TopicConfigKey {
  std::string_view name;
  std::string_view by_default;
  std::int8_t type;             ///< Kafka's ConfigType: 1 boolean, 2 string, 3 int, 5 long, 6 double, 7 list
  std::string_view broker_key;  ///< the broker's setting that stands where a topic has none
  bool internal = false;        ///< told of only where a topic has it: Kafka's tests set it, people do not
};

std::span<const TopicConfigKey> topic_config_keys();

/// A broker's setting that a topic's key falls back on.
struct BrokerSynonym {
  std::string_view name;
  std::string_view by_default = {};  ///< empty: there is none
};
/// In the order in which they are looked at (org.apache.kafka.server.config.ServerTopicConfigSynonyms).
std::vector<BrokerSynonym> broker_synonyms(const TopicConfigKey& key);

/// A broker's value in hours or minutes (log.retention.hours) in the milliseconds of the topic's key; others as they
/// are.
std::string value_in_topic_units(std::string_view broker_key, const std::string& value);

/// The topic's key behind a broker's (log.retention.ms -> retention.ms), also for Kafka's forms in minutes and hours.
std::optional<std::string> topic_key_of_broker_key(std::string_view broker_key);

/// Checks one setting of a topic and takes it into `config`. Keys that the log does not use are checked all the same.
Status apply_topic_config(std::string_view name, const std::string& value, log::LogConfig& config);

}  // namespace leat::server
