// kafka-streams-groups: --delete, --reset-offsets and --delete-offsets.
#include <fmt/format.h>

#include <algorithm>

#include "broker/tools/consumer_groups.h"
#include "broker/tools/offset_plan.h"
#include "broker/tools/streams_groups.h"
#include "broker/tools/topic_choice.h"
#include "broker/wire/messages/delete_topics.h"
#include "broker/wire/messages/offset_delete.h"

namespace leat::tools {

namespace {

using wire::ErrorCode;

constexpr std::size_t kColumnMin = 15;
constexpr std::int32_t kTimeoutMs = 30'000;

Result<std::vector<std::string>> internal_topics_of(Session& session, const std::string& application) {
  LEAT_ASSIGN_OR_RETURN(const auto names, all_topics(session, false));
  std::vector<std::string> internal;
  for (const std::string& each : names)
    if (is_internal_topic_of(each, application)) internal.push_back(each);
  return internal;
}

/// The input topics of the topology, without those that the application makes itself.
std::set<std::string> input_topics(const StreamsGroup& group) {
  std::set<std::string> topics;
  if (!group.topology || !group.topology->subtopologies) return topics;
  for (const auto& each : *group.topology->subtopologies)
    topics.insert(each.source_topics.begin(), each.source_topics.end());
  return topics;
}

Result<std::set<TopicPartition>> scope_of(Session& session, const Options& options, const StreamsGroup& group) {
  if (options.has("from-file") && !options.has("input-topic") && !options.has("all-input-topics"))
    return std::set<TopicPartition>();
  if (!options.has("all-input-topics")) return chosen_partitions(session, options, nullptr, "input-topic");
  LEAT_ASSIGN_OR_RETURN(const auto known, session.metadata(input_topics(group)));
  std::set<TopicPartition> partitions;
  for (const auto& topic : known.topics)
    for (const auto& each : topic.partitions) partitions.insert({topic.name.value_or(""), each.partition_index});
  return partitions;
}

void print_plan(Session& session, const Options& options, const std::map<std::string, Offsets>& plan) {
  Terminal& terminal = session.terminal();
  if (options.has("export")) {
    const bool single = options.values("group").size() == 1;
    for (const auto& [group, offsets] : plan)
      for (const auto& [partition, offset] : offsets)
        terminal.out(
            fmt::format("{}{},{},{}\n", single ? "" : group + ",", partition.topic, partition.partition, offset));
    return terminal.out("\n");
  }
  terminal.out(fmt::format("\n{:<30} {:<30} {:<10} {:<15}", "GROUP", "TOPIC", "PARTITION", "NEW-OFFSET"));
  for (const auto& [group, offsets] : plan)
    for (const auto& [partition, offset] : offsets)
      terminal.out(fmt::format("\n{:<30} {:<30} {:<10} {:<15}", group, partition.topic, partition.partition, offset));
  terminal.out("\n");
}

/// Deletes what the options ask for of a group's internal topics; tells what could not be deleted.
Result<bool> delete_internal_topics(Session& session, const Options& options, const std::string& group) {
  LEAT_ASSIGN_OR_RETURN(std::vector<std::string> topics, internal_topics_of(session, group));
  if (!options.has("delete-all-internal-topics")) {
    std::vector<std::string> chosen;
    for (const std::string& each : options.values("delete-internal-topic")) {
      if (std::find(topics.begin(), topics.end(), each) == topics.end())
        return Error{
            ErrorKind::kInvalidArgument,
            fmt::format("The internal topic '{}' is not inferred as internal and thus will not be deleted with "
                        "the group '{}'.",
                        each, group)};
      chosen.push_back(each);
    }
    topics = std::move(chosen);
  }
  if (topics.empty()) return true;
  LEAT_ASSIGN_OR_RETURN(const auto failed, delete_topics(session, topics));
  for (const auto& [topic, why] : failed)
    print_error(session,
                fmt::format("Deleting internal topics for group '{}' failed due to {}: {}", group, topic, why));
  return failed.empty();
}

}  // namespace

bool is_internal_topic_of(std::string_view topic, std::string_view application) {
  if (!topic.starts_with(std::string(application) + "-")) return false;
  for (const char* ending :
       {"-changelog", "-repartition", "-subscription-registration-topic", "-subscription-response-topic"})
    if (topic.ends_with(ending)) return true;
  if (!topic.ends_with("-topic")) return false;
  return topic.find("-KTABLE-FK-JOIN-SUBSCRIPTION-REGISTRATION-") != std::string_view::npos ||
         topic.find("-KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-") != std::string_view::npos;
}

Result<std::map<std::string, std::string>> delete_topics(Session& session, const std::vector<std::string>& topics) {
  constexpr int kByName = 5;
  wire::DeleteTopicsRequest request;
  request.timeout_ms = kTimeoutMs;
  request.topic_names = topics;
  const auto response = session.ask<wire::DeleteTopicsRequest, wire::DeleteTopicsResponse>(request, kByName);
  if (!response) return response.error();
  std::map<std::string, std::string> failed;
  for (const auto& each : response->responses)
    if (each.error_code != ErrorCode::kNone)
      failed[each.name.value_or("")] = explain(each.error_code, each.error_message);
  return failed;
}

Result<int> delete_streams_groups(Session& session, const Options& options) {
  LEAT_ASSIGN_OR_RETURN(const auto ids, chosen_streams_groups(session, options));
  std::map<std::string, std::string> failed;
  std::vector<std::string> deleted;
  bool topics_deleted = true;
  for (const std::string& id : ids) {
    const auto described = describe_streams_group(session, id);
    if (!described) {
      failed[id] = fmt::format("Group '{}' does not exist or is not a streams group.", id);
      continue;
    }
    if (described->group_state != "Empty" && described->group_state != "Dead") {
      failed[id] = fmt::format("Streams group '{}' is not EMPTY.", id);
      continue;
    }
    LEAT_ASSIGN_OR_RETURN(const ErrorCode code, delete_group(session, id));
    if (code != ErrorCode::kNone) {
      failed[id] = java_error(code);
      continue;
    }
    deleted.push_back(id);
    if (!options.has("delete-all-internal-topics")) continue;
    LEAT_ASSIGN_OR_RETURN(const bool all, delete_internal_topics(session, options, id));
    topics_deleted &= all;
  }
  Terminal& terminal = session.terminal();
  const std::string names = fmt::format("'{}'", joined(deleted, "', '"));
  if (failed.empty()) {
    terminal.out(fmt::format("Deletion of requested streams groups ({}) was successful.\n", names));
  } else {
    print_error(session, "Deletion of some streams groups failed:");
    for (const auto& [id, why] : failed)
      terminal.out(fmt::format("* Group '{}' could not be deleted due to: {}\n", id, why));
    if (!deleted.empty()) terminal.out(fmt::format("\nThese streams groups were deleted successfully: {}.\n", names));
  }
  if (options.has("delete-all-internal-topics") && topics_deleted && !deleted.empty())
    terminal.out(
        fmt::format("Deletion of associated internal topics of the streams groups ({}) was successful.\n", names));
  return failed.empty() && topics_deleted ? 0 : 1;
}

Result<int> reset_streams_offsets(Session& session, const Options& options) {
  LEAT_ASSIGN_OR_RETURN(const int scenarios, count_scenarios(options));
  if (scenarios != 1)
    return Error{ErrorKind::kInvalidArgument,
                 "Option '[reset-offsets]' requires one of the following scenarios: [[to-offset], [to-datetime], "
                 "[by-duration], [to-earliest], [to-latest], [shift-by], [from-file], [to-current]]"};
  if (!options.has("all-input-topics") && !options.has("input-topic") && !options.has("from-file"))
    return Error{ErrorKind::kInvalidArgument,
                 "One of the reset scopes should be defined: --all-input-topics, --input-topic."};
  LEAT_ASSIGN_OR_RETURN(const auto ids, chosen_streams_groups(session, options));
  std::map<std::string, Offsets> plan;
  int code = 0;
  for (const std::string& id : ids) {
    LEAT_ASSIGN_OR_RETURN(const StreamsGroup group, describe_streams_group(session, id));
    if (group.group_state != "Empty" && group.group_state != "Dead") {
      print_error(session, fmt::format("Assignments can only be reset if the group '{}' is inactive, but the current "
                                       "state is {}.",
                                       id, group.group_state));
      plan[id] = {};
      code = 1;
      continue;
    }
    LEAT_ASSIGN_OR_RETURN(const auto partitions, scope_of(session, options, group));
    LEAT_ASSIGN_OR_RETURN(const Offsets offsets,
                          plan_offsets(session, options, id, ids.size() == 1 ? id : "", partitions));
    plan[id] = offsets;
    if (!options.has("execute")) continue;
    if (!offsets.empty()) LEAT_RETURN_IF_ERROR(commit_plan(session, id, offsets));
    if (!options.has("delete-all-internal-topics") && !options.has("delete-internal-topic")) continue;
    LEAT_ASSIGN_OR_RETURN(const bool all, delete_internal_topics(session, options, id));
    if (!all) code = 1;
  }
  print_plan(session, options, plan);
  return code;
}

Result<int> delete_streams_offsets(Session& session, const Options& options) {
  const std::string id = *options.value("group");
  LEAT_ASSIGN_OR_RETURN(const StreamsGroup group, describe_streams_group(session, id));
  LEAT_ASSIGN_OR_RETURN(const auto partitions, scope_of(session, options, group));
  wire::OffsetDeleteRequest request;
  request.group_id = id;
  for (const TopicPartition& each : partitions) {
    if (request.topics.empty() || request.topics.back().name != each.topic)
      request.topics.emplace_back().name = each.topic;
    request.topics.back().partitions.push_back({each.partition});
  }
  const auto response = session.ask_coordinator<wire::OffsetDeleteRequest, wire::OffsetDeleteResponse>(
      client::CoordinatorType::kGroup, id, request,
      [](const wire::OffsetDeleteResponse& answer) { return answer.error_code; });
  if (!response) return response.error();
  std::map<TopicPartition, std::string> rows;
  const auto outcome = [](ErrorCode code) {
    return code == ErrorCode::kNone ? std::string("Successful") : "Error: " + java_error(code);
  };
  bool failed = response->error_code != ErrorCode::kNone;
  for (const TopicPartition& each : partitions) rows[each] = outcome(response->error_code);
  for (const auto& topic : response->topics)
    for (const auto& each : topic.partitions) {
      rows[{topic.name, each.partition_index}] = outcome(each.error_code);
      failed |= each.error_code != ErrorCode::kNone;
    }
  if (response->error_code != ErrorCode::kNone) {
    print_error(session, explain(response->error_code));
  } else if (failed) {
    print_error(session, "Encountered some partition-level error, see the follow-up details.");
  } else {
    session.terminal().out(fmt::format("Request succeeded for deleting offsets from group {}.\n", id));
  }
  std::size_t width = kColumnMin;
  for (const auto& [partition, status] : rows) width = std::max(width, partition.topic.size());
  session.terminal().out(fmt::format("\n{:<{}} {:<10} {:<15}", "TOPIC", width, "PARTITION", "STATUS"));
  for (const auto& [partition, status] : rows)
    session.terminal().out(fmt::format("\n{:<{}} {:<10} {:<15}", partition.topic, width, partition.partition, status));
  session.terminal().out("\n");
  return failed ? 1 : 0;
}

}  // namespace leat::tools
