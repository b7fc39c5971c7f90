#include "broker/server/broker_metrics.h"

#include <algorithm>

#include "base/metrics_text.h"
#include "broker/server/broker.h"
#include "broker/server/handlers.h"
#include "broker/wire/api_table.h"

namespace leat::server {

namespace {

using coordinator::CommittedOffset;
using coordinator::GroupCoordinator;
using wire::ApiKey;

/// What a group has committed of a partition that is there.
struct GroupOffset {
  TopicPartition partition;
  const CommittedOffset* committed = nullptr;
  std::int64_t lag = 0;
};

struct GroupView {
  std::string id;
  std::size_t members = 0;
  std::vector<GroupOffset> offsets;

  std::int64_t lag_sum() const {
    std::int64_t sum = 0;
    for (const GroupOffset& each : offsets) sum += each.lag;
    return sum;
  }
};

/// All groups with members or offsets, by name.
std::map<std::string, GroupView> look_at_groups(Broker& broker) {
  std::map<std::string, GroupView> views;
  for (const auto& coordinator : broker.group_coordinators()) {
    const GroupCoordinator& groups = *coordinator;
    for (const auto& [id, group] : groups.groups()) views[id].members = group.members.size();
    for (const auto& [id, group] : groups.consumers().groups()) views[id].members = group.members().size();
    for (const auto& [id, group] : groups.streams().groups()) views[id].members = group.members.size();
    for (const auto& [id, offsets] : groups.offsets().all())
      for (const auto& [partition, committed] : offsets)
        if (const auto* log = broker.topics().log_of(partition.topic, partition.partition))
          views[id].offsets.push_back({partition, &committed, log->high_watermark() - committed.offset});
  }
  for (auto& [id, view] : views) view.id = id;
  return views;
}

/// Calls `each(topic, partition as text, log)`.
template <class Each>
void for_all_logs(Broker& broker, Each each) {
  for (const auto& [name, topic] : broker.topics().all())
    for (std::size_t i = 0; i < topic->partitions.size(); ++i)
      if (const auto& log = topic->partitions[i]) each(name, std::to_string(i), *log);
}

/// Sums by topic, in the order of the topics.
std::map<std::string, std::int64_t> sums_by_topic(const GroupView& group, std::int64_t (*value)(const GroupOffset&)) {
  std::map<std::string, std::int64_t> sums;
  for (const GroupOffset& each : group.offsets) sums[each.partition.topic] += value(each);
  return sums;
}

void add_topics(Broker& broker, MetricsText& text) {
  text.family("kafka_brokers", "gauge", "Number of brokers in the Kafka cluster");
  text.sample({}, static_cast<std::int64_t>(broker.nodes().running()));
  text.family("kafka_broker_info", "gauge", "Information about the broker");
  if (!broker.listening().empty())
    for (const Listening* each : broker.listeners().beside(broker.listening().front()))
      text.sample({{"address", each->advertised.to_string()}, {"id", std::to_string(each->node)}}, std::int64_t{1});
  text.family("kafka_topic_partitions", "gauge", "Number of partitions of this topic");
  for (const auto& [name, topic] : broker.topics().all())
    text.sample({{"topic", name}}, static_cast<std::int64_t>(topic->partitions.size()));
  const Nodes& nodes = broker.nodes();
  const auto family = [&](std::string_view name, std::string_view help, auto value) {
    text.family(name, "gauge", help);
    for (const auto& [topic_name, topic] : broker.topics().all())
      for (std::size_t i = 0; i < topic->partitions.size(); ++i)
        if (const auto& log = topic->partitions[i])
          text.sample({{"partition", std::to_string(i)}, {"topic", topic_name}},
                      static_cast<std::int64_t>(value(*log, topic->replicas[i])));
  };
  using Log = log::PartitionLog;
  using Replicas = std::vector<std::int32_t>;
  const auto leader = [&](const Log& log, const Replicas& replicas) {
    return log.offline() ? -1 : nodes.leader_of(replicas);
  };
  const auto in_sync = [&](const Log& log, const Replicas& replicas) {
    return log.offline() ? 0 : nodes.in_sync(replicas).size();
  };
  family("kafka_topic_partition_current_offset", "Current offset of a broker at topic and partition",
         [](const Log& log, const Replicas&) { return log.high_watermark(); });
  family("kafka_topic_partition_oldest_offset", "Oldest offset of a broker at topic and partition",
         [](const Log& log, const Replicas&) { return log.log_start_offset(); });
  family("kafka_topic_partition_leader", "Leader broker id of this topic and partition", leader);
  family("kafka_topic_partition_leader_is_preferred", "1 if the partition is using the preferred broker",
         [&](const Log& log, const Replicas& replicas) { return leader(log, replicas) == replicas.at(0) ? 1 : 0; });
  family("kafka_topic_partition_replicas", "Number of replicas for this topic and partition",
         [](const Log&, const Replicas& replicas) { return replicas.size(); });
  family("kafka_topic_partition_in_sync_replica", "Number of in-sync replicas for this topic and partition", in_sync);
  family("kafka_topic_partition_under_replicated_partition", "1 if the partition is under replicated",
         [&](const Log& log, const Replicas& replicas) { return in_sync(log, replicas) < replicas.size() ? 1 : 0; });
}

void add_groups(const std::map<std::string, GroupView>& groups, MetricsText& text) {
  const auto by_partition = [&](std::string_view name, std::string_view help, auto value) {
    text.family(name, "gauge", help);
    for (const auto& [id, group] : groups)
      for (const GroupOffset& each : group.offsets)
        text.sample({{"consumergroup", id},
                     {"partition", std::to_string(each.partition.partition)},
                     {"topic", each.partition.topic}},
                    static_cast<std::int64_t>(value(each)));
  };
  const auto by_topic = [&](std::string_view name, std::string_view help, std::int64_t (*value)(const GroupOffset&)) {
    text.family(name, "gauge", help);
    for (const auto& [id, group] : groups)
      for (const auto& [topic, sum] : sums_by_topic(group, value))
        text.sample({{"consumergroup", id}, {"topic", topic}}, sum);
  };
  const auto offset_of = [](const GroupOffset& each) { return each.committed->offset; };
  const auto lag_of = [](const GroupOffset& each) { return each.lag; };
  by_partition("kafka_consumergroup_current_offset", "Current offset of a consumer group at topic and partition",
               offset_of);
  by_topic("kafka_consumergroup_current_offset_sum", "Current offset of a consumer group at topic for all partitions",
           offset_of);
  by_partition("kafka_consumergroup_lag", "Current lag of a consumer group at topic and partition", lag_of);
  by_topic("kafka_consumergroup_lag_sum", "Current lag of a consumer group at topic for all partitions", lag_of);
  text.family("kafka_consumergroup_members", "gauge", "Amount of members in a consumer group");
  for (const auto& [id, group] : groups) text.sample({{"consumergroup", id}}, static_cast<std::int64_t>(group.members));
}

void add_judgements(Broker& broker, const std::map<std::string, GroupView>& groups, const LagJudge& judge,
                    MetricsText& text) {
  const std::string& cluster = broker.cluster_id();
  const std::int64_t now_ms = broker.world().loop.wall_clock_ms();
  const auto status_of = [&](const GroupView& group, const GroupOffset& each) {
    return judge.judge(group.id, each.partition, each.lag, now_ms);
  };
  const auto by_partition = [&](std::string_view name, std::string_view help, auto value) {
    text.family(name, "gauge", help);
    for (const auto& [id, group] : groups)
      for (const GroupOffset& each : group.offsets)
        text.sample({{"cluster", cluster},
                     {"consumer_group", id},
                     {"partition", std::to_string(each.partition.partition)},
                     {"topic", each.partition.topic}},
                    static_cast<std::int64_t>(value(group, each)));
  };
  text.family("burrow_kafka_consumer_lag_total", "untyped",
              "The sum of all partition current lag values for the group");
  for (const auto& [id, group] : groups) text.sample({{"cluster", cluster}, {"consumer_group", id}}, group.lag_sum());
  text.family("burrow_kafka_consumer_status", "gauge",
              "The status of the consumer group, by its worst partition: 1 OK, 2 WARN, 3 ERR");
  for (const auto& [id, group] : groups) {
    LagStatus worst = LagStatus::kOk;
    for (const GroupOffset& each : group.offsets) worst = std::max(worst, status_of(group, each));
    text.sample({{"cluster", cluster}, {"consumer_group", id}}, static_cast<std::int64_t>(LagJudge::of_group(worst)));
  }
  by_partition("burrow_kafka_consumer_partition_lag", "The latest lag of a partition",
               [](const GroupView&, const GroupOffset& each) { return each.lag; });
  by_partition("burrow_kafka_consumer_current_offset", "Latest offset commit on this partition",
               [](const GroupView&, const GroupOffset& each) { return each.committed->offset; });
  by_partition("burrow_kafka_topic_partition_status",
               "The status of the group on this partition: 1 OK, 2 WARN, 4 STOP, 5 STALL, 6 REWIND",
               [&](const GroupView& group, const GroupOffset& each) { return status_of(group, each); });
  text.family("burrow_kafka_topic_partition_offset", "gauge", "Latest offset the topic has on this partition");
  for_all_logs(broker, [&](const std::string& topic, const std::string& partition, const log::PartitionLog& log) {
    text.sample({{"cluster", cluster}, {"partition", partition}, {"topic", topic}}, log.high_watermark());
  });
}

void add_uptime(Broker& broker, std::string_view name, std::string_view type, MetricsText& text) {
  text.family(name, type, "Seconds since the broker began");
  text.sample({}, std::chrono::duration<double>(broker.world().loop.now() - broker.began()).count());
}

/// Our own: requests, connections, sizes.
void add_inside(Broker& broker, MetricsText& text) {
  const RequestStatistics& statistics = broker.request_statistics();
  const auto by_api = [&](auto each) {
    for (const ApiKey key : served_apis())
      if (const auto& of = statistics.of(static_cast<std::int16_t>(key)); of.latency.count() > 0)
        each(wire::find_api(static_cast<std::int16_t>(key))->name, of);
  };
  text.family("leat_request_latency_seconds", "histogram", "From a whole request to its response, waiting included");
  by_api([&](std::string_view api, const auto& of) { text.histogram({{"api", api}}, of.latency); });
  text.family("leat_request_bytes_total", "counter", "Bytes of requests");
  by_api([&](std::string_view api, const auto& of) {
    text.sample({{"api", api}}, static_cast<std::int64_t>(of.bytes_in));
  });
  text.family("leat_response_bytes_total", "counter", "Bytes of responses");
  by_api([&](std::string_view api, const auto& of) {
    text.sample({{"api", api}}, static_cast<std::int64_t>(of.bytes_out));
  });
  text.family("leat_connections", "gauge", "Connections of clients");
  text.sample({}, static_cast<std::int64_t>(broker.listeners().connections()));
  text.family("leat_connections_refused_total", "counter",
              "Connections beyond max.connections or max.connections.per.ip");
  text.sample({}, static_cast<std::int64_t>(broker.listeners().refused()));
  if (const auto space = broker.world().files.space(broker.config().log_dir)) {
    text.family("leat_disk_bytes", "gauge", "Size of the volume of log.dirs");
    text.sample({}, static_cast<std::int64_t>(space->bytes));
    text.family("leat_disk_free_bytes", "gauge", "Free space of the volume of log.dirs");
    text.sample({}, static_cast<std::int64_t>(space->bytes_free));
  }
  text.family("leat_log_size_bytes", "gauge", "Bytes of a partition on the disk");
  for_all_logs(broker, [&](const std::string& topic, const std::string& partition, const log::PartitionLog& log) {
    text.sample({{"partition", partition}, {"topic", topic}}, static_cast<std::int64_t>(log.size_bytes()));
  });
  text.family("leat_log_last_stable_offset", "gauge", "Where readers of committed records end");
  for_all_logs(broker, [&](const std::string& topic, const std::string& partition, const log::PartitionLog& log) {
    text.sample({{"partition", partition}, {"topic", topic}}, log.last_stable_offset());
  });
  text.family("leat_log_segments", "gauge", "Segments of a partition");
  for_all_logs(broker, [&](const std::string& topic, const std::string& partition, const log::PartitionLog& log) {
    text.sample({{"partition", partition}, {"topic", topic}}, static_cast<std::int64_t>(log.segments().size()));
  });
  add_uptime(broker, "leat_uptime_seconds", "gauge", text);
}

}  // namespace

void note_commits(Broker& broker, LagJudge& judge) {
  for (const auto& [id, group] : look_at_groups(broker))
    for (const GroupOffset& each : group.offsets)
      judge.note(id, each.partition, {each.committed->offset, each.committed->commit_timestamp_ms, each.lag});
  judge.forget_others();
}

std::string all_metrics(Broker& broker, const LagJudge& judge) {
  MetricsText text;
  const auto groups = look_at_groups(broker);
  add_topics(broker, text);
  add_groups(groups, text);
  add_judgements(broker, groups, judge, text);
  add_inside(broker, text);
  return text.take();
}

std::string public_metrics(Broker& broker) {
  constexpr std::string_view kNamespace = "kafka";
  MetricsText text;
  add_uptime(broker, "redpanda_application_uptime_seconds_total", "counter", text);
  text.family("redpanda_cluster_brokers", "gauge", "Number of configured brokers in the cluster");
  text.sample({}, std::int64_t{1});
  text.family("redpanda_cluster_topics", "gauge", "Number of topics in the cluster");
  text.sample({}, static_cast<std::int64_t>(broker.topics().all().size()));
  std::int64_t partitions = 0;
  std::int64_t offline = 0;
  for_all_logs(broker, [&](const std::string&, const std::string&, const log::PartitionLog& log) {
    ++partitions;
    if (log.offline()) ++offline;
  });
  text.family("redpanda_cluster_partitions", "gauge", "Number of partitions in the cluster");
  text.sample({}, partitions);
  text.family("redpanda_cluster_unavailable_partitions", "gauge", "Number of partitions that nobody serves");
  text.sample({}, offline);
  text.family("redpanda_kafka_max_offset", "gauge", "Latest readable offset of the partition (high watermark)");
  for_all_logs(broker, [&](const std::string& topic, const std::string& partition, const log::PartitionLog& log) {
    text.sample({{"redpanda_namespace", kNamespace}, {"redpanda_partition", partition}, {"redpanda_topic", topic}},
                log.high_watermark());
  });
  if (const auto space = broker.world().files.space(broker.config().log_dir)) {
    text.family("redpanda_storage_disk_total_bytes", "gauge", "Total size of the volume of log.dirs");
    text.sample({}, static_cast<std::int64_t>(space->bytes));
    text.family("redpanda_storage_disk_free_bytes", "gauge", "Free space of the volume of log.dirs");
    text.sample({}, static_cast<std::int64_t>(space->bytes_free));
  }
  const RequestStatistics& statistics = broker.request_statistics();
  const auto& produce = statistics.of(static_cast<std::int16_t>(ApiKey::kProduce));
  const auto& fetch = statistics.of(static_cast<std::int16_t>(ApiKey::kFetch));
  text.family("redpanda_kafka_request_latency_seconds", "histogram", "Latency of produce and consume requests");
  text.histogram({{"redpanda_request", "produce"}}, produce.latency);
  text.histogram({{"redpanda_request", "consume"}}, fetch.latency);
  text.family("redpanda_kafka_request_bytes_total", "counter", "Bytes that were produced and consumed");
  text.sample({{"redpanda_request", "produce"}}, static_cast<std::int64_t>(produce.bytes_in));
  text.sample({{"redpanda_request", "consume"}}, static_cast<std::int64_t>(fetch.bytes_out));
  const auto groups = look_at_groups(broker);
  const auto by_group = [&](std::string_view name, std::string_view help, auto value) {
    text.family(name, "gauge", help);
    for (const auto& [id, group] : groups)
      text.sample({{"redpanda_group", id}}, static_cast<std::int64_t>(value(group)));
  };
  by_group("redpanda_kafka_consumer_group_consumers", "Number of consumers in a group",
           [](const GroupView& group) { return group.members; });
  by_group("redpanda_kafka_consumer_group_topics", "Number of topics in a group", [](const GroupView& group) {
    return sums_by_topic(group, [](const GroupOffset&) { return std::int64_t{0}; }).size();
  });
  by_group("redpanda_kafka_consumer_group_lag_sum", "Lag of a group over all partitions",
           [](const GroupView& group) { return group.lag_sum(); });
  by_group("redpanda_kafka_consumer_group_lag_max", "Largest lag of a group on a partition",
           [](const GroupView& group) {
             std::int64_t most = 0;
             for (const GroupOffset& each : group.offsets) most = std::max(most, each.lag);
             return most;
           });
  text.family("redpanda_kafka_consumer_group_committed_offset", "gauge", "Committed offset of a group");
  for (const auto& [id, group] : groups)
    for (const GroupOffset& each : group.offsets)
      text.sample({{"redpanda_group", id},
                   {"redpanda_partition", std::to_string(each.partition.partition)},
                   {"redpanda_topic", each.partition.topic}},
                  each.committed->offset);
  return text.take();
}

}  // namespace leat::server
