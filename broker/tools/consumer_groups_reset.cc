// kafka-consumer-groups --reset-offsets and --delete-offsets.
#include <fmt/format.h>

#include <algorithm>

#include "broker/tools/consumer_groups.h"
#include "broker/tools/times.h"
#include "broker/wire/messages/offset_commit.h"
#include "broker/wire/messages/offset_delete.h"

namespace leat::tools {

namespace {

using wire::ErrorCode;
using Offsets = std::map<TopicPartition, std::int64_t>;

constexpr std::size_t kColumnMin = 15;
constexpr std::int64_t kLatest = -1;
constexpr std::int64_t kEarliest = -2;
constexpr int kCommitVersionMax = 9;  // from 10 on topics are named by id

Error invalid(std::string message) { return {ErrorKind::kInvalidArgument, std::move(message)}; }

/// Offsets of these partitions at a special time or a timestamp; those that are not there are left out with a warning.
Result<Offsets> offsets_at(Session& session, const std::set<TopicPartition>& partitions, std::int64_t time) {
  Offsets times;
  for (const TopicPartition& each : partitions) times[each] = time;
  std::map<TopicPartition, ErrorCode> errors;
  LEAT_ASSIGN_OR_RETURN(const auto listed, session.list_offsets(times, false, &errors));
  for (const auto& [partition, code] : errors)
    session.terminal().err(fmt::format("WARN {} is left out: {}\n", partition.to_string(), explain(code)));
  Offsets offsets;
  for (const auto& [partition, each] : listed) offsets[partition] = each.offset;
  return offsets;
}

/// The first offset at or after a time; the end where there is none.
Result<Offsets> offsets_by_time(Session& session, const std::set<TopicPartition>& partitions, std::int64_t time) {
  LEAT_ASSIGN_OR_RETURN(auto offsets, offsets_at(session, partitions, time));
  std::set<TopicPartition> later;
  for (const auto& [partition, offset] : offsets) {
    if (offset >= 0) continue;
    session.terminal().out(
        fmt::format("\nWarn: Partition {} from topic {} is empty. Falling back to latest known offset.\n",
                    partition.partition, partition.topic));
    later.insert(partition);
  }
  LEAT_ASSIGN_OR_RETURN(const auto ends, offsets_at(session, later, kLatest));
  for (const auto& [partition, offset] : ends) offsets[partition] = offset;
  return offsets;
}

/// Wishes, brought into what the partitions have.
Result<Offsets> within_range(Session& session, const Offsets& wanted) {
  std::set<TopicPartition> partitions;
  for (const auto& [partition, offset] : wanted) partitions.insert(partition);
  LEAT_ASSIGN_OR_RETURN(const auto starts, offsets_at(session, partitions, kEarliest));
  LEAT_ASSIGN_OR_RETURN(const auto ends, offsets_at(session, partitions, kLatest));
  Offsets offsets;
  for (const auto& [partition, offset] : wanted) {
    const auto start = starts.find(partition);
    const auto end = ends.find(partition);
    if (start == starts.end() || end == ends.end()) continue;
    const std::int64_t put = std::clamp(offset, start->second, end->second);
    if (put != offset)
      session.terminal().err(fmt::format(
          "WARN New offset ({}) is {} than {} offset for topic partition {}. Value will be "
          "set to {}\n",
          offset, put < offset ? "higher" : "lower", put < offset ? "latest" : "earliest", partition.to_string(), put));
    offsets[partition] = put;
  }
  return offsets;
}

/// `topic,partition,offset` for a single group, `group,topic,partition,offset` for several.
Result<std::map<std::string, Offsets>> read_plan(Session& session, const Options& options) {
  const std::string path = *options.value("from-file");
  LEAT_ASSIGN_OR_RETURN(const Bytes text, read_file(session.files(), path));
  const auto groups = options.values("group");
  std::map<std::string, Offsets> plan;
  int line_number = 0;
  for (const std::string& line : split(text, '\n')) {
    ++line_number;
    if (trimmed(line).empty()) continue;
    auto fields = split(trimmed(line), ',');
    for (std::string& field : fields) {
      field = std::string(trimmed(field));
      if (field.size() >= 2 && field.front() == '"' && field.back() == '"') field = field.substr(1, field.size() - 2);
    }
    if (fields.size() == 3 && groups.size() == 1) fields.insert(fields.begin(), groups[0]);
    const auto partition = fields.size() == 4 ? parse_whole_number(fields[2]) : std::nullopt;
    const auto offset = fields.size() == 4 ? parse_whole_number(fields[3]) : std::nullopt;
    if (!partition || !offset)
      return Error{ErrorKind::kKafka, fmt::format("{} line {}: '{}' is not {}topic,partition,offset", path, line_number,
                                                  line, groups.size() == 1 ? "" : "group,")};
    plan[fields[0]][{fields[1], static_cast<std::int32_t>(*partition)}] = *offset;
  }
  return plan;
}

Result<Offsets> current_or_end(Session& session, const std::string& group, const std::set<TopicPartition>& partitions) {
  LEAT_ASSIGN_OR_RETURN(const auto committed, session.committed(group));
  Offsets offsets;
  std::set<TopicPartition> without;
  for (const TopicPartition& each : partitions) {
    const auto found = committed.find(each);
    found == committed.end() ? (void)without.insert(each) : (void)(offsets[each] = found->second.offset);
  }
  LEAT_ASSIGN_OR_RETURN(const auto ends, offsets_at(session, without, kLatest));
  offsets.insert(ends.begin(), ends.end());
  return offsets;
}

/// The new offsets of a group.
Result<Offsets> plan_for(Session& session, const Options& options, const std::string& group,
                         const std::set<TopicPartition>& partitions) {
  if (options.has("to-offset")) {
    LEAT_ASSIGN_OR_RETURN(const auto offset, options.number("to-offset"));
    Offsets wanted;
    for (const TopicPartition& each : partitions) wanted[each] = *offset;
    return within_range(session, wanted);
  }
  if (options.has("to-earliest")) return offsets_at(session, partitions, kEarliest);
  if (options.has("to-latest")) return offsets_at(session, partitions, kLatest);
  if (options.has("to-current")) return current_or_end(session, group, partitions);
  if (options.has("to-datetime")) {
    LEAT_ASSIGN_OR_RETURN(const std::int64_t time, parse_datetime(*options.value("to-datetime")));
    return offsets_by_time(session, partitions, time);
  }
  if (options.has("by-duration")) {
    LEAT_ASSIGN_OR_RETURN(const std::int64_t ago_ms, parse_duration_ms(*options.value("by-duration")));
    return offsets_by_time(session, partitions, session.loop().wall_clock_ms() - ago_ms);
  }
  if (options.has("shift-by")) {
    LEAT_ASSIGN_OR_RETURN(const auto shift, options.number("shift-by"));
    LEAT_ASSIGN_OR_RETURN(const auto committed, session.committed(group));
    Offsets wanted;
    for (const TopicPartition& each : partitions) {
      const auto found = committed.find(each);
      if (found == committed.end())
        return invalid(fmt::format("Cannot shift offset for partition {} since there is no current committed offset",
                                   each.to_string()));
      wanted[each] = found->second.offset + *shift;
    }
    return within_range(session, wanted);
  }
  LEAT_ASSIGN_OR_RETURN(const auto plan, read_plan(session, options));
  const auto found = plan.find(group);
  if (found != plan.end()) return within_range(session, found->second);
  print_error(session, fmt::format("No reset plan for group {} found", group));
  return Offsets();
}

Status commit(Session& session, const std::string& group, const Offsets& offsets) {
  wire::OffsetCommitRequest request;
  request.group_id = group;
  request.generation_id_or_member_epoch = -1;
  for (const auto& [partition, offset] : offsets) {
    if (request.topics.empty() || request.topics.back().name != partition.topic)
      request.topics.emplace_back().name = partition.topic;
    auto& each = request.topics.back().partitions.emplace_back();
    each.partition_index = partition.partition;
    each.committed_offset = offset;
    each.committed_metadata = "";
  }
  const auto response = session.ask_coordinator<wire::OffsetCommitRequest, wire::OffsetCommitResponse>(
      client::CoordinatorType::kGroup, group, request,
      [](const wire::OffsetCommitResponse& answer) {
        return answer.topics.empty() || answer.topics[0].partitions.empty() ? ErrorCode::kNone
                                                                            : answer.topics[0].partitions[0].error_code;
      },
      kCommitVersionMax);
  if (!response) return response.error();
  for (const auto& topic : response->topics)
    for (const auto& each : topic.partitions)
      if (each.error_code != ErrorCode::kNone)
        return Error{ErrorKind::kKafka, java_error(each.error_code), static_cast<int>(each.error_code)};
  return {};
}

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
  constexpr const char* kScenarios[] = {"to-offset", "to-datetime", "by-duration", "to-earliest",
                                        "to-latest", "to-current",  "shift-by",    "from-file"};
  int given = 0;
  for (const char* each : kScenarios) given += options.has(each);
  if (given != 1)
    return invalid(
        "Option '[reset-offsets]' requires one of the following scenarios: [[shift-by], [to-offset], "
        "[to-earliest], [to-current], [to-latest], [by-duration], [to-datetime], [from-file]]");
  if (!options.has("all-topics") && !options.has("topic") && !options.has("from-file"))
    return invalid("One of the reset scopes should be defined: --all-topics, --topic.");
  if (const auto good = options.number("to-offset"); !good) return good.error();
  if (const auto good = options.number("shift-by"); !good) return good.error();
  if (const auto text = options.value("to-datetime"))
    if (const auto good = parse_datetime(*text); !good) return good.error();
  if (const auto text = options.value("by-duration"))
    if (const auto good = parse_duration_ms(*text); !good) return good.error();
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
    LEAT_ASSIGN_OR_RETURN(const Offsets offsets, plan_for(session, options, group, partitions));
    if (options.has("execute") && !offsets.empty()) LEAT_RETURN_IF_ERROR(commit(session, group, offsets));
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
