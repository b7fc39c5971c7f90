// Fetch (1), versions 4 to 18: read_committed with aborted lists, sessions, topic ids. A fetch that finds less than
// min_bytes is parked until more is readable or max_wait is over; the first batch is returned whole however small the
// limits are. There are no followers that fetch; consumers may be sent to the node in their rack (nodes.h).
#include <memory>

#include "broker/server/authorization.h"
#include "broker/server/handlers.h"
#include "broker/server/routing.h"

namespace leat::server {

using wire::ErrorCode;
using wire::FetchRequest;
using wire::FetchResponse;
using PartitionData = FetchResponse::FetchableTopicResponse::PartitionData;

namespace {

constexpr int kVersionWithRacks = 11;
constexpr int kVersionWithTopicIds = 13;
constexpr std::int32_t kFinalEpoch = -1;
constexpr std::int32_t kNoLeaderEpoch = -1;

/// A fetch on its way, perhaps parked.
class Fetch : public std::enable_shared_from_this<Fetch> {
 public:
  Fetch(Broker& broker, const RequestContext& context, FetchRequest request, OneShot<FetchResponse> reply)
      : broker_(broker), context_(context), request_(std::move(request)), reply_(std::move(reply)) {
    isolation_ = request_.isolation_level == 1 ? log::Isolation::kReadCommitted : log::Isolation::kReadUncommitted;
  }

  void run() {
    if (const ErrorCode error = open_session(); error != ErrorCode::kNone) {
      FetchResponse response;
      response.error_code = error;
      return reply_(std::move(response));
    }
    deadline_ = broker_.world().loop.now() + std::chrono::milliseconds(std::max(request_.max_wait_ms, 0));
    for (FetchedPartition& partition : partitions()) partition.was_there = false;
    try_reply(false);
  }

 private:
  bool by_id() const { return context_.version >= kVersionWithTopicIds; }

  FetchedPartition fetched(const FetchRequest::FetchTopic& topic,
                           const FetchRequest::FetchTopic::FetchPartition& wanted) {
    FetchedPartition partition{
        .partition = {topic.topic, wanted.partition}, .topic_id = topic.topic_id, .wanted = wanted};
    if (by_id())
      if (const Topic* found = broker_.topics().find(topic.topic_id)) partition.partition.topic = found->name;
    return partition;
  }

  static bool same(const FetchedPartition& a, const FetchedPartition& b, bool by_id) {
    return a.partition.partition == b.partition.partition &&
           (by_id ? a.topic_id == b.topic_id : a.partition.topic == b.partition.topic);
  }

  ErrorCode open_session() {
    if (request_.session_epoch == kFinalEpoch || request_.session_epoch == 0) {
      if (request_.session_id != 0) broker_.fetch_sessions().close(request_.session_id);
      for (const auto& topic : request_.topics)
        for (const auto& partition : topic.partitions) {
          FetchedPartition wanted = fetched(topic, partition);
          // Where a partition stands twice the last one counts.
          std::erase_if(own_, [&](const auto& each) { return same(each, wanted, by_id()); });
          own_.push_back(std::move(wanted));
        }
      if (request_.session_epoch == 0 && context_.version >= 7) {
        FetchSession* session = broker_.fetch_sessions().create(broker_.world().random);
        if (session == nullptr) return ErrorCode::kNone;
        session->uses_topic_ids = by_id();
        session->partitions = own_;
        session_id_ = session->id;
        full_ = true;
      }
      return ErrorCode::kNone;
    }
    FetchSession* session = broker_.fetch_sessions().find(request_.session_id);
    if (session == nullptr) return ErrorCode::kFetchSessionIdNotFound;
    if (session->next_epoch != request_.session_epoch) return ErrorCode::kInvalidFetchSessionEpoch;
    if (session->uses_topic_ids != by_id()) return ErrorCode::kFetchSessionTopicIdError;
    session->next_epoch = session->next_epoch == 0x7fffffff ? 1 : session->next_epoch + 1;
    session_id_ = session->id;
    update(*session);
    return ErrorCode::kNone;
  }

  void update(FetchSession& session) {
    for (const auto& topic : request_.forgotten_topics_data)
      for (const std::int32_t index : topic.partitions) {
        FetchedPartition gone{.partition = {topic.topic, index}, .topic_id = topic.topic_id};
        std::erase_if(session.partitions, [&](const auto& each) { return same(each, gone, by_id()); });
      }
    for (const auto& topic : request_.topics)
      for (const auto& wanted : topic.partitions) {
        const FetchedPartition news = fetched(topic, wanted);
        auto known = std::find_if(session.partitions.begin(), session.partitions.end(),
                                  [&](const auto& each) { return same(each, news, by_id()); });
        known == session.partitions.end() ? session.partitions.push_back(news) : (void)(known->wanted = wanted);
      }
  }

