#include "broker/server/topics.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "broker/server/topic_config.h"
#include "broker/wire/records/admin_records.h"
#include "broker/wire/records/metadata_records.h"

namespace leat::server {

using wire::ErrorCode;

namespace {

constexpr std::int64_t kProducerIdsPerBlock = 1000;
constexpr std::size_t kNameCharactersMax = 249;
constexpr auto kTopicResource = static_cast<std::int8_t>(ResourceType::kTopic);
/// Kafka's controller begins one when a broker is gone, and one when it is back.
constexpr std::int32_t kEpochsPerStart = 2;
const TopicPartition kMetadataPartition{"__cluster_metadata", 0};

bool legal_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

bool is_legal_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.size() <= kNameCharactersMax &&
         name != kMetadataPartition.topic && std::all_of(name.begin(), name.end(), legal_character);
}

std::string with_underscores(std::string name) {
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

}  // namespace

Result<std::unique_ptr<Topics>> Topics::open(World world, log::LogDirectory& directory, const BrokerConfig& config,
                                             const Nodes& nodes) {
  std::unique_ptr<Topics> topics(new Topics(world, directory, config, nodes));
  log::LogConfig metadata_config;
  metadata_config.cleanup_delete = false;
  metadata_config.durability = config.log.durability;
  LEAT_ASSIGN_OR_RETURN(topics->metadata_log_, directory.open_log(kMetadataPartition, Uuid{0, 1}, metadata_config));
  topics->runtime_ = std::make_unique<coordinator::Runtime>(world, *topics->metadata_log_, *topics);
  topics->loading_ = true;
  LEAT_RETURN_IF_ERROR(topics->runtime_->replay());
  if (topics->metadata_log_->log_end_offset() == 0) topics->format();
  topics->begin_epochs();
  topics->loading_ = false;
  for (auto& [name, topic] : topics->topics_) {
    topics->open_logs(*topic);
    topic->partitions_durable = topic->partitions.size();
  }
  topics->producer_id_next_ = topics->producer_id_durable_end_ = topics->producer_id_block_end_;
  return topics;
}

void Topics::format() {
  std::vector<coordinator::InternalRecord> records;
  for (const auto& [name, level] : config_.features) {
    wire::FeatureLevelRecord record;
    record.name = name;
    record.feature_level = level;
    records.push_back(metadata_record(record));
  }
  if (!records.empty()) runtime_->write(std::move(records), [](Status) {});
}

/// Every start begins new leader epochs. Nobody waits for the record to be durable: if it is lost, so is what was told
/// of the epochs.
void Topics::begin_epochs() {
  wire::RegisterBrokerRecord record;
  record.broker_id = config_.node_id;
  record.incarnation_id = Uuid::random(world_.random);
  record.broker_epoch = metadata_log_->log_end_offset();
  record.fenced = false;
  std::vector<coordinator::InternalRecord> records{metadata_record(record)};
  runtime_->write(std::move(records), [](Status) {});
}

Topic* Topics::find(const std::string& name) {
  const auto found = topics_.find(name);
  return found == topics_.end() ? nullptr : found->second.get();
}

Topic* Topics::find(const Uuid& id) {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

log::PartitionLog* Topics::log_of(const std::string& topic, std::int32_t partition) {
  Topic* found = find(topic);
  if (found == nullptr || partition < 0 || static_cast<std::size_t>(partition) >= found->partitions.size())
    return nullptr;
  return found->partitions[static_cast<std::size_t>(partition)].get();
}

bool Topics::durable(const std::string& topic, std::int32_t partition) {
  const Topic* found = find(topic);
  return found != nullptr && partition >= 0 && static_cast<std::size_t>(partition) < found->partitions_durable;
}

log::LogConfig Topics::effective_config(const std::map<std::string, std::string>& configs) const {
  log::LogConfig effective = config_.log;
  const auto apply = [&](const std::string& name, const std::string& value) {
    // A value that no longer fits was refused when it was set; the default stands then.
    if (auto applied = apply_topic_config(name, value, effective); !applied)
      log_line(LogLevel::kWarn, "topics", "config is ignored", {{"why", applied.error().message}});
  };
  for (const std::string& broker : {std::string(), std::to_string(config_.node_id)})
    for (const auto& [name, value] : settings_.configs(ResourceType::kBroker, broker))
      if (const auto key = topic_key_of_broker_key(name)) apply(*key, value);
  for (const auto& [name, value] : configs) apply(name, value);
  return effective;
}

TopicVerdict Topics::judge(const NewTopic& topic) const {
  const auto refuse = [](ErrorCode error, std::string message) { return TopicVerdict{error, std::move(message)}; };
  const std::string& name = topic.name;
  if (!is_legal_name(name))
    return refuse(ErrorCode::kInvalidTopicException,
                  fmt::format("Topic name '{}' is illegal: 1 to {} of the characters a-z, A-Z, 0-9, '.', '_' and '-'",
                              name, kNameCharactersMax));
  if (topics_.contains(name))
    return refuse(ErrorCode::kTopicAlreadyExists, fmt::format("Topic '{}' already exists.", name));
  for (const auto& [other, existing] : topics_)
    if (with_underscores(other) == with_underscores(name))
      return refuse(ErrorCode::kInvalidTopicException,
                    fmt::format("Topic '{}' collides with existing topic: {}", name, other));
  log::LogConfig config = config_.log;
  for (const auto& [key, value] : topic.configs)
    if (auto applied = apply_topic_config(key, value, config); !applied)
      return refuse(ErrorCode::kInvalidConfig, applied.error().message);
  return {};
}

coordinator::InternalRecord Topics::partition_record(const Uuid& topic, std::int32_t partition,
                                                     const std::vector<std::int32_t>& replicas) const {
  wire::PartitionRecord record;
  record.partition_id = partition;
  record.topic_id = topic;
  record.replicas = record.isr = replicas;
  record.leader = replicas.front();
  record.leader_epoch = record.partition_epoch = 0;
  return metadata_record(record);
}

void Topics::create(const NewTopic& topic, OneShot<Status> created) {
  wire::TopicRecord record;
  record.name = topic.name;
  record.topic_id = Uuid::random(world_.random);
  std::vector<coordinator::InternalRecord> records{metadata_record(record)};
  for (const auto& [key, value] : topic.configs) {
    wire::ConfigRecord config;
    config.resource_type = kTopicResource;
    config.resource_name = topic.name;
    config.name = key;
    config.value = value;
    records.push_back(metadata_record(config));
  }
  const std::int16_t factor =
      topic.replication_factor < 0 ? config_.default_replication_factor : topic.replication_factor;
  const auto replicas = topic.replicas.empty() ? nodes_.place(topic.partitions, factor, world_.random) : topic.replicas;
  for (std::size_t i = 0; i < replicas.size(); ++i)
    records.push_back(partition_record(record.topic_id, static_cast<std::int32_t>(i), replicas[i]));
  write_partitions(topic.name, std::move(records), std::move(created));
}

void Topics::write_partitions(const std::string& topic, std::vector<coordinator::InternalRecord> records,
                              OneShot<Status> written) {
  runtime_->write(std::move(records), [this, topic, written = std::move(written)](Status status) mutable {
    if (Topic* found = status ? find(topic) : nullptr) found->partitions_durable = found->partitions.size();
    written(std::move(status));
  });
}

void Topics::add_partitions(const std::string& topic, std::int32_t count,
                            std::vector<std::vector<std::int32_t>> replicas, OneShot<Status> added) {
  const Topic* found = find(topic);
  std::vector<coordinator::InternalRecord> records;
  const auto first = static_cast<std::int32_t>(found->partitions.size());
  if (replicas.empty())
    replicas = nodes_.place(count - first, static_cast<std::int32_t>(found->replicas.front().size()), world_.random);
  for (std::size_t i = 0; i < replicas.size(); ++i)
    records.push_back(partition_record(found->id, first + static_cast<std::int32_t>(i), replicas[i]));
  write_partitions(topic, std::move(records), std::move(added));
}

void Topics::reassign(const std::string& topic, std::int32_t partition, const std::vector<std::int32_t>& replicas,
                      OneShot<Status> moved) {
  wire::PartitionChangeRecord record;
  record.partition_id = partition;
  record.topic_id = find(topic)->id;
  record.replicas = record.isr = replicas;
  const std::int32_t leader = nodes_.leader_of(replicas);
  if (leader != nodes_.leader_of(find(topic)->replicas[static_cast<std::size_t>(partition)])) record.leader = leader;
  write({metadata_record(record)}, std::move(moved));
}

void Topics::begin_epochs_of_moved(const Nodes& before) {
  std::vector<coordinator::InternalRecord> records;
  for (const auto& [name, topic] : topics_)
    for (std::size_t i = 0; i < topic->partitions.size(); ++i) {
      wire::PartitionChangeRecord record;
      record.partition_id = static_cast<std::int32_t>(i);
      record.topic_id = topic->id;
      record.leader = nodes_.leader_of(topic->replicas[i]);
      if (record.leader >= 0 && record.leader != before.leader_of(topic->replicas[i]))
        records.push_back(metadata_record(record));
    }
  if (!records.empty()) write(std::move(records), [](Status) {});
}

void Topics::remove(const std::string& topic, OneShot<Status> removed) {
  wire::RemoveTopicRecord record;
  record.topic_id = find(topic)->id;
  std::vector<coordinator::InternalRecord> records{metadata_record(record)};
  runtime_->write(std::move(records), std::move(removed));
}

void Topics::configure(ResourceType type, const std::string& name,
                       const std::map<std::string, std::optional<std::string>>& changes, OneShot<Status> done) {
  std::vector<coordinator::InternalRecord> records;
  for (const auto& [key, value] : changes) {
    wire::ConfigRecord config;
    config.resource_type = static_cast<std::int8_t>(type);
    config.resource_name = name;
    config.name = key;
    config.value = value;
    records.push_back(metadata_record(config));
  }
  write(std::move(records), std::move(done));
}

void Topics::write(std::vector<coordinator::InternalRecord> records, OneShot<Status> done) {
  runtime_->write(std::move(records), std::move(done));
}

void Topics::configure_logs(Topic& topic) {
  for (auto& partition : topic.partitions)
    if (partition) partition->configure(effective_config(topic.configs));
}

void Topics::configure_logs() {
  for (auto& [name, topic] : topics_) configure_logs(*topic);
}

void Topics::next_producer_id(OneShot<Result<std::int64_t>> reply) {
  if (producer_id_next_ < producer_id_durable_end_) return reply(producer_id_next_++);
  // A block is taken and made durable before any of its ids is told.
  wire::ProducerIdsRecord record;
  record.broker_id = config_.node_id;
  record.next_producer_id = producer_id_block_end_ + kProducerIdsPerBlock;
  const std::int64_t first = producer_id_block_end_;
  std::vector<coordinator::InternalRecord> records{metadata_record(record)};
  runtime_->write(std::move(records), [this, first, reply = std::move(reply)](Status status) mutable {
    if (!status) return reply(status.error());
    producer_id_next_ = std::max(producer_id_next_, first);
    producer_id_durable_end_ = std::max(producer_id_durable_end_, first + kProducerIdsPerBlock);
    next_producer_id(std::move(reply));
  });
}

void Topics::apply(const wire::RecordView& record, const coordinator::WriterIdentity& /*writer*/) {
  const auto framed = record.value ? read_metadata_record(*record.value) : std::nullopt;
  if (!framed) return;
  const auto& [type, body] = *framed;
  if (type == wire::RegisterBrokerRecord::kType) {
    for (auto& [name, topic] : topics_)
      for (std::int32_t& epoch : topic->leader_epochs) epoch += kEpochsPerStart;
  } else if (type == wire::TopicRecord::kType) {
    // A damaged log may name a topic twice, or one that lies in another's place.
    const auto read = wire::decode<wire::TopicRecord>(body, 0);
    if (read && is_legal_name(read->name) && !topics_.contains(read->name) && !by_id_.contains(read->topic_id)) {
      auto topic = std::make_unique<Topic>();
      topic->name = read->name;
      topic->id = read->topic_id;
      by_id_[topic->id] = topic.get();
      topics_[topic->name] = std::move(topic);
      ++catalog_version_;
    }
  } else if (type == wire::PartitionRecord::kType) {
    const auto read = wire::decode<wire::PartitionRecord>(body, 0);
    Topic* topic = read ? find(read->topic_id) : nullptr;
    if (topic != nullptr && read->partition_id == static_cast<std::int32_t>(topic->partitions.size())) {
      topic->partitions.resize(static_cast<std::size_t>(read->partition_id) + 1);
      topic->leader_epochs.resize(topic->partitions.size(), read->leader_epoch);
      topic->replicas.resize(topic->partitions.size());
      topic->replicas.back() = read->replicas;
      if (!loading_) open_logs(*topic);
      ++catalog_version_;
    }
  } else if (type == wire::PartitionChangeRecord::kType) {
    const auto read = wire::decode<wire::PartitionChangeRecord>(body, 0);
    const auto index = read ? static_cast<std::size_t>(read->partition_id) : 0;
    Topic* topic = read ? find(read->topic_id) : nullptr;
    if (topic == nullptr || index >= topic->partitions.size()) return;
    if (read->replicas) topic->replicas[index] = *read->replicas;
    if (read->leader == wire::PartitionChangeRecord::kSameLeader) return;
    ++topic->leader_epochs[index];
    if (auto& log = topic->partitions[index]) log->begin_epoch(topic->leader_epochs[index]);
  } else if (type == wire::ConfigRecord::kType) {
    const auto read = wire::decode<wire::ConfigRecord>(body, 0);
    if (read && read->resource_type != kTopicResource) {
      settings_.apply(*framed);
      if (read->resource_type == static_cast<std::int8_t>(ResourceType::kBroker)) configure_logs();
    } else if (Topic* topic = read ? find(read->resource_name) : nullptr) {
      read->value ? (void)(topic->configs[read->name] = *read->value) : (void)topic->configs.erase(read->name);
      configure_logs(*topic);
    }
  } else if (type == wire::RemoveTopicRecord::kType) {
    const auto read = wire::decode<wire::RemoveTopicRecord>(body, 0);
    Topic* topic = read ? find(read->topic_id) : nullptr;
    if (topic == nullptr) return;
    by_id_.erase(topic->id);
    ++catalog_version_;
    auto removed = topics_.extract(topic->name);
    for (std::size_t i = 0; i < topic->partitions.size(); ++i) {
      auto& partition = topic->partitions[i];
      const Status gone = partition ? partition->destroy()
                                    : directory_.remove_log({topic->name, static_cast<std::int32_t>(i)}, topic->id);
      if (!gone)
        log_line(LogLevel::kWarn, "topics", "a deleted partition stays on the disk", {{"why", gone.error().message}});
    }
  } else if (type == wire::ProducerIdsRecord::kType) {
    if (const auto read = wire::decode<wire::ProducerIdsRecord>(body, 0))
      producer_id_block_end_ = read->next_producer_id;
  } else {
    settings_.apply(*framed);
  }
}

void Topics::open_logs(Topic& topic) {
  for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
    if (topic.partitions[i]) continue;
    const TopicPartition partition{topic.name, static_cast<std::int32_t>(i)};
    auto opened = directory_.open_log(partition, topic.id, effective_config(topic.configs), topic.leader_epochs[i]);
    if (opened) {
      topic.partitions[i] = std::move(*opened);
    } else {
      log_line(LogLevel::kError, "topics", "partition is offline", {{"why", opened.error().message}});
    }
  }
}

std::vector<log::PartitionLog*> Topics::logs() const {
  std::vector<log::PartitionLog*> logs;
  for (const auto& [name, topic] : topics_)
    for (const auto& partition : topic->partitions)
      if (partition) logs.push_back(partition.get());
  return logs;
}

void Topics::expire_producers(std::int64_t silence_ms) {
  for (auto& [name, topic] : topics_)
    for (auto& partition : topic->partitions)
      if (partition) partition->expire_producers(silence_ms);
}

void Topics::maintain() {
  for (auto& [name, topic] : topics_) {
    open_logs(*topic);
    for (auto& partition : topic->partitions)
      if (partition)
        if (auto done = partition->maintain(); !done)
          log_line(LogLevel::kWarn, "topics", "retention failed", {{"why", done.error().message}});
  }
  if (auto done = checkpoint(); !done)
    log_line(LogLevel::kWarn, "topics", "checkpoint failed", {{"why", done.error().message}});
}

Status Topics::checkpoint() {
  log::LogDirectory::Checkpoints offsets;
  offsets.recovery_points[kMetadataPartition] = metadata_log_->durable_offset();
  for (auto& [name, topic] : topics_)
    for (auto& partition : topic->partitions) {
      if (!partition) continue;
      const TopicPartition& named = partition->partition();
      offsets.recovery_points[named] = partition->durable_offset();
      if (partition->log_start_offset() > 0) offsets.log_starts[named] = partition->log_start_offset();
      if (partition->cleaned_to() > 0) offsets.cleaned_to[named] = partition->cleaned_to();
    }
  return directory_.checkpoint(offsets);
}

Status Topics::close() {
  Status first;
  const auto note = [&](Status status) {
    if (first && !status) first = std::move(status);
  };
  for (auto& [name, topic] : topics_)
    for (auto& partition : topic->partitions)
      if (partition) note(partition->close());
  note(metadata_log_->close());
  note(checkpoint());
  if (first) note(directory_.mark_clean());
  return first;
}

}  // namespace leat::server
