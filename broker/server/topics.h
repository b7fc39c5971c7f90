// Topics: names, ids, configs and logs of all topics, as a state machine over the metadata log (__cluster_metadata-0,
// with Kafka's metadata records). What else that log holds is kept in Settings.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "broker/coordinator/state_machine.h"
#include "broker/coordinator/topic_catalog.h"
#include "broker/log/log_directory.h"
#include "broker/server/broker_config.h"
#include "broker/server/nodes.h"
#include "broker/server/settings.h"
#include "broker/wire/error_code.h"

namespace leat::server {

struct Topic {
  std::string name;
  Uuid id;
  std::map<std::string, std::string> configs;
  /// By partition, as many as there are partitions.
  std::vector<std::int32_t> leader_epochs;
  std::vector<std::vector<std::int32_t>> replicas;             ///< ids of nodes, the preferred leader first
  std::vector<std::unique_ptr<log::PartitionLog>> partitions;  ///< null where a log could not be opened
  std::size_t partitions_durable = 0;  ///< the others may be gone after a crash: nothing is acknowledged in them
  bool internal() const { return name == "__consumer_offsets" || name == "__transaction_state"; }
};

/// What is asked of CreateTopics for one topic.
struct NewTopic {
  std::string name;
  std::int32_t partitions = 1;
  std::map<std::string, std::string> configs;
  /// -1: the default.
  std::int16_t replication_factor = -1;
  /// By partition; where they are empty they are dealt out.
  std::vector<std::vector<std::int32_t>> replicas = {};
};

/// Why a topic was not created, or kNone.
struct TopicVerdict {
  wire::ErrorCode error = wire::ErrorCode::kNone;
  std::string message;
};

class Topics : public coordinator::StateMachine, public coordinator::TopicCatalog {
 public:
  /// Opens the metadata log and all logs that it names.
  static Result<std::unique_ptr<Topics>> open(World world, log::LogDirectory& directory, const BrokerConfig& config,
                                              const Nodes& nodes);

  Topic* find(const std::string& name);
  Topic* find(const Uuid& id);
  const std::map<std::string, std::unique_ptr<Topic>>& all() const { return topics_; }
  /// Null where there is no such partition.
  log::PartitionLog* log_of(const std::string& topic, std::int32_t partition);
  /// All that are open.
  std::vector<log::PartitionLog*> logs() const;
  /// Whether the partition is there after a crash too. Until then nothing may be acknowledged in it.
  bool durable(const std::string& topic, std::int32_t partition);
  /// The settings that hold for a topic with these configs of its own.
  log::LogConfig effective_config(const std::map<std::string, std::string>& configs) const;

  /// Checks the name and configs of a new topic.
  TopicVerdict judge(const NewTopic& topic) const;
  /// Requires a good verdict. Replies when the topic is durable.
  void create(const NewTopic& topic, OneShot<Status> created);
  /// Replicas of the new ones are dealt out where there are none.
  void add_partitions(const std::string& topic, std::int32_t count, std::vector<std::vector<std::int32_t>> replicas,
                      OneShot<Status> added);
  /// Moves a partition to these replicas; the data is there already.
  void reassign(const std::string& topic, std::int32_t partition, const std::vector<std::int32_t>& replicas,
                OneShot<Status> moved);
  /// After nodes were started or stopped: whoever leads partitions now that others led begins an epoch in them.
  void begin_epochs_of_moved(const Nodes& before);
  void remove(const std::string& topic, OneShot<Status> removed);
  /// Sets configs of a resource of any type, or takes them away.
  void configure(ResourceType type, const std::string& name,
                 const std::map<std::string, std::optional<std::string>>& changes, OneShot<Status> done);
  const Settings& settings() const { return settings_; }
  const log::PartitionLog& metadata_log() const { return *metadata_log_; }
  /// Writes records of settings; replies when they are durable.
  void write(std::vector<coordinator::InternalRecord> records, OneShot<Status> done);
  /// An id that no producer has had before, not before a crash either.
  void next_producer_id(OneShot<Result<std::int64_t>> reply);

  /// Opens those logs of a topic that are not open: what the disk refused may go well by now.
  void open_logs(Topic& topic);
  /// Whether the disk failed under the metadata log: no topic can be made or changed before a restart.
  bool offline() const { return metadata_log_->offline(); }

  /// Retention and ageing of all logs, and checkpoints of where recovery may begin.
  void maintain();
  void expire_producers(std::int64_t silence_ms);
  Status checkpoint();
  /// Closes all logs for a clean stop.
  Status close();

  void apply(const wire::RecordView& record, const coordinator::WriterIdentity& writer) override;

  std::optional<coordinator::CatalogTopic> catalog_topic(const std::string& name) const override;
  std::optional<coordinator::CatalogTopic> catalog_topic(const Uuid& id) const override;
  std::vector<std::string> topic_names() const override;
  std::uint64_t catalog_version() const override { return catalog_version_; }
  void make_internal_topic(const wire::streams_group::TopicInfo& topic, OneShot<Status> made) override;
  std::optional<std::int32_t> group_setting(const std::string& group_id, const std::string& name) const override;

 private:
  Topics(World world, log::LogDirectory& directory, const BrokerConfig& config, const Nodes& nodes)
      : world_(world), directory_(directory), config_(config), nodes_(nodes) {}
  /// The first records of a new log directory: levels of features.
  void format();
  /// Writes what makes or enlarges a topic.
  void write_partitions(const std::string& topic, std::vector<coordinator::InternalRecord> records,
                        OneShot<Status> written);
  void begin_epochs();
  /// Lets the logs of a topic, or of all topics, take what their configs say.
  void configure_logs(Topic& topic);
  void configure_logs();
  coordinator::InternalRecord partition_record(const Uuid& topic, std::int32_t partition,
                                               const std::vector<std::int32_t>& replicas) const;

  World world_;
  log::LogDirectory& directory_;
  const BrokerConfig& config_;
  const Nodes& nodes_;
  Settings settings_;
  std::unique_ptr<log::PartitionLog> metadata_log_;
  std::unique_ptr<coordinator::Runtime> runtime_;
  std::map<std::string, std::unique_ptr<Topic>> topics_;
  std::unordered_map<Uuid, Topic*> by_id_;
  std::uint64_t catalog_version_ = 1;  ///< that coordinators have seen no version is 0
  bool loading_ = false;
  std::int64_t producer_id_next_ = 0;
  std::int64_t producer_id_durable_end_ = 0;  ///< ids below it may be told
  std::int64_t producer_id_block_end_ = 0;    ///< by the last record, which may not be durable
};

}  // namespace leat::server
