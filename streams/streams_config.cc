#include "streams/streams_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <type_traits>

#include "base/did_you_mean.h"
#include "base/iso_duration.h"
#include "broker/client/client_security.h"
#include "state/state_backend.h"

namespace leat {

namespace {

using Milliseconds = StreamsConfig::Milliseconds;

template <class T>
concept Number = std::is_integral_v<T> && !std::is_same_v<T, bool>;

Error unreadable(std::string_view value, std::string_view wanted) {
  return {ErrorKind::kInvalidArgument, fmt::format("'{}' is not {}", value, wanted)};
}

template <Number T>
Status read(std::string_view text, T& to) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size())
    return unreadable(text, fmt::format("a whole number up to {}", std::numeric_limits<T>::max()));
  to = number;
  return {};
}
Status read(std::string_view text, std::string& to) {
  to = text;
  return {};
}
Status read(std::string_view text, Milliseconds& to) {
  std::int64_t number = 0;
  LEAT_RETURN_IF_ERROR(read(text, number));
  to = Milliseconds{number};
  return {};
}
Status read(std::string_view text, std::optional<Milliseconds>& to) {
  Milliseconds duration{};
  LEAT_RETURN_IF_ERROR(read(text, duration));
  to = duration;
  return {};
}
Status read(std::string_view text, ProcessingGuarantee& to) {
  if (text == "at_least_once") return to = ProcessingGuarantee::kAtLeastOnce, Status{};
  if (text == "exactly_once_v2") return to = ProcessingGuarantee::kExactlyOnceV2, Status{};
  return unreadable(text, "a guarantee: at_least_once or exactly_once_v2");
}
Status read(std::string_view text, GroupProtocol& to) {
  if (text == "classic") return to = GroupProtocol::kClassic, Status{};
  if (text == "streams") return to = GroupProtocol::kStreams, Status{};
  return unreadable(text, "a group protocol: classic or streams");
}
Status read(std::string_view text, RackStrategy& to) {
  if (text == "none") return to = RackStrategy::kNone, Status{};
  if (text == "min_traffic") return to = RackStrategy::kMinTraffic, Status{};
  if (text == "balance_subtopology") return to = RackStrategy::kBalanceSubtopology, Status{};
  return unreadable(text, "a strategy: none, min_traffic or balance_subtopology");
}
Status read(std::string_view text, std::optional<std::int64_t>& to) {
  std::int64_t number = 0;
  LEAT_RETURN_IF_ERROR(read(text, number));
  to = number;
  return {};
}
Status read(std::string_view text, std::vector<std::string>& to) {
  to.clear();
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    to.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(text.size(), comma + 1));
  }
  return {};
}
/// Kafka's class names of the handlers that come with it stand for what they do.
Status read(std::string_view text, OnError& to) {
  if (text == "fail" || text.find("LogAndFail") != std::string_view::npos ||
      text.find("DefaultProductionExceptionHandler") != std::string_view::npos)
    return to = OnError::kFail, Status{};
  if (text == "continue" || text.find("LogAndContinue") != std::string_view::npos)
    return to = OnError::kContinue, Status{};
  return unreadable(text, "fail or continue; a handler of your own goes into StreamsConfig::error_handlers");
}
/// `topology.optimization`, Kafka's one setting that becomes a bool here.
Status read(std::string_view text, bool& to) {
  if (text == "all") return to = true, Status{};
  if (text == "none") return to = false, Status{};
  return unreadable(text, "an optimization: all or none");
}

Status read(std::string_view text, RecordingLevel& to) {
  if (text == "INFO") return to = RecordingLevel::kInfo, Status{};
  if (text == "DEBUG") return to = RecordingLevel::kDebug, Status{};
  if (text == "TRACE") return to = RecordingLevel::kTrace, Status{};
  return unreadable(text, "a recording level: INFO, DEBUG or TRACE");
}
/// Kafka's class names of its extractors.
struct NamedExtractor {
  std::string_view name;
  OnInvalidTimestamp what;
};
constexpr NamedExtractor kExtractors[] = {
    {"FailOnInvalidTimestamp", OnInvalidTimestamp::kFail},
    {"LogAndSkipOnInvalidTimestamp", OnInvalidTimestamp::kLogAndSkip},
    {"UsePartitionTimeOnInvalidTimestamp", OnInvalidTimestamp::kUsePartitionTime},
    {"WallclockTimestampExtractor", OnInvalidTimestamp::kUseWallClock},
};
Status read(std::string_view text, OnInvalidTimestamp& to) {
  if (const std::size_t dot = text.rfind('.'); dot != std::string_view::npos) text.remove_prefix(dot + 1);
  for (const NamedExtractor& each : kExtractors)
    if (each.name == text) return to = each.what, Status{};
  return unreadable(text,
                    "an extractor: FailOnInvalidTimestamp, LogAndSkipOnInvalidTimestamp, "
                    "UsePartitionTimeOnInvalidTimestamp or WallclockTimestampExtractor; one of your own is said at its "
                    "source, with Consumed::with_timestamp_extractor");
}
std::string show(OnInvalidTimestamp value) {
  for (const NamedExtractor& each : kExtractors)
    if (each.what == value) return std::string(each.name);
  return "FailOnInvalidTimestamp";
}

