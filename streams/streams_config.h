// StreamsConfig: the settings of an app, as a struct with designated initialisers; every Kafka name works as text too.
//
//   leat::StreamsConfig config{.application_id = "fraud", .bootstrap_servers = "localhost:9092",
//                              .processing_guarantee = leat::ProcessingGuarantee::kExactlyOnceV2};
//   if (auto status = config.set("commit.interval.ms", "200"); !status) ...   // a typo names its neighbour
//   for (const std::string& problem : config.problems()) ...                  // all of them at once, each with the fix
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "streams/error_handlers.h"
#include "topology/invalid_timestamp.h"

namespace leat {

/// In place of `bootstrap.servers`: the app brings its own broker.
inline constexpr std::string_view kEmbedded = "embedded";

enum class ProcessingGuarantee { kAtLeastOnce, kExactlyOnceV2 };

/// Who gives tasks to the members of an application: its leader (the classic protocol), or the broker (KIP-1071).
enum class GroupProtocol { kClassic, kStreams };

/// Whether tasks are placed so that little is read across racks (KIP-925).
enum class RackStrategy {
  kNone,
  kMinTraffic,          ///< as little as can be
  kBalanceSubtopology,  ///< as little as can be where every member has its share of each sub-topology
};

/// Each member is the Kafka setting of its name (org.apache.kafka.streams.StreamsConfig) with Kafka's default, unless
/// it says otherwise. Durations are read as milliseconds from text.
struct StreamsConfig {
  using Milliseconds = std::chrono::milliseconds;

