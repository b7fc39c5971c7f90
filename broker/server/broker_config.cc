#include "broker/server/broker_config.h"

#include <fmt/format.h>

#include <charconv>
#include <functional>

#include "base/did_you_mean.h"
#include "base/log.h"
#include "base/properties.h"
#include "broker/coordinator/partition_assignor.h"
#include "broker/server/config_effects.h"
#include "broker/server/config_keys.h"
#include "broker/server/features.h"
#include "broker/server/topic_config.h"

namespace leat::server {

namespace {

using Setter = std::function<Status(BrokerConfig&, const std::string&)>;

template <class T>
Status read_number(const std::string& text, T& to) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size())
    return Error{ErrorKind::kInvalidArgument, fmt::format("'{}' is not a whole number", text)};
  to = number;
  return {};
}
Status read_bool(const std::string& text, bool& to) {
  if (text != "true" && text != "false")
    return Error{ErrorKind::kInvalidArgument, fmt::format("'{}' is neither true nor false", text)};
  to = text == "true";
  return {};
}

/// NAME://host:port,...
Result<std::vector<ListenerConfig>> parse_listeners(const std::string& text) {
  std::vector<ListenerConfig> listeners;
  for (const std::string& part : split_list(text)) {
    const std::size_t colon = part.find("://");
    if (colon == std::string::npos)
      return Error{ErrorKind::kInvalidArgument, fmt::format("'{}' is not NAME://host:port", part)};
    ListenerConfig listener;
    listener.name = part.substr(0, colon);
    LEAT_ASSIGN_OR_RETURN(listener.at, parse_endpoint(part.substr(colon + 3)));
    if (listener.name == "CONTROLLER") continue;  // Kafka's inner traffic; there is none here
    listeners.push_back(listener);
  }
  return listeners;
}