  /// The partitions asked for. Sessions may be evicted while a fetch is parked; it then ends empty.
  std::vector<FetchedPartition>& partitions() {
    if (session_id_ == 0 || full_) return own_;
    FetchSession* session = broker_.fetch_sessions().find(session_id_);
    return session ? session->partitions : own_;
  }

  void try_reply(bool time_is_over) {
    stop_waiting();
    FetchResponse response;
    response.session_id = session_id_;
    std::int64_t bytes = 0;
    bool must_reply = time_is_over || broker_.world().loop.now() >= deadline_;
    auto& wanted = partitions();
    bool any_good = wanted.empty();
    bool any_error = false;
    std::vector<std::pair<FetchedPartition*, PartitionData>> read;
    for (FetchedPartition& partition : wanted) {
      PartitionData data = read_partition(partition, request_.max_bytes - bytes, bytes == 0);
      any_error |= data.error_code == ErrorCode::kOffsetOutOfRange ||
                   data.error_code == ErrorCode::kKafkaStorageError ||
                   data.error_code == ErrorCode::kNotLeaderOrFollower;
      any_good |= data.error_code == ErrorCode::kNone;
      must_reply |= data.preferred_read_replica >= 0;
      bytes += data.records ? static_cast<std::int64_t>(data.records->size()) : 0;
      read.emplace_back(&partition, std::move(data));
    }
    if (wanted.empty() || any_error || !any_good || bytes >= request_.min_bytes) must_reply = true;
    if (!must_reply) return park();
    for (auto& [partition, data] : read) {
      const bool news = data.error_code != ErrorCode::kNone || (data.records && !data.records->empty()) ||
                        data.high_watermark != partition->high_watermark_told ||
                        data.log_start_offset != partition->log_start_told;
      if (session_id_ != 0 && !full_ && !news) continue;
      tell(*partition, data);
      topic_of(response, *partition).partitions.push_back(std::move(data));
    }
    reply_(std::move(response));
  }

  void tell(FetchedPartition& partition, const PartitionData& data) {
    partition.high_watermark_told = data.high_watermark;
    partition.log_start_told = data.log_start_offset;
    if (!full_) return;
    // A full fetch reads its own list; what it told belongs to the session that it began.
    if (FetchSession* session = broker_.fetch_sessions().find(session_id_))
      for (FetchedPartition& each : session->partitions)
        if (same(each, partition, by_id())) {
          each.high_watermark_told = data.high_watermark;
          each.log_start_told = data.log_start_offset;
        }
  }

  FetchResponse::FetchableTopicResponse& topic_of(FetchResponse& response, const FetchedPartition& partition) {
    if (!response.responses.empty()) {
      auto& last = response.responses.back();
      if (by_id() ? last.topic_id == partition.topic_id : last.topic == partition.partition.topic) return last;
    }
    auto& topic = response.responses.emplace_back();
    topic.topic = partition.partition.topic;
    topic.topic_id = partition.topic_id;
    return topic;
  }

