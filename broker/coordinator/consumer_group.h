// ConsumerGroup: a group whose partitions the broker assigns (KIP-848), as the coordinator sees it.
//
//   group epoch    rises with every change of members, subscriptions or topics
//   target         what each member shall hold, computed for a group epoch: the target epoch
//   member epoch   the target epoch that the member has come to; a request under another one is fenced
//   held           what a member has. It is told to give up what it shall not hold before it is told of the new epoch,
//                  and gets what others hold when they have given it up.
//
//   Empty        no members; offsets may be there
//   Assigning    the target is older than the group
//   Reconciling  members are on their way to the target
//   Stable       every member holds what it shall
//
// All of it but the timers is what the records of __consumer_offsets say (consumer_group_records.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/loop.h"
#include "base/uuid.h"

namespace leat::coordinator {

using PartitionSet = std::map<Uuid, std::set<std::int32_t>>;
/// With the epoch at which each partition was assigned.
using HeldPartitions = std::map<Uuid, std::map<std::int32_t, std::int32_t>>;

/// Epochs in a heartbeat that say something else.
inline constexpr std::int32_t kJoinEpoch = 0;
inline constexpr std::int32_t kLeaveEpoch = -1;
/// A static member goes and means to come back.
inline constexpr std::int32_t kStaticLeaveEpoch = -2;

/// Kafka's numbers, as they stand in records.
enum class MemberState : std::int8_t {
  kStable = 0,
  kUnrevokedPartitions = 1,   ///< has been told to give up partitions, and not yet said that it has
  kUnreleasedPartitions = 2,  ///< waits for partitions that others hold
  kUnknown = 127,
};

/// What a member of the classic protocol brings into a group of this one.
struct ClassicMembership {
  struct Protocol {
    std::string name;
    Bytes metadata;
    bool operator==(const Protocol&) const = default;
  };
  std::int32_t session_timeout_ms = 0;
  std::vector<Protocol> protocols;
  bool operator==(const ClassicMembership&) const = default;
};

struct ConsumerMember {
  std::string id;
  std::optional<std::string> instance_id;
  std::optional<std::string> rack_id;
  std::string client_id;
  std::string client_host;
  std::int32_t rebalance_timeout_ms = -1;
  std::set<std::string> topics;
  std::string regex;  ///< empty: none
  std::optional<std::string> assignor;
  std::optional<ClassicMembership> classic;

  std::int32_t epoch = 0;
  std::int32_t previous_epoch = 0;
  MemberState state = MemberState::kStable;
  HeldPartitions assigned;
  HeldPartitions to_revoke;

  bool reconciled_to(std::int32_t target_epoch) const { return state == MemberState::kStable && epoch == target_epoch; }
  void move_to(std::int32_t next_epoch);
  bool operator==(const ConsumerMember&) const = default;
};

/// The topics behind a regular expression.
struct ResolvedRegex {
  std::set<std::string> topics;
  std::int64_t version = 0;  ///< of the catalog
  std::int64_t timestamp_ms = 0;
};

enum class ConsumerGroupState { kEmpty, kAssigning, kReconciling, kStable };

/// Kafka's name, as ConsumerGroupDescribe and ListGroups tell it.
std::string_view name(ConsumerGroupState state);

struct MemberTimers {
  std::optional<TimerId> session;
  std::optional<TimerId> rebalance;  ///< to give up what was asked back
  std::optional<TimerId> join;       ///< of classic members
  std::optional<TimerId> sync;
};

class ConsumerGroup {
 public:
  std::string id;
  std::int32_t epoch = 0;
  std::int64_t metadata_hash = 0;  ///< of the topics that are subscribed to
  std::int32_t target_epoch = 0;
  std::int64_t target_timestamp_ms = 0;
  std::map<std::string, PartitionSet> target;
  std::map<std::string, ResolvedRegex> regexes;

  /// Soft state: lost with the process.
  std::map<std::string, MemberTimers> timers;
  std::uint64_t catalog_version_seen = 0;
  bool resolving = false;              ///< regular expressions, just now
  std::optional<Instant> resolved_at;  ///< when that was last begun

  const std::map<std::string, ConsumerMember>& members() const { return members_; }
  const std::map<std::string, std::string>& static_members() const { return static_members_; }
  const ConsumerMember* member(const std::string& member_id) const;
  const ConsumerMember* static_member(const std::optional<std::string>& instance_id) const;
  const PartitionSet& target_of(const std::string& member_id) const;
  /// Whether a member other than this one holds the partition.
  bool held_by_other(const std::string& member_id, const Uuid& topic, std::int32_t partition) const;
  /// Whether it waits for a partition that another member still holds.
  bool waits_for_others(const ConsumerMember& member) const;

  void put(ConsumerMember member);
  void erase(const std::string& member_id);

  ConsumerGroupState state() const;
  /// Names of the topics that a member means, those behind its regular expression with them.
  std::set<std::string> topics_of(const ConsumerMember& member) const;
  bool subscribes_to(const std::string& topic) const;
  std::size_t members_with_regex(const std::string& regex) const;
  /// Regular expressions that members subscribe to, and how many do.
  const std::map<std::string, std::size_t>& regex_subscribers() const { return regex_subscribers_; }
  std::size_t classic_members() const;
  /// Whether all classic members, and there may be none, can speak one of these.
  bool supports_classic(const std::string& protocol_type, const std::vector<std::string>& protocols) const;

 private:
  void forget(const ConsumerMember& member);

  std::map<std::string, ConsumerMember> members_;
  std::map<std::string, std::string> static_members_;
  std::map<Uuid, std::map<std::int32_t, std::string>> holders_;
  std::map<std::string, std::size_t> regex_subscribers_;
};

}  // namespace leat::coordinator
