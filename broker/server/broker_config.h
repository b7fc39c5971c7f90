// BrokerConfig: server.properties under Kafka's names.
//
//   LEAT_ASSIGN_OR_RETURN(BrokerConfig config, BrokerConfig::parse(text, overrides));
//
// All problems are reported at once. A key that Kafka knows and that has no effect here is accepted and the reason
// logged (config_effects.h); a key that nobody knows is named with its nearest neighbour, logged and ignored, as Kafka
// does.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/net.h"
#include "base/result.h"
#include "base/tls_settings.h"
#include "broker/coordinator/group_coordinator.h"
#include "broker/log/log_config.h"
#include "broker/server/authorizer.h"
#include "broker/server/listener_security.h"
#include "broker/server/principal_mapping.h"

namespace leat::server {

/// Keys of tests: `test.node.<i>.<key>` is a setting of the i-th node alone (nodes.h says which there are), or of all
/// where there is no such node, as the controller; `test.feature.<name>` is a feature's level.
inline const std::string kNodeKeyPrefix = "test.node.";
inline const std::string kFeatureKeyPrefix = "test.feature.";

struct ListenerConfig {
  std::string name = "PLAINTEXT";
  Endpoint at{"127.0.0.1", 9092};
  /// What clients are told, where it differs; port 0 means the port in use.
  Endpoint advertised;
  /// Clients must authenticate where there is one.
  std::optional<SaslConfig> sasl;
  /// Connections are encrypted where there are some; the files that they name are read when the broker listens.
  std::optional<TlsKeys> tls;
  PrincipalMapping principals;
};

struct BrokerConfig {
  std::int32_t node_id = 1;
  /// As how many nodes the broker is known, from node_id up (nodes.h).
  std::int32_t virtual_nodes = 1;
  std::string log_dir = "/tmp/kafka-logs";
  std::vector<ListenerConfig> listeners{ListenerConfig{}};
  std::int32_t num_partitions = 1;
  std::int16_t default_replication_factor = 1;
  bool auto_create_topics = true;
  bool delete_topics = true;
  std::int32_t request_bytes_max = 100 * 1024 * 1024;
  std::int32_t offsets_topic_partitions = 50;
  std::int32_t transaction_topic_partitions = 50;
  /// As far as there are nodes.
  std::int16_t offsets_topic_replication_factor = 3;
  std::int16_t transaction_topic_replication_factor = 3;
  /// Consumers are sent to the replica in their rack (replica.selector.class).
  bool reads_from_nearest = false;
  std::int32_t transaction_timeout_ms_max = 900'000;
  std::int32_t producer_id_check_interval_ms = 600'000;
  std::int32_t transactional_id_expiration_ms = 604'800'000;
  std::int32_t transactional_id_check_interval_ms = 3'600'000;
  std::int32_t fetch_sessions_max = 1000;
  std::int32_t log_check_interval_ms = 300'000;
  std::int64_t offsets_retention_minutes = 10'080;
  std::int64_t offsets_check_interval_ms = 600'000;
  std::int32_t offsets_topic_segment_bytes = 100 * 1024 * 1024;
  std::int32_t transaction_topic_segment_bytes = 100 * 1024 * 1024;
  /// Connections beyond these are closed at once.
  std::int32_t connections_max = std::numeric_limits<std::int32_t>::max();
  std::int32_t connections_per_ip_max = std::numeric_limits<std::int32_t>::max();
  /// By address, in place of connections_per_ip_max.
  std::map<std::string, std::int32_t> connections_per_ip;
  /// A connection without a whole request, or a response, for so long is closed; below 0: never.
  std::int64_t idle_connection_ms_max = 600'000;
  /// Where metrics and health are served over HTTP; nothing: nowhere.
  std::optional<Endpoint> metrics_listener;
  LogFormat log_format = LogFormat::kText;
  coordinator::GroupConfig group;
  AuthorizerConfig authorizer;
  log::CleanerConfig cleaner;
  /// What topics take that set nothing themselves.
  log::LogConfig log;
  /// Levels of features that a new log directory begins with, where they are not the latest.
  std::map<std::string, std::int16_t> features;
  /// Every key as it was given, for DescribeConfigs.
  std::map<std::string, std::string> given;

  /// Whether `key` sets a member of this; others are in config_effects.h.
  static bool has_member(std::string_view key);
  /// Reads a file's text and then `overrides` (key=value).
  static Result<BrokerConfig> parse(std::string_view text, const std::vector<std::string>& overrides);
};

/// The parts of a comma-separated list, without blanks around them and without empty ones.
std::vector<std::string> split_list(const std::string& text);
/// host:port, [v6]:port or :port.
Result<Endpoint> parse_endpoint(std::string_view text);

}  // namespace leat::server