std::string show(const std::string& value) { return value; }
std::string show(bool value) { return value ? "all" : "none"; }
std::string show(Milliseconds value) { return std::to_string(value.count()); }
std::string show(ProcessingGuarantee value) {
  return value == ProcessingGuarantee::kAtLeastOnce ? "at_least_once" : "exactly_once_v2";
}
std::string show(RecordingLevel value) {
  return value == RecordingLevel::kInfo ? "INFO" : value == RecordingLevel::kDebug ? "DEBUG" : "TRACE";
}
std::string show(GroupProtocol value) { return value == GroupProtocol::kClassic ? "classic" : "streams"; }
std::string show(OnError value) { return value == OnError::kFail ? "fail" : "continue"; }
std::string show(RackStrategy value) {
  return value == RackStrategy::kNone         ? "none"
         : value == RackStrategy::kMinTraffic ? "min_traffic"
                                              : "balance_subtopology";
}
std::string show(const std::vector<std::string>& value) { return fmt::format("{}", fmt::join(value, ",")); }
std::string show(const std::optional<std::int64_t>& value) { return value ? std::to_string(*value) : "Kafka's"; }
std::string show(const std::optional<Milliseconds>& value) { return value ? show(*value) : "by guarantee"; }
template <Number T>
std::string show(T value) {
  return std::to_string(value);
}

struct Setting {
  std::string_view name;
  std::string_view meaning;
  Status (*set)(StreamsConfig&, std::string_view);
  std::string (*get)(const StreamsConfig&);
};

template <auto kMember>
constexpr Setting setting(std::string_view name, std::string_view meaning) {
  return {name, meaning, [](StreamsConfig& config, std::string_view text) { return read(text, config.*kMember); },
          [](const StreamsConfig& config) { return show(config.*kMember); }};
}

using C = StreamsConfig;