const std::map<std::string, Setter, std::less<>>& setters() {
  const auto number = [](auto member) {
    return Setter(
        [member](BrokerConfig& config, const std::string& text) { return read_number(text, config.*member); });
  };
  const auto group = [](auto member) {
    return Setter(
        [member](BrokerConfig& config, const std::string& text) { return read_number(text, config.group.*member); });
  };
  const auto streams_group = [](auto member) {
    return Setter([member](BrokerConfig& config, const std::string& text) {
      return read_number(text, config.group.streams.*member);
    });
  };
  const auto consumer_group = [](auto member) {
    return Setter([member](BrokerConfig& config, const std::string& text) {
      return read_number(text, config.group.consumer.*member);
    });
  };
  const auto flag = [](auto member) {
    return Setter([member](BrokerConfig& config, const std::string& text) { return read_bool(text, config.*member); });
  };
  const auto cleaner = [](auto member) {
    return Setter(
        [member](BrokerConfig& config, const std::string& text) { return read_number(text, config.cleaner.*member); });
  };
  using C = BrokerConfig;
  using L = log::CleanerConfig;
  using G = coordinator::GroupConfig;
  using K = coordinator::ConsumerGroupConfig;
  using S = coordinator::StreamsGroupConfig;
  static const std::map<std::string, Setter, std::less<>> kSetters{
      {"node.id", number(&C::node_id)},
      {"broker.id", number(&C::node_id)},
      {"test.virtual.nodes", number(&C::virtual_nodes)},
      {"num.partitions", number(&C::num_partitions)},
      {"default.replication.factor", number(&C::default_replication_factor)},
      {"auto.create.topics.enable", flag(&C::auto_create_topics)},
      {"delete.topic.enable", flag(&C::delete_topics)},
      {"socket.request.max.bytes", number(&C::request_bytes_max)},
      {"offsets.topic.num.partitions", number(&C::offsets_topic_partitions)},
      {"transaction.state.log.num.partitions", number(&C::transaction_topic_partitions)},
      {"offsets.topic.replication.factor", number(&C::offsets_topic_replication_factor)},
      {"transaction.state.log.replication.factor", number(&C::transaction_topic_replication_factor)},
      {"replica.selector.class",
       [](BrokerConfig& config, const std::string& text) -> Status {
         constexpr std::string_view kByRack = "org.apache.kafka.common.replica.RackAwareReplicaSelector";
         if (!text.empty() && text != kByRack)
           return Error{ErrorKind::kInvalidArgument, fmt::format("{} is not served; use {}", text, kByRack)};
         return config.reads_from_nearest = !text.empty(), Status{};
       }},
      {"transaction.max.timeout.ms", number(&C::transaction_timeout_ms_max)},
      {"producer.id.expiration.ms",
       [](BrokerConfig&, const std::string& text) {
         std::int32_t silence_ms = 0;  // looked up where it is used: it can be changed at run time
         return read_number(text, silence_ms);
       }},
      {"producer.id.expiration.check.interval.ms", number(&C::producer_id_check_interval_ms)},
      {"transactional.id.expiration.ms", number(&C::transactional_id_expiration_ms)},
      {"transaction.remove.expired.transaction.cleanup.interval.ms", number(&C::transactional_id_check_interval_ms)},
      {"max.incremental.fetch.session.cache.slots", number(&C::fetch_sessions_max)},
      {"log.retention.check.interval.ms", number(&C::log_check_interval_ms)},
      {"offsets.retention.minutes", number(&C::offsets_retention_minutes)},
      {"offsets.retention.check.interval.ms", number(&C::offsets_check_interval_ms)},
      {"offsets.topic.segment.bytes", number(&C::offsets_topic_segment_bytes)},
      {"transaction.state.log.segment.bytes", number(&C::transaction_topic_segment_bytes)},
      {"max.connections", number(&C::connections_max)},
      {"max.connections.per.ip", number(&C::connections_per_ip_max)},
      {"connections.max.idle.ms", number(&C::idle_connection_ms_max)},
      {"max.connections.per.ip.overrides",
       [](BrokerConfig& config, const std::string& text) -> Status {
         for (const std::string& each : split_list(text)) {
           const std::size_t colon = each.rfind(':');
           if (colon == std::string::npos)
             return Error{ErrorKind::kInvalidArgument, fmt::format("'{}' is not address:number", each)};
           LEAT_RETURN_IF_ERROR(read_number(each.substr(colon + 1), config.connections_per_ip[each.substr(0, colon)]));
         }
         return {};
       }},
      {"log.cleaner.enable",
       [](BrokerConfig& config, const std::string& text) { return read_bool(text, config.cleaner.enabled); }},
      {"log.cleaner.backoff.ms", cleaner(&L::backoff_ms)},
      {"log.cleaner.dedupe.buffer.size", cleaner(&L::dedupe_buffer_bytes)},
      {"group.min.session.timeout.ms", group(&G::session_timeout_ms_min)},
      {"group.max.session.timeout.ms", group(&G::session_timeout_ms_max)},
      {"group.initial.rebalance.delay.ms", group(&G::initial_rebalance_delay_ms)},
      {"group.max.size", group(&G::members_max)},
      {"group.streams.session.timeout.ms", streams_group(&S::session_timeout_ms)},
      {"group.streams.heartbeat.interval.ms", streams_group(&S::heartbeat_interval_ms)},
      {"group.streams.assignment.interval.ms", streams_group(&S::assignment_interval_ms)},
      {"group.streams.initial.rebalance.delay.ms", streams_group(&S::initial_rebalance_delay_ms)},
      {"group.streams.num.standby.replicas", streams_group(&S::standby_replicas)},
      {"group.streams.max.size", streams_group(&S::members_max)},
      {"group.consumer.session.timeout.ms", consumer_group(&K::session_timeout_ms)},
      {"group.consumer.heartbeat.interval.ms", consumer_group(&K::heartbeat_interval_ms)},
      {"group.consumer.assignment.interval.ms", consumer_group(&K::assignment_interval_ms)},
      {"group.consumer.regex.refresh.interval.ms", consumer_group(&K::regex_refresh_interval_ms)},
      {"group.consumer.max.size", consumer_group(&K::members_max)},
      {"group.consumer.assignors",
       [](BrokerConfig& config, const std::string& text) -> Status {
         auto names = split_list(text);
         for (std::string& each : names) {
           if (each == "org.apache.kafka.coordinator.group.assignor.UniformAssignor")
             each = coordinator::kUniformAssignor;
           if (each == "org.apache.kafka.coordinator.group.assignor.RangeAssignor") each = coordinator::kRangeAssignor;
           if (each != coordinator::kUniformAssignor && each != coordinator::kRangeAssignor)
             return Error{ErrorKind::kInvalidArgument,
                          fmt::format("'{}' is not here: uniform and range are, classes cannot be loaded", each)};
         }
         if (names.empty()) return Error{ErrorKind::kInvalidArgument, "name at least one of uniform and range"};
         return config.group.consumer.assignors = names, Status{};
       }},
      {"group.coordinator.rebalance.protocols",
       [](BrokerConfig& config, const std::string& text) -> Status {
         const auto protocols = split_list(text);
         config.group.consumer.enabled = std::find(protocols.begin(), protocols.end(), "consumer") != protocols.end();
         return {};
       }},
      {"group.consumer.migration.policy",
       [](BrokerConfig& config, const std::string& given) -> Status {
         std::string text = given;
         for (char& each : text) each = static_cast<char>(std::tolower(static_cast<unsigned char>(each)));
         if (text != "bidirectional" && text != "upgrade" && text != "downgrade" && text != "disabled")
           return Error{ErrorKind::kInvalidArgument,
                        fmt::format("'{}' is none of bidirectional, upgrade, downgrade and disabled", given)};
         config.group.consumer.upgrade_enabled = text == "bidirectional" || text == "upgrade";
         config.group.consumer.downgrade_enabled = text == "bidirectional" || text == "downgrade";
         return {};
       }},
      {"offset.metadata.max.bytes", group(&G::offset_metadata_bytes_max)},
      {"log.dirs",
       [](BrokerConfig& config, const std::string& text) -> Status {
         const auto directories = split_list(text);
         if (directories.size() != 1)
           return Error{ErrorKind::kInvalidArgument, "name exactly one directory: several disks are not spread over"};
         return config.log_dir = directories.front(), Status{};
       }},
      {"log.dir", [](BrokerConfig& config, const std::string& text) { return config.log_dir = text, Status{}; }},
      {"listeners",
       [](BrokerConfig& config, const std::string& text) -> Status {
         LEAT_ASSIGN_OR_RETURN(config.listeners, parse_listeners(text));
         return {};
       }},
      {"advertised.listeners",
       [](BrokerConfig& config, const std::string& text) -> Status {
         LEAT_ASSIGN_OR_RETURN(const auto advertised, parse_listeners(text));
         for (const ListenerConfig& told : advertised)
           for (ListenerConfig& listener : config.listeners)
             if (listener.name == told.name) listener.advertised = told.at;
         return {};
       }},
      {"authorizer.class.name",
       [](BrokerConfig& config, const std::string& text) -> Status {
         constexpr std::string_view kStandard = "org.apache.kafka.metadata.authorizer.StandardAuthorizer";
         if (!text.empty() && text != kStandard)
           return Error{ErrorKind::kInvalidArgument, fmt::format("{} is not served; use {}", text, kStandard)};
         return config.authorizer.enabled = !text.empty(), Status{};
       }},
      {"super.users",
       [](BrokerConfig& config, const std::string& text) {
         for (std::size_t begin = 0; begin < text.size();) {
           const std::size_t end = std::min(text.find(';', begin), text.size());
           if (end > begin) config.authorizer.super_users.insert(text.substr(begin, end - begin));
           begin = end + 1;
         }
         return Status{};
       }},
      {"allow.everyone.if.no.acl.found",
       [](BrokerConfig& config, const std::string& text) {
         return read_bool(text, config.authorizer.open_without_entries);
       }},
      {"metrics.listener",
       [](BrokerConfig& config, const std::string& text) -> Status {
         if (text.empty()) return config.metrics_listener.reset(), Status{};
         LEAT_ASSIGN_OR_RETURN(config.metrics_listener, parse_endpoint(text));
         // Whoever watches from another machine is let in by name.
         if (config.metrics_listener->host.empty()) config.metrics_listener->host = "127.0.0.1";
         return {};
       }},
      {"log.format",
       [](BrokerConfig& config, const std::string& text) -> Status {
         if (text != "text" && text != "json")
           return Error{ErrorKind::kInvalidArgument, fmt::format("'{}' is neither text nor json", text)};
         config.log_format = text == "json" ? LogFormat::kJson : LogFormat::kText;
         return {};
       }},
      {"log.durability",
       [](BrokerConfig& config, const std::string& text) -> Status {
         if (text != "fsync" && text != "page-cache")
           return Error{ErrorKind::kInvalidArgument, fmt::format("'{}' is neither fsync nor page-cache", text)};
         config.log.durability = text == "fsync" ? log::Durability::kFsync : log::Durability::kPageCache;
         return {};
       }},
  };
  return kSetters;
}

