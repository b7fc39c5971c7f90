// StreamsAssignor: how the stream threads of an application share its tasks, on the classic group protocol
// (org.apache.kafka.streams.processor.internals.StreamsPartitionAssignor, protocol name "stream", cooperative).
//
// The leader makes the internal topics, counts the tasks, and gives each to one member: its partitions, and the task's
// id beside each partition. A task that another member still runs is given to nobody in this round; the member that
// gives it up asks for the next round. Standbys go to processes that do not run the task; they own no partitions, only
// their leader and they know of them. A task whose new member would have much to read stays with its owner meanwhile,
// and the new member warms up as a standby (KIP-441).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/uuid.h"
#include "broker/client/assignor.h"
#include "streams/assignor/rack_costs.h"
#include "streams/assignor/subscription_info.h"
#include "streams/assignor/task_id.h"
#include "streams/assignor/task_share.h"
#include "topology/plan.h"

namespace leat {

/// Makes the internal topics of a plan and tells how many partitions every topic of it has.
using PrepareTopics = std::function<void(OneShot<Result<std::map<std::string, std::int32_t>>>)>;

/// The partitions that each task of a plan reads, given the number of partitions of each topic.
std::map<TaskId, std::vector<TopicPartition>> tasks_of(const Plan& plan,
                                                       const std::map<std::string, std::int32_t>& partition_counts);

class StreamsAssignor : public client::Assignor {
 public:
  struct Options {
    Uuid process_id;
    std::string user_endpoint;
    int standby_replicas = 0;
    std::int64_t acceptable_recovery_lag = 10'000;
    int warmup_replicas_max = 2;
    std::int64_t probing_interval_ms = 600'000;
    std::map<std::string, std::string> client_tags = {};
    /// Keys of tags in which the copies of a task are to differ.
    std::vector<std::string> apart_by = {};
    RackStrategy rack_strategy = RackStrategy::kNone;
    std::optional<std::int64_t> rack_traffic_cost = {};
    std::optional<std::int64_t> rack_non_overlap_cost = {};
  };
  using Ends = std::map<TopicPartition, std::int64_t>;
  /// What the assignor asks of its thread.
  struct Thread {
    PrepareTopics prepare_topics;
    /// Where changelogs end now.
    std::function<void(std::set<TopicPartition> changelogs, OneShot<Result<Ends>> done)> changelog_ends;
    /// Tasks of this process whose state lies on its disk, with the sum of their changelog offsets (kLatestOffset for
    /// those that run).
    std::function<std::map<TaskId, std::int64_t>()> task_offsets;
    std::function<std::int64_t()> wall_clock_ms;
    /// The racks of the brokers that have a partition, "" for a broker without one; after `prepare_topics`.
    std::function<std::set<std::string>(const TopicPartition&)> racks_of;
  };

  StreamsAssignor(const Plan& plan, Options options, Thread thread)
      : plan_(plan), options_(std::move(options)), thread_(std::move(thread)) {}

  std::string name() const override { return "stream"; }
  bool cooperative() const override { return true; }
  Bytes user_data() override;
  void assign(const client::GroupSubscription& members, OneShot<Result<client::GroupAssignment>> done) override;
  void on_assignment(const client::MemberAssignment& assignment) override;

  /// What this member has to do by the last assignment.
  const TaskShare& share() const { return share_; }
  /// Says from now on that all members shall shut down; answered when the leader has told this one to do so.
  void ask_for_shutdown(OneShot<Status> done) {
    shutdown_wanted_ = true;
    shutdown_told_ = std::move(done);
  }
  /// Asks the others for a new round although nothing else has changed.
  void force_next_join() { ++unique_field_; }

 private:
  struct Round;

  std::shared_ptr<Round> begin(const client::GroupSubscription& members,
                               const std::map<std::string, std::int32_t>& counts) const;
  client::GroupAssignment finish(Round& round, const Ends& ends) const;
  bool agree_on_version(std::int32_t received, std::int32_t common);
  void place_by_racks(const client::GroupSubscription& members, Round& round) const;
  /// The changelogs of stateful tasks that would leave a process that runs them.
  std::map<TaskId, std::set<TopicPartition>> changelogs_of_moves(const Round& round) const;
  std::set<TopicPartition> changelogs_of(const TaskId& task) const;
  /// Of these tasks, those that have something to be restored.
  std::set<TaskId> stateful(const std::set<TaskId>& tasks) const;

  const Plan& plan_;
  Options options_;
  Thread thread_;
  /// In which it describes itself; lower than the latest where the leader, or a member, knows no more.
  std::int32_t version_ = SubscriptionInfo::kVersionLatest;
  std::int8_t unique_field_ = 0;
  bool shutdown_wanted_ = false;
  OneShot<Status> shutdown_told_;
  TaskShare share_;
};

}  // namespace leat
