// What configs there are beside those of topics (topic_config.h): names, types and defaults of brokers, groups and
// client metrics, as Kafka 4.3.1 has them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace leat::server {

/// Kafka's ConfigType of DescribeConfigs.
enum class ConfigType : std::int8_t {
  kUnknown = 0,
  kBoolean = 1,
  kString = 2,
  kInt = 3,
  kShort = 4,
  kLong = 5,
  kDouble = 6,
  kList = 7,
  kClass = 8,
  kPassword = 9,
};

/// How a broker's config can be changed while it runs.
enum class ConfigUpdate : std::int8_t {
  kNever,
  kCluster,      ///< for one broker or for all of them
  kPerBroker,    ///< for one broker only
  kPerListener,  ///< for one broker, behind the prefix of a listener
};

struct BrokerConfigKey {
  std::string_view name;
  ConfigType type;
  std::optional<std::string_view> by_default;
  ConfigUpdate update;
};

std::span<const BrokerConfigKey> broker_config_keys();
/// Null for a name that Kafka does not know.
const BrokerConfigKey* find_broker_config(std::string_view name);

struct GroupConfigKey {
  std::string_view name;
  ConfigType type;
  std::string_view by_default;
  std::string_view broker_key;  ///< what holds for groups that set nothing; empty where there is none
  std::int64_t least = 0;
  /// Configs of the broker that bound the value; empty where there is none.
  std::string_view least_key = {};
  std::string_view most_key = {};
};

std::span<const GroupConfigKey> group_config_keys();
const GroupConfigKey* find_group_config(std::string_view name);

struct ClientMetricsKey {
  std::string_view name;
  ConfigType type;
  std::string_view by_default;
};

std::span<const ClientMetricsKey> client_metrics_keys();
const ClientMetricsKey* find_client_metrics_config(std::string_view name);

}  // namespace leat::server
