#include "broker/server/config_effects.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "broker/server/config_keys.h"

namespace leat::server {

namespace {

using enum ConfigEffect;

constexpr std::string_view kQuorum = "one node is its own controller: there is no quorum to talk to";
constexpr std::string_view kReplicas = "there are no other brokers to replicate to";
constexpr std::string_view kOneReplica = "one node keeps one replica, whatever is asked for";
constexpr std::string_view kOneLoop = "one loop serves all requests";
constexpr std::string_view kSystem = "the system chooses its own size";
constexpr std::string_view kPurgatory = "a request that waits is forgotten as soon as it is answered";
constexpr std::string_view kDurability =
    "log.durability says when data is durable, and logs are checkpointed as needed";
constexpr std::string_view kBuffers = "coordinators read and write their logs with buffers of their own";
constexpr std::string_view kTimers = "every timeout has a timer of its own";
constexpr std::string_view kTiered = "tiered storage is not served";
constexpr std::string_view kShare = "share groups are not served";
constexpr std::string_view kJava = "classes of Java cannot be loaded";
constexpr std::string_view kMechanisms = "GSSAPI and OAUTHBEARER are not served";
constexpr std::string_view kMetrics = "metrics.listener serves metrics to Prometheus";
constexpr std::string_view kWindows = "limits are measured over the last eleven seconds";
constexpr std::string_view kOpenSsl = "OpenSSL does TLS";
constexpr std::string_view kTokens = "delegation tokens are not served";

struct Row {
  /// A key, or the beginning of several where a * is behind it. The first row that fits counts.
  std::string_view key;
  KeyEffect effect;
};

// Members of BrokerConfig and defaults of topics are not listed: those are honoured.
constexpr Row kRows[] = {
    {"listener.security.protocol.map", {kHonoured, ""}},
    {"sasl.enabled.mechanisms", {kHonoured, ""}},
    {"sasl.jaas.config", {kHonoured, ""}},
    {"ssl.cipher.suites", {kHonoured, ""}},
    {"ssl.client.auth", {kHonoured, ""}},
    {"ssl.enabled.protocols", {kHonoured, ""}},
    {"ssl.key.password", {kHonoured, ""}},
    {"ssl.keystore.*", {kHonoured, ""}},
    {"ssl.truststore.*", {kHonoured, ""}},
    {"ssl.principal.mapping.rules", {kHonoured, ""}},
    // Bounds of what groups may set at run time.
    {"group.consumer.m*", {kHonoured, ""}},
    {"group.streams.m*", {kHonoured, ""}},

    {"add.partitions.to.txn.*", {kNone, "the broker verifies transactions in its own memory, without a request"}},
    {"alter.config.policy.class.name", {kRefused, kJava}},
    {"alter.log.dirs.*", {kNone, "there is one log directory, so no replica moves"}},
    {"auto.leader.rebalance.enable", {kNone, kReplicas}},
    {"background.threads", {kNone, kOneLoop}},
    {"broker.heartbeat.interval.ms", {kNone, kQuorum}},
    {"broker.rack", {kNone, kReplicas}},
    {"broker.session.timeout.ms", {kNone, kQuorum}},
    {"client.quota.callback.class", {kRefused, kJava}},
    {"config.providers", {kRefused, kJava}},
    {"connection.failed.authentication.delay.ms", {kNone, "who fails to authenticate always waits 100 ms"}},
    {"connections.max.reauth.ms", {kHonoured, ""}},
    {"controlled.shutdown.enable", {kNone, kQuorum}},
    {"controller.quota.*", {kNone, kWindows}},
    {"controller.*", {kNone, kQuorum}},
    {"cordoned.log.dirs", {kRefused, "there is one log directory"}},
    {"create.topic.policy.class.name", {kRefused, kJava}},
    {"delegation.token.*", {kNone, kTokens}},
    {"delete.records.purgatory.purge.interval.requests", {kNone, kPurgatory}},
    {"early.start.listeners", {kNone, kQuorum}},
    {"fetch.max.bytes", {kNone, "what a client asks for is bounded by what it says"}},
    {"fetch.purgatory.purge.interval.requests", {kNone, kPurgatory}},
    {"follower.fetch.last.tiered.offset.enable", {kNone, kTiered}},
    {"group.consumer.assignor.offload.enable", {kNone, "assignments are computed on the broker's loop"}},
    {"group.streams.assignor.offload.enable", {kNone, "assignments are computed on the broker's loop"}},
    {"group.coordinator.*", {kNone, kBuffers}},
    {"group.share.*", {kNone, kShare}},
    {"initial.broker.registration.timeout.ms", {kNone, kQuorum}},
    {"inter.broker.listener.name", {kNone, kReplicas}},
    {"kafka.metrics.*", {kNone, kMetrics}},
    {"leader.imbalance.*", {kNone, kReplicas}},
    {"log.cleaner.threads", {kNone, "the cleaner works in small steps on the broker's loop"}},
    {"log.cleaner.io.*", {kNone, "the cleaner works in small steps on the broker's loop"}},
    {"log.dir.failure.timeout.ms", {kNone, "a log that fails is offline until the broker is started again"}},
    {"log.flush.*", {kNone, kDurability}},
    {"log.roll.jitter.hours", {kNone, "segments roll when they are due"}},
    {"max.connection.creation.rate", {kNone, "the rate of new connections is not limited; max.connections is"}},
    {"max.request.partition.size.limit", {kNone, "a response tells up to 2000 partitions"}},
    {"metadata.*", {kNone, "the metadata log is small: it is kept as it is"}},
    {"metric.reporters", {kNone, kMetrics}},
    {"metrics.num.samples", {kNone, kMetrics}},
    {"metrics.recording.level", {kNone, kMetrics}},
    {"metrics.sample.window.ms", {kNone, kMetrics}},
    {"num.io.threads", {kNone, kOneLoop}},
    {"num.network.threads", {kNone, kOneLoop}},
    {"num.recovery.threads.per.data.dir", {kNone, "one thread recovers all logs"}},
    {"num.replica.*", {kNone, kReplicas}},
    {"offsets.commit.timeout.ms", {kNone, "a commit is answered when it is durable, or when the log is offline"}},
    {"offsets.load.buffer.size", {kNone, kBuffers}},
    {"offsets.topic.compression.codec", {kNone, "records of internal topics are small and written uncompressed"}},
    {"principal.builder.class",
     {kRefused, kJava, "org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder"}},
    {"process.roles", {kNone, kQuorum}},
    {"producer.purgatory.purge.interval.requests", {kNone, kPurgatory}},
    {"queued.max.requests", {kNone, "each connection has one request under way"}},
    {"queued.max.request.bytes", {kNone, "each connection has one request under way"}},
    {"quota.window.*", {kNone, kWindows}},
    {"remote.log.storage.system.enable", {kRefused, kTiered, "false"}},
    {"remote.*", {kNone, kTiered}},
    {"replica.*", {kNone, kReplicas}},
    {"replication.quota.*", {kNone, kReplicas}},
    {"request.timeout.ms", {kNone, kReplicas}},
    {"sasl.mechanism.controller.protocol", {kNone, kQuorum}},
    {"sasl.mechanism.inter.broker.protocol", {kNone, kReplicas}},
    {"sasl.server.callback.handler.class", {kRefused, kJava}},
    {"sasl.server.max.receive.size", {kNone, "requests of who has not authenticated are bounded by 512 KiB"}},
    {"sasl.client.callback.handler.class", {kRefused, kJava}},
    {"sasl.login.callback.handler.class", {kRefused, kJava}},
    {"sasl.login.class", {kRefused, kJava}},
    {"sasl.kerberos.*", {kNone, kMechanisms}},
    {"sasl.login.*", {kNone, kMechanisms}},
    {"sasl.oauthbearer.*", {kNone, kMechanisms}},
    {"security.inter.broker.protocol", {kNone, kReplicas}},
    {"security.providers", {kRefused, kJava}},
    {"share.*", {kNone, kShare}},
    {"socket.connection.setup.timeout.*", {kNone, kReplicas}},
    {"socket.listen.backlog.size", {kNone, kSystem}},
    {"socket.receive.buffer.bytes", {kNone, kSystem}},
    {"socket.send.buffer.bytes", {kNone, kSystem}},
    {"ssl.allow.*", {kNone, "a new certificate may have another name than the one before it"}},
    {"ssl.endpoint.identification.algorithm", {kNone, "a broker does not look up its clients' hosts"}},
    {"ssl.engine.factory.class", {kRefused, kJava}},
    {"ssl.*", {kNone, kOpenSsl}},
    {"telemetry.max.bytes", {kNone, "metrics of clients are not kept"}},
    {"transaction.abort.timed.out.transaction.cleanup.interval.ms", {kNone, kTimers}},
    {"transaction.partition.verification.enable", {kNone, "partitions are always verified with their transaction"}},
    {"transaction.state.log.load.buffer.size", {kNone, kBuffers}},
    {"transaction.state.log.min.isr", {kNone, kOneReplica}},
    {"transaction.two.phase.commit.enable", {kRefused, "two-phase commit is not served", "false"}},
    {"unstable.api.versions.enable", {kNone, "all that is served is stable"}},
    {"unstable.feature.versions.enable", {kNone, "all that is served is stable"}},
};

bool fits(std::string_view row, std::string_view key) {
  return row.ends_with('*') ? key.starts_with(row.substr(0, row.size() - 1)) : key == row;
}

}  // namespace

std::optional<KeyEffect> effect_of(std::string_view key) {
  const auto* found =
      std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& row) { return fits(row.key, key); });
  if (found == std::end(kRows)) return std::nullopt;
  // Groups of keys are Kafka's; a misspelt one is not taken for one of them.
  if (found->key.ends_with('*') && find_broker_config(key) == nullptr) return std::nullopt;
  return found->effect;
}

std::optional<std::string> refusal_of(std::string_view key, const std::string& value) {
  const auto effect = effect_of(key);
  if (!effect || effect->effect != kRefused || value.empty() || value == effect->harmless) return std::nullopt;
  const BrokerConfigKey* known = find_broker_config(key);
  if (known != nullptr && known->by_default && value == *known->by_default) return std::nullopt;
  return fmt::format("'{}' cannot be taken: {}; leave the key out", value, effect->note);
}

}  // namespace leat::server
