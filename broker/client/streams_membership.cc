#include "broker/client/streams_membership.h"

#include <algorithm>
#include <map>

#include "base/log.h"
#include "base/uuid.h"

namespace leat::client {

using wire::ErrorCode;

namespace {

constexpr std::int32_t kJoinEpoch = 0;
constexpr std::int32_t kLeaveEpoch = -1;
constexpr auto kRetryAfter = std::chrono::milliseconds(100);

std::vector<wire::streams_group::TaskIds> task_ids(const StreamsTasks::Tasks& tasks) {
  std::vector<wire::streams_group::TaskIds> ids;
  for (const auto& [subtopology, partition] : tasks) {
    if (ids.empty() || ids.back().subtopology_id != subtopology) ids.emplace_back().subtopology_id = subtopology;
    ids.back().partitions.push_back(partition);
  }
  return ids;
}

StreamsTasks::Tasks tasks(const std::vector<wire::streams_group::TaskIds>& ids) {
  StreamsTasks::Tasks all;
  for (const auto& each : ids)
    for (const std::int32_t partition : each.partitions) all.insert({each.subtopology_id, partition});
  return all;
}

bool moves_coordinator(ErrorCode error) {
  return error == ErrorCode::kNotCoordinator || error == ErrorCode::kCoordinatorNotAvailable;
}

bool passing(const Error& error) {
  if (error.kind == ErrorKind::kKafka) return wire::retriable(static_cast<ErrorCode>(error.kafka_code));
  return error.kind == ErrorKind::kUnavailable || error.kind == ErrorKind::kTimeout;
}

/// A group that waits for its topics, or for more members, has nothing to do yet, and says so.
bool is_ready(const std::vector<wire::StreamsGroupHeartbeatResponse::Status>& statuses) {
  return std::none_of(statuses.begin(), statuses.end(), [](const auto& each) {
    const auto code = static_cast<StreamsGroupStatus>(each.status_code);
    return code == StreamsGroupStatus::kMissingSourceTopics ||
           code == StreamsGroupStatus::kIncorrectlyPartitionedTopics ||
           code == StreamsGroupStatus::kMissingInternalTopics || code == StreamsGroupStatus::kAssignmentDelayed;
  });
}

}  // namespace

StreamsMembership::StreamsMembership(Cluster& cluster, StreamsMembershipConfig config,
                                     StreamsMembershipListener& listener)
    : cluster_(cluster), world_(cluster.world()), config_(std::move(config)), listener_(listener) {
  member_id_ = Uuid::random(world_.random).to_string();
}

StreamsMembership::~StreamsMembership() {
  alive_.reset();
  if (timer_) world_.loop.cancel(*timer_);
}

void StreamsMembership::start() { beat(); }

void StreamsMembership::beat_after(Duration delay) {
  if (timer_) world_.loop.cancel(*timer_);
  timer_ = world_.loop.call_at(world_.loop.now() + delay, [this] {
    timer_.reset();
    beat();
  });
}

/// One at a time. A commit that does not end, for the broker does not answer it, holds no heartbeat back for long: the
/// membership would end.
void StreamsMembership::beat() {
  if (state_ == State::kLeft || beating_) return;
  beating_ = true;
  sent_ = false;
  if (timer_) world_.loop.cancel(*timer_);
  timer_.reset();
  const auto go = [this, alive = std::weak_ptr<bool>(alive_), beat = ++beat_] {
    if (!alive.expired()) send(beat);
  };
  world_.loop.call_at(world_.loop.now() + std::chrono::milliseconds(heartbeat_interval_ms_), go);
  listener_.on_heartbeat([go](Status ready) {
    if (ready) go();
  });
}

wire::StreamsGroupHeartbeatRequest StreamsMembership::request() {
  wire::StreamsGroupHeartbeatRequest request;
  request.group_id = config_.group_id;
  request.member_id = member_id_;
  request.member_epoch = epoch_;
  request.endpoint_information_epoch = endpoint_epoch_;
  request.shutdown_application = shutdown_wanted_;
  if (epoch_ == kJoinEpoch) {
    request.topology = config_.topology;
    request.rebalance_timeout_ms = static_cast<std::int32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(config_.rebalance_timeout).count());
    request.process_id = config_.process_id;
    request.user_endpoint = config_.user_endpoint;
    request.client_tags.emplace();
    for (const auto& [key, value] : config_.client_tags) request.client_tags->push_back({key, value});
    if (!config_.rack.empty()) request.rack_id = config_.rack;
    request.active_tasks.emplace();
    request.standby_tasks.emplace();
    request.warmup_tasks.emplace();
  } else if (held_ && held_ != reported_) {
    request.active_tasks = task_ids(held_->active);
    request.standby_tasks = task_ids(held_->standby);
    request.warmup_tasks = task_ids(held_->warmup);
    reported_ = held_;
  }
  return request;
}

void StreamsMembership::send(std::uint64_t beat) {
  if (state_ == State::kLeft || beat != beat_ || std::exchange(sent_, true)) return;
  joined_ = true;
  cluster_.call_rebalance<wire::StreamsGroupHeartbeatRequest, wire::StreamsGroupHeartbeatResponse>(
      config_.group_id, request(),
      [this, alive = std::weak_ptr<bool>(alive_), beat,
       told = shutdown_wanted_](Result<wire::StreamsGroupHeartbeatResponse> response) {
        if (alive.expired() || beat != beat_ || state_ == State::kLeft) return;
        beating_ = false;
        if (told && shutdown_told_) shutdown_told_(response ? Status() : Status(response.error()));
        if (!alive.expired()) beaten(std::move(response));
      });
}

