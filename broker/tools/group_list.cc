#include "broker/tools/group_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "broker/wire/header.h"
#include "broker/wire/messages/consumer_group_describe.h"
#include "broker/wire/messages/delete_groups.h"
#include "broker/wire/messages/describe_groups.h"
#include "broker/wire/messages/find_coordinator.h"
#include "broker/wire/messages/list_groups.h"
#include "broker/wire/records/consumer_protocol.h"

namespace leat::tools {

using wire::ErrorCode;

namespace {

/// As Kafka's enums print: Classic, Consumer.
std::string capitalized(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

}  // namespace

Result<BrokerInfo> find_group_coordinator(Session& session, const std::string& group_id) {
  const Instant until = session.deadline();
  for (;;) {
    wire::FindCoordinatorRequest request;
    request.key_type = static_cast<std::int8_t>(client::CoordinatorType::kGroup);
    request.coordinator_keys = {group_id};
    request.key = group_id;
    const auto response = session.ask<wire::FindCoordinatorRequest, wire::FindCoordinatorResponse>(request);
    if (!response) return response.error();
    if (response->coordinators.empty()) return Error{ErrorKind::kCorrupt, "a coordinator answer without a coordinator"};
    const auto& found = response->coordinators.front();
    if (found.error_code == ErrorCode::kNone)
      return BrokerInfo{found.node_id, {found.host, static_cast<std::uint16_t>(found.port)}, ""};
    if (!wire::retriable(found.error_code) || session.loop().now() >= until)
      return wire::kafka_error(found.error_code, "looking for the coordinator of group '" + group_id + "'");
    session.run_for(std::chrono::milliseconds(100));
  }
}

Result<std::vector<GroupListing>> list_groups(Session& session, const std::vector<std::string>& states,
                                              const std::vector<std::string>& types) {
  std::vector<GroupListing> groups;
  for (const auto& [id, broker] : session.brokers()) {
    wire::ListGroupsRequest request;
    request.states_filter = states;
    request.types_filter = types;
    const auto response = session.ask_node<wire::ListGroupsRequest, wire::ListGroupsResponse>(id, request);
    if (!response) return response.error();
    if (response->error_code != ErrorCode::kNone)
      return wire::kafka_error(response->error_code, fmt::format("listing the groups of broker {}", id));
    for (const auto& each : response->groups)
      groups.push_back({each.group_id, capitalized(each.group_type), each.protocol_type, each.group_state});
  }
  std::sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return groups;
}

bool is_consumer_group(const GroupListing& group) {
  if (group.type == "Consumer") return true;
  return (group.type == "Classic" || group.type.empty()) && (group.protocol.empty() || group.protocol == "consumer");
}

namespace {

using Partitions = wire::ConsumerGroupDescribeResponse::DescribedGroup::Member::Assignment;

std::set<TopicPartition> partitions_of(const Partitions& assignment) {
  std::set<TopicPartition> partitions;
  for (const auto& topic : assignment.topic_partitions)
    for (const std::int32_t each : topic.partitions) partitions.insert({topic.topic_name, each});
  return partitions;
}

Error not_described(const std::string& group_id, ErrorCode code, const std::optional<std::string>& message) {
  return {ErrorKind::kKafka, java_error(code, message.value_or(fmt::format("Group {} not found.", group_id))),
          static_cast<int>(code)};
}

/// A group whose partitions the broker assigns (KIP-848).
Result<GroupDescription> describe_consumer_group(Session& session, GroupDescription description) {
  wire::ConsumerGroupDescribeRequest request;
  request.group_ids = {description.id};
  const auto response =
      session.ask_coordinator<wire::ConsumerGroupDescribeRequest, wire::ConsumerGroupDescribeResponse>(
          client::CoordinatorType::kGroup, description.id, request,
          [](const auto& answer) { return answer.groups.empty() ? ErrorCode::kNone : answer.groups[0].error_code; });
  if (!response) return response.error();
  if (response->groups.empty()) return Error{ErrorKind::kCorrupt, "a description without a group"};
  const auto& group = response->groups[0];
  if (group.error_code != ErrorCode::kNone) return not_described(description.id, group.error_code, group.error_message);
  description.state = group.group_state;
  description.assignor = group.assignor_name;
  description.epoch = group.group_epoch;
  description.target_epoch = group.assignment_epoch;
  for (const auto& each : group.members) {
    GroupMember& member = description.members.emplace_back();
    member.id = each.member_id;
    member.instance_id = each.instance_id.value_or("");
    member.host = each.client_host;
    member.client_id = each.client_id;
    member.assignment = partitions_of(each.assignment);
    member.target = partitions_of(each.target_assignment);
    member.epoch = each.member_epoch;
    member.target_epoch = group.assignment_epoch;
  }
  return description;
}

Result<GroupDescription> describe_classic_group(Session& session, GroupDescription description) {
  wire::DescribeGroupsRequest request;
  request.groups = {description.id};
  const auto response = session.ask_coordinator<wire::DescribeGroupsRequest, wire::DescribeGroupsResponse>(
      client::CoordinatorType::kGroup, description.id, request, [](const wire::DescribeGroupsResponse& answer) {
        return answer.groups.empty() ? ErrorCode::kNone : answer.groups[0].error_code;
      });
  if (!response) return response.error();
  if (response->groups.empty()) return Error{ErrorKind::kCorrupt, "a description without a group"};
  const auto& group = response->groups[0];
  if (group.error_code != ErrorCode::kNone || group.group_state == "Dead")
    return not_described(description.id,
                         group.error_code == ErrorCode::kNone ? ErrorCode::kGroupIdNotFound : group.error_code,
                         group.error_message);
  description.state = group.group_state;
  description.assignor = group.protocol_data;
  for (const auto& each : group.members) {
    GroupMember& member = description.members.emplace_back();
    member.id = each.member_id;
    member.instance_id = each.group_instance_id.value_or("");
    member.host = each.client_host;
    member.client_id = each.client_id;
    if (each.member_assignment.empty()) continue;
    const auto assignment = wire::decode_versioned_or_newer<wire::ConsumerProtocolAssignment>(each.member_assignment);
    if (!assignment) continue;
    for (const auto& topic : assignment->assigned_partitions)
      for (const std::int32_t partition : topic.partitions) member.assignment.insert({topic.topic, partition});
  }
  return description;
}

}  // namespace

Result<GroupDescription> describe_group(Session& session, const std::string& group_id) {
  GroupDescription description;
  description.id = group_id;
  LEAT_ASSIGN_OR_RETURN(description.coordinator, find_group_coordinator(session, group_id));
  const auto by_broker = describe_consumer_group(session, description);
  if (by_broker) return by_broker;
  // Groups of the classic protocol are not known under the other one, and old brokers know only that.
  const bool other = by_broker.error().kafka_code == static_cast<int>(ErrorCode::kGroupIdNotFound) ||
                     by_broker.error().kafka_code == static_cast<int>(ErrorCode::kUnsupportedVersion) ||
                     by_broker.error().kind == ErrorKind::kUnavailable;
  return other ? describe_classic_group(session, description) : by_broker;
}

Result<ErrorCode> delete_group(Session& session, const std::string& group_id) {
  wire::DeleteGroupsRequest request;
  request.groups_names = {group_id};
  const auto response = session.ask_coordinator<wire::DeleteGroupsRequest, wire::DeleteGroupsResponse>(
      client::CoordinatorType::kGroup, group_id, request, [](const wire::DeleteGroupsResponse& answer) {
        return answer.results.empty() ? ErrorCode::kNone : answer.results[0].error_code;
      });
  if (!response) return response.error();
  return response->results.empty() ? ErrorCode::kUnknownServerError : response->results[0].error_code;
}

std::optional<std::string> proper_name(std::string_view text, const std::vector<std::string>& names) {
  const auto found = std::find_if(names.begin(), names.end(), [&](const std::string& name) {
    return std::equal(name.begin(), name.end(), text.begin(), text.end(),
                      [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
  });
  return found == names.end() ? std::nullopt : std::optional(*found);
}

std::string java_error(ErrorCode code, const std::optional<std::string>& message) {
  const auto class_name = [&]() -> std::string {
    switch (code) {
      case ErrorCode::kGroupIdNotFound: return "GroupIdNotFoundException";
      case ErrorCode::kNonEmptyGroup: return "GroupNotEmptyException";
      case ErrorCode::kGroupSubscribedToTopic: return "GroupSubscribedToTopicException";
      case ErrorCode::kUnknownTopicOrPartition: return "UnknownTopicOrPartitionException";
      case ErrorCode::kInvalidGroupId: return "InvalidGroupIdException";
      case ErrorCode::kGroupAuthorizationFailed: return "GroupAuthorizationException";
      case ErrorCode::kTopicAuthorizationFailed: return "TopicAuthorizationException";
      case ErrorCode::kTransactionalIdNotFound: return "TransactionalIdNotFoundException";
      case ErrorCode::kPolicyViolation: return "PolicyViolationException";
      case ErrorCode::kOffsetOutOfRange: return "OffsetOutOfRangeException";
      case ErrorCode::kUnknownServerError: return "UnknownServerException";
      default: return "";
    }
  }();
  if (class_name.empty()) return explain(code, message);
  return fmt::format("org.apache.kafka.common.errors.{}: {}", class_name, explain(code, message));
}

}  // namespace leat::tools