constexpr Setting explicit_naming() {
  return {"ensure.explicit.internal.resource.naming", "true: refuse stores and repartition topics with generated names",
          [](StreamsConfig& config, std::string_view text) -> Status {
            if (text != "true" && text != "false") return unreadable(text, "true or false");
            config.ensure_explicit_internal_resource_naming = text == "true";
            return {};
          },
          [](const StreamsConfig& config) {
            return std::string(config.ensure_explicit_internal_resource_naming ? "true" : "false");
          }};
}
constexpr Setting kSettings[] = {
    setting<&C::application_id>("application.id", "names the group, internal topics, state and transactions"),
    setting<&C::bootstrap_servers>("bootstrap.servers", "host:port,... of a Kafka cluster, or 'embedded'"),
    setting<&C::state_dir>("state.dir", "directory of the state stores"),
    setting<&C::num_stream_threads>("num.stream.threads", "threads that process records"),
    setting<&C::num_standby_replicas>("num.standby.replicas", "copies of each task's stores in other processes"),
    setting<&C::acceptable_recovery_lag>("acceptable.recovery.lag",
                                         "offsets that a process may have to restore when it takes a running task"),
    setting<&C::max_warmup_replicas>("max.warmup.replicas", "tasks that warm up in other processes at a time"),
    setting<&C::probing_rebalance_interval_ms>("probing.rebalance.interval.ms",
                                               "how long a process that warms up waits for the next rebalance at most"),
    setting<&C::client_rack>("client.rack", "where this process is, as brokers say it with broker.rack"),
    setting<&C::rack_aware_assignment_strategy>("rack.aware.assignment.strategy",
                                                "less traffic across racks: none, min_traffic or balance_subtopology"),
    setting<&C::rack_aware_assignment_traffic_cost>("rack.aware.assignment.traffic_cost",
                                                    "of a partition that a task reads from another rack"),
    setting<&C::rack_aware_assignment_non_overlap_cost>("rack.aware.assignment.non_overlap_cost",
                                                        "of a task that is moved for the sake of that"),
    setting<&C::rack_aware_assignment_tags>(
        "rack.aware.assignment.tags", "keys of client.tag.KEY settings in which the copies of a task are to differ"),
    setting<&C::processing_guarantee>("processing.guarantee", "at_least_once or exactly_once_v2"),
    setting<&C::commit_interval_ms>("commit.interval.ms", "how often to commit; 30000, with exactly_once_v2 100"),
    setting<&C::statestore_cache_max_bytes>("statestore.cache.max.bytes", "memory of the record caches"),
    setting<&C::statestore_uncommitted_max_bytes>("statestore.uncommitted.max.bytes",
                                                  "uncommitted writes that force a commit; -1: no bound"),
    setting<&C::replication_factor>("replication.factor", "of internal topics; -1: the broker's default"),
    setting<&C::max_task_idle_ms>("max.task.idle.ms", "how long to wait for data of all partitions of a task"),
    setting<&C::buffered_records_per_partition>("buffered.records.per.partition",
                                                "records queued before fetching pauses"),
    setting<&C::task_timeout_ms>("task.timeout.ms",
                                 "how long a thread begins anew after passing errors without a commit in between"),
    setting<&C::application_server>("application.server", "host:port where this instance answers queries"),
    setting<&C::client_id>("client.id", "prefix of the clients' names in the broker's logs"),
    setting<&C::metrics_recording_level>("metrics.recording.level", "which metrics are recorded: INFO, DEBUG or TRACE"),
    setting<&C::metrics_sample_window_ms>("metrics.sample.window.ms",
                                          "rates and averages are of the last one to two such windows"),
    setting<&C::optimize_topology>("topology.optimization", "all or none"),
    explicit_naming(),
    setting<&C::upgrade_from>("upgrade.from", "the version of members that are still there, during a rolling upgrade"),
    setting<&C::repartition_purge_interval_ms>("repartition.purge.interval.ms",
                                               "how often what is committed is deleted from repartition topics"),
    setting<&C::windowstore_changelog_additional_retention_ms>("windowstore.changelog.additional.retention.ms",
                                                               "added to the retention of window changelogs"),
    setting<&C::deserialization_exception_handler>("deserialization.exception.handler",
                                                   "what a record does that does not decode: fail or continue"),
    setting<&C::processing_exception_handler>("processing.exception.handler",
                                              "what a record does whose processor throws: fail or continue"),
    setting<&C::production_exception_handler>("production.exception.handler",
                                              "what a record does that cannot be written: fail or continue"),
    setting<&C::errors_dead_letter_queue_topic_name>("errors.dead.letter.queue.topic.name",
                                                     "where records go that failed; empty: nowhere"),
    setting<&C::default_timestamp_extractor>("default.timestamp.extractor",
                                             "what sources do about negative timestamps; Kafka's class names"),
    setting<&C::auto_offset_reset>("auto.offset.reset",
                                   "earliest, latest, none or by_duration:PT1H, where nothing is committed"),
    setting<&C::group_protocol>("group.protocol",
                                "who gives out the tasks: classic (a member) or streams (the broker)"),
    setting<&C::group_instance_id>("group.instance.id", "static membership; threads add -1, -2, ..."),
    setting<&C::session_timeout_ms>("session.timeout.ms", "silence after which a member counts as dead"),
    setting<&C::heartbeat_interval_ms>("heartbeat.interval.ms", "how often a member reports"),
    setting<&C::max_poll_interval_ms>("max.poll.interval.ms", "time between polls after which a member gives up"),
    setting<&C::metadata_max_age_ms>("metadata.max.age.ms", "how often sources by pattern look for new topics"),
    setting<&C::fetch_max_bytes>("fetch.max.bytes", "bytes of one fetch"),
    setting<&C::max_partition_fetch_bytes>("max.partition.fetch.bytes", "bytes of one fetch from one partition"),
    setting<&C::linger_ms>("linger.ms", "how long a batch waits for more records"),
    setting<&C::batch_size>("batch.size", "bytes of an output batch"),
    setting<&C::buffer_memory>("buffer.memory", "bytes of output that may wait for the broker"),
    setting<&C::compression_type>("compression.type", "of output batches: none, gzip, snappy, lz4, zstd"),
    setting<&C::delivery_timeout_ms>("delivery.timeout.ms", "how long a batch is tried"),
    setting<&C::transaction_timeout_ms>("transaction.timeout.ms", "when the broker aborts a transaction left open"),
    setting<&C::security_protocol>("security.protocol",
                                   "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL; ssl.* as Java's clients have them"),
    setting<&C::sasl_mechanism>("sasl.mechanism", "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512"),
    {"sasl.jaas.config", "username and password, as Java's clients have them",
     [](C& config, std::string_view text) { return read(text, config.sasl_jaas_config); },
     [](const C& config) { return std::string(config.sasl_jaas_config.empty() ? "" : "[hidden]"); }},
    setting<&C::embedded_data_dir>("embedded.data.dir", "log directory of the embedded broker"),
    setting<&C::embedded_listener>("embedded.listener",
                                   "where Kafka clients reach the embedded broker; empty: nowhere"),
};