void StreamsMembership::beaten(Result<wire::StreamsGroupHeartbeatResponse> response) {
  if (!response) {
    if (response.error().kind == ErrorKind::kClosed) return;
    if (!passing(response.error())) return give_up(response.error().in("group.protocol=streams"));
    unanswered_ = true;
    reported_.reset();
    cluster_.forget_coordinator(CoordinatorType::kGroup, config_.group_id);
    return beat_after(kRetryAfter);
  }
  if (response->error_code != ErrorCode::kNone) return refused(*response);
  // What the broker wants is told once. It was told in the answer that was lost where the epoch has moved since.
  const bool missed = std::exchange(unanswered_, false) && epoch_ != kJoinEpoch && epoch_ != response->member_epoch &&
                      !response->active_tasks;
  if (missed) return lose();
  state_ = State::kMember;
  epoch_ = response->member_epoch;
  endpoint_epoch_ = response->endpoint_information_epoch;
  heartbeat_interval_ms_ = std::max(response->heartbeat_interval_ms, 1);
  beat_after(std::chrono::milliseconds(heartbeat_interval_ms_));
  if (response->partitions_by_user_endpoint) listener_.on_endpoints(*response->partitions_by_user_endpoint);
  if (response->active_tasks && response->standby_tasks && response->warmup_tasks)
    target_ = {tasks(*response->active_tasks), tasks(*response->standby_tasks), tasks(*response->warmup_tasks)};
  if (response->status) {
    group_ready_ = is_ready(*response->status);
    listener_.on_statuses(*response->status);
  }
  if (state_ == State::kMember) reconcile();
}

void StreamsMembership::reconcile() {
  // A group that is not ready gives nobody anything: there is nothing to say yet about a member that has nothing.
  if (reconciling_ || held_ == target_ || (!held_ && !group_ready_)) return;
  reconciling_ = true;
  listener_.on_tasks(target_,
                     [this, alive = std::weak_ptr<bool>(alive_), round = round_, taken = target_](Status done) {
                       if (alive.expired() || round != round_ || state_ == State::kLeft) return;
                       reconciling_ = false;
                       if (!done) return;
                       held_ = taken;
                       beat_after(Duration::zero());
                       reconcile();
                     });
}

void StreamsMembership::refused(const wire::StreamsGroupHeartbeatResponse& response) {
  const ErrorCode error = response.error_code;
  reported_.reset();
  switch (error) {
    case ErrorCode::kFencedMemberEpoch:
    case ErrorCode::kUnknownMemberId: return lose();
    case ErrorCode::kGroupIdNotFound:
      if (epoch_ != kJoinEpoch) return lose();
      break;
    default: break;
  }
  if (!wire::retriable(error)) {
    Error why = wire::kafka_error(error, "membership in group '" + config_.group_id + "' (group.protocol=streams)");
    if (response.error_message && !response.error_message->empty()) why.message += ": " + *response.error_message;
    return give_up(std::move(why));
  }
  if (moves_coordinator(error)) cluster_.forget_coordinator(CoordinatorType::kGroup, config_.group_id);
  beat_after(kRetryAfter);
}

void StreamsMembership::lose() {
  const bool has_tasks = held_ || reconciling_;
  ++round_;
  state_ = State::kJoining;
  epoch_ = kJoinEpoch;
  target_ = {};
  held_.reset();
  reported_.reset();
  group_ready_ = false;
  reconciling_ = false;
  beating_ = false;
  if (timer_) world_.loop.cancel(*timer_);
  timer_.reset();
  has_tasks ? listener_.on_lost() : beat_after(Duration::zero());
}

void StreamsMembership::give_up(Error why) {
  error_ = std::move(why);
  state_ = State::kLeft;
  ++round_;
}

void StreamsMembership::request_shutdown(OneShot<Status> done) {
  if (state_ == State::kLeft) return done({});
  shutdown_wanted_ = true;
  shutdown_told_ = std::move(done);
  // The one under way may not carry it.
  beating_ = true;
  sent_ = false;
  send(++beat_);
}

void StreamsMembership::leave(Leaving how, OneShot<Status> done) {
  const bool was_member = joined_ && state_ != State::kLeft;
  state_ = State::kLeft;
  ++round_;
  if (timer_) world_.loop.cancel(*timer_);
  timer_.reset();
  if (!was_member || how == Leaving::kRemain) return done({});
  wire::StreamsGroupHeartbeatRequest request;
  request.group_id = config_.group_id;
  request.member_id = member_id_;
  request.member_epoch = kLeaveEpoch;
  cluster_.call_rebalance<wire::StreamsGroupHeartbeatRequest, wire::StreamsGroupHeartbeatResponse>(
      config_.group_id, std::move(request),
      [done = std::move(done)](Result<wire::StreamsGroupHeartbeatResponse> response) mutable {
        done(response ? Status() : Status(response.error()));
      });
}

}  // namespace leat::client
