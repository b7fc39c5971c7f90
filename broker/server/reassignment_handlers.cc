// ElectLeaders (43), versions 0 to 2; AlterPartitionReassignments (45), 0 and 1; ListPartitionReassignments (46), 0.
// A move is done when it is written, since all nodes (nodes.h) have the same logs; the preferred replica leads whenever
// it runs. So no election is needed, and no move is ever under way.
#include <fmt/format.h>

#include <memory>

#include "base/gathering.h"
#include "broker/server/admin_handlers.h"

namespace leat::server {

using wire::ErrorCode;

namespace {

constexpr std::int8_t kPreferred = 0, kUnclean = 1;

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
  auto moving = std::make_shared<Gathering<wire::AlterPartitionReassignmentsResponse>>(std::move(reply));
  auto& response = moving->response;
  response.allow_replication_factor_change = request.allow_replication_factor_change;
  if (request.topics.empty()) response.error_message = "";
  for (const auto& asked : request.topics) {
    auto& result = response.responses.emplace_back();
    result.name = asked.name;
    for (const auto& partition : asked.partitions)
      result.partitions.emplace_back().partition_index = partition.partition_index;
  }
  for (std::size_t i = 0; i < request.topics.size(); ++i) {
    const std::string& name = request.topics[i].name;
    const Topic* topic = broker.topics().find(name);
    for (std::size_t j = 0; j < request.topics[i].partitions.size(); ++j) {
      const auto& partition = request.topics[i].partitions[j];
      auto& moved = response.responses[i].partitions[j];
      const auto refuse = [&](ErrorCode error, std::optional<std::string> message) {
        moved.error_code = error;
        moved.error_message = std::move(message);
      };
      const auto index = static_cast<std::size_t>(partition.partition_index);
      if (topic == nullptr) {
        refuse(ErrorCode::kUnknownTopicOrPartition, fmt::format("Unable to find a topic named {}.", name));
      } else if (partition.partition_index < 0 || index >= topic->partitions.size()) {
        refuse(ErrorCode::kUnknownTopicOrPartition,
               fmt::format("Unable to find partition {}:{}.", name, partition.partition_index));
      } else if (!partition.replicas) {
        refuse(ErrorCode::kNoReassignmentInProgress, std::nullopt);  // a null cancels
      } else if (auto problem = broker.nodes().problem_with(*partition.replicas)) {
        refuse(ErrorCode::kInvalidReplicaAssignment, std::move(problem));
      } else if (*partition.replicas != topic->replicas[index]) {
        ++moving->left;
        broker.topics().reassign(name, partition.partition_index, *partition.replicas, [moving, &moved](Status status) {
          if (!status) moved.error_code = ErrorCode::kKafkaStorageError;
          moving->one_done();
        });
      }
    }
  }
  moving->one_done();
}

void handle(Broker& /*broker*/, const RequestContext& /*context*/, wire::ListPartitionReassignmentsRequest /*request*/,
            OneShot<wire::ListPartitionReassignmentsResponse> reply) {
  reply({});
}

}  // namespace leat::server
