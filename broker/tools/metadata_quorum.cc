// kafka-metadata-quorum describe: who leads the cluster's metadata log, and how far the others are.
#include <fmt/format.h>

#include <algorithm>

#include "broker/tools/tools.h"
#include "broker/wire/messages/describe_quorum.h"

namespace leat::tools {

namespace {

using wire::ErrorCode;
using Partition = wire::DescribeQuorumResponse::TopicData::PartitionData;
using Replica = Partition::ReplicaState;

constexpr OptionSpec kOptions[] = {
    kBootstrapServer,
    kCommandConfig,
    {"bootstrap-controller", Takes::kValue, "host:port,...", "the controllers to connect to"},
    {"human-readable", Takes::kNothing, "", "--replication: times as so long ago"},
    {"replication", Takes::kNothing, "", "describe: each replica and its lag"},
    {"status", Takes::kNothing, "", "describe: the quorum as a whole"},
};

/// [{"id": 1, "directoryId": "...", "endpoints": ["CONTROLLER://host:9093"]}]
std::string describe_replicas(const wire::DescribeQuorumResponse& quorum, const std::vector<Replica>& replicas) {
  std::string text;
  for (const Replica& each : replicas) {
    text += fmt::format("{}{{\"id\": {}", text.empty() ? "" : ", ", each.replica_id);
    if (!each.replica_directory_id.is_zero())
      text += fmt::format(", \"directoryId\": \"{}\"", each.replica_directory_id.to_base64());
    std::string endpoints;
    for (const auto& node : quorum.nodes)
      if (node.node_id == each.replica_id)
        for (const auto& listener : node.listeners)
          endpoints += fmt::format("{}\"{}://{}:{}\"", endpoints.empty() ? "" : ", ", listener.name, listener.host,
                                   listener.port);
    if (!endpoints.empty()) text += fmt::format(", \"endpoints\": [{}]", endpoints);
    text += "}";
  }
  return "[" + text + "]";
}

void print_status(Session& session, const std::string& cluster_id, const wire::DescribeQuorumResponse& quorum,
                  const Partition& log) {
  std::int64_t leader_end = 0, leader_time = 0, lag = 0, lag_ms = 0;
  for (const Replica& each : log.current_voters)
    if (each.replica_id == log.leader_id) leader_end = each.log_end_offset, leader_time = each.last_caught_up_timestamp;
  for (const Replica& each : log.current_voters) {
    lag = std::max(lag, leader_end - each.log_end_offset);
    if (leader_time >= 0)
      lag_ms = each.last_caught_up_timestamp < 0 ? -1 : std::max(lag_ms, leader_time - each.last_caught_up_timestamp);
  }
  const auto row = [&](std::string_view name, const std::string& value) {
    session.terminal().out(fmt::format("{:<24}{}\n", name, value));
  };
  row("ClusterId:", cluster_id);
  row("LeaderId:", std::to_string(log.leader_id));
  row("LeaderEpoch:", std::to_string(log.leader_epoch));
  row("HighWatermark:", std::to_string(log.high_watermark));
  row("MaxFollowerLag:", std::to_string(lag));
  row("MaxFollowerLagTimeMs:", std::to_string(lag_ms));
  row("CurrentVoters:", describe_replicas(quorum, log.current_voters));
  row("CurrentObservers:", describe_replicas(quorum, log.observers));
}

void print_replication(Session& session, const Partition& log, bool human_readable) {
  std::int64_t leader_end = 0;
  for (const Replica& each : log.current_voters)
    if (each.replica_id == log.leader_id) leader_end = each.log_end_offset;
  const std::int64_t now_ms = session.loop().wall_clock_ms();
  const auto time = [&](std::int64_t ms) {
    if (!human_readable) return std::to_string(ms);
    return ms < 0 ? std::string("unknown") : fmt::format("{} ms ago", now_ms - ms);
  };
  std::vector<std::vector<std::string>> rows = {
      {"NodeId", "DirectoryId", "LogEndOffset", "Lag", "LastFetchTimestamp", "LastCaughtUpTimestamp", "Status"}};
  const auto add = [&](const Replica& each, const char* status) {
    rows.push_back({std::to_string(each.replica_id), each.replica_directory_id.to_base64(),
                    std::to_string(each.log_end_offset), std::to_string(leader_end - each.log_end_offset),
                    time(each.last_fetch_timestamp), time(each.last_caught_up_timestamp), status});
  };
  for (const Replica& each : log.current_voters)
    if (each.replica_id == log.leader_id) add(each, "Leader");
  for (const Replica& each : log.current_voters)
    if (each.replica_id != log.leader_id) add(each, "Follower");
  for (const Replica& each : log.observers) add(each, "Observer");
  print_tabbed(session, rows);
}

Result<int> work(const Surroundings& surroundings, const Options& options) {
  const std::string command = options.words().empty() ? "" : options.words()[0];
  if (command != "describe")
    return Error{
        ErrorKind::kInvalidArgument,
        fmt::format("invalid choice: '{}': only 'describe' is served; a broker is its own controller", command)};
  if (options.has("status") == options.has("replication"))
    return Error{ErrorKind::kInvalidArgument, "One of --status and --replication must be given."};
  LEAT_ASSIGN_OR_RETURN(const Settings settings, settings_of(surroundings, options));
  LEAT_ASSIGN_OR_RETURN(const auto session, Session::connect(surroundings, settings));
  LEAT_ASSIGN_OR_RETURN(const auto known, session->metadata(std::set<std::string>{}));
  wire::DescribeQuorumRequest request;
  auto& topic = request.topics.emplace_back();
  topic.topic_name = "__cluster_metadata";
  topic.partitions.emplace_back();
  const auto quorum = session->ask<wire::DescribeQuorumRequest, wire::DescribeQuorumResponse>(request);
  if (!quorum) return quorum.error();
  if (quorum->error_code != ErrorCode::kNone)
    return Error{ErrorKind::kKafka, explain(quorum->error_code, quorum->error_message)};
  if (quorum->topics.empty() || quorum->topics[0].partitions.empty())
    return Error{ErrorKind::kCorrupt, "a quorum without a log"};
  const Partition& log = quorum->topics[0].partitions[0];
  if (log.error_code != ErrorCode::kNone) return Error{ErrorKind::kKafka, explain(log.error_code, log.error_message)};
  if (options.has("status")) {
    print_status(*session, known.cluster_id.value_or(""), *quorum, log);
  } else {
    print_replication(*session, log, options.has("human-readable"));
  }
  return 0;
}

}  // namespace

const Tool kMetadataQuorumTool{"kafka-metadata-quorum", "describe: the quorum of the cluster's metadata", kOptions,
                               work};

}  // namespace leat::tools
