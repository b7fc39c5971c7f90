// JoinGroup (11), SyncGroup (14), Heartbeat (12), LeaveGroup (13), DescribeGroups (15), ListGroups (16), DeleteGroups
// (42) in all versions. DescribeGroups knows classic groups only, as Kafka's does.
#include <algorithm>
#include <memory>

#include "base/gathering.h"
#include "broker/server/authorized_operations.h"
#include "broker/server/handlers.h"
#include "broker/server/routing.h"

namespace leat::server {

using wire::ErrorCode;

void handle(Broker& broker, const RequestContext& context, wire::JoinGroupRequest request,
            OneShot<wire::JoinGroupResponse> reply) {
  auto* groups = groups_of(broker, context, request.group_id);
  if (groups == nullptr) {
    wire::JoinGroupResponse response;
    response.error_code = ErrorCode::kNotCoordinator;
    response.member_id = request.member_id;
    return reply(std::move(response));
  }
  groups->join(request, context.version, context.client, std::move(reply));
}

void handle(Broker& broker, const RequestContext& context, wire::SyncGroupRequest request,
            OneShot<wire::SyncGroupResponse> reply) {
  auto* groups = groups_of(broker, context, request.group_id);
  if (groups == nullptr) {
    wire::SyncGroupResponse response;
    response.error_code = ErrorCode::kNotCoordinator;
    return reply(std::move(response));
  }
  groups->sync(request, context.version, std::move(reply));
}

void handle(Broker& broker, const RequestContext& context, wire::HeartbeatRequest request,
            OneShot<wire::HeartbeatResponse> reply) {
  wire::HeartbeatResponse response;
  auto* groups = groups_of(broker, context, request.group_id);
  response.error_code =
      groups == nullptr ? ErrorCode::kNotCoordinator
      : request.group_id.empty()
          ? ErrorCode::kInvalidGroupId
          : groups->heartbeat(request.group_id, {request.member_id, request.group_instance_id, request.generation_id});
  reply(std::move(response));
}

void handle(Broker& broker, const RequestContext& context, wire::LeaveGroupRequest request,
            OneShot<wire::LeaveGroupResponse> reply) {
  wire::LeaveGroupResponse response;
  auto* groups = groups_of(broker, context, request.group_id);
  if (groups == nullptr || request.group_id.empty()) {
    response.error_code = groups == nullptr ? ErrorCode::kNotCoordinator : ErrorCode::kInvalidGroupId;
    return reply(std::move(response));
  }
  if (context.version < 3) {
    response.error_code = groups->leave(request.group_id, request.member_id, std::nullopt);
    return reply(std::move(response));
  }
  for (const auto& member : request.members) {
    auto& left = response.members.emplace_back();
    left.member_id = member.member_id;
    left.group_instance_id = member.group_instance_id;
    left.error_code = groups->leave(request.group_id, member.member_id, member.group_instance_id);
  }
  reply(std::move(response));
}

void handle(Broker& broker, const RequestContext& context, wire::DescribeGroupsRequest request,
            OneShot<wire::DescribeGroupsResponse> reply) {
  wire::DescribeGroupsResponse response;
  for (const std::string& group_id : request.groups) {
    auto& described = response.groups.emplace_back();
    described.group_id = group_id;
    auto* groups = groups_of(broker, context, group_id);
    if (groups == nullptr) {
      described.error_code = ErrorCode::kNotCoordinator;
      continue;
    }
    const coordinator::Group* group = groups->find(group_id);
    if (group == nullptr) {
      described.group_state = name(coordinator::GroupState::kDead);
      if (context.version >= 6) {
        described.error_code = ErrorCode::kGroupIdNotFound;
        described.error_message =
            "Group " + group_id +
            (groups->consumers().find(group_id) || groups->streams().find(group_id) ? " is not a classic group."
                                                                                    : " not found.");
      }
      continue;
    }
    described.group_state = name(group->state);
    described.protocol_type = group->protocol_type;
    if (request.include_authorized_operations) described.authorized_operations = bits_of(kGroupOperations);
    const bool has_protocol = group->state == coordinator::GroupState::kStable && group->protocol;
    if (has_protocol) described.protocol_data = *group->protocol;
    for (const auto& [member_id, member] : group->members) {
      auto& each = described.members.emplace_back();
      each.member_id = member_id;
      each.group_instance_id = member.instance_id;
      each.client_id = member.client_id;
      each.client_host = member.client_host;
      each.member_assignment = member.assignment;
      const Bytes* metadata = has_protocol ? member.metadata(*group->protocol) : nullptr;
      if (metadata != nullptr) each.member_metadata = *metadata;
    }
  }
  reply(std::move(response));
}

void handle(Broker& broker, const RequestContext& context, wire::ListGroupsRequest request,
            OneShot<wire::ListGroupsResponse> reply) {
  wire::ListGroupsResponse response;
  const auto matches = [](const std::vector<std::string>& filter, std::string_view value) {
    const auto same = [&](const std::string& each) {
      return std::equal(each.begin(), each.end(), value.begin(), value.end(),
                        [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
    };
    return filter.empty() || std::any_of(filter.begin(), filter.end(), same);
  };
  const auto list = [&](const std::string& group_id, std::string_view protocol_type, std::string_view state,
                        std::string_view type) {
    if (!matches(request.states_filter, state) || !matches(request.types_filter, type)) return;
    auto& listed = response.groups.emplace_back();
    listed.group_id = group_id;
    listed.protocol_type = protocol_type;
    listed.group_state = state;
    listed.group_type = type;
  };
  for (const auto* groups : group_coordinators(broker, context)) {
    for (const auto& [group_id, group] : groups->groups())
      list(group_id, group.protocol_type, name(group.state), "classic");
    for (const auto& [group_id, group] : groups->consumers().groups())
      list(group_id, "consumer", name(group.state()), "consumer");
    for (const auto& [group_id, group] : groups->streams().groups())
      list(group_id, "streams", name(group.state()), "streams");
  }
  reply(std::move(response));
}

void handle(Broker& broker, const RequestContext& context, wire::DeleteGroupsRequest request,
            OneShot<wire::DeleteGroupsResponse> reply) {
  auto deleting = std::make_shared<Gathering<wire::DeleteGroupsResponse>>(std::move(reply));
  deleting->response.results.resize(request.groups_names.size());
  for (std::size_t i = 0; i < request.groups_names.size(); ++i) {
    auto& result = deleting->response.results[i];
    result.group_id = request.groups_names[i];
    auto* groups = groups_of(broker, context, result.group_id);
    if (groups == nullptr) {
      result.error_code = ErrorCode::kNotCoordinator;
      continue;
    }
    ++deleting->left;
    groups->remove(result.group_id, [deleting, &result](ErrorCode error) {
      result.error_code = error;
      deleting->one_done();
    });
  }
  deleting->one_done();
}

}  // namespace leat::server
