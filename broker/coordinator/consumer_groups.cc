// Records, timers and leaving; heartbeats are in consumer_heartbeat.cc.
#include "broker/coordinator/consumer_groups.h"

#include <algorithm>

#include "base/log.h"
#include "base/regex.h"
#include "broker/coordinator/consumer_group_records.h"
#include "broker/coordinator/group_record_codec.h"
#include "broker/wire/header.h"

namespace leat::coordinator {

using wire::ErrorCode;

namespace {

/// However often topics come, regular expressions are gone through this seldom.
constexpr std::chrono::seconds kRegexRefreshMin{10};
/// The first version of OffsetCommit in which members tell their epochs.
constexpr int kCommitVersionWithEpochs = 9;

}  // namespace

ConsumerGroups::ConsumerGroups(World world, Runtime& runtime, const ConsumerGroupConfig& config,
                               const TopicCatalog& topics, ClassicSuccession& classic)
    : world_(world), runtime_(runtime), config_(config), topics_(topics), classic_(classic) {}

ConsumerGroups::~ConsumerGroups() {
  for (auto& [group_id, group] : groups_)
    for (auto& [member_id, timers] : group.timers) stop_timers(timers);
}

const ConsumerGroup* ConsumerGroups::find(const std::string& group_id) const {
  const auto found = groups_.find(group_id);
  return found == groups_.end() ? nullptr : &found->second;
}

std::optional<std::string> ConsumerGroups::apply(const wire::RecordView& record) {
  auto group_id = consumer_group_of(record);
  if (!group_id) return std::nullopt;
  const ConsumerGroup* group =
      apply_to_groups(groups_, *group_id, ends_group(record), record, [this](auto& timers) { stop_timers(timers); });
  return group != nullptr ? group_id : std::nullopt;
}

void ConsumerGroups::loaded() {
  for (auto& [group_id, group] : groups_)
    for (const auto& [member_id, member] : group.members()) {
      restart_session(group_id, member_id);
      watch_revocation(group, member);
    }
}

ConsumerDecision::Surroundings ConsumerGroups::surroundings() const {
  return {topics_, config_, world_.loop.wall_clock_ms()};
}

std::int32_t ConsumerGroups::setting(const std::string& group_id, const std::string& name,
                                     std::int32_t otherwise) const {
  return topics_.group_setting(group_id, name).value_or(otherwise);
}

void ConsumerGroups::stop_timer(std::optional<TimerId>& timer) {
  if (timer) world_.loop.cancel(*timer);
  timer.reset();
}

void ConsumerGroups::stop_timers(MemberTimers& timers) {
  for (auto* timer : {&timers.session, &timers.rebalance, &timers.join, &timers.sync}) stop_timer(*timer);
}

/// When it fires the member is taken out.
void ConsumerGroups::start_timer(std::optional<TimerId>& timer, std::int32_t delay_ms, const std::string& group_id,
                                 const std::string& member_id) {
  stop_timer(timer);
  timer = world_.loop.call_at(world_.loop.now() + std::chrono::milliseconds(delay_ms),
                              [this, group_id, member_id] { fence(group_id, member_id); });
}

std::int32_t ConsumerGroups::session_timeout_ms(const ConsumerGroup& group, const ConsumerMember& member) const {
  return member.classic ? member.classic->session_timeout_ms
                        : setting(group.id, "consumer.session.timeout.ms", config_.session_timeout_ms);
}

void ConsumerGroups::restart_session(const std::string& group_id, const std::string& member_id) {
  const auto found = groups_.find(group_id);
  const ConsumerMember* member = found == groups_.end() ? nullptr : found->second.member(member_id);
  if (member == nullptr) return;
  ConsumerGroup& group = found->second;
  start_timer(group.timers[member_id].session, session_timeout_ms(group, *member), group_id, member_id);
}

/// A member that is asked to give up partitions has its rebalance timeout to do it. Classic members have other timers.
void ConsumerGroups::watch_revocation(ConsumerGroup& group, const ConsumerMember& member) {
  if (member.classic) return;
  auto& timer = group.timers[member.id].rebalance;
  if (member.state == MemberState::kUnrevokedPartitions) {
    start_timer(timer, std::max(member.rebalance_timeout_ms, 0), group.id, member.id);
  } else {
    stop_timer(timer);
  }
}

void ConsumerGroups::fence(const std::string& group_id, const std::string& member_id) {
  const ConsumerGroup* group = find(group_id);
  if (group == nullptr || group->member(member_id) == nullptr || runtime_.offline()) return;
  log_line(LogLevel::kInfo, "groups",
           "a member is taken out of its group: it was silent, or did not give up partitions",
           {{"group", group_id}, {"member", member_id}});
  remove_members(*group, {member_id}, [](Status) {});
}

void ConsumerGroups::remove_members(const ConsumerGroup& group, const std::set<std::string>& members,
                                    OneShot<Status> released) {
  if (classic_.take_over(group, members, released)) return;
  std::vector<InternalRecord> records;
  std::map<std::string, std::size_t> regexes;
  for (const std::string& member_id : members) {
    append_member_tombstones(records, group.id, member_id);
    if (const std::string& regex = group.member(member_id)->regex; !regex.empty()) ++regexes[regex];
  }
  for (const auto& [regex, count] : regexes)
    if (group.members_with_regex(regex) == count) records.push_back(regex_tombstone(group.id, regex));
  records.push_back(group_record(group.id, group.epoch + 1, metadata_hash(topics_, subscribed_topics(group, members))));
  runtime_.write(std::move(records), std::move(released));
}

ErrorCode ConsumerGroups::judge_commit(const ConsumerGroup& group, const MemberClaim& claim, bool transactional,
                                       int version, const std::vector<NamedPartition>& partitions) const {
  if (claim.generation < 0 && group.members().empty()) return ErrorCode::kNone;
  // A producer that is in no group itself.
  if (transactional && claim.generation < 0 && claim.member_id.empty() && !claim.instance_id) return ErrorCode::kNone;
  const ConsumerMember* member = group.member(claim.member_id);
  if (member == nullptr) return ErrorCode::kUnknownMemberId;
  if (!transactional && !member->classic && version < kCommitVersionWithEpochs) return ErrorCode::kUnsupportedVersion;
  if (claim.generation == member->epoch) return ErrorCode::kNone;
  const ErrorCode stale =
      member->classic || transactional ? ErrorCode::kIllegalGeneration : ErrorCode::kStaleMemberEpoch;
  if (member->classic || claim.generation > member->epoch) return stale;
  // What was assigned before and is still held may be committed by a request that a new epoch has overtaken.
  const auto held_since_then = [&](const HeldPartitions& held, const NamedPartition& named) {
    const auto topic = held.find(named.topic);
    if (topic == held.end()) return false;
    const auto partition = topic->second.find(named.partition);
    return partition != topic->second.end() && partition->second <= claim.generation;
  };
  const bool all_held = std::all_of(partitions.begin(), partitions.end(), [&](const NamedPartition& each) {
    return held_since_then(member->assigned, each) || held_since_then(member->to_revoke, each);
  });
  return all_held && !partitions.empty() ? ErrorCode::kNone : stale;
}

ErrorCode ConsumerGroups::judge_fetch(const ConsumerGroup& group, const std::optional<std::string>& member_id,
                                      std::int32_t member_epoch) {
  if (!member_id && member_epoch < 0) return ErrorCode::kNone;
  const ConsumerMember* member = group.member(member_id.value_or(""));
  if (member == nullptr) return ErrorCode::kUnknownMemberId;
  if (member->epoch == member_epoch) return ErrorCode::kNone;
  return member->classic ? ErrorCode::kIllegalGeneration : ErrorCode::kStaleMemberEpoch;
}

void ConsumerGroups::resolve_regexes_if_due(ConsumerGroup& group) {
  const auto& wanted = group.regex_subscribers();
  if (wanted.empty() || group.resolving) return;
  const Instant now = world_.loop.now();
  if (group.regexes.empty()) group.resolved_at.reset();
  if (group.resolved_at && now <= *group.resolved_at + kRegexRefreshMin) return;
  const bool all_known = std::all_of(wanted.begin(), wanted.end(), [&](const auto& subscribed) {
    const auto known = group.regexes.find(subscribed.first);
    return known != group.regexes.end() &&
           known->second.version == static_cast<std::int64_t>(topics_.catalog_version());
  });
  if (group.resolved_at && all_known &&
      now <= *group.resolved_at + std::chrono::milliseconds(config_.regex_refresh_interval_ms))
    return;
  group.resolving = true;
  group.resolved_at = now;
  // Later: going through all topics must not hold up the answer.
  world_.loop.post([this, alive = std::weak_ptr<bool>(alive_), group_id = group.id] {
    if (!alive.expired()) resolve_regexes(group_id);
  });
}

void ConsumerGroups::resolve_regexes(const std::string& group_id) {
  const auto found = groups_.find(group_id);
  if (found == groups_.end() || runtime_.offline()) return;
  ConsumerGroup& group = found->second;
  group.resolving = false;
  const std::vector<std::string> all_topics = topics_.topic_names();
  std::vector<InternalRecord> records;
  std::map<std::string, ResolvedRegex> resolved;
  bool changed = false;
  for (const auto& [regex, subscribers] : group.regex_subscribers()) {
    const auto compiled = Regex::compile(regex);
    if (!compiled) continue;
    ResolvedRegex& now = resolved[regex];
    now.version = static_cast<std::int64_t>(topics_.catalog_version());
    now.timestamp_ms = world_.loop.wall_clock_ms();
    for (const std::string& topic : all_topics)
      if (compiled->matches(topic)) now.topics.insert(topic);
    const auto before = group.regexes.find(regex);
    changed =
        changed || now.topics != (before == group.regexes.end() ? std::set<std::string>() : before->second.topics);
    records.push_back(regex_record(group_id, regex, now));
  }
  std::set<std::string> names;
  for (const auto& [member_id, member] : group.members()) {
    names.insert(member.topics.begin(), member.topics.end());
    if (const auto found_now = resolved.find(member.regex); found_now != resolved.end())
      names.insert(found_now->second.topics.begin(), found_now->second.topics.end());
  }
  const std::int64_t hash = metadata_hash(topics_, names);
  if (changed || hash != group.metadata_hash) records.push_back(group_record(group_id, group.epoch + 1, hash));
  if (!records.empty()) runtime_.write(std::move(records), [](Status) {});
}

}  // namespace leat::coordinator
