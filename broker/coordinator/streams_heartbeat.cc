// Heartbeats of streams members (GroupMetadataManager.streamsGroupHeartbeat, EndpointToPartitionsManager).
#include <algorithm>

#include "base/gathering.h"
#include "broker/coordinator/numbered_sets.h"
#include "broker/coordinator/streams_group_records.h"
#include "broker/coordinator/streams_groups.h"

namespace leat::coordinator {

using wire::ErrorCode;

namespace {

Error kafka_error(ErrorCode code, std::string message) {
  return {ErrorKind::kKafka, std::move(message), static_cast<int>(code)};
}
Error invalid(std::string message) { return kafka_error(ErrorCode::kInvalidRequest, std::move(message)); }

std::optional<TaskAssignment> owned_of(const StreamsGroups::HeartbeatRequest& request) {
  if (!request.active_tasks || !request.standby_tasks || !request.warmup_tasks) return std::nullopt;
  return TaskAssignment{task_set(*request.active_tasks), task_set(*request.standby_tasks),
                        task_set(*request.warmup_tasks)};
}

/// A member may come with the epoch before: it may not have heard of the new one. But then what it does must fit.
Status judge_epoch(const StreamsMember& member, std::int32_t epoch, const std::optional<TaskAssignment>& owned) {
  if (epoch == kJoinEpoch || epoch == member.epoch) return {};
  const bool fits = owned && contains_all(member.assigned.active, owned->active) &&
                    contains_all(member.assigned.standby, owned->standby) &&
                    contains_all(member.assigned.warmup, owned->warmup);
  if (epoch < member.epoch && epoch == member.previous_epoch && fits) return {};
  return kafka_error(ErrorCode::kFencedMemberEpoch,
                     std::string("The streams group member has a ") + (epoch > member.epoch ? "greater" : "smaller") +
                         " member epoch (" + std::to_string(epoch) + ") than the one known by the group coordinator (" +
                         std::to_string(member.epoch) + "). The member must abandon all its partitions and rejoin.");
}

/// The partitions that somebody answers queries about: those that its tasks read.
std::vector<wire::StreamsGroupHeartbeatResponse::TopicPartition> partitions_of(const TaskSet& tasks,
                                                                               const ConfiguredTopology& topology,
                                                                               const TopicCatalog& topics) {
  std::vector<wire::StreamsGroupHeartbeatResponse::TopicPartition> result;
  for (const auto& [id, partitions] : tasks) {
    const auto subtopology = topology.subtopologies.find(id);
    if (subtopology == topology.subtopologies.end()) continue;
    for (const std::string& source : subtopology->second.sources) {
      auto& each = result.emplace_back();
      each.topic = source;
      const auto topic = topics.catalog_topic(source);
      for (const std::int32_t partition : partitions)
        if (topic && partition < topic->partitions) each.partitions.push_back(partition);
    }
  }
  return result;
}

std::vector<wire::StreamsGroupHeartbeatResponse::EndpointToPartitions> endpoints_of(const StreamsGroup& group,
                                                                                    const ConfiguredTopology& topology,
                                                                                    const TopicCatalog& topics) {
  std::vector<wire::StreamsGroupHeartbeatResponse::EndpointToPartitions> result;
  for (const auto& [member_id, member] : group.members)
    if (member.endpoint)
      result.push_back({*member.endpoint, partitions_of(task_set(member.assigned.active), topology, topics),
                        partitions_of(member.assigned.standby, topology, topics)});
  return result;
}

}  // namespace

void StreamsGroups::refuse(OneShot<HeartbeatResponse>& reply, const Error& error) {
  HeartbeatResponse response;
  response.error_code =
      error.kind == ErrorKind::kKafka ? static_cast<ErrorCode>(error.kafka_code) : ErrorCode::kCoordinatorNotAvailable;
  if (error.kind == ErrorKind::kKafka) response.error_message = error.message;
  response.status.emplace();
  reply(std::move(response));
}

Status StreamsGroups::judge(const HeartbeatRequest& request) {
  if (request.member_id.empty()) return invalid("MemberId can't be empty.");
  if (request.group_id.empty()) return invalid("GroupId can't be empty.");
  if (request.instance_id) return invalid("Static membership is not yet supported.");
  if (request.rack_id && request.rack_id->empty()) return invalid("RackId can't be empty.");
  if (request.member_epoch < kStaticLeaveEpoch)
    return invalid("MemberEpoch is " + std::to_string(request.member_epoch) +
                   ", but must be greater than or equal to -2.");
  if (request.member_epoch == kStaticLeaveEpoch) return invalid("InstanceId can't be null.");
  if (request.member_epoch != kJoinEpoch)
    return request.topology ? Status(invalid("Topology can only be provided when (re-)joining.")) : Status();
  if (request.rebalance_timeout_ms == -1) return invalid("RebalanceTimeoutMs must be provided in first request.");
  if (!request.topology) return invalid("Topology must be non-null when (re-)joining.");
  const std::pair<const std::optional<std::vector<wire::streams_group::TaskIds>>*, const char*> all_tasks[] = {
      {&request.active_tasks, "ActiveTasks"},
      {&request.standby_tasks, "StandbyTasks"},
      {&request.warmup_tasks, "WarmupTasks"}};
  for (const auto& [tasks, field] : all_tasks)
    if (!*tasks || !(*tasks)->empty()) return invalid(std::string(field) + " must be empty when (re-)joining.");
  for (const auto& subtopology : request.topology->subtopologies) {
    if (!subtopology.source_topic_regex.empty())
      return invalid("Regular expressions for source topics are not supported yet.");
    for (const auto& changelog : subtopology.state_changelog_topics)
      if (changelog.partitions != 0)
        return kafka_error(ErrorCode::kStreamsInvalidTopology,
                           "Changelog topic " + changelog.name +
                               " must have an undefined partition count, but it is set to " +
                               std::to_string(changelog.partitions) + ".");
  }
  return {};
}

Result<StreamsDecision> StreamsGroups::begin(const StreamsGroup& group, const HeartbeatRequest& request) const {
  StreamsMember member;
  member.id = request.member_id;
  if (const StreamsMember* known = group.member(request.member_id)) {
    member = *known;
  } else if (request.member_epoch != kJoinEpoch) {
    return kafka_error(ErrorCode::kUnknownMemberId,
                       "Member " + request.member_id + " is not a member of group " + group.id + ".");
  }
  LEAT_RETURN_IF_ERROR(judge_epoch(member, request.member_epoch, owned_of(request)));
  const std::int32_t delay_ms =
      setting(group.id, "streams.initial.rebalance.delay.ms", config_.initial_rebalance_delay_ms);
  const bool in_delay = group.first_target_at ? world_.loop.now() < *group.first_target_at : delay_ms > 0;
  return StreamsDecision(
      group, std::move(member),
      {.topics = topics_,
       .now_ms = world_.loop.wall_clock_ms(),
       .standby_replicas = setting(group.id, "streams.num.standby.replicas", config_.standby_replicas),
       .assignment_interval_ms = setting(group.id, "streams.assignment.interval.ms", config_.assignment_interval_ms),
       .in_initial_delay = in_delay});
}

void StreamsGroups::heartbeat(const HeartbeatRequest& request, const ClientIdentity& client,
                              std::vector<InternalRecord> first, OneShot<HeartbeatResponse> reply) {
  if (runtime_.offline()) return refuse(reply, Error{ErrorKind::kUnavailable, "the disk failed"});
  if (request.member_epoch < kJoinEpoch) return leave(request, std::move(reply));
  StreamsGroup fresh;
  fresh.id = request.group_id;
  const StreamsGroup* group = find(request.group_id);
  const bool is_new = group == nullptr;
  if (is_new && request.member_epoch == kJoinEpoch) group = &fresh;
  if (group == nullptr)
    return refuse(reply, kafka_error(ErrorCode::kGroupIdNotFound, "Streams group " + request.group_id + " not found."));
  if (group->members.size() >= config_.members_max && group->member(request.member_id) == nullptr)
    return refuse(
        reply, kafka_error(ErrorCode::kGroupMaxSizeReached, "The streams group has reached its maximum capacity of " +
                                                                std::to_string(config_.members_max) + " members."));
  auto decision = begin(*group, request);
  if (!decision) return refuse(reply, decision.error());
  StreamsMember& after = decision->after();
  if (request.rack_id) after.rack_id = request.rack_id;
  if (request.rebalance_timeout_ms != -1) after.rebalance_timeout_ms = request.rebalance_timeout_ms;
  if (request.process_id) after.process_id = *request.process_id;
  if (request.user_endpoint) after.endpoint = request.user_endpoint;
  if (request.client_tags) {
    after.client_tags.clear();
    for (const auto& each : *request.client_tags) after.client_tags[each.key] = each.value;
  }
  after.client_id = client.client_id;
  after.client_host = client.host;
  std::optional<StreamsTopology> topology;
  if (request.topology) {
    after.topology_epoch = request.topology->epoch;
    topology.emplace();
    topology->epoch = request.topology->epoch;
    topology->subtopologies = request.topology->subtopologies;
  }
  if (auto decided = decision->decide(topology, owned_of(request)); !decided) return refuse(reply, decided.error());
  answer(request, *decision, is_new, std::move(first), std::move(reply));
}

void StreamsGroups::answer(const HeartbeatRequest& request, StreamsDecision& decision, bool is_new,
                           std::vector<InternalRecord> records, OneShot<HeartbeatResponse> reply) {
  const StreamsMember after = decision.after();
  auto written = std::make_shared<Status>();
  auto answer = std::make_shared<Gathering<HeartbeatResponse>>(
      [written, reply = std::move(reply)](HeartbeatResponse response) mutable {
        if (!*written) return refuse(reply, written->error());
        reply(std::move(response));
      });
  HeartbeatResponse& response = answer->response;
  response.member_id = after.id;
  response.member_epoch = after.epoch;
  response.heartbeat_interval_ms =
      setting(request.group_id, "streams.heartbeat.interval.ms", config_.heartbeat_interval_ms);
  const bool tells_tasks = request.member_epoch == kJoinEpoch || decision.assignment_changed();
  if (tells_tasks) {
    response.active_tasks = task_ids(task_set(after.assigned.active));
    response.standby_tasks = task_ids(after.assigned.standby);
    response.warmup_tasks = task_ids(after.assigned.warmup);
  }
  const ConfiguredTopology topology = decision.configured_now();
  for (InternalRecord& record : decision.take_records()) records.push_back(std::move(record));
  ++answer->left;
  runtime_.write(std::move(records), [answer, written](Status done) {
    *written = std::move(done);
    answer->one_done();
  });
  const auto found = groups_.find(request.group_id);
  if (found == groups_.end()) return answer->one_done();  // the disk refused
  StreamsGroup& group = found->second;
  group.configured = topology;
  group.catalog_version_seen = topics_.catalog_version();
  if (is_new)
    group.first_target_at =
        world_.loop.now() + std::chrono::milliseconds(setting(group.id, "streams.initial.rebalance.delay.ms",
                                                              config_.initial_rebalance_delay_ms));
  if (request.shutdown_application) group.shutdown_requested_by = after.id;
  watch(group, after);
  for (const auto& topic : topology.missing) {
    ++answer->left;
    topics_.make_internal_topic(topic, [answer](Status) { answer->one_done(); });
  }

  auto& statuses = response.status.emplace();
  for (const StreamsStatus& each : decision.statuses())
    statuses.push_back({static_cast<std::int8_t>(each.code), each.detail});
  if (group.shutdown_requested_by)
    statuses.push_back({StreamsStatus::kShutdownApplication,
                        "Streams group member " + *group.shutdown_requested_by +
                            " encountered a fatal error and requested a shutdown for the entire application."});
  // Kafka counts what the first member of a group brings, but forgets the count.
  const bool endpoint_news = tells_tasks && after.endpoint;
  if (endpoint_news && !is_new) ++group.endpoint_epoch;
  if (group.endpoint_epoch + (endpoint_news && is_new ? 1 : 0) != request.endpoint_information_epoch)
    response.partitions_by_user_endpoint = endpoints_of(group, topology, topics_);
  response.endpoint_information_epoch = group.endpoint_epoch;
  answer->one_done();
}

void StreamsGroups::leave(const HeartbeatRequest& request, OneShot<HeartbeatResponse> reply) {
  const StreamsGroup* group = find(request.group_id);
  if (group == nullptr)
    return refuse(reply, kafka_error(ErrorCode::kGroupIdNotFound, "Group " + request.group_id + " not found."));
  if (group->member(request.member_id) == nullptr)
    return refuse(reply, kafka_error(ErrorCode::kUnknownMemberId,
                                     "Member " + request.member_id + " is not a member of group " + group->id + "."));
  remove_member(
      *group, request.member_id,
      [member_id = request.member_id, epoch = request.member_epoch, reply = std::move(reply)](Status written) mutable {
        if (!written) return refuse(reply, written.error());
        HeartbeatResponse response;
        response.member_id = member_id;
        response.member_epoch = epoch;
        response.status.emplace();
        reply(std::move(response));
      });
}

}  // namespace leat::coordinator