/// Kafka's prefixes for the clients inside; the settings above stand for all of them.
constexpr std::string_view kClientPrefixes[] = {"producer.", "consumer.", "main.consumer.", "restore.consumer.",
                                                "admin."};

bool legal_topic_characters(std::string_view name) {
  return std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isalnum(c) || c == '.' || c == '_' || c == '-'; });
}

}  // namespace

bool StreamsConfig::changes_apart() const {
  constexpr std::string_view kSendBoth[] = {"3.5", "3.6", "3.7", "3.8", "3.9"};
  return !upgrade_from.empty() && upgrade_from < "4" &&
         std::find(std::begin(kSendBoth), std::end(kSendBoth), upgrade_from) == std::end(kSendBoth);
}

ErrorHandlers StreamsConfig::handlers() const {
  ErrorHandlers handlers = error_handlers;
  if (!handlers.deserialization) handlers.deserialization = log_and(deserialization_exception_handler);
  if (!handlers.processing) handlers.processing = log_and(processing_exception_handler);
  if (!handlers.production) handlers.production = log_production_and(production_exception_handler);
  if (handlers.dead_letter_topic.empty()) handlers.dead_letter_topic = errors_dead_letter_queue_topic_name;
  return handlers;
}

Status StreamsConfig::set(std::string_view name, std::string_view value) {
  if (name.starts_with("topic.")) return topic_configs[std::string(name.substr(6))] = value, Status{};
  if (name.starts_with("client.tag.")) return client_tags[std::string(name.substr(11))] = value, Status{};
  if (name.starts_with("app.")) return own_configs[std::string(name.substr(4))] = value, Status{};
  if (name == "rocksdb.block_cache_bytes") return read(value, rocksdb_block_cache_bytes);
  if (name == "rocksdb.write_buffer_bytes") return read(value, rocksdb_write_buffer_bytes);
  if (name.starts_with("rocksdb.")) return rocksdb_options[std::string(name.substr(8))] = value, Status{};
  if (name.starts_with("broker.")) return broker_configs[std::string(name.substr(7))] = value, Status{};
  std::string_view bare = name;
  for (const std::string_view prefix : kClientPrefixes)
    if (bare.starts_with(prefix)) bare.remove_prefix(prefix.size());
  if (bare.starts_with("ssl.")) return ssl[std::string(bare)] = value, Status{};
  for (const Setting& setting : kSettings) {
    if (setting.name != bare) continue;
    const Status status = setting.set(*this, value);
    return status ? status : status.error().in(name);
  }
  std::vector<std::string_view> known;
  for (const Setting& setting : kSettings) known.push_back(setting.name);
  const std::string hint = did_you_mean(bare, known);
  return Error{ErrorKind::kInvalidArgument,
               fmt::format("{}: no such setting.{}", name, hint.empty() ? " The command 'config' lists all." : hint)};
}

std::map<std::string, std::string> StreamsConfig::security() const {
  std::map<std::string, std::string> settings = ssl;
  settings["security.protocol"] = security_protocol;
  settings["sasl.mechanism"] = sasl_mechanism;
  settings["sasl.jaas.config"] = sasl_jaas_config;
  return settings;
}

