// kafka-consumer-groups --reset-offsets and --delete-offsets.
#include <fmt/format.h>

#include <algorithm>

#include "broker/tools/consumer_groups.h"
#include "broker/tools/offset_plan.h"
#include "broker/wire/messages/offset_delete.h"

namespace leat::tools {

namespace {

using wire::ErrorCode;

constexpr std::size_t kColumnMin = 15;

Error invalid(std::string message) { return {ErrorKind::kInvalidArgument, std::move(message)}; }

Result<std::set<TopicPartition>> scope_of(Session& session, const Options& options, const std::string& group) {
  if (options.has("all-topics")) {
    LEAT_ASSIGN_OR_RETURN(const auto committed, session.committed(group));
    std::set<TopicPartition> partitions;
    for (const auto& [partition, offset] : committed) partitions.insert(partition);
    return partitions;
  }
  return chosen_partitions(session, options);
}

Status check_scenario(const Options& options) {
  LEAT_ASSIGN_OR_RETURN(const int given, count_scenarios(options));
  if (given != 1)
    return invalid(
        "Option '[reset-offsets]' requires one of the following scenarios: [[shift-by], [to-offset], "
        "[to-earliest], [to-current], [to-latest], [by-duration], [to-datetime], [from-file]]");
  if (!options.has("all-topics") && !options.has("topic") && !options.has("from-file"))
    return invalid("One of the reset scopes should be defined: --all-topics, --topic.");
  return {};
}

void print_plan(Session& session, const Options& options, const std::map<std::string, Offsets>& plan) {
  if (options.has("export")) {
    const bool single = options.values("group").size() == 1;
    for (const auto& [group, offsets] : plan)
      for (const auto& [partition, offset] : offsets)
        session.terminal().out(
            fmt::format("{}{},{},{}\n", single ? "" : group + ",", partition.topic, partition.partition, offset));
    session.terminal().out("\n");
    return;
  }
  std::size_t group_width = kColumnMin, topic_width = kColumnMin;
  for (const auto& [group, offsets] : plan)
    for (const auto& [partition, offset] : offsets) {
      group_width = std::max(group_width, group.size());
      topic_width = std::max(topic_width, partition.topic.size());
    }
  const auto row = [&](const std::string& group, const std::string& topic, const std::string& partition,
                       const std::string& offset) {
    session.terminal().out(
        fmt::format("\n{:<{}} {:<{}} {:<10} {}", group, group_width, topic, topic_width, partition, offset));
  };
  if (!plan.empty()) row("GROUP", "TOPIC", "PARTITION", "NEW-OFFSET");
  for (const auto& [group, offsets] : plan)
    for (const auto& [partition, offset] : offsets)
      row(group, partition.topic, std::to_string(partition.partition), std::to_string(offset));
  session.terminal().out("\n");
}

}  // namespace

Result<int> reset_offsets(Session& session, const Options& options) {
  LEAT_RETURN_IF_ERROR(check_scenario(options));
  if (!options.has("execute") && !options.has("dry-run"))
    session.terminal().err(
        "WARN: Nothing is changed without --execute. Kafka 5.0 will ask for either --dry-run or "
        "--execute: scripts should say --dry-run.\n");
  LEAT_ASSIGN_OR_RETURN(const auto groups, chosen_groups(session, options));
  std::map<std::string, Offsets> plan;
  int code = 0;
  for (const std::string& group : groups) {
    const auto described = describe_group(session, group);
    const bool missing = !described && described.error().kafka_code == static_cast<int>(ErrorCode::kGroupIdNotFound);
    if (!described && !missing) return described.error();
    if (!missing && described->state != "Empty") {
      print_error(session,
                  fmt::format("Assignments can only be reset if the group '{}' is inactive, but the current state "
                              "is {}.",
                              group, described->state));
      plan[group] = {};
      code = 1;
      continue;
    }
    LEAT_ASSIGN_OR_RETURN(const auto partitions, scope_of(session, options, group));
    LEAT_ASSIGN_OR_RETURN(const Offsets offsets,
                          plan_offsets(session, options, group, groups.size() == 1 ? group : "", partitions));
    if (options.has("execute") && !offsets.empty()) LEAT_RETURN_IF_ERROR(commit_plan(session, group, offsets));
    plan[group] = offsets;
  }
  print_plan(session, options, plan);
  return code;
}

Result<int> delete_offsets(Session& session, const Options& options) {
  const std::string group = *options.value("group");
  std::vector<std::string> missing;
  LEAT_ASSIGN_OR_RETURN(const auto partitions, chosen_partitions(session, options, &missing));
  wire::OffsetDeleteRequest request;
  request.group_id = group;
  for (const TopicPartition& each : partitions) {
    if (request.topics.empty() || request.topics.back().name != each.topic)
      request.topics.emplace_back().name = each.topic;
    request.topics.back().partitions.push_back({each.partition});
  }
  const auto response = session.ask_coordinator<wire::OffsetDeleteRequest, wire::OffsetDeleteResponse>(
      client::CoordinatorType::kGroup, group, request,
      [](const wire::OffsetDeleteResponse& answer) { return answer.error_code; });
  if (!response) return response.error();
  const ErrorCode whole = response->error_code;
  std::map<TopicPartition, std::string> rows;
  bool failed = whole != ErrorCode::kNone;
  const auto outcome = [&](ErrorCode code) {
    failed |= code != ErrorCode::kNone;
    return code == ErrorCode::kNone ? std::string("Successful") : "Error: " + java_error(code);
  };
  for (const TopicPartition& each : partitions) rows[each] = outcome(whole);
  bool partition_failed = false;
  for (const auto& topic : response->topics)
    for (const auto& each : topic.partitions) {
      rows[{topic.name, each.partition_index}] = outcome(each.error_code);
      partition_failed |= each.error_code != ErrorCode::kNone;
    }
  for (const std::string& topic : missing) rows[{topic, -1}] = outcome(ErrorCode::kUnknownTopicOrPartition);
  if (whole != ErrorCode::kNone) {
    print_error(session, explain(whole));
  } else if (partition_failed) {
    print_error(session, "Encountered some partition-level error, see the follow-up details.");
  } else {
    session.terminal().out(fmt::format("Request succeeded for deleting offsets from group {}.\n", group));
  }
  std::size_t width = kColumnMin;
  for (const auto& [partition, status] : rows) width = std::max(width, partition.topic.size());
  session.terminal().out(fmt::format("\n{:<{}} {:<10} {:<15}", "TOPIC", width, "PARTITION", "STATUS"));
  for (const auto& [partition, status] : rows)
    session.terminal().out(fmt::format("\n{:<{}} {:<10} {:<15}", partition.topic, width,
                                       partition.partition < 0 ? "-" : std::to_string(partition.partition), status));
  session.terminal().out("\n");
  return failed ? 1 : 0;
}

}  // namespace leat::tools
