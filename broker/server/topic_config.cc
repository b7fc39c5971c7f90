#include "broker/server/topic_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "base/did_you_mean.h"

namespace leat::server {

namespace {

constexpr TopicConfigKey kKeys[] = {
    {"cleanup.policy", "delete", 7, "log.cleanup.policy"},
    {"compression.gzip.level", "-1", 3, "compression.gzip.level"},
    {"compression.lz4.level", "9", 3, "compression.lz4.level"},
    {"compression.type", "producer", 2, "compression.type"},
    {"compression.zstd.level", "3", 3, "compression.zstd.level"},
    {"delete.retention.ms", "86400000", 5, "log.cleaner.delete.retention.ms"},
    {"file.delete.delay.ms", "60000", 5, "log.segment.delete.delay.ms"},
    {"flush.messages", "9223372036854775807", 5, "log.flush.interval.messages"},
    {"flush.ms", "9223372036854775807", 5, "log.flush.interval.ms"},
    {"follower.replication.throttled.replicas", "", 7, ""},
    {"index.interval.bytes", "4096", 3, "log.index.interval.bytes"},
    {"internal.segment.bytes", "", 3, "", true},
    {"leader.replication.throttled.replicas", "", 7, ""},
    {"local.retention.bytes", "-2", 5, "log.local.retention.bytes"},
    {"local.retention.ms", "-2", 5, "log.local.retention.ms"},
    {"max.compaction.lag.ms", "9223372036854775807", 5, "log.cleaner.max.compaction.lag.ms"},
    {"max.message.bytes", "1048588", 3, "message.max.bytes"},
    {"message.timestamp.after.max.ms", "3600000", 5, "log.message.timestamp.after.max.ms"},
    {"message.timestamp.before.max.ms", "9223372036854775807", 5, "log.message.timestamp.before.max.ms"},
    {"message.timestamp.type", "CreateTime", 2, "log.message.timestamp.type"},
    {"min.cleanable.dirty.ratio", "0.5", 6, "log.cleaner.min.cleanable.ratio"},
    {"min.compaction.lag.ms", "0", 5, "log.cleaner.min.compaction.lag.ms"},
    {"min.insync.replicas", "1", 3, "min.insync.replicas"},
    {"preallocate", "false", 1, "log.preallocate"},
    {"remote.log.copy.disable", "false", 1, ""},
    {"remote.log.delete.on.disable", "false", 1, ""},
    {"remote.storage.enable", "false", 1, ""},
    {"retention.bytes", "-1", 5, "log.retention.bytes"},
    {"retention.ms", "604800000", 5, "log.retention.ms"},
    {"segment.bytes", "1073741824", 3, "log.segment.bytes"},
    {"segment.index.bytes", "10485760", 3, "log.index.size.max.bytes"},
    {"segment.jitter.ms", "0", 5, "log.roll.jitter.ms"},
    {"segment.ms", "604800000", 5, "log.roll.ms"},
    {"unclean.leader.election.enable", "false", 1, "unclean.leader.election.enable"},
};

Error invalid(std::string_view name, std::string_view value, std::string_view wanted) {
  return {ErrorKind::kInvalidArgument, fmt::format("Invalid value {} for configuration {}: {}", value, name, wanted)};
}

Result<std::int64_t> number(std::string_view name, std::string_view value, std::int64_t least) {
  std::int64_t parsed = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), parsed);
  if (error != std::errc{} || end != value.data() + value.size()) return invalid(name, value, "not a number");
  if (parsed < least) return invalid(name, value, fmt::format("must be at least {}", least));
  return parsed;
}

/// Keys whose value the log uses, with the least value that Kafka allows.
struct NumberKey {
  std::string_view name;
  std::int64_t log::LogConfig::*member;
  std::int64_t least;
};
constexpr NumberKey kNumbers[] = {
    {"segment.bytes", &log::LogConfig::segment_bytes, 1024 * 1024},
    {"internal.segment.bytes", &log::LogConfig::internal_segment_bytes, 1},
    {"segment.ms", &log::LogConfig::segment_ms, 1},
    {"index.interval.bytes", &log::LogConfig::index_interval_bytes, 0},
    {"retention.bytes", &log::LogConfig::retention_bytes, std::numeric_limits<std::int64_t>::min()},
    {"retention.ms", &log::LogConfig::retention_ms, -1},
    {"max.message.bytes", &log::LogConfig::max_message_bytes, 0},
    {"message.timestamp.before.max.ms", &log::LogConfig::timestamp_before_max_ms, 0},
    {"min.compaction.lag.ms", &log::LogConfig::compaction_lag_ms_min, 0},
    {"max.compaction.lag.ms", &log::LogConfig::compaction_lag_ms_max, 1},
    {"delete.retention.ms", &log::LogConfig::delete_retention_ms, 0},
    {"message.timestamp.after.max.ms", &log::LogConfig::timestamp_after_max_ms, 0},
};

Status apply_cleanup_policy(std::string_view value, log::LogConfig& config) {
  bool remove = false;
  bool compact = false;
  for (std::string_view rest = value; !rest.empty();) {
    const auto comma = rest.find(',');
    const std::string_view policy = rest.substr(0, comma);
    if (policy != "delete" && policy != "compact") return invalid("cleanup.policy", value, "delete or compact");
    (policy == "delete" ? remove : compact) = true;
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  }
  config.cleanup_delete = remove;
  config.cleanup_compact = compact;
  return {};
}

