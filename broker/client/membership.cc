#include "broker/client/membership.h"

#include <algorithm>

#include "base/log.h"
#include "broker/wire/messages/heartbeat.h"
#include "broker/wire/messages/leave_group.h"
#include "broker/wire/records/consumer_protocol.h"

namespace leat::client {

using wire::ErrorCode;

namespace {

constexpr std::int16_t kSubscriptionVersion = 3;
constexpr std::int16_t kAssignmentVersion = 1;
constexpr auto kRetryAfter = std::chrono::milliseconds(100);

std::int32_t to_ms(Duration duration) {
  return static_cast<std::int32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

bool of_coordinator(ErrorCode error) {
  return error == ErrorCode::kNotCoordinator || error == ErrorCode::kCoordinatorNotAvailable ||
         error == ErrorCode::kCoordinatorLoadInProgress;
}

}  // namespace

Membership::Membership(Cluster& cluster, MembershipConfig config, std::set<std::string> topics, Assignor& assignor,
                       RebalanceListener& listener)
    : cluster_(cluster),
      world_(cluster.world()),
      config_(std::move(config)),
      topics_(std::move(topics)),
      assignor_(assignor),
      listener_(listener) {}

Membership::~Membership() {
  alive_.reset();
  if (heartbeat_timer_) world_.loop.cancel(*heartbeat_timer_);
}

void Membership::after(Duration delay, Loop::Task task) {
  world_.loop.call_at(world_.loop.now() + delay,
                      [this, alive = std::weak_ptr<bool>(alive_), round = round_, task = std::move(task)]() mutable {
                        if (!alive.expired() && round == round_ && state_ != State::kLeft) task();
                      });
}

void Membership::start() {
  last_heartbeat_ = world_.loop.now();
  join();
}

void Membership::rejoin() {
  rejoin_wanted_ = true;
  if (state_ == State::kStable) join();
}

void Membership::subscribe(std::set<std::string> topics) {
  if (topics == topics_) return;
  topics_ = std::move(topics);
  rejoin();
}

Bytes Membership::subscription() {
  wire::ConsumerProtocolSubscription subscription;
  subscription.topics.assign(topics_.begin(), topics_.end());
  if (Bytes data = assignor_.user_data(); !data.empty()) subscription.user_data = std::move(data);
  for (const TopicPartition& partition : owned_) {
    if (subscription.owned_partitions.empty() || subscription.owned_partitions.back().topic != partition.topic)
      subscription.owned_partitions.emplace_back().topic = partition.topic;
    subscription.owned_partitions.back().partitions.push_back(partition.partition);
  }
  subscription.generation_id = generation_;
  if (!config_.rack.empty()) subscription.rack_id = config_.rack;
  return wire::encode_versioned(subscription, kSubscriptionVersion);
}

void Membership::join() {
  if (state_ == State::kLeft || state_ == State::kPreparing || error_) return;
  rejoin_wanted_ = false;
  ++round_;
  state_ = State::kPreparing;
  OneShot<Status> ready([this, alive = std::weak_ptr<bool>(alive_), round = round_](Status status) {
    if (status && !alive.expired() && round == round_ && state_ == State::kPreparing) send_join();
  });
  if (assignor_.cooperative() || owned_.empty()) return listener_.on_rebalance(std::move(ready));
  // Without incremental rebalances everything is given up first.
  const std::vector<TopicPartition> all(owned_.begin(), owned_.end());
  listener_.on_revoked(all, [this, alive = std::weak_ptr<bool>(alive_), ready = std::move(ready)](Status) mutable {
    if (alive.expired()) return;
    owned_.clear();
    ready({});
  });
}

void Membership::send_join() {
  state_ = State::kJoining;
  wire::JoinGroupRequest request;
  request.group_id = config_.group_id;
  request.session_timeout_ms = to_ms(config_.session_timeout);
  request.rebalance_timeout_ms = to_ms(config_.rebalance_timeout);
  request.member_id = member_id_;
  request.group_instance_id = instance();
  request.protocol_type = "consumer";
  auto& protocol = request.protocols.emplace_back();
  protocol.name = assignor_.name();
  protocol.metadata = subscription();
  cluster_.call_rebalance<wire::JoinGroupRequest, wire::JoinGroupResponse>(
      config_.group_id, std::move(request),
      [this, alive = std::weak_ptr<bool>(alive_), round = round_](Result<wire::JoinGroupResponse> response) {
        if (!alive.expired() && round == round_ && state_ == State::kJoining) joined(std::move(response));
      });
}

/// What an error of joining, syncing or beating means: try again, begin anew, or end.
void Membership::join_again(ErrorCode error) {
  switch (error) {
    case ErrorCode::kUnknownMemberId:
    case ErrorCode::kIllegalGeneration:
      lose_everything();
      if (error == ErrorCode::kUnknownMemberId) member_id_.clear();
      generation_ = -1;
      return join();
    case ErrorCode::kRebalanceInProgress: return join();
    default: break;
  }
  if (!wire::retriable(error))
    return give_up(wire::kafka_error(error, "membership in group '" + config_.group_id + "'"));
  if (of_coordinator(error)) cluster_.forget_coordinator(CoordinatorType::kGroup, config_.group_id);
  // Silence beyond the session means that the others have our partitions.
  if (world_.loop.now() - last_heartbeat_ > config_.session_timeout && !owned_.empty()) lose_everything();
  after(kRetryAfter, [this] {
    cluster_.refresh(topics_, false, [this, alive = std::weak_ptr<bool>(alive_), round = round_](Status) {
      if (!alive.expired() && round == round_ && state_ != State::kLeft) join();
    });
  });
}

void Membership::unanswered(const Error& error) {
  // The group may not be used: the coordinator was not told for that.
  if (error.kind == ErrorKind::kKafka && !wire::retriable(static_cast<ErrorCode>(error.kafka_code)))
    return give_up(error);
  join_again(ErrorCode::kCoordinatorNotAvailable);
}

void Membership::give_up(Error why) {
  lose_everything();
  error_ = std::move(why);
  state_ = State::kLeft;
}

void Membership::lose_everything() {
  if (owned_.empty()) return;
  const std::vector<TopicPartition> lost(owned_.begin(), owned_.end());
  owned_.clear();
  listener_.on_lost(lost);
}

void Membership::joined(Result<wire::JoinGroupResponse> response) {
  if (!response) return unanswered(response.error());
  if (response->error_code == ErrorCode::kMemberIdRequired) {
    member_id_ = response->member_id;
    return join();
  }
  if (response->error_code != ErrorCode::kNone) return join_again(response->error_code);
  last_heartbeat_ = world_.loop.now();
  member_id_ = response->member_id;
  generation_ = response->generation_id;
  state_ = State::kSyncing;
  schedule_beat();
  if (response->leader == member_id_ && !response->skip_assignment) return lead(*response);
  sync({});
}

void Membership::lead(const wire::JoinGroupResponse& response) {
  GroupSubscription members;
  for (const auto& member : response.members) {
    MemberSubscription& described = members[member.member_id];
    const auto subscription = wire::decode_versioned_or_newer<wire::ConsumerProtocolSubscription>(member.metadata);
    if (!subscription) continue;
    described.topics.insert(subscription->topics.begin(), subscription->topics.end());
    if (subscription->user_data) described.user_data = subscription->user_data->bytes;
    described.rack = subscription->rack_id.value_or("");
    for (const auto& topic : subscription->owned_partitions)
      for (const std::int32_t partition : topic.partitions) described.owned.insert({topic.topic, partition});
  }
  assignor_.assign(members,
                   [this, alive = std::weak_ptr<bool>(alive_), round = round_](Result<GroupAssignment> assignment) {
                     if (alive.expired() || round != round_ || state_ != State::kSyncing) return;
                     if (!assignment) return give_up(assignment.error());
                     sync(std::move(*assignment));
                   });
}

void Membership::sync(GroupAssignment assignment) {
  wire::SyncGroupRequest request;
  request.group_id = config_.group_id;
  request.generation_id = generation_;
  request.member_id = member_id_;
  request.group_instance_id = instance();
  request.protocol_type = "consumer";
  request.protocol_name = assignor_.name();
  for (const auto& [member_id, given] : assignment) {
    wire::ConsumerProtocolAssignment encoded;
    for (const TopicPartition& partition : given.partitions) {
      auto topic = std::find_if(encoded.assigned_partitions.begin(), encoded.assigned_partitions.end(),
                                [&](const auto& each) { return each.topic == partition.topic; });
      if (topic == encoded.assigned_partitions.end()) {
        encoded.assigned_partitions.emplace_back().topic = partition.topic;
        topic = std::prev(encoded.assigned_partitions.end());
      }
      topic->partitions.push_back(partition.partition);
    }
    if (!given.user_data.empty()) encoded.user_data = given.user_data;
    auto& each = request.assignments.emplace_back();
    each.member_id = member_id;
    each.assignment = wire::encode_versioned(encoded, kAssignmentVersion);
  }
  cluster_.call_rebalance<wire::SyncGroupRequest, wire::SyncGroupResponse>(
      config_.group_id, std::move(request),
      [this, alive = std::weak_ptr<bool>(alive_), round = round_](Result<wire::SyncGroupResponse> response) {
        if (!alive.expired() && round == round_ && state_ == State::kSyncing) synced(std::move(response));
      });
}

void Membership::synced(Result<wire::SyncGroupResponse> response) {
  if (!response) return unanswered(response.error());
  if (response->error_code != ErrorCode::kNone) return join_again(response->error_code);
  last_heartbeat_ = world_.loop.now();
  MemberAssignment assignment;
  if (!response->assignment.empty()) {
    const auto decoded = wire::decode_versioned_or_newer<wire::ConsumerProtocolAssignment>(response->assignment);
    if (!decoded) return give_up(decoded.error().in("assignment of group '" + config_.group_id + "'"));
    for (const auto& topic : decoded->assigned_partitions)
      for (const std::int32_t partition : topic.partitions) assignment.partitions.push_back({topic.topic, partition});
    if (decoded->user_data) assignment.user_data = decoded->user_data->bytes;
  }
  take(std::move(assignment));
}

void Membership::take(MemberAssignment assignment) {
  const std::set<TopicPartition> given(assignment.partitions.begin(), assignment.partitions.end());
  std::vector<TopicPartition> revoked, added;
  std::set_difference(owned_.begin(), owned_.end(), given.begin(), given.end(), std::back_inserter(revoked));
  std::set_difference(given.begin(), given.end(), owned_.begin(), owned_.end(), std::back_inserter(added));
  assignor_.on_assignment(assignment);
  const auto settle = [this, added] {
    owned_.insert(added.begin(), added.end());
    state_ = State::kStable;
    if (!added.empty()) listener_.on_assigned(added);
  };
  if (revoked.empty()) {
    settle();
    if (rejoin_wanted_) join();
    return;
  }
  state_ = State::kRevoking;
  listener_.on_revoked(revoked, [this, alive = std::weak_ptr<bool>(alive_), revoked, settle](Status) {
    if (alive.expired() || state_ == State::kLeft) return;
    for (const TopicPartition& partition : revoked) owned_.erase(partition);
    settle();
    // What was given up can be given to its new owner in the next round only.
    join();
  });
}

void Membership::schedule_beat() {
  if (heartbeat_timer_) return;
  heartbeat_timer_ = world_.loop.call_at(world_.loop.now() + config_.heartbeat_interval, [this] {
    heartbeat_timer_.reset();
    beat();
  });
}

void Membership::beat() {
  if (state_ == State::kLeft || error_) return;
  if (state_ == State::kJoining) return schedule_beat();
  wire::HeartbeatRequest request;
  request.group_id = config_.group_id;
  request.generation_id = generation_;
  request.member_id = member_id_;
  request.group_instance_id = instance();
  cluster_.call_coordinator<wire::HeartbeatRequest, wire::HeartbeatResponse>(
      CoordinatorType::kGroup, config_.group_id, std::move(request),
      [this, alive = std::weak_ptr<bool>(alive_), round = round_](Result<wire::HeartbeatResponse> response) {
        if (alive.expired() || state_ == State::kLeft) return;
        schedule_beat();
        if (round != round_) return;
        const ErrorCode error = response ? response->error_code : ErrorCode::kCoordinatorNotAvailable;
        if (error == ErrorCode::kNone) {
          last_heartbeat_ = world_.loop.now();
        } else if (state_ == State::kStable) {
          join_again(error);
        } else if (of_coordinator(error)) {
          cluster_.forget_coordinator(CoordinatorType::kGroup, config_.group_id);
        }
      });
}

void Membership::leave(Leaving how, OneShot<Status> done) {
  const bool was_member = !member_id_.empty() && state_ != State::kLeft;
  state_ = State::kLeft;
  ++round_;
  if (heartbeat_timer_) world_.loop.cancel(*heartbeat_timer_);
  heartbeat_timer_.reset();
  if (!was_member || how == Leaving::kRemain || (how == Leaving::kDefault && instance())) return done({});
  wire::LeaveGroupRequest request;
  request.group_id = config_.group_id;
  request.member_id = member_id_;
  auto& self = request.members.emplace_back();
  self.member_id = member_id_;
  self.group_instance_id = instance();
  cluster_.call_coordinator<wire::LeaveGroupRequest, wire::LeaveGroupResponse>(
      CoordinatorType::kGroup, config_.group_id, std::move(request),
      [done = std::move(done)](Result<wire::LeaveGroupResponse> response) mutable {
        done(response ? Status() : Status(response.error()));
      });
}

}  // namespace leat::client
