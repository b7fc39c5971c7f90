// kafka-consumer-groups --describe: tables of offsets, members and states.
#include <fmt/format.h>

#include <algorithm>

#include "broker/tools/consumer_groups.h"

namespace leat::tools {

namespace {

constexpr std::size_t kColumnMin = 15;
constexpr std::size_t kInstanceColumnMin = 17;
constexpr std::size_t kAssignmentColumnMin = 20;
constexpr std::size_t kCoordinatorColumnMin = 25;

std::string left(std::string_view text, std::size_t width) { return fmt::format("{:<{}}", text, width); }
std::string number(const std::optional<std::int64_t>& value) { return value ? std::to_string(*value) : "-"; }
std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

/// Whether there is a table to print; says in words what the state means.
bool announce(Session& session, const GroupDescription& group, std::size_t rows) {
  if (group.state == "Empty")
    session.terminal().err(fmt::format("\nConsumer group '{}' has no active members.\n", group.id));
  if (group.state == "PreparingRebalance" || group.state == "CompletingRebalance" || group.state == "Assigning" ||
      group.state == "Reconciling")
    session.terminal().err(fmt::format("\nWarning: Consumer group '{}' is rebalancing.\n", group.id));
  return rows > 0;
}

struct OffsetRow {
  std::optional<TopicPartition> partition;
  std::optional<std::int64_t> epoch, offset, end, lag;
  std::string consumer, host, client;
};

Result<std::vector<OffsetRow>> offset_rows(Session& session, const GroupDescription& group) {
  LEAT_ASSIGN_OR_RETURN(const auto committed, session.committed(group.id));
  std::vector<OffsetRow> rows;
  std::map<TopicPartition, std::int64_t> times;
  std::set<TopicPartition> assigned;
  const auto add = [&](const TopicPartition& partition, const std::string& consumer, const std::string& host,
                       const std::string& client) {
    OffsetRow& row = rows.emplace_back();
    row.partition = partition;
    row.consumer = consumer, row.host = host, row.client = client;
    times[partition] = -1;
    if (const auto found = committed.find(partition); found != committed.end()) {
      row.offset = found->second.offset;
      if (found->second.leader_epoch >= 0) row.epoch = found->second.leader_epoch;
    }
  };
  std::vector<const GroupMember*> members;
  for (const GroupMember& each : group.members)
    if (!each.assignment.empty()) members.push_back(&each);
  std::stable_sort(members.begin(), members.end(), [](const GroupMember* a, const GroupMember* b) {
    return a->assignment.size() > b->assignment.size();
  });
  for (const GroupMember* member : members)
    for (const TopicPartition& partition : member->assignment) {
      assigned.insert(partition);
      add(partition, member->id, member->host, member->client_id);
    }
  for (const auto& [partition, offset] : committed)
    if (!assigned.contains(partition)) add(partition, "-", "-", "-");
  std::map<TopicPartition, wire::ErrorCode> unknown;
  LEAT_ASSIGN_OR_RETURN(const auto ends, session.list_offsets(times, false, &unknown));
  for (OffsetRow& row : rows) {
    if (const auto end = ends.find(*row.partition); end != ends.end()) row.end = end->second.offset;
    if (row.offset && row.end) row.lag = *row.end - *row.offset;
  }
  return rows;
}

Result<int> describe_offsets(Session& session, const GroupDescription& group, bool verbose) {
  LEAT_ASSIGN_OR_RETURN(const auto rows, offset_rows(session, group));
  if (!announce(session, group, rows.size())) return 0;
  std::size_t group_width = std::max(kColumnMin, group.id.size());
  std::size_t topic_width = kColumnMin, consumer_width = kColumnMin, host_width = kColumnMin;
  for (const OffsetRow& row : rows) {
    topic_width = std::max(topic_width, row.partition->topic.size());
    consumer_width = std::max(consumer_width, row.consumer.size());
    host_width = std::max(host_width, row.host.size());
  }
  const auto print = [&](std::string_view id, std::string_view topic, std::string_view partition,
                         std::string_view epoch, std::string_view offset, std::string_view end, std::string_view lag,
                         std::string_view consumer, std::string_view host, std::string_view client) {
    session.terminal().out(fmt::format("\n{} {} {:<10} {}{:<15} {:<15} {:<15} {} {} {}", left(id, group_width),
                                       left(topic, topic_width), partition,
                                       verbose ? fmt::format("{:<15} ", epoch) : std::string(), offset, end, lag,
                                       left(consumer, consumer_width), left(host, host_width), client));
  };
  print("GROUP", "TOPIC", "PARTITION", "LEADER-EPOCH", "CURRENT-OFFSET", "LOG-END-OFFSET", "LAG", "CONSUMER-ID", "HOST",
        "CLIENT-ID");
  for (const OffsetRow& row : rows)
    print(group.id, row.partition->topic, std::to_string(row.partition->partition), number(row.epoch),
          number(row.offset), number(row.end), number(row.lag), row.consumer, row.host, row.client);
  session.terminal().out("\n");
  return 0;
}

/// topic:0,1;other:2
std::string assignment_text(const std::set<TopicPartition>& partitions) {
  std::string text, topic;
  for (const TopicPartition& each : partitions) {
    if (each.topic != topic || text.empty()) {
      text += fmt::format("{}{}:{}", text.empty() ? "" : ";", each.topic, each.partition);
    } else {
      text += fmt::format(",{}", each.partition);
    }
    topic = each.topic;
  }
  return or_dash(text);
}

void describe_members(Session& session, const GroupDescription& group, bool verbose) {
  std::size_t id_width = kColumnMin, consumer_width = kColumnMin, instance_width = kInstanceColumnMin,
              host_width = kColumnMin, client_width = kColumnMin, current_width = kAssignmentColumnMin,
              target_width = kAssignmentColumnMin;
  bool with_instance = false;
  if (announce(session, group, group.members.size()))
    for (const GroupMember& each : group.members) {
      id_width = std::max(id_width, group.id.size());
      consumer_width = std::max(consumer_width, each.id.size());
      instance_width = std::max(instance_width, each.instance_id.size());
      host_width = std::max(host_width, each.host.size());
      client_width = std::max(client_width, each.client_id.size());
      current_width = std::max(current_width, assignment_text(each.assignment).size());
      target_width = std::max(target_width, assignment_text(each.target).size());
      with_instance |= !each.instance_id.empty();
    }
  const auto print = [&](std::string_view id, std::string_view consumer, std::string_view instance,
                         std::string_view host, std::string_view client, std::string_view count, std::string_view epoch,
                         std::string_view current, std::string_view target_epoch, std::string_view target) {
    std::string text = left(id, id_width) + " " + left(consumer, consumer_width) + " ";
    if (with_instance) text += left(instance, instance_width) + " ";
    text += fmt::format("{} {} {:<15} ", left(host, host_width), left(client, client_width), count);
    if (verbose)
      text += fmt::format("{:<15} {} {:<15} {}", epoch, left(current, current_width), target_epoch,
                          left(target, target_width));
    session.terminal().out(text + "\n");
  };
  session.terminal().out("\n");
  print("GROUP", "CONSUMER-ID", "GROUP-INSTANCE-ID", "HOST", "CLIENT-ID", "#PARTITIONS", "CURRENT-EPOCH",
        "CURRENT-ASSIGNMENT", "TARGET-EPOCH", "TARGET-ASSIGNMENT");
  for (const GroupMember& each : group.members)
    print(group.id, each.id, each.instance_id, each.host, each.client_id, std::to_string(each.assignment.size()),
          number(each.epoch), assignment_text(each.assignment), number(each.target_epoch),
          assignment_text(each.target));
}

void describe_state(Session& session, const GroupDescription& group, bool verbose) {
  if (!announce(session, group, 1)) return;
  const std::string coordinator = fmt::format("{}  ({})", group.coordinator.at.to_string(), group.coordinator.id);
  const std::size_t width = std::max(kCoordinatorColumnMin, coordinator.size());
  const std::size_t id_width = std::max(kColumnMin, group.id.size());
  const auto print = [&](std::string_view id, std::string_view at, std::string_view assignor, std::string_view state,
                         std::string_view epoch, std::string_view target, std::string_view count) {
    session.terminal().out(fmt::format("\n{} {} {:<20} {:<20} {}{}", left(id, id_width), left(at, width), assignor,
                                       state, verbose ? fmt::format("{:<15} {:<25} ", epoch, target) : std::string(),
                                       count));
  };
  print("GROUP", "COORDINATOR (ID)", "ASSIGNMENT-STRATEGY", "STATE", "GROUP-EPOCH", "TARGET-ASSIGNMENT-EPOCH",
        "#MEMBERS");
  print(group.id, coordinator, or_dash(group.assignor), group.state, number(group.epoch), number(group.target_epoch),
        std::to_string(group.members.size()));
  session.terminal().out("\n");
}

}  // namespace

Result<int> describe_groups(Session& session, const Options& options) {
  LEAT_ASSIGN_OR_RETURN(auto ids, chosen_groups(session, options));
  std::sort(ids.begin(), ids.end());
  std::vector<GroupDescription> groups;
  for (const std::string& id : ids) {
    LEAT_ASSIGN_OR_RETURN(auto group, describe_group(session, id));
    groups.push_back(std::move(group));
  }
  for (const GroupDescription& group : groups) {
    if (options.has("members")) {
      describe_members(session, group, options.has("verbose"));
    } else if (options.has("state")) {
      describe_state(session, group, options.has("verbose"));
    } else {
      LEAT_ASSIGN_OR_RETURN(const int code, describe_offsets(session, group, options.has("verbose")));
      if (code != 0) return code;
    }
  }
  return 0;
}

}  // namespace leat::tools