Status apply_compression(std::string_view value, log::LogConfig& config) {
  config.compression.reset();
  if (value == "producer") return {};
  const auto codec = value == "uncompressed" ? Result<wire::Codec>(wire::Codec::kNone) : wire::parse_codec(value);
  if (!codec || value == "none")
    return invalid("compression.type", value, "uncompressed, zstd, lz4, snappy, gzip or producer");
  config.compression = *codec;
  return {};
}

Status check_type(const TopicConfigKey& key, const std::string& value) {
  if (key.type == 1 && value != "true" && value != "false") return invalid(key.name, value, "true or false");
  if (key.type == 3 || key.type == 5) {
    const auto checked = number(key.name, value, std::numeric_limits<std::int64_t>::min());
    if (!checked)
      return invalid(key.name, value, key.type == 3 ? "Not a number of type INT" : "Not a number of type LONG");
    if (key.name == "min.insync.replicas" && *checked < 1) return invalid(key.name, value, "must be at least 1");
    if (key.type == 3 &&
        (*checked > std::numeric_limits<std::int32_t>::max() || *checked < std::numeric_limits<std::int32_t>::min()))
      return invalid(key.name, value, "Not a number of type INT");
  }
  if (key.type == 6) {
    char* end = nullptr;
    const double ratio = std::strtod(value.c_str(), &end);
    if (end == value.c_str() || *end != 0 || ratio < 0 || ratio > 1) return invalid(key.name, value, "between 0 and 1");
  }
  return {};
}

}  // namespace

std::span<const TopicConfigKey> topic_config_keys() { return kKeys; }

std::vector<BrokerSynonym> broker_synonyms(const TopicConfigKey& key) {
  // Kafka knows some of them in coarser units, and the coarsest has the default.
  if (key.name == "retention.ms")
    return {{"log.retention.ms"}, {"log.retention.minutes"}, {"log.retention.hours", "168"}};
  if (key.name == "segment.ms") return {{"log.roll.ms"}, {"log.roll.hours", "168"}};
  if (key.name == "segment.jitter.ms") return {{"log.roll.jitter.ms"}, {"log.roll.jitter.hours", "0"}};
  if (key.name == "flush.ms") return {{"log.flush.interval.ms"}, {"log.flush.scheduler.interval.ms", key.by_default}};
  if (key.broker_key.empty()) return {};
  return {{key.broker_key, key.by_default}};
}

std::string value_in_topic_units(std::string_view broker_key, const std::string& value) {
  const std::int64_t factor = broker_key.ends_with(".hours")     ? 3'600'000
                              : broker_key.ends_with(".minutes") ? 60'000
                                                                 : 1;
  const auto count = number(broker_key, value, std::numeric_limits<std::int64_t>::min());
  return count && *count > 0 ? std::to_string(*count * factor) : value;
}

std::optional<std::string> topic_key_of_broker_key(std::string_view broker_key) {
  for (const TopicConfigKey& key : kKeys)
    if (key.broker_key == broker_key) return std::string(key.name);
  if (broker_key == "log.retention.hours" || broker_key == "log.retention.minutes")
    return std::string(broker_key.substr(4));
  if (broker_key == "log.roll.hours") return "roll.hours";
  return std::nullopt;
}

Status apply_topic_config(std::string_view name, const std::string& value, log::LogConfig& config) {
  constexpr std::int64_t kHour = 3'600'000;
  if (name == "retention.hours" || name == "retention.minutes" || name == "roll.hours") {
    LEAT_ASSIGN_OR_RETURN(const auto count, number(name, value, -1));
    const std::int64_t ms = count < 0 ? -1 : count * (name == "retention.minutes" ? 60'000 : kHour);
    (name == "roll.hours" ? config.segment_ms : config.retention_ms) = ms;
    return {};
  }
  const auto* key =
      std::find_if(std::begin(kKeys), std::end(kKeys), [&](const TopicConfigKey& each) { return each.name == name; });
  if (key == std::end(kKeys)) {
    std::vector<std::string_view> names;
    for (const TopicConfigKey& each : kKeys) names.push_back(each.name);
    return Error{ErrorKind::kInvalidArgument,
                 fmt::format("Unknown topic config name: {}{}", name, did_you_mean(name, names))};
  }
  LEAT_RETURN_IF_ERROR(check_type(*key, value));
  for (const NumberKey& each : kNumbers) {
    if (each.name != name) continue;
    LEAT_ASSIGN_OR_RETURN(config.*each.member, number(name, value, each.least));
    return {};
  }
  if (name == "cleanup.policy") return apply_cleanup_policy(value, config);
  if (name == "min.cleanable.dirty.ratio") config.dirty_ratio_min = std::strtod(value.c_str(), nullptr);
  if (name == "compression.type") return apply_compression(value, config);
  if (name == "message.timestamp.type") {
    if (value != "CreateTime" && value != "LogAppendTime") return invalid(name, value, "CreateTime or LogAppendTime");
    config.log_append_time = value == "LogAppendTime";
  }
  return {};
}

}  // namespace leat::server
