// ElectLeaders (43), versions 0 to 2; AlterPartitionReassignments (45), 0 and 1; ListPartitionReassignments (46), 0.
// The one node leads and holds every partition: no election is needed, and no move is ever under way.
#include <fmt/format.h>

#include <set>

#include "broker/server/admin_handlers.h"

namespace leat::server {

using wire::ErrorCode;

namespace {

constexpr std::int8_t kPreferred = 0, kUnclean = 1;

/// Why the one node cannot be made to hold a partition on these replicas; none where it does so already.
std::optional<std::string> problem_with(const std::vector<std::int32_t>& replicas, std::int32_t node_id) {
  if (replicas.empty()) return "The manual partition assignment includes an empty replica list.";
  std::set<std::int32_t> seen;
  for (const std::int32_t replica : replicas) {
    if (replica < 0) return fmt::format("The manual partition assignment includes an invalid broker ID {}.", replica);
    if (!seen.insert(replica).second)
      return fmt::format("The manual partition assignment includes the broker {} more than once.", replica);
    if (replica != node_id)
      return fmt::format("The manual partition assignment includes broker {}, but no such broker is registered.",
                         replica);
  }
  return std::nullopt;
}

}  // namespace

void handle(Broker& broker, const RequestContext& context, wire::ElectLeadersRequest request,
            OneShot<wire::ElectLeadersResponse> reply) {
  wire::ElectLeadersResponse response;
  const bool known_type =
      context.version == 0 || request.election_type == kPreferred || request.election_type == kUnclean;
  if (!known_type) response.error_code = ErrorCode::kInvalidRequest;
  if (!request.topic_partitions) {
    // All partitions that need an election: the topics are named, with none of theirs.
    for (const auto& [name, topic] : broker.topics().all())
      if (known_type) response.replica_election_results.emplace_back().topic = name;
    return reply(std::move(response));
  }
  for (const auto& asked : *request.topic_partitions) {
    const Topic* topic = broker.topics().find(asked.topic);
    auto& result = response.replica_election_results.emplace_back();
    result.topic = asked.topic;
    for (const std::int32_t index : asked.partitions) {
      auto& elected = result.partition_result.emplace_back();
      elected.partition_id = index;
      const auto answer = [&](ErrorCode error, std::string message) {
        elected.error_code = error;
        elected.error_message = std::move(message);
      };
      if (!known_type) {
        answer(ErrorCode::kInvalidRequest, fmt::format("Unknown election type {}", request.election_type));
      } else if (topic == nullptr) {
        answer(ErrorCode::kUnknownTopicOrPartition, "No such topic as " + asked.topic);
      } else if (index < 0 || static_cast<std::size_t>(index) >= topic->partitions.size()) {
        answer(ErrorCode::kUnknownTopicOrPartition, fmt::format("No such partition as {}-{}", asked.topic, index));
      } else {
        answer(ErrorCode::kElectionNotNeeded, "Leader election not needed for topic partition.");
      }
    }
  }
  reply(std::move(response));
}

void handle(Broker& broker, const RequestContext& /*context*/, wire::AlterPartitionReassignmentsRequest request,
            OneShot<wire::AlterPartitionReassignmentsResponse> reply) {
  wire::AlterPartitionReassignmentsResponse response;
  response.allow_replication_factor_change = request.allow_replication_factor_change;
  if (request.topics.empty()) response.error_message = "";
  for (const auto& asked : request.topics) {
    const Topic* topic = broker.topics().find(asked.name);
    auto& result = response.responses.emplace_back();
    result.name = asked.name;
    for (const auto& partition : asked.partitions) {
      auto& moved = result.partitions.emplace_back();
      moved.partition_index = partition.partition_index;
      if (topic == nullptr) {
        moved.error_code = ErrorCode::kUnknownTopicOrPartition;
        moved.error_message = fmt::format("Unable to find a topic named {}.", asked.name);
      } else if (partition.partition_index < 0 ||
                 static_cast<std::size_t>(partition.partition_index) >= topic->partitions.size()) {
        moved.error_code = ErrorCode::kUnknownTopicOrPartition;
        moved.error_message = fmt::format("Unable to find partition {}:{}.", asked.name, partition.partition_index);
      } else if (!partition.replicas) {
        moved.error_code = ErrorCode::kNoReassignmentInProgress;  // a null cancels
      } else if (auto problem = problem_with(*partition.replicas, broker.config().node_id)) {
        moved.error_code = ErrorCode::kInvalidReplicaAssignment;
        moved.error_message = std::move(problem);
      }
    }
  }
  reply(std::move(response));
}

void handle(Broker& /*broker*/, const RequestContext& /*context*/, wire::ListPartitionReassignmentsRequest /*request*/,
            OneShot<wire::ListPartitionReassignmentsResponse> reply) {
  reply({});
}

}  // namespace leat::server