/// What is set for the one node that there is, or for a node that is not here (Kafka's controller), is everybody's.
void spread_node_settings(std::map<std::string, std::string>& given) {
  std::int32_t nodes = 1;
  if (const auto found = given.find("test.virtual.nodes"); found != given.end())
    (void)read_number(found->second, nodes);
  const auto first = given.lower_bound(kNodeKeyPrefix);
  for (const auto& [key, value] : std::map(first, given.end())) {
    if (!key.starts_with(kNodeKeyPrefix)) break;
    const std::size_t dot = key.find('.', kNodeKeyPrefix.size());
    std::int32_t node = 0;
    if (dot == std::string::npos) continue;
    if (!read_number(key.substr(kNodeKeyPrefix.size(), dot - kNodeKeyPrefix.size()), node)) continue;
    if (nodes == 1 || node >= nodes) given[key.substr(dot + 1)] = value;
  }
}

/// Features that are not here are off, whatever level of them is asked for.
Status read_feature_level(BrokerConfig& config, const std::string& name, const std::string& value) {
  std::int16_t level = 0;
  LEAT_RETURN_IF_ERROR(read_number(value, level));
  const Feature* feature = find_feature(name);
  if (feature == nullptr) return {};
  if (level < feature->level_min || level > feature->level_max)
    return Error{ErrorKind::kInvalidArgument,
                 fmt::format("{} is not from {} to {}", level, feature->level_min, feature->level_max)};
  return config.features[name] = level, Status{};
}

}  // namespace

