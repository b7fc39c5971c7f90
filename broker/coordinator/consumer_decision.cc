#include "broker/coordinator/consumer_decision.h"

#include <algorithm>

#include "base/regex.h"
#include "broker/coordinator/consumer_group_records.h"
#include "broker/coordinator/partition_assignor.h"
#include "broker/coordinator/reconciliation.h"
#include "broker/wire/error_code.h"

namespace leat::coordinator {

namespace {

/// FNV-1a. Kafka's own hash is another one; a broker that takes over computes its own and rebalances once.
class Hash {
 public:
  void add(std::string_view text) {
    for (const char each : text) mix(static_cast<unsigned char>(each));
    mix(0xff);
  }
  void add(std::uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) mix(number >> shift & 0xff);
  }
  std::int64_t value() const { return static_cast<std::int64_t>(hash_); }

 private:
  void mix(std::uint64_t byte) { hash_ = (hash_ ^ byte) * 0x100000001b3; }
  std::uint64_t hash_ = 0xcbf29ce484222325;
};

bool same_partitions(const HeldPartitions& a, const HeldPartitions& b) {
  const auto same_keys = [](const auto& x, const auto& y) { return x.first == y.first; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](const auto& x, const auto& y) {
    return x.first == y.first &&
           std::equal(x.second.begin(), x.second.end(), y.second.begin(), y.second.end(), same_keys);
  });
}

/// Topics by name, each looked up once.
class TopicLookup {
 public:
  explicit TopicLookup(const TopicCatalog& topics) : topics_(topics) {}
  const std::optional<CatalogTopic>& find(const std::string& name) {
    const auto [entry, is_new] = known_.try_emplace(name);
    if (is_new) entry->second = topics_.catalog_topic(name);
    return entry->second;
  }
  std::set<Uuid> ids(const std::set<std::string>& names) {
    std::set<Uuid> found;
    for (const std::string& name : names)
      if (const auto& topic = find(name)) found.insert(topic->id);
    return found;
  }
  AssignorTopics counts() const {
    AssignorTopics counts;
    for (const auto& [name, topic] : known_)
      if (topic) counts[topic->id] = topic->partitions;
    return counts;
  }

 private:
  const TopicCatalog& topics_;
  std::map<std::string, std::optional<CatalogTopic>> known_;
};

}  // namespace

