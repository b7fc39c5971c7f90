#include "broker/tools/offset_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "broker/tools/consumer_groups.h"
#include "broker/tools/times.h"
#include "broker/wire/messages/offset_commit.h"

namespace leat::tools {

namespace {

using wire::ErrorCode;

constexpr std::int64_t kLatest = -1;
constexpr std::int64_t kEarliest = -2;
constexpr int kCommitVersionMax = 9;  // from 10 on topics are named by id

Error invalid(std::string message) { return {ErrorKind::kInvalidArgument, std::move(message)}; }

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
Result<std::map<std::string, Offsets>> read_plan(Session& session, const Options& options,
                                                 const std::string& only_group) {
  const std::string path = *options.value("from-file");
  LEAT_ASSIGN_OR_RETURN(const Bytes text, read_file(session.files(), path));
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
    if (fields.size() == 3 && !only_group.empty()) fields.insert(fields.begin(), only_group);
    const auto partition = fields.size() == 4 ? parse_whole_number(fields[2]) : std::nullopt;
    const auto offset = fields.size() == 4 ? parse_whole_number(fields[3]) : std::nullopt;
    if (!partition || !offset)
      return Error{ErrorKind::kKafka, fmt::format("{} line {}: '{}' is not {}topic,partition,offset", path, line_number,
                                                  line, only_group.empty() ? "group," : "")};
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

}  // namespace

Result<int> count_scenarios(const Options& options) {
  constexpr const char* kScenarios[] = {"to-offset", "to-datetime", "by-duration", "to-earliest",
                                        "to-latest", "to-current",  "shift-by",    "from-file"};
  int given = 0;
  for (const char* each : kScenarios) given += options.has(each);
  if (const auto good = options.number("to-offset"); !good) return good.error();
  if (const auto good = options.number("shift-by"); !good) return good.error();
  if (const auto text = options.value("to-datetime"))
    if (const auto good = parse_datetime(*text); !good) return good.error();
  if (const auto text = options.value("by-duration"))
    if (const auto good = parse_duration_ms(*text); !good) return good.error();
  return given;
}

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

Result<Offsets> plan_offsets(Session& session, const Options& options, const std::string& group,
                             const std::string& only_group, const std::set<TopicPartition>& partitions) {
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
  LEAT_ASSIGN_OR_RETURN(const auto plan, read_plan(session, options, only_group));
  const auto found = plan.find(group);
  if (found != plan.end()) return within_range(session, found->second);
  print_error(session, fmt::format("No reset plan for group {} found", group));
  return Offsets();
}

Status commit_plan(Session& session, const std::string& group, const Offsets& offsets) {
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

}  // namespace leat::tools
