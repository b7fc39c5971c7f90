#include "broker/tools/topic_reader.h"

#include <fmt/format.h>

#include "broker/client/offsets.h"

namespace leat::tools {

namespace {

constexpr auto kCommitTimeout = std::chrono::seconds(30);

Result<Duration> milliseconds(const Settings& settings, const std::string& key, std::int64_t otherwise_ms) {
  LEAT_ASSIGN_OR_RETURN(const std::int64_t ms, settings.number(key, otherwise_ms));
  return Duration(std::chrono::milliseconds(ms));
}

}  // namespace

Result<ReaderConfig> ReaderConfig::from(const Settings& settings) {
  ReaderConfig config;
  const auto wrong = [&](const std::string& key, std::string_view choices) {
    return Error{ErrorKind::kInvalidArgument, fmt::format("{}={} must be one of {}", key, settings.get(key), choices)};
  };
  const std::string reset = settings.get("auto.offset.reset", "latest");
  if (reset != "earliest" && reset != "latest" && reset != "none")
    return wrong("auto.offset.reset", "earliest, latest, none");
  config.fetch.reset = reset == "earliest" ? client::OffsetReset::kEarliest
                       : reset == "latest" ? client::OffsetReset::kLatest
                                           : client::OffsetReset::kNone;
  const std::string isolation = settings.get("isolation.level", "read_uncommitted");
  if (isolation != "read_committed" && isolation != "read_uncommitted")
    return wrong("isolation.level", "read_committed, read_uncommitted");
  config.fetch.read_committed = isolation == "read_committed";
  LEAT_ASSIGN_OR_RETURN(const std::int64_t partition_bytes, settings.number("max.partition.fetch.bytes", 1024 * 1024));
  config.fetch.partition_bytes_max = static_cast<std::int32_t>(partition_bytes);
  LEAT_ASSIGN_OR_RETURN(const std::int64_t bytes_max, settings.number("fetch.max.bytes", config.fetch.bytes_max));
  config.fetch.bytes_max = static_cast<std::int32_t>(bytes_max);
  LEAT_ASSIGN_OR_RETURN(const std::int64_t min_bytes, settings.number("fetch.min.bytes", 1));
  config.fetch.min_bytes = static_cast<std::int32_t>(min_bytes);
  LEAT_ASSIGN_OR_RETURN(const std::int64_t max_wait_ms, settings.number("fetch.max.wait.ms", 500));
  config.fetch.max_wait_ms = static_cast<std::int32_t>(max_wait_ms);
  config.group.group_id = settings.get("group.id");
  config.group.instance_id = settings.get("group.instance.id");
  LEAT_ASSIGN_OR_RETURN(config.group.session_timeout, milliseconds(settings, "session.timeout.ms", 45'000));
  LEAT_ASSIGN_OR_RETURN(config.group.heartbeat_interval, milliseconds(settings, "heartbeat.interval.ms", 3'000));
  LEAT_ASSIGN_OR_RETURN(config.group.rebalance_timeout, milliseconds(settings, "max.poll.interval.ms", 300'000));
  config.auto_commit = settings.get("enable.auto.commit", "true") == "true";
  LEAT_ASSIGN_OR_RETURN(config.auto_commit_interval, milliseconds(settings, "auto.commit.interval.ms", 5'000));
  return config;
}

TopicReader::TopicReader(Session& session, ReaderConfig config)
    : session_(session),
      config_(std::move(config)),
      fetcher_(session.cluster(), config_.fetch),
      assignor_(session.cluster()),
      next_commit_(session.loop().now() + config_.auto_commit_interval),
      rebalance_since_(session.loop().now()) {}

Status TopicReader::assign(const TopicPartition& partition, std::int64_t offset) {
  LEAT_ASSIGN_OR_RETURN(const auto known, session_.metadata(std::set<std::string>{partition.topic}));
  if (offset < 0) {
    LEAT_ASSIGN_OR_RETURN(const auto listed,
                          session_.list_offsets({{partition, offset}}, config_.fetch.read_committed));
    offset = listed.at(partition).offset;
  }
  fetcher_.add(partition, offset);
  subscribed_ = true;
  return {};
}

Status TopicReader::subscribe(const std::set<std::string>& topics) {
  const Status known =
      session_.wait<Status>([&](OneShot<Status> done) { session_.cluster().refresh(topics, true, std::move(done)); });
  LEAT_RETURN_IF_ERROR(known);
  std::map<TopicPartition, std::int64_t> ends;
  for (const std::string& name : topics) {
    const client::TopicMetadata* topic = session_.cluster().topic(name);
    if (topic == nullptr || topic->leaders.empty()) {
      const auto error = topic == nullptr ? wire::ErrorCode::kUnknownTopicOrPartition : topic->error;
      return wire::kafka_error(error, "reading topic '" + name + "'");
    }
    for (std::size_t i = 0; i < topic->leaders.size(); ++i) ends[{name, static_cast<std::int32_t>(i)}] = -1;
  }
  subscribed_ = true;
  if (!config_.group.group_id.empty()) {
    LEAT_RETURN_IF_ERROR(close());
    membership_.reset(new client::Membership(session_.cluster(), config_.group, topics, assignor_, *this));
    rebalance_since_ = session_.loop().now();
    membership_->start();
    return {};
  }
  // The ends are looked up now: what is written from here on is new.
  std::map<TopicPartition, Session::ListedOffset> listed;
  if (config_.fetch.reset.kind == client::OffsetReset::kLatest) {
    LEAT_ASSIGN_OR_RETURN(listed, session_.list_offsets(ends, config_.fetch.read_committed));
  }
  for (const auto& [partition, end] : ends) {
    if (fetcher_.has(partition)) continue;
    const auto found = listed.find(partition);
    fetcher_.add(partition, found == listed.end() ? std::optional<std::int64_t>() : found->second.offset);
  }
  return {};
}

std::vector<client::FetchedBatch> TopicReader::take(Duration wait_at_most) {
  session_.loop().run_once(Duration::zero());
  std::vector<client::FetchedBatch> batches = fetcher_.take();
  const Instant until = session_.loop().now() + wait_at_most;
  while (batches.empty() && session_.loop().now() < until && !session_.terminal().interrupted()) {
    session_.loop().run_once(std::min<Duration>(until - session_.loop().now(), std::chrono::milliseconds(50)));
    batches = fetcher_.take();
  }
  for (const client::FetchedBatch& each : batches) read_.try_emplace(each.partition, each.from);
  if (membership_ && config_.auto_commit && session_.loop().now() >= next_commit_ && !committing_) {
    next_commit_ = session_.loop().now() + config_.auto_commit_interval;
    if (membership_->stable()) commit([](Status) {});
  }
  return batches;
}

std::optional<Error> TopicReader::error() {
  if (error_) return error_;
  for (Error& each : fetcher_.take_errors()) error_ = std::move(each);
  if (!error_ && membership_) error_ = membership_->error();
  return error_;
}

Status TopicReader::close() {
  if (!membership_) return {};
  Status committed;
  if (config_.auto_commit && membership_->stable())
    committed = session_.wait<Status>([&](OneShot<Status> done) { commit(std::move(done)); });
  const Status left = session_.wait<Status>([&](OneShot<Status> done) { membership_->leave(std::move(done)); });
  membership_.reset();
  return committed ? left : committed;
}

void TopicReader::commit(OneShot<Status> done) {
  std::map<TopicPartition, client::OffsetToCommit> offsets;
  for (const TopicPartition& partition : membership_->owned()) {
    // What was never read from is committed too, as soon as it is known where reading would begin.
    const auto read = read_.find(partition);
    const std::optional<std::int64_t> offset = read == read_.end() ? fetcher_.position(partition) : read->second;
    const auto before = committed_.find(partition);
    if (offset && (before == committed_.end() || before->second != *offset)) offsets[partition] = {*offset, ""};
  }
  if (offsets.empty()) return done({});
  committing_ = true;
  std::map<TopicPartition, std::int64_t> sent;
  for (const auto& [partition, offset] : offsets) sent[partition] = offset.offset;
  client::commit_offsets(
      session_.cluster(), membership_->identity(), std::move(offsets), session_.loop().now() + kCommitTimeout,
      [this, alive = std::weak_ptr<bool>(alive_), sent, done = std::move(done)](Status status) mutable {
        if (alive.expired()) return done(std::move(status));
        committing_ = false;
        if (status)
          for (const auto& [partition, offset] : sent) committed_[partition] = offset;
        done(std::move(status));
      });
}

void TopicReader::on_rebalance(OneShot<Status> ready) {
  rebalance_since_ = session_.loop().now();
  ready({});
}

void TopicReader::on_assigned(const std::vector<TopicPartition>& added) {
  rebalance_time_ += session_.loop().now() - rebalance_since_;
  client::committed_offsets(
      session_.cluster(), config_.group.group_id, {added.begin(), added.end()}, session_.loop().now() + kCommitTimeout,
      [this, added,
       alive = std::weak_ptr<bool>(alive_)](Result<std::map<TopicPartition, client::CommittedOffset>> offsets) {
        if (alive.expired()) return;
        if (!offsets) {
          error_ = offsets.error();
          return;
        }
        for (const TopicPartition& partition : added) {
          if (!membership_ || !membership_->owned().contains(partition) || fetcher_.has(partition)) continue;
          const std::int64_t offset = (*offsets)[partition].offset;
          fetcher_.add(partition, offset < 0 ? std::nullopt : std::optional<std::int64_t>(offset));
        }
      });
}

void TopicReader::on_revoked(const std::vector<TopicPartition>& revoked, OneShot<Status> done) {
  rebalance_since_ = session_.loop().now();
  const auto give_up = [this, alive = std::weak_ptr<bool>(alive_), revoked] {
    if (!alive.expired()) on_lost(revoked);
  };
  if (!config_.auto_commit) {
    give_up();
    return done({});
  }
  commit([give_up, done = std::move(done)](Status status) mutable {
    give_up();
    done(std::move(status));
  });
}

void TopicReader::on_lost(const std::vector<TopicPartition>& lost) {
  for (const TopicPartition& partition : lost) {
    fetcher_.remove(partition);
    read_.erase(partition);
    committed_.erase(partition);
  }
}

}  // namespace leat::tools
