// DescribeQuorum (55), versions 0 to 2; UnregisterBroker (64), 0; AddRaftVoter (80), 0 and 1; RemoveRaftVoter (81), 0.
// The quorum of the metadata log is this node alone, and stays so.
#include <fmt/format.h>

#include "broker/server/admin_handlers.h"

namespace leat::server {

using wire::ErrorCode;

namespace {

const std::string kMetadataTopic = "__cluster_metadata";

bool is_this_cluster(const Broker& broker, const std::optional<std::string>& cluster_id) {
  return !cluster_id || *cluster_id == broker.cluster_id();
}

}  // namespace

void handle(Broker& broker, const RequestContext& context, wire::DescribeQuorumRequest request,
            OneShot<wire::DescribeQuorumResponse> reply) {
  wire::DescribeQuorumResponse response;
  response.error_message = "";
  const std::int32_t node = broker.config().node_id;
  for (const auto& asked : request.topics) {
    auto& topic = response.topics.emplace_back();
    topic.topic_name = asked.topic_name;
    for (const auto& each : asked.partitions) {
      auto& partition = topic.partitions.emplace_back();
      partition.partition_index = each.partition_index;
      partition.error_message = "";
      if (asked.topic_name != kMetadataTopic || each.partition_index != 0) {
        partition.error_code = ErrorCode::kUnknownTopicOrPartition;
        partition.error_message = "This server does not host this topic-partition.";
        continue;
      }
      const log::PartitionLog& log = broker.topics().metadata_log();
      partition.leader_id = node;
      partition.leader_epoch = std::max(1, log.leader_epoch());
      partition.high_watermark = log.high_watermark();
      auto& voter = partition.current_voters.emplace_back();
      voter.replica_id = node;
      voter.log_end_offset = log.log_end_offset();
      voter.last_fetch_timestamp = voter.last_caught_up_timestamp = broker.world().loop.wall_clock_ms();
    }
  }
  if (!request.topics.empty()) {
    auto& described = response.nodes.emplace_back();
    described.node_id = node;
    auto& listener = described.listeners.emplace_back();
    listener.name = "CONTROLLER";
    listener.host = context.listener->advertised.host;
    listener.port = context.listener->advertised.port;
  }
  reply(std::move(response));
}

void handle(Broker& broker, const RequestContext& /*context*/, wire::UnregisterBrokerRequest request,
            OneShot<wire::UnregisterBrokerResponse> reply) {
  wire::UnregisterBrokerResponse response;
  const bool is_me = broker.nodes().find(request.broker_id) != nullptr;
  // Kafka would fence a live broker until it registers again; one that is all there is would only lock itself out.
  response.error_code = is_me ? ErrorCode::kInvalidRequest : ErrorCode::kBrokerIdNotRegistered;
  response.error_message = is_me ? "A broker that runs cannot be unregistered."
                                 : fmt::format("Broker ID {} is not currently registered", request.broker_id);
  reply(std::move(response));
}

void handle(Broker& broker, const RequestContext& /*context*/, wire::AddRaftVoterRequest request,
            OneShot<wire::AddRaftVoterResponse> reply) {
  wire::AddRaftVoterResponse response;
  if (!is_this_cluster(broker, request.cluster_id)) {
    response.error_code = ErrorCode::kInconsistentClusterId;
  } else if (request.listeners.empty()) {
    response.error_code = ErrorCode::kInvalidRequest;
    response.error_message = "Add voter request didn't include any endpoint";
  } else if (request.voter_id == broker.config().node_id) {
    response.error_code = ErrorCode::kDuplicateVoter;
    response.error_message = fmt::format("The voter id for {} is already part of the set of voters.", request.voter_id);
  } else {
    response.error_code = ErrorCode::kRequestTimedOut;
    response.error_message = fmt::format("New voter {} is not ready: this node has no followers.", request.voter_id);
  }
  reply(std::move(response));
}

void handle(Broker& broker, const RequestContext& /*context*/, wire::RemoveRaftVoterRequest request,
            OneShot<wire::RemoveRaftVoterResponse> reply) {
  wire::RemoveRaftVoterResponse response;
  if (!is_this_cluster(broker, request.cluster_id)) {
    response.error_code = ErrorCode::kInconsistentClusterId;
  } else {
    response.error_code = ErrorCode::kVoterNotFound;
    response.error_message =
        fmt::format("Cannot remove voter {} from the set of voters [{}]", request.voter_id, broker.config().node_id);
  }
  reply(std::move(response));
}

}  // namespace leat::server