std::string preferred_assignor(const ConsumerGroup& group, const ConsumerMember* after,
                               const ConsumerGroupConfig& config) {
  std::map<std::string, int> votes;
  for (const auto& [member_id, member] : group.members())
    if (member.assignor && (after == nullptr || member_id != after->id)) ++votes[*member.assignor];
  if (after != nullptr && after->assignor) ++votes[*after->assignor];
  const auto most =
      std::max_element(votes.begin(), votes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == votes.end() ? config.assignors.front() : most->first;
}

std::int64_t metadata_hash(const TopicCatalog& topics, const std::set<std::string>& names) {
  Hash hash;
  bool any = false;
  for (const std::string& name : names) {
    const auto topic = topics.catalog_topic(name);
    if (!topic) continue;
    any = true;
    hash.add(name);
    hash.add(topic->id.high);
    hash.add(topic->id.low);
    hash.add(static_cast<std::uint64_t>(topic->partitions));
  }
  return any ? hash.value() : 0;
}

std::set<std::string> subscribed_topics(const ConsumerGroup& group, const std::set<std::string>& without) {
  std::set<std::string> all;
  for (const auto& [member_id, member] : group.members())
    if (!without.contains(member_id)) all.merge(group.topics_of(member));
  return all;
}

template <class Visit>
void ConsumerDecision::for_each_member(Visit visit) const {
  for (const auto& [member_id, member] : group_.members())
    if (member_id != after_.id && member_id != replaced_) visit(member);
  visit(after_);
}

void ConsumerDecision::replace(const ConsumerMember& predecessor) {
  replaced_ = predecessor.id;
  std::string member_id = std::move(before_.id);
  before_ = predecessor;
  before_.id = std::move(member_id);
  before_.epoch = before_.previous_epoch = 0;
  after_ = before_;
  append_member_tombstones(records_, group_.id, predecessor.id);
  records_.push_back(member_record(group_.id, before_));
  records_.push_back(target_record(group_.id, before_.id, group_.target_of(predecessor.id)));
  records_.push_back(held_record(group_.id, before_));
}

Status ConsumerDecision::decide(const std::optional<PartitionSet>& owned) {
  note_member();
  LEAT_RETURN_IF_ERROR(note_regex());
  raise_epoch();
  renew_target();
  reconcile(owned);
  return {};
}

void ConsumerDecision::note_member() {
  if (after_ != before_) records_.push_back(member_record(group_.id, after_));
  topics_changed_ = after_.topics != before_.topics;
}

Status ConsumerDecision::note_regex() {
  if (after_.regex == before_.regex) return {};
  regex_changed_ = true;
  if (!before_.regex.empty() && group_.members_with_regex(before_.regex) == 1)
    records_.push_back(regex_tombstone(group_.id, before_.regex));
  if (after_.regex.empty()) {
    regex_known_ = true;
  } else if (group_.members_with_regex(after_.regex) > 0) {
    regex_known_ = group_.regexes.contains(after_.regex);
  } else if (auto compiled = Regex::compile(after_.regex); !compiled) {
    return Error{
        ErrorKind::kKafka,
        "SubscribedRegex `" + after_.regex + "` is not a valid regular expression: " + compiled.error().message + ".",
        static_cast<int>(wire::ErrorCode::kInvalidRegularExpression)};
  }
  return {};
}

/// A new group begins at epoch 1, which has no topics; what is subscribed to comes with the next. A regular expression
/// whose topics are not known yet raises nothing: it will, when they are.
void ConsumerDecision::raise_epoch() {
  epoch_ = group_.epoch;
  bool raise = topics_changed_ || regex_known_;
  if (!raise && epoch_ != 0 && group_.catalog_version_seen == surroundings_.topics.catalog_version()) return;
  std::set<std::string> names;
  for_each_member([&](const ConsumerMember& member) { names.merge(group_.topics_of(member)); });
  const std::int64_t hash = metadata_hash(surroundings_.topics, names);
  raise = raise || hash != group_.metadata_hash;
  epoch_ = std::max(epoch_, 1) + (raise ? 1 : 0);
  if (epoch_ != group_.epoch) records_.push_back(group_record(group_.id, epoch_, hash));
}

bool ConsumerDecision::target_is_due() const {
  if (epoch_ <= group_.target_epoch) return false;
  std::int32_t interval_ms = surroundings_.config.assignment_interval_ms;
  if (const auto own = surroundings_.topics.group_setting(group_.id, "consumer.assignment.interval.ms"))
    interval_ms = *own;
  // A target that gives nothing to anybody holds up nobody.
  const bool empty =
      std::all_of(group_.target.begin(), group_.target.end(), [](const auto& each) { return each.second.empty(); });
  return empty || surroundings_.now_ms >= group_.target_timestamp_ms + interval_ms ||
         surroundings_.now_ms < group_.target_timestamp_ms;
}

void ConsumerDecision::renew_target() {
  target_epoch_ = std::max(group_.target_epoch, 1);
  target_ = group_.target_of(replaced_.value_or(after_.id));
  if (target_is_due()) compute_target();
}

void ConsumerDecision::compute_target() {
  TopicLookup lookup(surroundings_.topics);
  std::vector<AssignorMember> members;
  for_each_member([&](const ConsumerMember& member) {
    const std::string& known_as = replaced_ && member.id == after_.id ? *replaced_ : member.id;
    members.push_back(
        {member.id, member.instance_id, lookup.ids(group_.topics_of(member)), group_.target_of(known_as)});
  });
  std::sort(members.begin(), members.end(),
            [](const AssignorMember& a, const AssignorMember& b) { return a.id < b.id; });
  GroupAssignment assignment =
      assign(preferred_assignor(group_, &after_, surroundings_.config), members, lookup.counts());
  target_epoch_ = epoch_;
  for (const AssignorMember& member : members) {
    const PartitionSet& now = assignment[member.id];
    const auto known = group_.target.find(member.id);
    if (known == group_.target.end() || known->second != now)
      records_.push_back(target_record(group_.id, member.id, now));
  }
  records_.push_back(target_record(group_.id, target_epoch_, surroundings_.now_ms));
  target_ = std::move(assignment[after_.id]);
}

void ConsumerDecision::reconcile(const std::optional<PartitionSet>& owned) {
  if (!subscription_changed() && after_.reconciled_to(target_epoch_)) return;
  TopicLookup lookup(surroundings_.topics);
  const std::set<Uuid> subscribed = lookup.ids(group_.topics_of(after_));
  ConsumerMember next = reconciled(group_, after_,
                                   {.target_epoch = target_epoch_,
                                    .target = target_,
                                    .subscribed = subscribed,
                                    .subscription_changed = subscription_changed(),
                                    .owned = owned});
  if (next == after_) return;
  after_ = std::move(next);
  stepped_ = true;
  records_.push_back(held_record(group_.id, after_));
}

bool ConsumerDecision::assignment_changed() const { return !same_partitions(before_.assigned, after_.assigned); }

}  // namespace leat::coordinator
