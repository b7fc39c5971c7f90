// Members of the classic protocol in groups whose partitions the broker assigns: they join, and find in the answer to
// SyncGroup what they shall hold; "rebalance in progress" tells them to come again.
#include <algorithm>

#include "base/uuid.h"
#include "broker/coordinator/consumer_group_records.h"
#include "broker/coordinator/consumer_groups.h"
#include "broker/wire/header.h"
#include "broker/wire/records/consumer_protocol.h"

namespace leat::coordinator {

using wire::ErrorCode;
using wire::JoinGroupResponse;
using wire::SyncGroupResponse;

namespace {

constexpr int kVersionWithRequiredMemberId = 4;
constexpr std::string_view kConsumerProtocol = "consumer";

void refuse_join(OneShot<JoinGroupResponse>& reply, ErrorCode error, const std::string& member_id) {
  JoinGroupResponse response;
  response.error_code = error;
  response.member_id = member_id;
  reply(std::move(response));
}
void refuse_sync(OneShot<SyncGroupResponse>& reply, ErrorCode error) {
  SyncGroupResponse response;
  response.error_code = error;
  reply(std::move(response));
}
ErrorCode code_of(const Error& error) {
  return error.kind == ErrorKind::kKafka ? static_cast<ErrorCode>(error.kafka_code)
                                         : ErrorCode::kCoordinatorNotAvailable;
}

PartitionSet owned_of(const wire::ConsumerProtocolSubscription& subscription, const TopicCatalog& topics) {
  PartitionSet owned;
  for (const auto& each : subscription.owned_partitions)
    if (const auto topic = topics.catalog_topic(each.topic))
      owned[topic->id].insert(each.partitions.begin(), each.partitions.end());
  return owned;
}

}  // namespace

Bytes classic_assignment(const PartitionSet& partitions, BytesView subscription, const TopicCatalog& topics) {
  wire::ConsumerProtocolAssignment assignment;
  for (const auto& [id, of_topic] : partitions)
    if (const auto topic = topics.catalog_topic(id)) {
      auto& each = assignment.assigned_partitions.emplace_back();
      each.topic = topic->name;
      each.partitions = {of_topic.begin(), of_topic.end()};
    }
  const int version = wire::version_of(subscription).value_or(0);
  return wire::encode_versioned(assignment,
                                std::clamp(version, 0, wire::ConsumerProtocolAssignment::kTraits.version_max));
}

void ConsumerGroups::join(const wire::JoinGroupRequest& request, int version, const ClientIdentity& client,
                          OneShot<JoinGroupResponse> reply) {
  const ConsumerGroup& group = *find(request.group_id);
  if (runtime_.offline()) return refuse_join(reply, ErrorCode::kCoordinatorNotAvailable, request.member_id);
  const bool is_new = request.member_id.empty();
  const std::string member_id = is_new ? Uuid::random(world_.random).to_base64() : request.member_id;
  if (group.members().size() >= config_.members_max && group.member(member_id) == nullptr)
    return refuse_join(reply, ErrorCode::kGroupMaxSizeReached, request.member_id);
  std::vector<std::string> protocols;
  for (const auto& protocol : request.protocols) protocols.push_back(protocol.name);
  if (!group.supports_classic(request.protocol_type, protocols))
    return refuse_join(reply, ErrorCode::kInconsistentGroupProtocol, request.member_id);
  if (is_new && !request.group_instance_id && version >= kVersionWithRequiredMemberId)
    return refuse_join(reply, ErrorCode::kMemberIdRequired, member_id);
  const auto subscription =
      wire::decode_versioned_or_newer<wire::ConsumerProtocolSubscription>(request.protocols.front().metadata.view());
  if (!subscription) return refuse_join(reply, ErrorCode::kUnknownServerError, "");
  const PartitionSet owned = owned_of(*subscription, topics_);
  auto decision = begin_classic(group, member_id, is_new, request.group_instance_id);
  if (!decision) return refuse_join(reply, code_of(decision.error()), request.member_id);
  ConsumerMember& after = decision->after();
  if (request.group_instance_id) after.instance_id = request.group_instance_id;
  if (subscription->rack_id) after.rack_id = subscription->rack_id;
  if (request.rebalance_timeout_ms != -1) after.rebalance_timeout_ms = request.rebalance_timeout_ms;
  after.topics = {subscription->topics.begin(), subscription->topics.end()};
  after.regex.clear();
  after.client_id = client.client_id;
  after.client_host = client.host;
  after.classic.emplace().session_timeout_ms = request.session_timeout_ms;
  for (const auto& protocol : request.protocols)
    after.classic->protocols.push_back({protocol.name, protocol.metadata.bytes});
  if (auto decided = decision->decide(owned); !decided)
    return refuse_join(reply, code_of(decided.error()), request.member_id);
  JoinGroupResponse response;
  response.member_id = decision->after().id;
  response.generation_id = decision->after().epoch;
  response.protocol_type = std::string(kConsumerProtocol);
  response.protocol_name = request.protocols.front().name;
  runtime_.write(decision->take_records(),
                 [response = std::move(response), reply = std::move(reply)](Status written) mutable {
                   if (!written) return refuse_join(reply, ErrorCode::kCoordinatorNotAvailable, response.member_id);
                   reply(std::move(response));
                 });
  after_write(request.group_id, *decision);
  const auto found = groups_.find(request.group_id);
  if (found == groups_.end() || found->second.member(decision->after().id) == nullptr) return;
  MemberTimers& timers = found->second.timers[decision->after().id];
  stop_timer(timers.join);
  start_timer(timers.sync, request.rebalance_timeout_ms, request.group_id, decision->after().id);
}

Result<ConsumerDecision> ConsumerGroups::begin_classic(const ConsumerGroup& group, const std::string& member_id,
                                                       bool is_new,
                                                       const std::optional<std::string>& instance_id) const {
  const ConsumerMember* known = instance_id ? group.static_member(instance_id) : group.member(member_id);
  if (instance_id && !is_new) {
    LEAT_ASSIGN_OR_RETURN(known, find_member(group, {member_id, instance_id, -1}));
  }
  ConsumerMember member;
  if (known != nullptr && known->id == member_id) member = *known;
  member.id = member_id;
  ConsumerDecision decision(group, std::move(member), surroundings());
  if (known != nullptr && known->id != member_id) decision.replace(*known);
  return decision;
}

void ConsumerGroups::ask_to_rejoin(ConsumerGroup& group, const ConsumerMember& member) {
  auto& timer = group.timers[member.id].join;
  if (!timer) start_timer(timer, std::max(member.rebalance_timeout_ms, 0), group.id, member.id);
}

void ConsumerGroups::sync(const wire::SyncGroupRequest& request, OneShot<SyncGroupResponse> reply) {
  ConsumerGroup& group = groups_.find(request.group_id)->second;
  const auto found = find_member(group, {request.member_id, request.group_instance_id, request.generation_id});
  if (!found) return refuse_sync(reply, code_of(found.error()));
  const ConsumerMember& member = **found;
  if (!member.classic) return refuse_sync(reply, ErrorCode::kUnknownMemberId);
  if (request.generation_id != member.epoch) return refuse_sync(reply, ErrorCode::kIllegalGeneration);
  const auto& protocol = member.classic->protocols.front();
  if ((request.protocol_type && *request.protocol_type != kConsumerProtocol) ||
      (request.protocol_name && *request.protocol_name != protocol.name))
    return refuse_sync(reply, ErrorCode::kInconsistentGroupProtocol);
  if (group.epoch > member.epoch && member.state != MemberState::kUnrevokedPartitions) {
    ask_to_rejoin(group, member);
    return refuse_sync(reply, ErrorCode::kRebalanceInProgress);
  }
  SyncGroupResponse response;
  response.protocol_type = request.protocol_type;
  response.protocol_name = request.protocol_name;
  PartitionSet assigned;
  for (const auto& [topic, partitions] : member.assigned)
    for (const auto& [partition, epoch] : partitions) assigned[topic].insert(partition);
  response.assignment = classic_assignment(assigned, protocol.metadata, topics_);
  stop_timer(group.timers[member.id].sync);
  restart_session(group.id, member.id);
  runtime_.write({}, [response = std::move(response), reply = std::move(reply)](Status durable) mutable {
    if (!durable) return refuse_sync(reply, ErrorCode::kCoordinatorNotAvailable);
    reply(std::move(response));
  });
}

ErrorCode ConsumerGroups::classic_heartbeat(const std::string& group_id, const MemberClaim& claim) {
  ConsumerGroup& group = groups_.find(group_id)->second;
  const auto found = find_member(group, claim);
  if (!found) return code_of(found.error());
  const ConsumerMember& member = **found;
  if (!member.classic) return ErrorCode::kUnknownMemberId;
  if (claim.generation != member.epoch) return ErrorCode::kIllegalGeneration;
  restart_session(group_id, member.id);
  const bool news = member.epoch < group.epoch || member.state == MemberState::kUnrevokedPartitions ||
                    (member.state == MemberState::kUnreleasedPartitions && !group.waits_for_others(member));
  if (!news) return ErrorCode::kNone;
  ask_to_rejoin(group, member);
  return ErrorCode::kRebalanceInProgress;
}

ErrorCode ConsumerGroups::leave(const std::string& group_id, const std::string& member_id,
                                const std::optional<std::string>& instance_id) {
  const ConsumerGroup& group = *find(group_id);
  // An administrator may name the instance alone.
  const ConsumerMember* of_instance = group.static_member(instance_id);
  const std::string known_as = member_id.empty() && of_instance != nullptr ? of_instance->id : member_id;
  const auto found = find_member(group, {known_as, instance_id, -1});
  if (!found) return code_of(found.error());
  remove_members(group, {known_as}, [](Status) {});
  return ErrorCode::kNone;
}

}  // namespace leat::coordinator
