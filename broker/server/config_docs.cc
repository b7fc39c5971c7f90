#include "broker/server/config_docs.h"

#include <algorithm>

#include "broker/server/config_keys.h"
#include "broker/server/topic_config.h"

namespace leat::server {

namespace {

struct ConfigDoc {
  std::string_view name;
  std::string_view text;
};

constexpr ConfigDoc kTopicDocs[] = {
    {"cleanup.policy",
     "What happens to old records: 'delete' drops old segments by age and size, 'compact' keeps the last "
     "record of each key; both can be named."},
    {"compression.type",
     "Codec in which batches are stored: 'producer' keeps the one they came in; gzip, snappy, lz4, "
     "zstd and uncompressed have the broker recode them."},
    {"delete.retention.ms",
     "How long the tombstone of a deleted key stays in a compacted topic, so that readers see it."},
    {"file.delete.delay.ms", "Accepted for Kafka's sake: segments are deleted at once here."},
    {"flush.messages", "Accepted for Kafka's sake: log.durability says when records are synced to the disk."},
    {"flush.ms", "Accepted for Kafka's sake: log.durability says when records are synced to the disk."},
    {"index.interval.bytes", "Bytes of log between two entries of a segment's offset index."},
    {"internal.segment.bytes", "Stands above segment.bytes, and may be smaller than that allows: for tests."},
    {"max.compaction.lag.ms", "The longest time that a record of a compacted topic may stay uncompacted."},
    {"max.message.bytes", "The largest batch of records, compressed, that producers may append."},
    {"message.timestamp.after.max.ms", "How far a record's timestamp may lie ahead of the broker's clock."},
    {"message.timestamp.before.max.ms", "How far a record's timestamp may lie behind the broker's clock."},
    {"message.timestamp.type",
     "Whose time a record carries: CreateTime is the producer's, LogAppendTime the broker's."},
    {"min.cleanable.dirty.ratio", "Share of a compacted log that must be uncompacted before the cleaner takes it up."},
    {"min.compaction.lag.ms", "How long a record is left alone before it may be compacted away."},
    {"min.insync.replicas",
     "Replicas that must have a record before acks=all is answered. Here a record is on the disk then."},
    {"preallocate", "Accepted for Kafka's sake: files grow as they are written."},
    {"retention.bytes", "Size of a partition beyond which its oldest segments are deleted; -1 for no limit."},
    {"retention.ms", "Age beyond which segments are deleted; -1 for no limit."},
    {"segment.bytes",
     "Size at which a segment is closed and a new one begun. Whole segments are deleted and compacted."},
    {"segment.ms", "Age at which a segment is closed even if it is not full."},
    {"unclean.leader.election.enable", "Accepted for Kafka's sake: there is one copy of each partition, and it leads."},
};

constexpr ConfigDoc kBrokerDocs[] = {
    {"advertised.listeners",
     "Addresses that clients are told, where they differ from those that the broker listens at."},
    {"allow.everyone.if.no.acl.found",
     "Whether everybody may use a resource for which there is no access control entry."},
    {"authorizer.class.name", "The authorizer that looks after access; without one everybody may do everything."},
    {"auto.create.topics.enable", "Whether a topic is made when a client first asks for it."},
    {"broker.rack", "Where the broker stands; consumers prefer replicas in their own rack."},
    {"default.replication.factor", "Replication factor of topics that name none."},
    {"delete.topic.enable", "Whether topics can be deleted."},
    {"group.coordinator.rebalance.protocols", "Group protocols that are served: classic, consumer and streams."},
    {"group.initial.rebalance.delay.ms", "How long the first rebalance of a new classic group waits for more members."},
    {"group.max.session.timeout.ms", "The longest session timeout that members of classic groups may ask for."},
    {"group.max.size", "Members that a classic group may have."},
    {"group.min.session.timeout.ms", "The shortest session timeout that members of classic groups may ask for."},
    {"group.consumer.assignors", "Assignors of consumer groups; the first is used where members name none."},
    {"group.consumer.assignment.interval.ms", "The least time between two assignments of a consumer group."},
    {"group.consumer.heartbeat.interval.ms", "How often members of consumer groups send a heartbeat."},
    {"group.consumer.max.size", "Members that a consumer group may have."},
    {"group.consumer.migration.policy",
     "Whether groups may change between the classic and the consumer protocol while they run."},
    {"group.consumer.session.timeout.ms", "Silence after which a member of a consumer group is taken for gone."},
    {"group.streams.assignment.interval.ms", "The least time between two assignments of a streams group."},
    {"group.streams.heartbeat.interval.ms", "How often members of streams groups send a heartbeat."},
    {"group.streams.initial.rebalance.delay.ms",
     "How long the first assignment of a new streams group waits for more members."},
    {"group.streams.max.size", "Members that a streams group may have."},
    {"group.streams.num.standby.replicas", "Standby tasks that each stateful task of a streams group gets."},
    {"group.streams.session.timeout.ms", "Silence after which a member of a streams group is taken for gone."},
    {"listeners", "Addresses that the broker listens at, as NAME://host:port; port 0 takes any free one."},
    {"listener.security.protocol.map", "The security protocol of each listener by its name."},
    {"log.cleaner.backoff.ms", "How long the cleaner rests when there is nothing to compact."},
    {"log.cleaner.dedupe.buffer.size", "Memory for the keys of one pass of the cleaner."},
    {"log.cleaner.enable", "Whether compacted topics are compacted."},
    {"log.dir", "The directory of the logs, where log.dirs is not set."},
    {"log.dirs", "The directory of the logs."},
    {"log.retention.check.interval.ms", "How often logs are looked through for segments that are too old or too many."},
    {"max.incremental.fetch.session.cache.slots", "Incremental fetch sessions that are kept at a time."},
    {"node.id", "The number under which clients know the broker."},
    {"num.partitions", "Partitions of topics that name no number."},
    {"offset.metadata.max.bytes", "The longest text that may be committed with an offset."},
    {"offsets.topic.num.partitions",
     "Partitions of the topic of committed offsets; it stands once that topic is made."},
    {"offsets.topic.replication.factor",
     "Replication factor of the topic of committed offsets, as far as there are nodes."},
    {"producer.id.expiration.ms", "Silence after which a partition forgets a producer's last batches."},
    {"replica.selector.class",
     "How consumers are sent to a replica near to them; without it they read from the leader."},
    {"sasl.enabled.mechanisms", "SASL mechanisms that clients may choose from."},
    {"socket.request.max.bytes", "The largest request that is read."},
    {"super.users", "Users who may do everything, as User:name;User:name."},
    {"transaction.max.timeout.ms", "The longest timeout that a transactional producer may ask for."},
    {"transaction.state.log.num.partitions",
     "Partitions of the topic of transactions; it stands once that topic is made."},
    {"transaction.state.log.replication.factor",
     "Replication factor of the topic of transactions, as far as there are nodes."},
};

constexpr ConfigDoc kClientMetricsDocs[] = {
    {"interval.ms", "How often matching clients push their metrics."},
    {"match", "Clients that are asked for metrics, by what they tell of themselves."},
    {"metrics", "Prefixes of the metrics that are asked for."},
};

template <std::size_t kCount>
std::optional<std::string> find_in(const ConfigDoc (&docs)[kCount], std::string_view name) {
  const auto* found = std::find_if(std::begin(docs), std::end(docs), [&](const auto& doc) { return doc.name == name; });
  return found == std::end(docs) ? std::nullopt : std::optional(std::string(found->text));
}

}  // namespace

std::optional<std::string> config_documentation(std::string_view name) {
  if (auto own = find_in(kTopicDocs, name)) return own;
  if (auto own = find_in(kBrokerDocs, name)) return own;
  if (const GroupConfigKey* group = find_group_config(name)) return find_in(kBrokerDocs, group->broker_key);
  for (const TopicConfigKey& key : topic_config_keys())
    for (const BrokerSynonym& synonym : broker_synonyms(key))
      if (synonym.name == name) return find_in(kTopicDocs, key.name);
  return find_in(kClientMetricsDocs, name);
}

}  // namespace leat::server
