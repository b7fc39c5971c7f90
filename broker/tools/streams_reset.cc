// kafka-streams-application-reset: puts an app back to its beginning: offsets of input topics, and no internal topics.
#include <fmt/format.h>

#include <algorithm>

#include "broker/tools/consumer_groups.h"
#include "broker/tools/offset_plan.h"
#include "broker/tools/streams_groups.h"
#include "broker/tools/tools.h"
#include "broker/tools/topic_choice.h"
#include "broker/wire/messages/leave_group.h"

namespace leat::tools {

namespace {

using wire::ErrorCode;

constexpr std::int64_t kLatest = -1;
constexpr std::int64_t kEarliest = -2;

constexpr OptionSpec kOptions[] = {
    kBootstrapServer,
    kCommandConfig,
    {"application-id", Takes::kValue, "id", "application.id of the app; required"},
    {"by-duration", Takes::kValue, "PnDTnHnMnS", "input topics: to so long ago"},
    {"config-file", Takes::kValue, "file", "older name of --command-config"},
    {"dry-run", Takes::kNothing, "", "only show what would be done"},
    {"force", Takes::kNothing, "", "remove members that are still in the group"},
    {"from-file", Takes::kValue, "file", "input topics: to the offsets of a CSV file"},
    {"input-topics", Takes::kValue, "topic,...", "input topics, whose offsets are set (to the beginning by default)"},
    {"intermediate-topics", Takes::kValue, "topic,...", "topics that are skipped to their ends"},
    {"internal-topics", Takes::kValue, "topic,...", "delete only these internal topics"},
    {"shift-by", Takes::kValue, "number", "input topics: so many records forward, or back where negative"},
    {"to-datetime", Takes::kValue, "YYYY-MM-DDThh:mm:ss.sss", "input topics: to this time"},
    {"to-earliest", Takes::kNothing, "", "input topics: to the beginning"},
    {"to-latest", Takes::kNothing, "", "input topics: to the end"},
    {"to-offset", Takes::kValue, "offset", "input topics: to this offset"},
};

std::vector<std::string> topics_in(const Options& options, std::string_view option) {
  std::vector<std::string> topics;
  for (const std::string& list : options.values(option))
    for (const std::string& each : split(list, ',')) topics.emplace_back(trimmed(each));
  return topics;
}

/// The app must not be running: its members would go on from where they are.
Status end_members(Session& session, const std::string& application, bool force) {
  const auto group = describe_group(session, application);
  if (!group && group.error().kafka_code == static_cast<int>(ErrorCode::kGroupIdNotFound)) return {};
  if (!group) return group.error();
  if (group->members.empty()) return {};
  if (!force) {
    std::vector<std::string> ids;
    for (const GroupMember& each : group->members) ids.push_back(each.id);
    return Error{
        ErrorKind::kKafka,
        fmt::format("Consumer group '{}' is still active and has following members: [{}]. Make sure to stop all "
                    "running application instances before running the reset tool. You can use option '--force' "
                    "to remove active members from the group.",
                    application, joined(ids, ", "))};
  }
  session.terminal().out(fmt::format("Force deleting all active members in the group: {}\n", application));
  wire::LeaveGroupRequest request;
  request.group_id = application;
  for (const GroupMember& each : group->members) {
    auto& member = request.members.emplace_back();
    member.member_id = each.id;
    if (!each.instance_id.empty()) member.group_instance_id = each.instance_id;
    member.reason = "the application is reset";
  }
  const auto response = session.ask_coordinator<wire::LeaveGroupRequest, wire::LeaveGroupResponse>(
      client::CoordinatorType::kGroup, application, request, [](const auto& answer) { return answer.error_code; });
  if (!response) return response.error();
  if (response->error_code != ErrorCode::kNone) return wire::kafka_error(response->error_code, "removing members");
  return {};
}

/// The partitions of these topics; those that are missing are told, and make the exit code 1.
Result<std::set<TopicPartition>> partitions_of(Session& session, const std::vector<std::string>& topics,
                                               std::string_view kind, bool& missing) {
  LEAT_ASSIGN_OR_RETURN(const auto known, session.metadata(std::set<std::string>(topics.begin(), topics.end())));
  std::set<TopicPartition> partitions;
  std::vector<std::string> not_found;
  for (const auto& topic : known.topics) {
    if (topic.error_code != ErrorCode::kNone) not_found.push_back(topic.name.value_or(""));
    for (const auto& each : topic.partitions) partitions.insert({topic.name.value_or(""), each.partition_index});
  }
  if (!not_found.empty()) {
    session.terminal().out(fmt::format("Following {} topics are not found, skipping them\n", kind));
    for (const std::string& each : not_found) session.terminal().out(fmt::format("Topic: {}\n", each));
    missing = true;
  }
  return partitions;
}

Result<int> reset_offsets_of_app(Session& session, const Options& options, const std::string& application) {
  const auto input = topics_in(options, "input-topics");
  const auto intermediate = topics_in(options, "intermediate-topics");
  Terminal& terminal = session.terminal();
  if (input.empty() && intermediate.empty()) {
    terminal.out("No input or intermediate topics specified. Skipping seek.\n");
    return 0;
  }
  if (!input.empty()) terminal.out(fmt::format("Reset-offsets for input topics [{}]\n", joined(input, ", ")));
  if (!intermediate.empty())
    terminal.out(fmt::format("Seek-to-end for intermediate topics [{}]\n", joined(intermediate, ", ")));
  bool missing = false;
  std::set<TopicPartition> input_partitions, intermediate_partitions;
  if (!input.empty()) {
    LEAT_ASSIGN_OR_RETURN(input_partitions, partitions_of(session, input, "input", missing));
  }
  if (!intermediate.empty()) {
    LEAT_ASSIGN_OR_RETURN(intermediate_partitions, partitions_of(session, intermediate, "intermediate", missing));
  }
  if (input_partitions.empty() && intermediate_partitions.empty()) return missing ? 1 : 0;
  LEAT_ASSIGN_OR_RETURN(const int scenarios, count_scenarios(options));
  Offsets offsets;
  if (!input_partitions.empty()) {
    terminal.out(fmt::format("Following input topics offsets will be reset to (for consumer group {})\n", application));
    if (scenarios == 0) {
      LEAT_ASSIGN_OR_RETURN(offsets, offsets_at(session, input_partitions, kEarliest));
    } else {
      LEAT_ASSIGN_OR_RETURN(offsets, plan_offsets(session, options, application, application, input_partitions));
    }
    for (const auto& [partition, offset] : offsets)
      terminal.out(fmt::format("Topic: {} Partition: {} Offset: {}\n", partition.topic, partition.partition, offset));
  }
  if (!intermediate_partitions.empty()) {
    terminal.out(fmt::format("Following intermediate topics offsets will be reset to end (for consumer group {})\n",
                             application));
    LEAT_ASSIGN_OR_RETURN(const Offsets ends, offsets_at(session, intermediate_partitions, kLatest));
    for (const auto& [partition, offset] : ends) terminal.out(fmt::format("Topic: {}\n", partition.topic));
    offsets.insert(ends.begin(), ends.end());
  }
  if (!options.has("dry-run")) LEAT_RETURN_IF_ERROR(commit_plan(session, application, offsets));
  terminal.out("Done.\n");
  return missing ? 1 : 0;
}

Result<int> delete_internal_topics(Session& session, const Options& options, const std::string& application) {
  LEAT_ASSIGN_OR_RETURN(const auto names, all_topics(session, false));
  std::vector<std::string> inferred;
  for (const std::string& each : names)
    if (is_internal_topic_of(each, application)) inferred.push_back(each);
  std::vector<std::string> chosen = topics_in(options, "internal-topics");
  for (const std::string& each : chosen)
    if (std::find(inferred.begin(), inferred.end(), each) == inferred.end())
      return Error{
          ErrorKind::kKafka,
          fmt::format("Invalid topic {} specified in the --internal-topics option. Ensure that the topics specified "
                      "are all internal topics. Do a dry run without the --internal-topics option to see the list of "
                      "all internal topics that can be deleted.",
                      each)};
  session.terminal().out(fmt::format("Deleting {} internal topics [{}]\n", chosen.empty() ? "inferred" : "specified",
                                     joined(chosen.empty() ? inferred : chosen, ", ")));
  if (chosen.empty()) chosen = std::move(inferred);
  int code = 0;
  if (!options.has("dry-run") && !chosen.empty()) {
    LEAT_ASSIGN_OR_RETURN(const auto failed, delete_topics(session, chosen));
    for (const auto& [topic, why] : failed)
      session.terminal().err(fmt::format("ERROR: deleting topic {}: {}\n", topic, why));
    code = failed.empty() ? 0 : 1;
  }
  session.terminal().out("Done.\n");
  return code;
}

Result<int> work(const Surroundings& surroundings, const Options& options) {
  LEAT_RETURN_IF_ERROR(options.require({"application-id"}));
  const std::string application = *options.value("application-id");
  LEAT_ASSIGN_OR_RETURN(const int scenarios, count_scenarios(options));
  if (scenarios > 1)
    return Error{ErrorKind::kInvalidArgument, "Only one of the options that say where to can be given."};
  if (scenarios == 1) LEAT_RETURN_IF_ERROR(options.require({"input-topics"}));
  LEAT_ASSIGN_OR_RETURN(Settings settings,
                        settings_of(surroundings, options, {"config-file", "command-config"}, {}, "localhost:9092"));
  LEAT_ASSIGN_OR_RETURN(const auto session, Session::connect(surroundings, settings));
  LEAT_RETURN_IF_ERROR(end_members(*session, application, options.has("force")));
  if (options.has("dry-run"))
    surroundings.terminal.out(
        "----Dry run displays the actions which will be performed when running Streams Reset Tool----\n");
  LEAT_ASSIGN_OR_RETURN(const int reset, reset_offsets_of_app(*session, options, application));
  LEAT_ASSIGN_OR_RETURN(const int deleted, delete_internal_topics(*session, options, application));
  return reset | deleted;
}

}  // namespace

const Tool kStreamsResetTool{"kafka-streams-application-reset", "puts a Kafka Streams app back to its beginning",
                             kOptions, work, "ERROR: "};

}  // namespace leat::tools
