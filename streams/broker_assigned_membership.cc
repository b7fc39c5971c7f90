#include "streams/broker_assigned_membership.h"

#include <algorithm>

#include "base/log.h"
#include "streams/assignor/streams_assignor.h"

namespace leat {

namespace {

using Wire = wire::StreamsGroupHeartbeatRequest::Topology;
using client::StreamsGroupStatus;

constexpr auto kTopicsAgain = std::chrono::milliseconds(100);

wire::streams_group::TopicInfo topic_info(const InternalTopic& topic, const StreamsConfig& config) {
  wire::streams_group::TopicInfo info;
  info.name = topic.name;
  info.partitions = topic.partitions.value_or(0);
  // As the setting has it, -1 too: the broker takes members only whose topologies are equal, and Java's say it so.
  info.replication_factor = static_cast<std::int16_t>(config.replication_factor);
  std::map<std::string, std::string> settings = topic.config;
  for (const auto& [key, value] : config.topic_configs) settings[key] = value;
  for (const auto& [key, value] : settings) info.topic_configs.push_back({key, value});
  return info;
}

/// Positions of the topics of a group in the lists of its sub-topology; nothing where they are another's.
std::optional<wire::streams_group::CopartitionGroup> copartition_group(
    const std::set<std::string>& topics, const wire::streams_group::Subtopology& subtopology) {
  wire::streams_group::CopartitionGroup group;
  for (const std::string& topic : topics) {
    const auto& sources = subtopology.source_topics;
    const auto& internal = subtopology.repartition_source_topics;
    const auto source = std::find(sources.begin(), sources.end(), topic);
    const auto repartition =
        std::find_if(internal.begin(), internal.end(), [&](const auto& each) { return each.name == topic; });
    if (source != sources.end()) {
      group.source_topics.push_back(static_cast<std::int16_t>(source - sources.begin()));
    } else if (repartition != internal.end()) {
      group.repartition_source_topics.push_back(static_cast<std::int16_t>(repartition - internal.begin()));
    } else {
      return std::nullopt;
    }
  }
  return group;
}

client::StreamsMembershipConfig membership_config(const Plan& plan, const StreamsConfig& config, Uuid process_id) {
  client::StreamsMembershipConfig member;
  member.group_id = config.application_id;
  member.process_id = process_id.to_string();
  member.rebalance_timeout = config.max_poll_interval_ms;
  member.rack = config.client_rack;
  member.client_tags = config.client_tags;
  member.topology = topology_for_broker(plan, config);
  if (const auto host = HostInfo::parse(config.application_server))
    member.user_endpoint = {host->host, static_cast<std::uint16_t>(host->port)};
  return member;
}

std::set<TopicPartition> partitions_of(const std::vector<wire::StreamsGroupHeartbeatResponse::TopicPartition>& topics) {
  std::set<TopicPartition> all;
  for (const auto& topic : topics)
    for (const std::int32_t partition : topic.partitions) all.insert({topic.topic, partition});
  return all;
}

std::set<TopicPartition> read_by(const std::map<TaskId, std::set<TopicPartition>>& tasks) {
  std::set<TopicPartition> all;
  for (const auto& [id, partitions] : tasks) all.insert(partitions.begin(), partitions.end());
  return all;
}

/// Topics that must be known before tasks begin.
std::set<std::string> topics_of(const Plan& plan) {
  std::set<std::string> topics;
  for (const Subtopology& each : plan.subtopologies()) {
    topics.insert(each.source_topics.begin(), each.source_topics.end());
    for (const auto* of_kind : {&each.repartition_topics, &each.changelog_topics})
      for (const auto& [name, topic] : *of_kind) topics.insert(name);
  }
  return topics;
}

}  // namespace

Wire topology_for_broker(const Plan& plan, const StreamsConfig& config) {
  Wire topology;
  std::set<std::string> repartition;
  for (const Subtopology& each : plan.subtopologies())
    for (const auto& [name, topic] : each.repartition_topics) repartition.insert(name);
  for (const Subtopology& each : plan.subtopologies()) {
    if (each.global) continue;
    auto& told = topology.subtopologies.emplace_back();
    told.subtopology_id = std::to_string(each.id);
    for (const std::string& source : each.source_topics)
      if (!repartition.contains(source)) told.source_topics.push_back(source);
    for (const std::string& sink : each.sink_topics)
      if (repartition.contains(sink)) told.repartition_sink_topics.push_back(sink);
    for (const auto& [name, topic] : each.repartition_topics)
      told.repartition_source_topics.push_back(topic_info(topic, config));
    for (const auto& [name, topic] : each.changelog_topics)
      told.state_changelog_topics.push_back(topic_info(topic, config));
    for (const std::set<std::string>& group : plan.copartition_groups())
      if (auto positions = copartition_group(group, told)) told.copartition_groups.push_back(std::move(*positions));
  }
  return topology;
}

BrokerAssignedMembership::BrokerAssignedMembership(client::Cluster& cluster, const Plan& plan,
                                                   const StreamsConfig& config, Uuid process_id,
                                                   client::RebalanceListener& listener)
    : cluster_(cluster),
      plan_(plan),
      config_(config),
      listener_(listener),
      membership_(cluster, membership_config(plan, config, process_id), *this) {}

BrokerAssignedMembership::~BrokerAssignedMembership() { alive_.reset(); }

void BrokerAssignedMembership::on_tasks(const client::StreamsTasks& tasks, OneShot<Status> done) {
  if (tasks == client::StreamsTasks()) return take(tasks, std::move(done));
  find_topics([this, alive = std::weak_ptr<bool>(alive_), tasks, done = std::move(done)](Status found) mutable {
    if (alive.expired()) return;
    found ? take(tasks, std::move(done)) : done(std::move(found));
  });
}

/// The broker has made the internal topics a moment ago at most.
void BrokerAssignedMembership::find_topics(OneShot<Status> found) {
  const std::set<std::string> topics = topics_of(plan_);
  cluster_.refresh(
      topics, false,
      [this, alive = std::weak_ptr<bool>(alive_), topics, found = std::move(found)](Status status) mutable {
        if (alive.expired() || (!status && status.error().kind == ErrorKind::kClosed)) return;
        share_.partition_counts.clear();
        for (const std::string& name : topics)
          if (const auto* topic = cluster_.topic(name); topic && !topic->leaders.empty())
            share_.partition_counts[name] = static_cast<std::int32_t>(topic->leaders.size());
        if (status && share_.partition_counts.size() == topics.size()) return found({});
        Loop& loop = cluster_.world().loop;
        loop.call_at(loop.now() + kTopicsAgain, [this, alive, found = std::move(found)]() mutable {
          if (!alive.expired()) find_topics(std::move(found));
        });
      });
}

void BrokerAssignedMembership::take(const client::StreamsTasks& tasks, OneShot<Status> done) {
  const auto partitions = tasks_of(plan_, share_.partition_counts);
  TaskShare next = share_;
  next.assigned.clear();
  next.standbys.clear();
  const auto add = [&](const client::StreamsTasks::Tasks& from, std::map<TaskId, std::set<TopicPartition>>& to) {
    for (const auto& [subtopology, partition] : from)
      if (const auto id = TaskId::parse(subtopology + "_" + std::to_string(partition)))
        if (const auto known = partitions.find(*id); known != partitions.end())
          to[*id].insert(known->second.begin(), known->second.end());
  };
  add(tasks.active, next.assigned);
  add(tasks.standby, next.standbys);
  add(tasks.warmup, next.standbys);
  const std::set<TopicPartition> before = read_by(share_.assigned), after = read_by(next.assigned);
  std::vector<TopicPartition> revoked, added;
  std::set_difference(before.begin(), before.end(), after.begin(), after.end(), std::back_inserter(revoked));
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(), std::back_inserter(added));
  OneShot<Status> settle([this, alive = std::weak_ptr<bool>(alive_), next = std::move(next), added,
                          done = std::move(done)](Status given_up) mutable {
    if (alive.expired()) return;
    if (!given_up) return done(std::move(given_up));
    share_.assigned = std::move(next.assigned);
    share_.standbys = std::move(next.standbys);
    ++share_.number;
    if (!added.empty()) listener_.on_assigned(added);
    done({});
  });
  revoked.empty() ? settle({}) : listener_.on_revoked(revoked, std::move(settle));
}

