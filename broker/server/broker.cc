#include "broker/server/broker.h"

#include "base/log.h"
#include "broker/server/config_values.h"
#include "broker/server/dispatcher.h"
#include "broker/server/monitor.h"
#include "broker/server/session.h"

namespace leat::server {

namespace {

constexpr std::int64_t kMsPerMinute = 60'000;

}  // namespace

Broker::Broker(World world, const BrokerConfig& config)
    : world_(world),
      config_(config),
      nodes_(config_),
      fetch_sessions_(config.fetch_sessions_max),
      began_(world.loop.now()),
      loopback_{.name = "LOOPBACK", .node = config.node_id, .at = {}, .advertised = {"embedded", 1}},
      listeners_(*this) {}

Result<std::unique_ptr<Broker>> Broker::open(World world, const BrokerConfig& config) {
  std::unique_ptr<Broker> broker(new Broker(world, config));
  LEAT_ASSIGN_OR_RETURN(broker->directory_, log::LogDirectory::open(world, config.log_dir, config.node_id));
  LEAT_ASSIGN_OR_RETURN(broker->topics_, Topics::open(world, *broker->directory_, broker->config_, broker->nodes_));
  broker->authorizer_.emplace(broker->config_.authorizer, broker->topics_->settings());
  broker->client_quotas_.emplace(broker->topics_->settings());
  LEAT_RETURN_IF_ERROR(broker->open_groups());
  LEAT_RETURN_IF_ERROR(broker->open_transactions());
  broker->schedule_chores();
  broker->start_cleaner();
  return broker;
}

Broker::~Broker() {
  alive_.reset();
  stop_chores();
  monitor_.reset();
  listeners_.clear();
  transactions_.clear();
  groups_.clear();
}

void Broker::schedule_chores() {
  repeat(config_.log_check_interval_ms, [this] { topics_->maintain(); });
  repeat(config_.producer_id_check_interval_ms,
         [this] { topics_->expire_producers(broker_number(*this, "producer.id.expiration.ms")); });
  repeat(config_.offsets_check_interval_ms, [this] {
    for (const auto& groups : groups_) groups->expire_offsets(config_.offsets_retention_minutes * kMsPerMinute);
  });
  repeat(config_.transactional_id_check_interval_ms, [this] {
    for (const auto& transactions : transactions_) transactions->expire(config_.transactional_id_expiration_ms);
  });
}

void Broker::repeat(std::int64_t interval_ms, std::function<void()> chore) {
  chores_.push_back({std::chrono::milliseconds(interval_ms), std::move(chore), {}});
  schedule(chores_.back());
}

void Broker::schedule(Chore& chore) {
  chore.timer = world_.loop.call_at(world_.loop.now() + chore.interval, [this, &chore] {
    chore.work();
    schedule(chore);
  });
}

void Broker::stop_chores() {
  for (const Chore& chore : chores_) world_.loop.cancel(chore.timer);
  chores_.clear();
}

void Broker::start_cleaner() {
  cleaner_ = std::make_unique<log::LogCleaner>(
      world_, config_.cleaner, [this] { return topics_->logs(); },
      [this] {
        if (const Status done = topics_->checkpoint(); !done)
          log_line(LogLevel::kWarn, "log", "checkpoint failed", {{"why", done.error().message}});
      });
  cleaner_->start();
}

Status Broker::listen() {
  LEAT_RETURN_IF_ERROR(listeners_.open());
  if (!config_.metrics_listener) return {};
  LEAT_ASSIGN_OR_RETURN(monitor_, Monitor::listen(*this, *config_.metrics_listener));
  log_line(LogLevel::kInfo, "broker", "metrics are served", {{"at", monitor_->local().to_string()}});
  return {};
}

std::optional<Endpoint> Broker::monitored_at() const {
  return monitor_ ? std::optional(monitor_->local()) : std::nullopt;
}

Status Broker::stop_node(std::int32_t id) {
  if (nodes_.find(id) == nullptr) return Error{ErrorKind::kNotFound, "there is no node " + std::to_string(id)};
  const Nodes before = nodes_;
  nodes_.set_running(id, false);
  topics_->begin_epochs_of_moved(before);
  listeners_.close_node(id);
  return {};
}

Status Broker::start_node(std::int32_t id) {
  if (nodes_.find(id) == nullptr) return Error{ErrorKind::kNotFound, "there is no node " + std::to_string(id)};
  LEAT_RETURN_IF_ERROR(listeners_.open_node(id));
  const Nodes before = nodes_;
  nodes_.set_running(id, true);
  topics_->begin_epochs_of_moved(before);
  return {};
}

void Broker::handle(const Buf& frame, const Peer& peer, OneShot<Result<Reply>> reply) {
  dispatch(*this, frame, peer, std::move(reply));
}

Status Broker::open_groups() {
  Topic* topic = topics_->find(kOffsetsTopic);
  if (topic == nullptr || !groups_.empty()) return {};
  // All or none: which of them a group belongs to depends on how many there are.
  std::vector<std::unique_ptr<coordinator::GroupCoordinator>> groups;
  for (auto& partition : topic->partitions) {
    if (!partition)
      return Error{ErrorKind::kIo, "a partition of " + kOffsetsTopic + " cannot be opened; see the log above"};
    groups.push_back(std::make_unique<coordinator::GroupCoordinator>(world_, *partition, config_.group, *topics_));
    LEAT_RETURN_IF_ERROR(groups.back()->load());
  }
  groups_ = std::move(groups);
  return {};
}

Status Broker::open_transactions() {
  Topic* topic = topics_->find(kTransactionsTopic);
  if (topic == nullptr || !transactions_.empty()) return {};
  std::vector<std::unique_ptr<coordinator::TransactionCoordinator>> transactions;
  for (auto& partition : topic->partitions) {
    if (!partition)
      return Error{ErrorKind::kIo, "a partition of " + kTransactionsTopic + " cannot be opened; see the log above"};
    transactions.push_back(std::make_unique<coordinator::TransactionCoordinator>(world_, *partition, *this,
                                                                                 config_.transaction_timeout_ms_max));
  }
  for (auto& each : transactions) LEAT_RETURN_IF_ERROR(each->load());
  transactions_ = std::move(transactions);
  return {};
}

void Broker::ensure_coordinators(bool for_transactions, OneShot<Status> then) {
  const bool there = for_transactions ? !transactions_.empty() : !groups_.empty();
  if (there) return then({});
  NewTopic topic;
  topic.name = for_transactions ? kTransactionsTopic : kOffsetsTopic;
  topic.partitions = for_transactions ? config_.transaction_topic_partitions : config_.offsets_topic_partitions;
  topic.replication_factor =
      for_transactions ? config_.transaction_topic_replication_factor : config_.offsets_topic_replication_factor;
  topic.configs = {{"cleanup.policy", "compact"},
                   {"compression.type", for_transactions ? "uncompressed" : "producer"},
                   {"segment.bytes", std::to_string(for_transactions ? config_.transaction_topic_segment_bytes
                                                                     : config_.offsets_topic_segment_bytes)}};
  if (Topic* found = topics_->find(topic.name)) {
    // Made before, but the disk refused to open it then.
    if (found->partitions_durable == found->partitions.size()) {
      topics_->open_logs(*found);
      return then(for_transactions ? open_transactions() : open_groups());
    }
    if (topics_->offline())
      return then(Error{ErrorKind::kIo, topic.name + " could not be made durable; restart the broker to recover"});
    // Another request makes it just now.
    world_.loop.call_at(world_.loop.now() + std::chrono::milliseconds(1),
                        [this, for_transactions, then = std::move(then)]() mutable {
                          ensure_coordinators(for_transactions, std::move(then));
                        });
    return;
  }
  topics_->create(topic, [this, for_transactions, then = std::move(then)](Status status) mutable {
    if (status) status = for_transactions ? open_transactions() : open_groups();
    then(std::move(status));
  });
}

coordinator::GroupCoordinator* Broker::groups_of(const std::string& group_id) {
  if (groups_.empty()) return nullptr;
  return groups_[static_cast<std::size_t>(
                     coordinator::coordinator_partition(group_id, static_cast<std::int32_t>(groups_.size())))]
      .get();
}

coordinator::TransactionCoordinator* Broker::transactions_of(const std::string& transactional_id) {
  if (transactions_.empty()) return nullptr;
  return transactions_[static_cast<std::size_t>(coordinator::coordinator_partition(
                           transactional_id, static_cast<std::int32_t>(transactions_.size())))]
      .get();
}

TopicPartition Broker::offsets_partition_of(const std::string& group_id) const {
  return {kOffsetsTopic, coordinator::coordinator_partition(group_id, static_cast<std::int32_t>(groups_.size()))};
}

TopicPartition Broker::transactions_partition_of(const std::string& transactional_id) const {
  return {kTransactionsTopic,
          coordinator::coordinator_partition(transactional_id, static_cast<std::int32_t>(transactions_.size()))};
}

void Broker::write_marker(const TopicPartition& partition, const coordinator::WriterIdentity& writer,
                          std::int32_t coordinator_epoch, bool commit, OneShot<Status> written) {
  if (partition.topic == kOffsetsTopic && static_cast<std::size_t>(partition.partition) < groups_.size())
    return groups_[static_cast<std::size_t>(partition.partition)]->end_transaction(writer, coordinator_epoch, commit,
                                                                                   std::move(written));
  const Topic* topic = topics_->find(partition.topic);
  if (topic == nullptr || static_cast<std::size_t>(partition.partition) >= topic->partitions.size())
    return written(Error{ErrorKind::kNotFound, partition.to_string() + " was deleted"});
  log::PartitionLog* log = topics_->log_of(partition.topic, partition.partition);
  if (log == nullptr)  // the transaction stays open in it until a restart can open it
    return written(Error{ErrorKind::kUnavailable, partition.to_string() + " could not be opened at the start"});
  const auto outcome = log->append(wire::end_transaction_marker(commit, writer.producer_id, writer.producer_epoch,
                                                                coordinator_epoch, world_.loop.wall_clock_ms()),
                                   log::AppendOrigin::kCoordinator);
  // A marker of an older epoch is refused: the producer has gone on, so this transaction has ended.
  if (outcome.error == wire::ErrorCode::kInvalidProducerEpoch) return written({});
  if (outcome.error != wire::ErrorCode::kNone)
    return written(Error{ErrorKind::kKafka, outcome.message, static_cast<int>(outcome.error)});
  log->when_committed(outcome.last_offset + 1, std::move(written));
}

Status Broker::shut_down() {
  listeners_.close();
  monitor_.reset();
  stop_chores();
  cleaner_.reset();
  // Closing the logs answers what still waited for the disk, so the coordinators must be there.
  return topics_->close();
}

}  // namespace leat::server