std::vector<std::string> StreamsConfig::problems() const {
  std::vector<std::string> found;
  const auto want = [&](bool good, std::string problem) {
    if (!good) found.push_back(std::move(problem));
  };
  want(!application_id.empty(), "application.id is missing: give the app a name of its own, such as 'word-count'");
  want(legal_topic_characters(application_id),
       fmt::format("application.id '{}' becomes part of topic names: use letters, digits, '.', '_' and '-' only",
                   application_id));
  want(!bootstrap_servers.empty(), "bootstrap.servers is empty: give host:port,... or 'embedded'");
  want(!state_dir.empty(), "state.dir is empty: give a directory that survives a restart");
  want(metrics_sample_window_ms.count() > 0, "metrics.sample.window.ms must be above 0");
  want(num_standby_replicas >= 0,
       fmt::format("num.standby.replicas is {}: 0 or more are needed", num_standby_replicas));
  want(acceptable_recovery_lag >= 0,
       fmt::format("acceptable.recovery.lag is {}: 0 or more are needed", acceptable_recovery_lag));
  want(max_warmup_replicas >= 1, fmt::format("max.warmup.replicas is {}: at least 1 is needed", max_warmup_replicas));
  want(num_stream_threads >= 1, fmt::format("num.stream.threads is {}: at least 1 is needed", num_stream_threads));
  want(commit_interval().count() >= 0, fmt::format("commit.interval.ms is {}: 0 or more", commit_interval().count()));
  want(task_timeout_ms.count() >= 0, fmt::format("task.timeout.ms is {}: 0 or more", task_timeout_ms.count()));
  want(statestore_cache_max_bytes >= 0,
       fmt::format("statestore.cache.max.bytes is {}: 0 switches caching off", statestore_cache_max_bytes));
  want(replication_factor == -1 || replication_factor >= 1,
       fmt::format("replication.factor is {}: -1 (the broker's default) or 1 and more", replication_factor));
  want(heartbeat_interval_ms < session_timeout_ms,
       fmt::format("heartbeat.interval.ms ({}) must be below session.timeout.ms ({}); a third of it is usual",
                   heartbeat_interval_ms.count(), session_timeout_ms.count()));
  want(group_protocol == GroupProtocol::kClassic || group_instance_id.empty(),
       "group.instance.id is set, but group.protocol=streams has no static members: remove one of the two");
  want(!exactly_once() || transaction_timeout_ms > commit_interval(),
       fmt::format("transaction.timeout.ms ({}) must be above commit.interval.ms ({}), or the broker aborts every "
                   "transaction before it is committed",
                   transaction_timeout_ms.count(), commit_interval().count()));
  constexpr std::string_view kByDuration = "by_duration:";
  const bool by_duration = auto_offset_reset.starts_with(kByDuration) &&
                           parse_iso_duration(auto_offset_reset.substr(kByDuration.size())).ok();
  want(auto_offset_reset == "earliest" || auto_offset_reset == "latest" || auto_offset_reset == "none" || by_duration,
       fmt::format("auto.offset.reset is '{}': earliest, latest, none, or by_duration and how far back, such as "
                   "by_duration:PT1H30M",
                   auto_offset_reset));
  if (const Status valid = check_rocksdb_options(rocksdb_options); !valid) found.push_back(valid.error().message);
  want(rocksdb_block_cache_bytes > 0 && rocksdb_write_buffer_bytes > 0,
       "rocksdb.block_cache_bytes and rocksdb.write_buffer_bytes must be above 0");
  constexpr std::string_view kCodecs[] = {"none", "gzip", "snappy", "lz4", "zstd"};
  want(std::find(std::begin(kCodecs), std::end(kCodecs), compression_type) != std::end(kCodecs),
       fmt::format("compression.type is '{}': none, gzip, snappy, lz4 or zstd", compression_type));
  want(batch_size > 0 && buffer_memory >= batch_size,
       fmt::format("buffer.memory ({}) must hold at least one batch.size ({})", buffer_memory, batch_size));
  const bool version = upgrade_from.size() == 3 && std::isdigit(static_cast<unsigned char>(upgrade_from[0])) &&
                       upgrade_from[1] == '.' && std::isdigit(static_cast<unsigned char>(upgrade_from[2]));
  want(upgrade_from.empty() || version, fmt::format("upgrade.from is '{}': a version such as 3.4", upgrade_from));
  if (const auto read = client::read_client_security(security()); !read) found.push_back(read.error().message);
  want(metadata_max_age_ms.count() > 0, fmt::format("metadata.max.age.ms is {}: above 0", metadata_max_age_ms.count()));
  for (const std::string& key : rack_aware_assignment_tags)
    want(
        client_tags.contains(key),
        fmt::format("rack.aware.assignment.tags names {0}: set client.tag.{0} to say what it is of this process", key));
  want(buffered_records_per_partition >= 1, "buffered.records.per.partition must be at least 1");
  return found;
}

std::map<std::string, std::string> StreamsConfig::app_configs() const {
  std::map<std::string, std::string> all = own_configs;
  for (const Entry& entry : entries()) all.emplace(entry.name, entry.value);
  return all;
}

std::vector<StreamsConfig::Entry> StreamsConfig::entries() const {
  std::vector<Entry> all;
  for (const Setting& setting : kSettings) all.push_back({setting.name, setting.get(*this), setting.meaning});
  return all;
}

}  // namespace leat