void BrokerAssignedMembership::on_statuses(const std::vector<Response::Status>& statuses) {
  std::string told;
  bool missing = false;
  for (const Response::Status& each : statuses) {
    told += (told.empty() ? "" : "; ") + each.status_detail;
    const auto code = static_cast<StreamsGroupStatus>(each.status_code);
    missing |= code == StreamsGroupStatus::kMissingSourceTopics;
    share_.shutdown_requested |= code == StreamsGroupStatus::kShutdownApplication;
    if (code == StreamsGroupStatus::kIncorrectlyPartitionedTopics)
      error_ = {ErrorKind::kInvalidArgument, each.status_detail};
  }
  if (told != told_ && !told.empty())
    log_line(missing || error_ ? LogLevel::kWarn : LogLevel::kInfo, "streams", "the group waits", {{"why", told}});
  told_ = told;
  const Instant now = cluster_.world().loop.now();
  if (!missing) return topics_missing_since_.reset();
  if (!topics_missing_since_) topics_missing_since_ = now;
  // As in Kafka Streams: for so long they may still be made.
  if (now - *topics_missing_since_ >= config_.max_poll_interval_ms)
    error_ = {ErrorKind::kNotFound, told + "; create them and start the application again"};
}

void BrokerAssignedMembership::on_endpoints(const std::vector<Response::EndpointToPartitions>& endpoints) {
  share_.partitions_by_host.clear();
  share_.standby_partitions_by_host.clear();
  for (const Response::EndpointToPartitions& each : endpoints) {
    const HostInfo host{each.user_endpoint.host, each.user_endpoint.port};
    share_.partitions_by_host[host].merge(partitions_of(each.active_partitions));
    auto standby = partitions_of(each.standby_partitions);
    if (!standby.empty()) share_.standby_partitions_by_host[host].merge(standby);
  }
  ++share_.hosts_number;
}

void BrokerAssignedMembership::on_lost() {
  const std::set<TopicPartition> lost = read_by(share_.assigned);
  share_.assigned.clear();
  share_.standbys.clear();
  listener_.on_lost({lost.begin(), lost.end()});
}

}  // namespace leat
