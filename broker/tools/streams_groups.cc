// kafka-streams-groups: lists and describes streams groups (KIP-1071); see streams_groups_change.cc for the rest.
#include "broker/tools/streams_groups.h"

#include <fmt/format.h>

#include <algorithm>

#include "broker/tools/consumer_groups.h"
#include "broker/tools/tools.h"

namespace leat::tools {

namespace {

using wire::ErrorCode;

constexpr std::size_t kColumnMin = 15;

constexpr OptionSpec kOptions[] = {
    kBootstrapServer,
    kCommandConfig,
    {"all-groups", Takes::kNothing, "", "all streams groups"},
    {"all-input-topics", Takes::kNothing, "", "reset-offsets, delete-offsets: all source topics of the topology"},
    {"by-duration", Takes::kValue, "PnDTnHnMnS", "reset-offsets: to so long ago"},
    {"delete", Takes::kNothing, "", "delete groups with their offsets"},
    {"delete-all-internal-topics", Takes::kNothing, "", "reset-offsets, delete: and all internal topics"},
    {"delete-internal-topic", Takes::kValue, "topic", "reset-offsets: and this internal topic; may be repeated"},
    {"delete-offsets", Takes::kNothing, "", "delete offsets of a group for input topics"},
    {"describe", Takes::kNothing, "", "show offsets and lag, --members or --state"},
    {"dry-run", Takes::kNothing, "", "reset-offsets: only show what would be done (the default)"},
    {"execute", Takes::kNothing, "", "reset-offsets: do it"},
    {"export", Takes::kNothing, "", "reset-offsets: print the offsets as CSV"},
    {"from-file", Takes::kValue, "file", "reset-offsets: to the offsets of a CSV file"},
    {"group", Takes::kValue, "id", "the group, which is the application.id; may be repeated"},
    {"input-topic", Takes::kValue, "topic[:0,1,2]", "reset-offsets, delete-offsets: an input topic; may be repeated"},
    {"list", Takes::kNothing, "", "list streams groups"},
    {"members", Takes::kNothing, "", "describe: the members and their tasks"},
    {"offsets", Takes::kNothing, "", "describe: offsets and lag (the default)"},
    {"reset-offsets", Takes::kNothing, "", "set offsets of groups without active members"},
    {"shift-by", Takes::kValue, "number", "reset-offsets: so many records forward, or back where negative"},
    {"state", Takes::kPerhapsValue, "states", "describe: the state; list: with states, or only groups in these"},
    {"timeout", Takes::kValue, "ms", "how long to try (default 30000)"},
    {"to-current", Takes::kNothing, "", "reset-offsets: to where they are"},
    {"to-datetime", Takes::kValue, "YYYY-MM-DDThh:mm:ss.sss", "reset-offsets: to this time"},
    {"to-earliest", Takes::kNothing, "", "reset-offsets: to the beginning"},
    {"to-latest", Takes::kNothing, "", "reset-offsets: to the end"},
    {"to-offset", Takes::kValue, "offset", "reset-offsets: to this offset"},
    {"verbose", Takes::kNothing, "", "describe: more columns"},
};

Error invalid(std::string message) { return {ErrorKind::kInvalidArgument, std::move(message)}; }

Result<int> list(Session& session, const Options& options) {
  std::vector<std::string> states;
  for (const std::string& part : split(options.value("state").value_or(""), ',')) {
    auto state = proper_name(trimmed(part), {"Empty", "NotReady", "Stable", "Assigning", "Reconciling", "Dead"});
    if (!state)
      return invalid(fmt::format(
          "Invalid state list '{}'. Valid states are: Empty, NotReady, Stable, Assigning, Reconciling, Dead",
          *options.value("state")));
    states.push_back(std::move(*state));
  }
  LEAT_ASSIGN_OR_RETURN(const auto groups, list_groups(session, states, {"Streams"}));
  std::size_t width = kColumnMin;
  for (const GroupListing& each : groups) width = std::max(width, each.id.size());
  if (options.has("state")) session.terminal().out(fmt::format("{:<{}} {}\n", "GROUP", width, "STATE"));
  for (const GroupListing& each : groups)
    session.terminal().out(options.has("state") ? fmt::format("{:<{}} {}\n", each.id, width, each.state)
                                                : each.id + "\n");
  return 0;
}

/// Whether there is something to show; says in words what the state means.
bool announce(Session& session, const StreamsGroup& group, std::size_t rows) {
  if (group.group_state == "Dead") {
    print_error(session, fmt::format("Streams group '{}' does not exist.", group.group_id));
  } else if (group.group_state == "Empty") {
    session.terminal().err(fmt::format("\nStreams group '{}' has no active members.\n", group.group_id));
  }
  return group.group_state != "Dead" && rows > 0;
}

using Tasks = wire::StreamsGroupDescribeResponse::Assignment;

/// ACTIVE:0:[0,1]; 1:[0];
std::string tasks_text(const std::string& type, const std::vector<wire::streams_group::TaskIds>& tasks) {
  if (tasks.empty()) return "";
  std::string text = type + ":";
  for (const auto& each : tasks) {
    std::vector<std::string> partitions;
    for (const std::int32_t partition : each.partitions) partitions.push_back(std::to_string(partition));
    text += fmt::format("{}:[{}]; ", each.subtopology_id, joined(partitions, ","));
  }
  return text;
}

std::string assignment_text(const Tasks& assignment, const std::string& prefix = "") {
  return tasks_text(prefix + "ACTIVE", assignment.active_tasks) +
         tasks_text(prefix + "STANDBY", assignment.standby_tasks) +
         tasks_text(prefix + "WARMUP", assignment.warmup_tasks);
}

void describe_members(Session& session, const StreamsGroup& group, bool verbose) {
  if (!announce(session, group, group.members.size())) return;
  std::size_t id = std::max(kColumnMin, group.group_id.size());
  std::size_t member = kColumnMin, process = kColumnMin, client = kColumnMin;
  for (const auto& each : group.members) {
    member = std::max(member, each.member_id.size());
    process = std::max(process, each.process_id.size());
    client = std::max(client, each.client_id.size());
  }
  Terminal& terminal = session.terminal();
  if (!verbose) {
    const auto row = [&](std::string_view a, std::string_view b, std::string_view c, std::string_view d,
                         std::string_view e) {
      terminal.out(fmt::format("{:<{}} {:<{}} {:<{}} {:<{}} {}\n", a, id, b, member, c, process, d, client, e));
    };
    row("GROUP", "MEMBER", "PROCESS", "CLIENT-ID", "ASSIGNMENTS");
    for (const auto& each : group.members)
      row(group.group_id, each.member_id, each.process_id, each.client_id, assignment_text(each.assignment));
    return;
  }
  const auto row = [&](std::string_view a, std::string_view target, std::string_view topology, std::string_view b,
                       std::string_view protocol, std::string_view epoch, std::string_view c, std::string_view d,
                       std::string_view e) {
    terminal.out(fmt::format("{:<{}} {:<25} {:<15}{:<{}} {:<15} {:<15} {:<{}} {:<{}} {}\n", a, id, target, topology, b,
                             member, protocol, epoch, c, process, d, client, e));
  };
  row("GROUP", "TARGET-ASSIGNMENT-EPOCH", "TOPOLOGY-EPOCH", "MEMBER", "MEMBER-PROTOCOL", "MEMBER-EPOCH", "PROCESS",
      "CLIENT-ID", "ASSIGNMENTS");
  for (const auto& each : group.members)
    row(group.group_id, std::to_string(group.assignment_epoch), std::to_string(each.topology_epoch), each.member_id,
        each.is_classic ? "classic" : "streams", std::to_string(each.member_epoch), each.process_id, each.client_id,
        assignment_text(each.assignment) + assignment_text(each.target_assignment, "TARGET-"));
}

Result<int> describe_state(Session& session, const StreamsGroup& group, bool verbose) {
  announce(session, group, 1);
  LEAT_ASSIGN_OR_RETURN(const BrokerInfo at, find_group_coordinator(session, group.group_id));
  const std::string coordinator = fmt::format("{} ({})", at.at.to_string(), at.id);
  const std::size_t id = std::max(kColumnMin, group.group_id.size());
  const std::size_t width = std::max<std::size_t>(25, coordinator.size());
  const auto row = [&](std::string_view a, std::string_view b, std::string_view state, std::string_view epoch,
                       std::string_view target, std::string_view members) {
    const std::string epochs = verbose ? fmt::format(" {:<15} {:<25}", epoch, target) : std::string();
    session.terminal().out(fmt::format("{:<{}} {:<{}} {:<25}{} {}\n", a, id, b, width, state, epochs, members));
  };
  row("GROUP", "COORDINATOR (ID)", "STATE", "GROUP-EPOCH", "TARGET-ASSIGNMENT-EPOCH", "#MEMBERS");
  row(group.group_id, coordinator, group.group_state, std::to_string(group.group_epoch),
      std::to_string(group.assignment_epoch), std::to_string(group.members.size()));
  return 0;
}

/// The topics that the tasks of a group read, as far as the group knows its topology.
std::set<std::string> topics_read(const StreamsGroup& group) {
  std::set<std::string> topics;
  if (!group.topology || !group.topology->subtopologies) return topics;
  for (const auto& each : *group.topology->subtopologies) {
    topics.insert(each.source_topics.begin(), each.source_topics.end());
    for (const auto& repartition : each.repartition_source_topics) topics.insert(repartition.name);
  }
  return topics;
}

Result<int> describe_offsets(Session& session, const StreamsGroup& group, bool verbose) {
  LEAT_ASSIGN_OR_RETURN(const auto committed, session.committed(group.group_id));
  std::map<TopicPartition, std::int64_t> ask;
  for (const auto& [partition, offset] : committed) ask[partition] = -1;
  LEAT_ASSIGN_OR_RETURN(const auto known, session.metadata(topics_read(group)));
  for (const auto& topic : known.topics)
    for (const auto& each : topic.partitions) ask[{topic.name.value_or(""), each.partition_index}] = -1;
  std::map<TopicPartition, ErrorCode> unknown;
  LEAT_ASSIGN_OR_RETURN(const auto ends, session.list_offsets(ask, false, &unknown));
  if (!announce(session, group, ask.size())) return 0;
  std::size_t id = std::max(kColumnMin, group.group_id.size()), topic_width = kColumnMin;
  for (const auto& [partition, time] : ask) topic_width = std::max(topic_width, partition.topic.size());
  const auto row = [&](std::string_view topic, std::string_view partition, std::string_view offset,
                       std::string_view epoch, std::string_view end, std::string_view lag, std::string_view group_id) {
    const std::string front = fmt::format("{:<{}} {:<{}} {:<10}", group_id, id, topic, topic_width, partition);
    session.terminal().out(verbose ? fmt::format("{} {:<15} {:<15} {:<15} {:<15}\n", front, offset, epoch, end, lag)
                                   : fmt::format("{} {}\n", front, lag));
  };
  row("TOPIC", "PARTITION", "CURRENT-OFFSET", "LEADER-EPOCH", "LOG-END-OFFSET", "OFFSET-LAG", "GROUP");
  for (const auto& [partition, time] : ask) {
    const auto offset = committed.find(partition);
    const auto end = ends.find(partition);
    const std::int64_t from = offset != committed.end() ? offset->second.offset : 0;
    const bool has_epoch = offset != committed.end() && offset->second.leader_epoch >= 0;
    row(partition.topic, std::to_string(partition.partition),
        offset != committed.end() ? std::to_string(offset->second.offset) : "-",
        has_epoch ? std::to_string(offset->second.leader_epoch) : "-",
        end != ends.end() ? std::to_string(end->second.offset) : "-",
        end != ends.end() ? std::to_string(end->second.offset - from) : "-", group.group_id);
  }
  return 0;
}

Status check(const Options& options, std::string_view action) {
  const bool scoped = options.has("group") || options.has("all-groups");
  if ((action == "describe" || action == "delete" || action == "reset-offsets") && !scoped)
    return invalid(fmt::format("Option [{}] takes one of these options: [group], [all-groups]", action));
  LEAT_RETURN_IF_ERROR(options.refuse_with("group", {"all-groups"}));
  if (action == "delete-offsets" &&
      (!options.has("group") || !(options.has("input-topic") || options.has("all-input-topics"))))
    return invalid("Option [delete-offsets] requires [group], and either [all-input-topics] or [input-topic]");
  if (action == "delete" && options.has("input-topic"))
    return invalid("Kafka Streams does not support topic-specific offset deletion from a streams group.");
  if (action == "describe") {
    if (options.has("members") + options.has("offsets") + options.has("state") > 1)
      return invalid("Option [describe] takes at most one of these options: [members], [offsets], [state]");
    if (options.value("state")) return invalid("Option [describe] does not take a value for [state]");
  }
  for (const char* part : {"members", "offsets", "verbose"})
    LEAT_RETURN_IF_ERROR(options.only_with(part, {"describe"}));
  LEAT_RETURN_IF_ERROR(options.only_with("state", {"list", "describe"}));
  LEAT_RETURN_IF_ERROR(options.only_with("delete-all-internal-topics", {"reset-offsets", "delete"}));
  for (const char* part : {"input-topic", "all-input-topics"})
    LEAT_RETURN_IF_ERROR(options.only_with(part, {"reset-offsets", "delete-offsets"}));
  for (const char* part : {"execute", "dry-run", "export", "to-offset", "to-datetime", "by-duration", "to-earliest",
                           "to-latest", "to-current", "shift-by", "from-file", "delete-internal-topic"})
    LEAT_RETURN_IF_ERROR(options.only_with(part, {"reset-offsets"}));
  return options.refuse_with("execute", {"dry-run"});
}

Result<int> work(const Surroundings& surroundings, const Options& options) {
  LEAT_ASSIGN_OR_RETURN(const auto action,
                        options.one_of({"list", "describe", "delete", "reset-offsets", "delete-offsets"}));
  LEAT_RETURN_IF_ERROR(check(options, action));
  LEAT_ASSIGN_OR_RETURN(const auto timeout_ms, options.number("timeout", 0, INT32_MAX));
  LEAT_ASSIGN_OR_RETURN(const Settings settings, settings_of(surroundings, options));
  LEAT_ASSIGN_OR_RETURN(const auto session, Session::connect(surroundings, settings));
  session->set_timeout(std::chrono::milliseconds(timeout_ms.value_or(30'000)));
  if (action == "list") return list(*session, options);
  if (action == "describe") return describe_streams_groups(*session, options);
  if (action == "delete") return delete_streams_groups(*session, options);
  if (action == "reset-offsets") return reset_streams_offsets(*session, options);
  return delete_streams_offsets(*session, options);
}

}  // namespace

Result<StreamsGroup> describe_streams_group(Session& session, const std::string& id) {
  wire::StreamsGroupDescribeRequest request;
  request.group_ids = {id};
  const auto response = session.ask_coordinator<wire::StreamsGroupDescribeRequest, wire::StreamsGroupDescribeResponse>(
      client::CoordinatorType::kGroup, id, request,
      [](const auto& answer) { return answer.groups.empty() ? ErrorCode::kNone : answer.groups[0].error_code; });
  if (!response) return response.error();
  if (response->groups.empty()) return Error{ErrorKind::kCorrupt, "a description without a group"};
  StreamsGroup group = response->groups[0];
  if (group.error_code != ErrorCode::kNone)
    return Error{ErrorKind::kKafka, java_error(group.error_code, group.error_message),
                 static_cast<int>(group.error_code)};
  std::sort(group.members.begin(), group.members.end(),
            [](const auto& a, const auto& b) { return a.member_id < b.member_id; });
  return group;
}

Result<std::vector<std::string>> chosen_streams_groups(Session& session, const Options& options) {
  std::vector<std::string> ids = options.values("group");
  if (options.has("all-groups")) {
    LEAT_ASSIGN_OR_RETURN(const auto groups, list_groups(session, {}, {"Streams"}));
    for (const GroupListing& each : groups) ids.push_back(each.id);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

Result<int> describe_streams_groups(Session& session, const Options& options) {
  LEAT_ASSIGN_OR_RETURN(const auto ids, chosen_streams_groups(session, options));
  for (const std::string& id : ids) {
    LEAT_ASSIGN_OR_RETURN(const StreamsGroup group, describe_streams_group(session, id));
    if (options.has("members")) {
      describe_members(session, group, options.has("verbose"));
    } else if (options.has("state")) {
      LEAT_RETURN_IF_ERROR(describe_state(session, group, options.has("verbose")));
    } else {
      LEAT_RETURN_IF_ERROR(describe_offsets(session, group, options.has("verbose")));
    }
  }
  return 0;
}

const Tool kStreamsGroupsTool{"kafka-streams-groups",
                              "lists, describes and deletes streams groups, and resets their offsets",
                              kOptions,
                              work,
                              "\nError: Executing streams group command failed due to ",
                              true};

}  // namespace leat::tools