  /// Names the consumer group, internal topics, state and transactions. Required; a legal topic name.
  std::string application_id;
  /// `host:port,...` of a Kafka-compatible cluster, or kEmbedded (the default: Kafka has none).
  std::string bootstrap_servers{kEmbedded};
  /// Where state lies, in a directory for each application. Two processes of one application on one machine need two.
  std::string state_dir = "/tmp/kafka-streams";
  /// At least 1. Each has its own tasks, share of the caches, and clients.
  int num_stream_threads = 1;
  ProcessingGuarantee processing_guarantee = ProcessingGuarantee::kAtLeastOnce;
  /// 30 s, under exactly-once 100 ms, unless set.
  std::optional<Milliseconds> commit_interval_ms;
  /// Record caches of all stores together, over all threads of the process.
  std::int64_t statestore_cache_max_bytes = 10 * 1024 * 1024;
  /// Uncommitted writes that may wait in memory before a commit is forced, over all threads; -1 is no bound.
  std::int64_t statestore_uncommitted_max_bytes = 64 * 1024 * 1024;
  /// Of internal topics; -1: the broker's default.
  int replication_factor = -1;
  /// Copies of each task's stores that other processes keep up to date, to take over at once.
  int num_standby_replicas = 0;
  /// A task that runs moves to another process when that has no more than so many offsets to restore; until then it
  /// warms up there, for so many tasks at a time.
  std::int64_t acceptable_recovery_lag = 10'000;
  int max_warmup_replicas = 2;
  /// How long a member that warms up waits for the next round at most; it asks for it when it has caught up.
  Milliseconds probing_rebalance_interval_ms{600'000};
  /// How long a task waits for a partition that has no records, so that it can take the oldest record of all (KIP-695).
  /// 0: only while records are known to be there. -1: never.
  Milliseconds max_task_idle_ms{0};
  /// Records of a partition that may wait in a task's queue before it is not fetched from for a while.
  int buffered_records_per_partition = 1000;
  /// How long a thread may begin anew again and again after passing errors (a broker that does not answer in time)
  /// without a commit in between, before it dies; 0: at the first. Time without any broker does not count (KIP-572).
  Milliseconds task_timeout_ms{300'000};
  /// Where this process is, as brokers say it with broker.rack; and how tasks are placed by that, which needs it of all
  /// members and brokers. Costs are per partition that is read across racks, and per task that is moved; unset: Kafka's
  /// 10 and 1. For the classic protocol.
  std::string client_rack;
  RackStrategy rack_aware_assignment_strategy = RackStrategy::kNone;
  std::optional<std::int64_t> rack_aware_assignment_traffic_cost;
  std::optional<std::int64_t> rack_aware_assignment_non_overlap_cost;
  /// `client.tag.` settings: what else distinguishes this process; and those in which the copies of a task are to
  /// differ, so that they are not lost together.
  std::map<std::string, std::string> client_tags;
  std::vector<std::string> rack_aware_assignment_tags;
  /// host:port where this process answers queries over HTTP, and which the other members hear of. Port 0 takes a free
  /// one. Empty: it answers none.
  std::string application_server;
  /// In front of the clients' names in the broker's logs; empty: application.id.
  std::string client_id;
  /// Which metrics are recorded and shown.
  RecordingLevel metrics_recording_level = RecordingLevel::kInfo;
  /// Rates, averages and maxima are those of the last one to two such windows (metrics.num.samples is always 2).
  Milliseconds metrics_sample_window_ms{30'000};
  /// topology.optimization=all. The builder must have been told too (BuilderOptions::optimize); else start() refuses.
  bool optimize_topology = false;
  /// Refuses to start where stores or repartition topics have generated names (KIP-1111).
  bool ensure_explicit_internal_resource_naming = false;
  /// While members of that version are still there. Below 3.5 the halves of a regrouped table's change are sent apart.
  std::string upgrade_from;
  /// How often records of repartition topics are deleted that all have been committed behind.
  Milliseconds repartition_purge_interval_ms{30'000};
  Milliseconds windowstore_changelog_additional_retention_ms{86'400'000};
  /// `topic.` settings for internal topics.
  std::map<std::string, std::string> topic_configs;

  /// Settings of the program's own, for its processors: ProcessorContext::app_configs. In text, unlike in Kafka, they
  /// need the prefix `app.`, so that a typo in the others is found.
  std::map<std::string, std::string> own_configs;
  /// What sources that do not say it do about timestamps that are negative (default.timestamp.extractor).
  OnInvalidTimestamp default_timestamp_extractor = OnInvalidTimestamp::kFail;

  /// RocksDB's memory, for all stores of the process together, and its options (rocksdb.config.setter): `rocksdb.` and
  /// RocksDB's own names in text, such as `rocksdb.compression`=`kLZ4Compression` or `rocksdb.block_size`=`16K`.
  std::int64_t rocksdb_block_cache_bytes = 64 * 1024 * 1024;
  std::int64_t rocksdb_write_buffer_bytes = 64 * 1024 * 1024;
  std::map<std::string, std::string> rocksdb_options;

  /// Under Kafka's class names, `fail` or `continue` in text; both log. Functions of your own go into `error_handlers`.
  OnError deserialization_exception_handler = OnError::kFail;
  OnError processing_exception_handler = OnError::kFail;
  /// What becomes of records that cannot be written; kFail tries again where that may help.
  OnError production_exception_handler = OnError::kFail;
  /// The topic that records go to which a handler was asked about; it must exist. Empty: none.
  std::string errors_dead_letter_queue_topic_name;
  /// Take the place of the settings above where they are set.
  ErrorHandlers error_handlers;

  // The clients inside, under their `producer.` and `consumer.` names.
  std::string auto_offset_reset = "earliest";
  GroupProtocol group_protocol = GroupProtocol::kClassic;
  std::string group_instance_id;
  Milliseconds session_timeout_ms{45'000};
  Milliseconds heartbeat_interval_ms{3'000};
  Milliseconds max_poll_interval_ms{300'000};
  /// How often sources by pattern look for topics.
  Milliseconds metadata_max_age_ms{300'000};
  std::int32_t fetch_max_bytes = 50 * 1024 * 1024;
  std::int32_t max_partition_fetch_bytes = 1024 * 1024;
  Milliseconds linger_ms{100};
  std::int32_t batch_size = 16'384;
  std::int64_t buffer_memory = 32 * 1024 * 1024;
  std::string compression_type = "none";
  Milliseconds delivery_timeout_ms{120'000};
  Milliseconds transaction_timeout_ms{10'000};

  // The embedded broker. No Kafka counterpart.
  /// Where it keeps its log; `STATE_DIR/broker` unless set.
  std::string embedded_data_dir;
  /// Where Kafka clients reach it meanwhile, `host:port`; empty to listen nowhere. Port 0 takes a free one.
  std::string embedded_listener = "127.0.0.1:9092";
  /// PLAINTEXT, SSL, or SASL_PLAINTEXT and SASL_SSL for a cluster that wants to know who is there.
  std::string security_protocol = "PLAINTEXT";
  /// Kafka's `ssl.` settings under their names: `ssl.truststore.location` and so on.
  std::map<std::string, std::string> ssl;
  /// PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.
  std::string sasl_mechanism = "PLAIN";
  /// Credentials, as Java's clients have them: `... required username="ann" password="secret";`
  std::string sasl_jaas_config;
  /// Settings of the embedded broker under their server.properties names (`broker.` in text).
  std::map<std::string, std::string> broker_configs;

  const std::string& client_name() const { return client_id.empty() ? application_id : client_id; }
  bool embedded() const { return bootstrap_servers == kEmbedded; }
  /// `security.protocol`, `sasl.` and `ssl.` settings under Kafka's names.
  std::map<std::string, std::string> security() const;
  /// Whether `upgrade_from` is below 3.5.
  bool changes_apart() const;
  bool exactly_once() const { return processing_guarantee == ProcessingGuarantee::kExactlyOnceV2; }
  Milliseconds commit_interval() const {
    return commit_interval_ms.value_or(exactly_once() ? Milliseconds{100} : Milliseconds{30'000});
  }

  /// All settings as text by their names, and `own_configs`: what processors see.
  std::map<std::string, std::string> app_configs() const;
  /// `error_handlers` completed from the settings.
  ErrorHandlers handlers() const;

  /// Sets one entry by its Kafka name. Unknown names and values that cannot be read are errors that say what would do.
  Status set(std::string_view name, std::string_view value);
  /// Everything that keeps an app with these settings from starting; empty when it can start.
  std::vector<std::string> problems() const;

  /// One line per setting that `set` takes: name, current value, meaning.
  struct Entry {
    std::string_view name;
    std::string value;
    std::string_view meaning;
  };
  std::vector<Entry> entries() const;
};

}  // namespace leat
