// ConsumerDecision: what it leads to in a group that a member joins, or changes, or only shows that it lives. Decides;
// changes nothing.
//
//   ConsumerDecision decision(group, before, surroundings);
//   decision.after().topics = ...;
//   LEAT_RETURN_IF_ERROR(decision.decide(owned));
//   write(decision.take_records());
//
// In this order, each for the one before: the member's record; the group's epoch, where subscriptions or topics have
// changed; a new target for all, where the group's epoch is ahead of it; the member's next step towards the target.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/coordinator/consumer_group.h"
#include "broker/coordinator/state_machine.h"
#include "broker/coordinator/topic_catalog.h"

namespace leat::coordinator {

struct ConsumerGroupConfig {
  bool enabled = true;
  std::int32_t session_timeout_ms = 45'000;
  std::int32_t heartbeat_interval_ms = 5'000;
  /// At least this long a target stands before the next is computed, so that members that come together cost one.
  std::int32_t assignment_interval_ms = 1'000;
  std::int32_t regex_refresh_interval_ms = 600'000;
  std::size_t members_max = 2147483647;
  /// Names of partition_assignor.h; the first is that of groups whose members ask for none.
  std::vector<std::string> assignors{"uniform", "range"};
  bool upgrade_enabled = true;    ///< a classic group becomes one of these when a member of the new protocol comes
  bool downgrade_enabled = true;  ///< and the other way round when the last one goes
};

/// The assignor that most members ask for, with `after` in place of the member of its id, or the first that is
/// configured.
std::string preferred_assignor(const ConsumerGroup& group, const ConsumerMember* after,
                               const ConsumerGroupConfig& config);

/// Another number when one of these topics has come, gone or grown. 0 where none of them is there.
std::int64_t metadata_hash(const TopicCatalog& topics, const std::set<std::string>& names);
/// What all members but these subscribe to.
std::set<std::string> subscribed_topics(const ConsumerGroup& group, const std::set<std::string>& without = {});

class ConsumerDecision {
 public:
  struct Surroundings {
    const TopicCatalog& topics;
    const ConsumerGroupConfig& config;
    std::int64_t now_ms = 0;
  };

  /// `before`: the member as it is in the group, or a new one with nothing but its id.
  ConsumerDecision(const ConsumerGroup& group, ConsumerMember before, const Surroundings& surroundings)
      : group_(group), before_(std::move(before)), after_(before_), surroundings_(surroundings) {}

  /// The member takes the place of a static one of the same instance, with all that it holds.
  void replace(const ConsumerMember& predecessor);
  /// To be changed before `decide`.
  ConsumerMember& after() { return after_; }
  const ConsumerMember& after() const { return after_; }
  const ConsumerMember& before() const { return before_; }

  /// `owned`: what the member says it has, where it says so. kKafka where the subscription cannot be taken.
  Status decide(const std::optional<PartitionSet>& owned);

  bool subscription_changed() const { return topics_changed_ || regex_changed_; }
  bool assignment_changed() const;
  /// Whether the member has come a step towards its target.
  bool stepped() const { return stepped_; }
  std::vector<InternalRecord> take_records() { return std::move(records_); }

 private:
  void note_member();
  Status note_regex();
  void raise_epoch();
  void renew_target();
  void compute_target();
  void reconcile(const std::optional<PartitionSet>& owned);
  bool target_is_due() const;
  /// The members of the group as they will be.
  template <class Visit>
  void for_each_member(Visit visit) const;

  const ConsumerGroup& group_;
  ConsumerMember before_;
  ConsumerMember after_;
  Surroundings surroundings_;
  std::optional<std::string> replaced_;
  std::vector<InternalRecord> records_;
  bool topics_changed_ = false;
  bool stepped_ = false;
  bool regex_changed_ = false;
  bool regex_known_ = false;  ///< and the topics of the new one are known
  std::int32_t epoch_ = 0;
  std::int32_t target_epoch_ = 0;
  PartitionSet target_;
};

}  // namespace leat::coordinator
