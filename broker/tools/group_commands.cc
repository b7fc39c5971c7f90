// leat group list | describe | delete | seek
#include <fmt/format.h>

#include "base/did_you_mean.h"
#include "broker/tools/commands.h"
#include "broker/tools/group_list.h"
#include "broker/tools/offset_plan.h"
#include "broker/tools/offset_range.h"

namespace leat::tools {

namespace {

using wire::ErrorCode;

constexpr OptionSpec kSeekOptions[] = {
    {"dry-run", Takes::kNothing, "", "print only, change nothing"},
    {"to", Takes::kValue, "place", "start, end, an offset, or @time as `leat consume -o` has them; required"},
    {"topics", Takes::kValue, "names", "of these topics, separated by commas (those that the group has offsets of)"},
};

Error invalid(std::string message) { return {ErrorKind::kInvalidArgument, std::move(message)}; }

Result<std::unique_ptr<Session>> connect(const Surroundings& surroundings, const Options& options) {
  LEAT_ASSIGN_OR_RETURN(const Settings settings, command_settings(surroundings, options));
  return Session::connect(surroundings, settings);
}

Status check_group(Session& session, const std::string& group) {
  LEAT_ASSIGN_OR_RETURN(const auto groups, list_groups(session, {}, {}));
  std::vector<std::string_view> names;
  for (const GroupListing& each : groups) {
    if (each.id == group) return {};
    names.push_back(each.id);
  }
  return Error{ErrorKind::kKafka, fmt::format("there is no group '{}'.{}", group, did_you_mean(group, names))};
}

Result<int> list(const Surroundings& surroundings, const Options& options) {
  LEAT_ASSIGN_OR_RETURN(const OutputFormat format, output_format(options));
  LEAT_ASSIGN_OR_RETURN(const auto session, connect(surroundings, options));
  LEAT_ASSIGN_OR_RETURN(auto groups, list_groups(*session, {}, {}));
  std::sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  Table table({"GROUP", "TYPE", "PROTOCOL", "STATE"});
  for (const GroupListing& each : groups) table.add({each.id, each.type, each.protocol, each.state});
  table.print(surroundings.terminal, format);
  return 0;
}

Status describe_one(Session& session, const std::string& group, Table& table) {
  LEAT_RETURN_IF_ERROR(check_group(session, group));
  std::map<TopicPartition, const GroupMember*> owners;
  LEAT_ASSIGN_OR_RETURN(const auto committed, session.committed(group));
  std::map<TopicPartition, std::int64_t> times;
  for (const auto& [partition, offset] : committed) times[partition] = -1;
  const auto described = describe_group(session, group);
  if (described)
    for (const GroupMember& member : described->members)
      for (const TopicPartition& partition : member.assignment) {
        owners[partition] = &member;
        times[partition] = -1;
      }
  std::map<TopicPartition, ErrorCode> unknown;
  LEAT_ASSIGN_OR_RETURN(const auto ends, session.list_offsets(times, false, &unknown));
  for (const auto& [partition, time] : times) {
    const auto offset = committed.find(partition);
    const auto end = ends.find(partition);
    const bool known = offset != committed.end() && end != ends.end();
    const auto owner = owners.find(partition);
    const auto text = [&](bool there, std::int64_t number) { return there ? std::to_string(number) : std::string(); };
    table.add({group, partition.topic, std::to_string(partition.partition),
               text(offset != committed.end(), offset == committed.end() ? 0 : offset->second.offset),
               text(end != ends.end(), end == ends.end() ? 0 : end->second.offset),
               text(known, known ? end->second.offset - offset->second.offset : 0),
               owner == owners.end() ? "" : owner->second->id, owner == owners.end() ? "" : owner->second->host});
  }
  return {};
}

Result<int> describe(const Surroundings& surroundings, const Options& options) {
  if (options.words().empty()) return invalid("Name the groups to describe.");
  LEAT_ASSIGN_OR_RETURN(const OutputFormat format, output_format(options));
  LEAT_ASSIGN_OR_RETURN(const auto session, connect(surroundings, options));
  Table table({"GROUP", "TOPIC", "PARTITION", "CURRENT-OFFSET", "LOG-END-OFFSET", "LAG", "MEMBER-ID", "HOST"});
  for (const std::string& group : options.words()) LEAT_RETURN_IF_ERROR(describe_one(*session, group, table));
  table.print(surroundings.terminal, format);
  return 0;
}

Result<int> remove(const Surroundings& surroundings, const Options& options) {
  if (options.words().empty()) return invalid("Name the groups to delete.");
  LEAT_ASSIGN_OR_RETURN(const OutputFormat format, output_format(options));
  LEAT_ASSIGN_OR_RETURN(const auto session, connect(surroundings, options));
  Table table({"GROUP", "STATUS"});
  bool failed = false;
  for (const std::string& group : options.words()) {
    LEAT_ASSIGN_OR_RETURN(const ErrorCode code, delete_group(*session, group));
    failed = failed || code != ErrorCode::kNone;
    table.add({group, code == ErrorCode::kNone ? "OK" : explain(code)});
  }
  table.print(surroundings.terminal, format);
  return failed ? 1 : 0;
}

Result<Offsets> offsets_at(Session& session, const OffsetBound& bound, const std::set<TopicPartition>& partitions) {
  using Kind = OffsetBound::Kind;
  if (bound.kind != Kind::kTime) {
    LEAT_ASSIGN_OR_RETURN(const Offsets starts, tools::offsets_at(session, partitions, -2));
    LEAT_ASSIGN_OR_RETURN(Offsets ends, tools::offsets_at(session, partitions, -1));
    for (auto& [partition, end] : ends) {
      const std::int64_t start = starts.at(partition);
      const std::int64_t wanted = bound.kind == Kind::kStart        ? start
                                  : bound.kind == Kind::kEnd        ? end
                                  : bound.kind == Kind::kAfterStart ? start + bound.number
                                  : bound.kind == Kind::kBeforeEnd  ? end - bound.number
                                                                    : bound.number;
      end = std::clamp(wanted, start, end);
    }
    return ends;
  }
  LEAT_ASSIGN_OR_RETURN(Offsets offsets, tools::offsets_at(session, partitions, bound.number));
  LEAT_ASSIGN_OR_RETURN(const Offsets ends, tools::offsets_at(session, partitions, -1));
  for (auto& [partition, offset] : offsets)
    if (offset < 0) offset = ends.at(partition);
  return offsets;
}

Result<int> seek(const Surroundings& surroundings, const Options& options) {
  if (options.words().size() != 1) return invalid("Name one group.");
  LEAT_RETURN_IF_ERROR(options.require({"to"}));
  LEAT_ASSIGN_OR_RETURN(const OutputFormat format, output_format(options));
  LEAT_ASSIGN_OR_RETURN(const auto range,
                        parse_offset_range(*options.value("to"), surroundings.world.loop.wall_clock_ms()));
  if (range.to) return invalid("--to is one place, not a range");
  const std::string& group = options.words()[0];
  LEAT_ASSIGN_OR_RETURN(const auto session, connect(surroundings, options));
  LEAT_ASSIGN_OR_RETURN(const auto committed, session->committed(group));
  std::set<TopicPartition> partitions;
  if (const auto topics = options.value("topics")) {
    LEAT_ASSIGN_OR_RETURN(const auto known, known_topics(*session, split(*topics, ',')));
    for (const auto& topic : known.topics)
      for (const auto& each : topic.partitions) partitions.insert({topic.name.value_or(""), each.partition_index});
  } else {
    LEAT_RETURN_IF_ERROR(check_group(*session, group));
    for (const auto& [partition, offset] : committed) partitions.insert(partition);
  }
  if (partitions.empty()) return invalid("The group has no offsets: name --topics.");
  LEAT_ASSIGN_OR_RETURN(const Offsets wanted, offsets_at(*session, range.from, partitions));
  if (!options.has("dry-run")) LEAT_RETURN_IF_ERROR(commit_plan(*session, group, wanted));
  Table table({"TOPIC", "PARTITION", "PRIOR-OFFSET", "CURRENT-OFFSET"});
  for (const auto& [partition, offset] : wanted) {
    const auto before = committed.find(partition);
    table.add({partition.topic, std::to_string(partition.partition),
               before == committed.end() ? "" : std::to_string(before->second.offset), std::to_string(offset)});
  }
  table.print(surroundings.terminal, format);
  return 0;
}

}  // namespace

const Command kGroupList{"group list", "", "lists groups of every kind", {}, list};
const Command kGroupDescribe{"group describe", "GROUP...", "shows offsets, lags and members", {}, describe};
const Command kGroupDelete{"group delete", "GROUP...", "deletes groups without members", {}, remove};
const Command kGroupSeek{"group seek", "GROUP", "moves the offsets of a group without members", kSeekOptions, seek};

}  // namespace leat::tools
