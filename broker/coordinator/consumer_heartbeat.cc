// Heartbeats of members that speak the new protocol (GroupMetadataManager.consumerGroupHeartbeat).
#include <algorithm>

#include "base/uuid.h"
#include "broker/coordinator/consumer_group_records.h"
#include "broker/coordinator/consumer_groups.h"
#include "broker/coordinator/numbered_sets.h"

namespace leat::coordinator {

using wire::ErrorCode;

namespace {

/// From this version on clients make their member ids.
constexpr int kVersionWithClientMadeIds = 1;

Error kafka_error(ErrorCode code, std::string message) {
  return {ErrorKind::kKafka, std::move(message), static_cast<int>(code)};
}
Error invalid(std::string message) { return kafka_error(ErrorCode::kInvalidRequest, std::move(message)); }

std::optional<PartitionSet> owned_of(const ConsumerGroups::HeartbeatRequest& request) {
  if (!request.topic_partitions) return std::nullopt;
  PartitionSet owned;
  for (const auto& topic : *request.topic_partitions)
    owned[topic.topic_id].insert(topic.partitions.begin(), topic.partitions.end());
  return owned;
}

/// A member may come with the epoch before: it may not have heard of the new one. But then what it has must fit.
Status judge_epoch(const ConsumerMember& member, std::int32_t epoch, const std::optional<PartitionSet>& owned) {
  if (epoch == kJoinEpoch || epoch == member.epoch) return {};
  const bool fits = owned && contains_all(member.assigned, *owned);
  if (epoch < member.epoch && epoch == member.previous_epoch && fits) return {};
  return kafka_error(ErrorCode::kFencedMemberEpoch,
                     std::string("The consumer group member has a ") + (epoch > member.epoch ? "greater" : "smaller") +
                         " member epoch (" + std::to_string(epoch) + ") than the one known by the group coordinator (" +
                         std::to_string(member.epoch) + "). The member must abandon all its partitions and rejoin.");
}

bool is_full(const ConsumerGroups::HeartbeatRequest& request) {
  return request.rebalance_timeout_ms != -1 && (request.subscribed_topic_names || request.subscribed_topic_regex) &&
         request.topic_partitions;
}

ConsumerGroups::HeartbeatResponse::Assignment assignment_of(const HeldPartitions& assigned) {
  ConsumerGroups::HeartbeatResponse::Assignment assignment;
  for (const auto& [topic, partitions] : assigned) {
    auto& each = assignment.topic_partitions.emplace_back();
    each.topic_id = topic;
    for (const auto& [partition, epoch] : partitions) each.partitions.push_back(partition);
  }
  return assignment;
}

}  // namespace

void ConsumerGroups::refuse(OneShot<HeartbeatResponse>& reply, const Error& error) {
  HeartbeatResponse response;
  response.error_code =
      error.kind == ErrorKind::kKafka ? static_cast<ErrorCode>(error.kafka_code) : ErrorCode::kCoordinatorNotAvailable;
  if (error.kind == ErrorKind::kKafka) response.error_message = error.message;
  reply(std::move(response));
}

Status ConsumerGroups::judge(const HeartbeatRequest& request, int version) const {
  if (request.group_id.empty()) return invalid("GroupId can't be empty.");
  if (request.instance_id && request.instance_id->empty()) return invalid("InstanceId can't be empty.");
  if (request.rack_id && request.rack_id->empty()) return invalid("RackId can't be empty.");
  const bool joins = request.member_epoch == kJoinEpoch;
  if (request.member_id.empty() && (!joins || version >= kVersionWithClientMadeIds))
    return invalid("MemberId can't be empty.");
  if (joins) {
    if (request.rebalance_timeout_ms == -1) return invalid("RebalanceTimeoutMs must be provided in first request.");
    if (!request.topic_partitions || !request.topic_partitions->empty())
      return invalid("TopicPartitions must be empty when (re-)joining.");
    if (!request.subscribed_topic_names && !request.subscribed_topic_regex)
      return invalid("Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.");
  } else if (request.member_epoch == kStaticLeaveEpoch) {
    if (!request.instance_id) return invalid("InstanceId can't be null.");
  } else if (request.member_epoch < kStaticLeaveEpoch) {
    return invalid("MemberEpoch is invalid.");
  }
  const auto& known = config_.assignors;
  if (request.server_assignor && std::find(known.begin(), known.end(), *request.server_assignor) == known.end()) {
    std::string names;
    for (const std::string& each : known) names += (names.empty() ? "" : ", ") + each;
    return kafka_error(ErrorCode::kUnsupportedAssignor, "ServerAssignor " + *request.server_assignor +
                                                            " is not supported. Supported assignors: " + names + ".");
  }
  return {};
}

Result<ConsumerDecision> ConsumerGroups::begin(const ConsumerGroup& group, const MemberClaim& claim,
                                               const std::optional<PartitionSet>& owned) const {
  const bool joins = claim.generation == kJoinEpoch;
  if (claim.instance_id) return begin_static(group, claim, joins, owned);
  ConsumerMember member;
  member.id = claim.member_id;
  if (const ConsumerMember* known = group.member(claim.member_id)) {
    member = *known;
  } else if (!joins) {
    return kafka_error(ErrorCode::kUnknownMemberId,
                       "Member " + claim.member_id + " is not a member of group " + group.id + ".");
  }
  LEAT_RETURN_IF_ERROR(judge_epoch(member, claim.generation, owned));
  return ConsumerDecision(group, std::move(member), surroundings());
}

/// A static member that comes back under another id takes the place of the one before, when that has left.
Result<ConsumerDecision> ConsumerGroups::begin_static(const ConsumerGroup& group, const MemberClaim& claim, bool joins,
                                                      const std::optional<PartitionSet>& owned) const {
  const ConsumerMember* known = group.static_member(claim.instance_id);
  if (!joins) {
    LEAT_ASSIGN_OR_RETURN(known, find_member(group, claim));
    LEAT_RETURN_IF_ERROR(judge_epoch(*known, claim.generation, owned));
    return ConsumerDecision(group, *known, surroundings());
  }
  ConsumerMember member;
  if (known == nullptr) {
    if (const ConsumerMember* same_id = group.member(claim.member_id)) member = *same_id;
    member.id = claim.member_id;
    return ConsumerDecision(group, std::move(member), surroundings());
  }
  if (!known->classic && known->epoch != kStaticLeaveEpoch)
    return kafka_error(ErrorCode::kUnreleasedInstanceId, "Static member " + claim.member_id + " with instance id " +
                                                             *claim.instance_id +
                                                             " cannot join the group because the instance id is owned "
                                                             "by " +
                                                             known->id + " member.");
  member.id = claim.member_id;
  ConsumerDecision decision(group, std::move(member), surroundings());
  decision.replace(*known);
  return decision;
}

Result<const ConsumerMember*> ConsumerGroups::find_member(const ConsumerGroup& group, const MemberClaim& claim) const {
  if (!claim.instance_id) {
    if (const ConsumerMember* known = group.member(claim.member_id)) return known;
    return kafka_error(ErrorCode::kUnknownMemberId,
                       "Member " + claim.member_id + " is not a member of group " + group.id + ".");
  }
  const ConsumerMember* known = group.static_member(claim.instance_id);
  if (known == nullptr)
    return kafka_error(ErrorCode::kUnknownMemberId, "Instance id " + *claim.instance_id + " is unknown.");
  if (known->id != claim.member_id)
    return kafka_error(ErrorCode::kFencedInstanceId, "Static member " + claim.member_id + " with instance id " +
                                                         *claim.instance_id + " was fenced by member " + known->id +
                                                         ".");
  return known;
}

void ConsumerGroups::heartbeat(const HeartbeatRequest& request, const ClientIdentity& client,
                               std::optional<Conversion> conversion, OneShot<HeartbeatResponse> reply) {
  if (runtime_.offline()) return refuse(reply, Error{ErrorKind::kUnavailable, "the disk failed"});
  if (request.member_epoch < kJoinEpoch) return leave_with_heartbeat(request, std::move(reply));
  ConsumerGroup fresh;
  fresh.id = request.group_id;
  const ConsumerGroup* group = conversion ? &conversion->group : find(request.group_id);
  if (group == nullptr && request.member_epoch == kJoinEpoch) group = &fresh;
  if (group == nullptr)
    return refuse(reply,
                  kafka_error(ErrorCode::kGroupIdNotFound, "Consumer group " + request.group_id + " not found."));
  if (group->members().size() >= config_.members_max && group->member(request.member_id) == nullptr)
    return refuse(
        reply, kafka_error(ErrorCode::kGroupMaxSizeReached, "The consumer group has reached its maximum capacity of " +
                                                                std::to_string(config_.members_max) + " members."));
  const std::string member_id = request.member_id.empty() ? Uuid::random(world_.random).to_base64() : request.member_id;
  const std::optional<PartitionSet> owned = owned_of(request);
  auto decision = begin(*group, {member_id, request.instance_id, request.member_epoch}, owned);
  if (!decision) return refuse(reply, decision.error());
  ConsumerMember& after = decision->after();
  if (request.instance_id) after.instance_id = request.instance_id;
  if (request.rack_id) after.rack_id = request.rack_id;
  if (request.rebalance_timeout_ms != -1) after.rebalance_timeout_ms = request.rebalance_timeout_ms;
  if (request.server_assignor) after.assignor = request.server_assignor;
  if (const auto& names = request.subscribed_topic_names) after.topics = {names->begin(), names->end()};
  if (request.subscribed_topic_regex) after.regex = *request.subscribed_topic_regex;
  after.client_id = client.client_id;
  after.client_host = client.host;
  after.classic.reset();
  if (auto decided = decision->decide(owned); !decided) return refuse(reply, decided.error());
  answer(request, *decision, std::move(reply),
         conversion ? std::move(conversion->records) : std::vector<InternalRecord>());
  // Those that came over from the classic protocol have no sessions here yet.
  if (conversion)
    for (const auto& [classic_id, member] : conversion->group.members()) restart_session(request.group_id, classic_id);
}

void ConsumerGroups::answer(const HeartbeatRequest& request, ConsumerDecision& decision,
                            OneShot<HeartbeatResponse> reply, std::vector<InternalRecord> records) {
  HeartbeatResponse response;
  response.member_id = decision.after().id;
  response.member_epoch = decision.after().epoch;
  response.heartbeat_interval_ms =
      setting(request.group_id, "consumer.heartbeat.interval.ms", config_.heartbeat_interval_ms);
  if (request.member_epoch == kJoinEpoch || is_full(request) || decision.assignment_changed())
    response.assignment = assignment_of(decision.after().assigned);
  for (InternalRecord& record : decision.take_records()) records.push_back(std::move(record));
  runtime_.write(std::move(records),
                 [response = std::move(response), reply = std::move(reply)](Status written) mutable {
                   if (!written) return refuse(reply, written.error());
                   reply(std::move(response));
                 });
  after_write(request.group_id, decision);
}

void ConsumerGroups::after_write(const std::string& group_id, const ConsumerDecision& decision) {
  const auto found = groups_.find(group_id);
  if (found == groups_.end()) return;
  ConsumerGroup& group = found->second;
  const ConsumerMember* member = group.member(decision.after().id);
  if (member == nullptr) return;
  group.catalog_version_seen = topics_.catalog_version();
  restart_session(group_id, member->id);
  if (decision.stepped()) watch_revocation(group, *member);
  resolve_regexes_if_due(group);
}

void ConsumerGroups::leave_with_heartbeat(const HeartbeatRequest& request, OneShot<HeartbeatResponse> reply) {
  const ConsumerGroup* group = find(request.group_id);
  if (group == nullptr)
    return refuse(reply, kafka_error(ErrorCode::kGroupIdNotFound, "Group " + request.group_id + " not found."));
  const auto member = find_member(*group, {request.member_id, request.instance_id, request.member_epoch});
  if (!member) return refuse(reply, member.error());
  HeartbeatResponse response;
  response.member_id = request.member_id;
  response.member_epoch = request.member_epoch;
  OneShot<Status> released([response = std::move(response), reply = std::move(reply)](Status written) mutable {
    if (!written) return refuse(reply, written.error());
    reply(std::move(response));
  });
  if (request.member_epoch == kLeaveEpoch) return remove_members(*group, {request.member_id}, std::move(released));
  ConsumerMember away = **member;
  away.epoch = kStaticLeaveEpoch;
  away.to_revoke.clear();
  std::vector<InternalRecord> records{held_record(group->id, away)};
  runtime_.write(std::move(records), std::move(released));
}

}  // namespace leat::coordinator
