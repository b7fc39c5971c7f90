#include "tests/broker/coordinator/consumer_groups_fixture.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace leat::coordinator {

wire::ConsumerGroupHeartbeatResponse ConsumerGroupsTest::heard(const HeartbeatSpec& spec) {
  wire::ConsumerGroupHeartbeatRequest request;
  request.group_id = spec.group;
  request.member_id = spec.member;
  request.member_epoch = spec.epoch;
  request.instance_id = spec.instance;
  request.server_assignor = spec.assignor;
  request.rebalance_timeout_ms = spec.rebalance_timeout_ms;
  request.subscribed_topic_names = spec.topics;
  request.subscribed_topic_regex = spec.regex;
  if (spec.owned) {
    request.topic_partitions.emplace();
    for (const auto& [topic, partitions] : *spec.owned) {
      auto& each = request.topic_partitions->emplace_back();
      each.topic_id = topics.catalog_topic(topic)->id;
      each.partitions = {partitions.begin(), partitions.end()};
    }
  }
  return answer<wire::ConsumerGroupHeartbeatResponse>([&](auto reply) {
    groups->consumer_heartbeat(request, spec.version, {"client", "/127.0.0.1"}, std::move(reply));
  });
}

std::string ConsumerGroupsTest::join(const std::string& member, const std::vector<std::string>& subscribed,
                                     std::optional<std::string> instance) {
  return said_to({.member = member,
                  .topics = subscribed,
                  .owned = Holds(),
                  .instance = std::move(instance),
                  .rebalance_timeout_ms = 30'000});
}

std::string ConsumerGroupsTest::join_regex(const std::string& member, const std::string& regex) {
  return said_to({.member = member, .regex = regex, .owned = Holds(), .rebalance_timeout_ms = 30'000});
}

Holds ConsumerGroupsTest::holds(const wire::ConsumerGroupHeartbeatResponse& response) const {
  Holds all;
  if (!response.assignment) return all;
  for (const auto& topic : response.assignment->topic_partitions)
    if (const auto known = topics.catalog_topic(topic.topic_id))
      all[known->name].insert(topic.partitions.begin(), topic.partitions.end());
  return all;
}

std::string ConsumerGroupsTest::in_words(const wire::ConsumerGroupHeartbeatResponse& response) const {
  if (response.error_code != wire::ErrorCode::kNone) return said(response.error_code);
  std::string words = std::to_string(response.member_epoch);
  if (!response.assignment) return words;
  const Holds all = holds(response);
  if (all.empty()) return words + " nothing";
  for (const auto& [topic, partitions] : all) words += fmt::format(" {}:{}", topic, fmt::join(partitions, ","));
  return words;
}

std::string ConsumerGroupsTest::commit_verdict(const std::string& member, std::int32_t epoch, const std::string& topic,
                                               std::int32_t partition, int version) {
  return said(groups->judge_commit("g", {member, std::nullopt, epoch}, false, version,
                                   {{topics.catalog_topic(topic)->id, partition}}));
}

std::string hard_state(const ConsumerGroups& groups) {
  std::string all;
  const auto held = [](const HeldPartitions& partitions) {
    std::string words;
    for (const auto& [topic, of_topic] : partitions)
      for (const auto& [partition, epoch] : of_topic) words += fmt::format(" {}-{}@{}", topic.low, partition, epoch);
    return words;
  };
  for (const auto& [id, group] : groups.groups()) {
    all += fmt::format("{} epoch {} hash {} target {} {}\n", id, group.epoch, group.metadata_hash, group.target_epoch,
                       name(group.state()));
    for (const auto& [member_id, member] : group.members()) {
      all += fmt::format("  {} {} {} epoch {} before {} state {} topics {} regex {} holds{} gives up{} shall hold",
                         member_id, member.instance_id.value_or("-"), member.assignor.value_or("-"), member.epoch,
                         member.previous_epoch, static_cast<int>(member.state), fmt::join(member.topics, ","),
                         member.regex, held(member.assigned), held(member.to_revoke));
      for (const auto& [topic, partitions] : group.target_of(member_id))
        all += fmt::format(" {}:{}", topic.low, fmt::join(partitions, ","));
      if (member.classic) all += fmt::format(" classic {}", member.classic->protocols.size());
      all += '\n';
    }
    for (const auto& [regex, resolved] : group.regexes)
      all += fmt::format("  {} is {}\n", regex, fmt::join(resolved.topics, ","));
  }
  return all;
}

}  // namespace leat::coordinator