  PartitionData read_partition(const FetchedPartition& partition, std::int64_t bytes_left, bool at_least_one) {
    PartitionData data;
    data.partition_index = partition.partition.partition;
    data.high_watermark = data.last_stable_offset = data.log_start_offset = -1;
    data.records.emplace();
    const auto refuse = [&](ErrorCode error) {
      data.error_code = error;
      return data;
    };
    const auto [topic, log, misrouted] = routed(partition.partition);
    if (context_.guarded &&
        !Access(broker_, context_).topic(AclOperation::kRead, partition.topic_id, partition.partition.topic))
      return refuse(ErrorCode::kTopicAuthorizationFailed);
    const bool unknown_id = by_id() && broker_.topics().find(partition.topic_id) == nullptr;
    // The topic had this name when it was asked for, and has been made again since.
    if (unknown_id && broker_.topics().find(partition.partition.topic) != nullptr)
      return refuse(ErrorCode::kInconsistentTopicId);
    if (unknown_id || log == nullptr) {
      // As Kafka: empty where the partition is missing from the beginning, null in all other cases.
      if (!partition.was_there) data.aborted_transactions.emplace();
      const bool had_name = !by_id() || !partition.partition.topic.empty();
      return refuse(had_name ? ErrorCode::kUnknownTopicOrPartition : ErrorCode::kUnknownTopicId);
    }
    if (misrouted != ErrorCode::kNone || request_.replica_id >= 0 || request_.replica_state.replica_id >= 0)
      return refuse(ErrorCode::kNotLeaderOrFollower);
    const std::int32_t epoch = partition.wanted.current_leader_epoch;
    if (epoch != kNoLeaderEpoch && epoch != log->leader_epoch())
      return refuse(epoch < log->leader_epoch() ? ErrorCode::kFencedLeaderEpoch : ErrorCode::kUnknownLeaderEpoch);
    // Records of an epoch that has not begun cannot have been fetched here.
    if (partition.wanted.last_fetched_epoch > log->leader_epoch()) return refuse(ErrorCode::kOffsetOutOfRange);
    const auto known = log->leader_epochs().end_of(partition.wanted.last_fetched_epoch, log->log_end_offset());
    if (partition.wanted.last_fetched_epoch >= 0 &&
        (known.epoch < partition.wanted.last_fetched_epoch || known.offset < partition.wanted.fetch_offset)) {
      // The fetcher has records that this log has not: it learns where the epoch it knows ends here.
      data.diverging_epoch.epoch = known.epoch;
      data.diverging_epoch.end_offset = known.offset;
      data.high_watermark = log->high_watermark();
      data.last_stable_offset = log->last_stable_offset();
      data.log_start_offset = log->log_start_offset();
      return data;
    }
    if (const auto nearest = nearest_replica(*topic, data.partition_index)) {
      data.preferred_read_replica = *nearest;
      data.high_watermark = log->high_watermark();
      data.last_stable_offset = log->last_stable_offset();
      data.log_start_offset = log->log_start_offset();
      return data;
    }
    const auto bytes_max = static_cast<std::size_t>(
        std::max<std::int64_t>(0, std::min<std::int64_t>(bytes_left, partition.wanted.partition_max_bytes)));
    auto outcome = log->read(partition.wanted.fetch_offset, bytes_max, at_least_one, isolation_);
    if (outcome.error != ErrorCode::kNone) return refuse(outcome.error);
    data.high_watermark = log->high_watermark();
    data.last_stable_offset = log->last_stable_offset();
    data.log_start_offset = log->log_start_offset();
    data.records = std::move(outcome.records);
    if (isolation_ == log::Isolation::kReadCommitted) {
      data.aborted_transactions.emplace();
      for (const auto& aborted : outcome.aborted) {
        auto& each = data.aborted_transactions->emplace_back();
        each.producer_id = aborted.producer_id;
        each.first_offset = aborted.first_offset;
      }
    }
    return data;
  }

  /// Consumers may read from any replica since they know racks; before, from the leader.
  RoutedPartition routed(const TopicPartition& partition) const {
    return context_.version >= kVersionWithRacks
               ? held_partition(broker_, context_, partition.topic, partition.partition)
               : led_partition(broker_, context_, partition.topic, partition.partition);
  }

  /// The replica that a consumer of the leader is sent to, if it asks from another rack.
  std::optional<std::int32_t> nearest_replica(const Topic& topic, std::int32_t partition) const {
    const auto& replicas = topic.replicas[static_cast<std::size_t>(partition)];
    if (!broker_.config().reads_from_nearest || broker_.nodes().leader_of(replicas) != context_.node())
      return std::nullopt;
    return broker_.nodes().nearest(replicas, request_.rack_id);
  }

  void park() {
    for (FetchedPartition& partition : partitions()) {
      log::PartitionLog* log = broker_.topics().log_of(partition.partition.topic, partition.partition.partition);
      partition.was_there = log != nullptr;
      if (log == nullptr) continue;
      waits_.emplace_back(partition.partition,
                          log->wait_for_more(isolation_, [self = shared_from_this()] { self->woken(); }));
    }
    timer_ = broker_.world().loop.call_at(deadline_, [self = shared_from_this()] {
      if (self->broker_alive_.expired()) return;
      self->timer_.reset();
      self->try_reply(true);
    });
  }

  /// Several partitions may wake a fetch in one turn of the loop: it looks once, behind all of them.
  void woken() {
    if (std::exchange(wake_posted_, true)) return;
    if (broker_alive_.expired()) return;
    broker_.world().loop.post([self = shared_from_this()] {
      if (self->broker_alive_.expired()) return;
      self->wake_posted_ = false;
      if (self->reply_) self->try_reply(false);
    });
  }

  void stop_waiting() {
    for (const auto& [partition, token] : std::exchange(waits_, {}))
      if (log::PartitionLog* log = broker_.topics().log_of(partition.topic, partition.partition))
        log->cancel_wait(token);
    if (timer_) broker_.world().loop.cancel(*timer_);
    timer_.reset();
  }

  Broker& broker_;
  std::weak_ptr<bool> broker_alive_ = broker_.alive();
  RequestContext context_;
  FetchRequest request_;
  OneShot<FetchResponse> reply_;
  log::Isolation isolation_;
  std::int32_t session_id_ = 0;
  bool full_ = false;
  std::vector<FetchedPartition> own_;
  Instant deadline_;
  std::vector<std::pair<TopicPartition, std::uint64_t>> waits_;
  std::optional<TimerId> timer_;
  bool wake_posted_ = false;
};

}  // namespace

void handle(Broker& broker, const RequestContext& context, FetchRequest request, OneShot<FetchResponse> reply) {
  std::make_shared<Fetch>(broker, context, std::move(request), std::move(reply))->run();
}

}  // namespace leat::server