std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    std::string part = text.substr(begin, end - begin);
    part.erase(0, part.find_first_not_of(' '));
    part.erase(part.find_last_not_of(' ') + 1);
    if (!part.empty()) parts.push_back(part);
    begin = end + 1;
  }
  return parts;
}

Result<Endpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  Endpoint endpoint;
  if (colon != std::string_view::npos) {
    endpoint.host = text.substr(0, colon);
    if (endpoint.host.starts_with('[') && endpoint.host.ends_with(']'))
      endpoint.host = endpoint.host.substr(1, endpoint.host.size() - 2);
    const std::string port(text.substr(colon + 1));
    if (read_number(port, endpoint.port)) return endpoint;
  }
  return Error{ErrorKind::kInvalidArgument, fmt::format("'{}' is not host:port", text)};
}

bool BrokerConfig::has_member(std::string_view key) { return setters().contains(key); }

Result<BrokerConfig> BrokerConfig::parse(std::string_view text, const std::vector<std::string>& overrides) {
  LEAT_ASSIGN_OR_RETURN(auto properties, parse_properties(text));
  std::vector<std::string> problems;
  for (const std::string& each : overrides) {
    const std::size_t equals = each.find('=');
    if (equals == std::string::npos) {
      problems.push_back(fmt::format("--override {}: key=value is wanted", each));
      continue;
    }
    properties.push_back({each.substr(0, equals), each.substr(equals + 1), 0});
  }
  BrokerConfig config;
  for (const Property& property : properties) config.given[property.key] = property.value;
  spread_node_settings(config.given);
  for (const auto& [key, value] : config.given) {
    Status status;
    if (auto setter = setters().find(key); setter != setters().end()) {
      if (key == "advertised.listeners") continue;  // once the listeners are known
      status = setter->second(config, value);
    } else if (const auto topic_key = topic_key_of_broker_key(key)) {
      status = apply_topic_config(*topic_key, value, config.log);
    } else if (key.starts_with(kFeatureKeyPrefix)) {
      status = read_feature_level(config, key.substr(kFeatureKeyPrefix.size()), value);
    } else if (const auto effect = effect_of(key)) {
      if (const auto refusal = refusal_of(key, value)) status = Error{ErrorKind::kInvalidArgument, *refusal};
      if (effect->effect == ConfigEffect::kNone)
        log_line(LogLevel::kInfo, "config", "a setting changes nothing here",
                 {{"key", key}, {"why", std::string(effect->note)}});
    } else if (!key.starts_with("listener.name.") && !key.starts_with(kNodeKeyPrefix)) {
      std::vector<std::string_view> known;
      for (const BrokerConfigKey& each : broker_config_keys()) known.push_back(each.name);
      for (const auto& each : setters()) known.push_back(each.first);
      log_line(LogLevel::kWarn, "config", "unknown setting is ignored." + did_you_mean(key, known), {{"key", key}});
    }
    if (!status) problems.push_back(key + ": " + status.error().message);
  }
  if (const auto advertised = config.given.find("advertised.listeners"); advertised != config.given.end())
    if (auto status = setters().at("advertised.listeners")(config, advertised->second); !status)
      problems.push_back("advertised.listeners: " + status.error().message);
  if (auto status = read_listener_security(config); !status) problems.push_back(status.error().message);
  if (config.virtual_nodes < 1) problems.push_back("test.virtual.nodes: at least 1 is needed");
  if (config.offsets_retention_minutes < 1) problems.push_back("offsets.retention.minutes: at least 1 is needed");
  if (config.offsets_check_interval_ms < 1)
    problems.push_back("offsets.retention.check.interval.ms: at least 1 is needed");
  if (config.producer_id_check_interval_ms < 1)
    problems.push_back("producer.id.expiration.check.interval.ms: at least 1 is needed");
  if (config.transactional_id_expiration_ms < 1)
    problems.push_back("transactional.id.expiration.ms: at least 1 is needed");
  if (config.transactional_id_check_interval_ms < 1)
    problems.push_back("transaction.remove.expired.transaction.cleanup.interval.ms: at least 1 is needed");
  if (config.num_partitions < 1) problems.push_back("num.partitions: at least 1 is needed");
  if (config.listeners.empty())
    problems.push_back("listeners: at least one is needed, such as PLAINTEXT://127.0.0.1:9092");
  if (problems.empty()) return config;
  return Error{ErrorKind::kInvalidArgument,
               fmt::format("{} problem(s) in the configuration:\n  {}", problems.size(), fmt::join(problems, "\n  "))};
}

}  // namespace leat::server
