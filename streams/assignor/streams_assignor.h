// StreamsAssignor: how the stream threads of an application share its tasks, on the classic group protocol
// (org.apache.kafka.streams.processor.internals.StreamsPartitionAssignor, protocol name "stream", cooperative).
//
// The leader makes the internal topics, counts the tasks, and gives each to one member: its partitions, and the task's
// id beside each partition. A task that another member still runs is given to nobody in this round; the member that
// gives it up asks for the next round. Standbys go to processes that do not run the task; they own no partitions, only
// their leader and they know of them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/uuid.h"
#include "broker/client/assignor.h"
#include "streams/assignor/host_info.h"
#include "streams/assignor/task_id.h"
#include "topology/plan.h"

namespace leat {

/// Makes the internal topics of a plan and tells how many partitions every topic of it has.
using PrepareTopics = std::function<void(OneShot<Result<std::map<std::string, std::int32_t>>>)>;

/// The partitions that each task of a plan reads, given the number of partitions of each topic.
std::map<TaskId, std::vector<TopicPartition>> tasks_of(const Plan& plan,
                                                       const std::map<std::string, std::int32_t>& partition_counts);

class StreamsAssignor : public client::Assignor {
 public:
  /// Tasks of this process whose state lies on its disk, with the sum of their changelog offsets (kLatestOffset for
  /// those that run).
  using TaskOffsets = std::function<std::map<TaskId, std::int64_t>()>;

  StreamsAssignor(const Plan& plan, const Uuid& process_id, std::string user_endpoint, int standby_replicas,
                  PrepareTopics prepare_topics, TaskOffsets task_offsets)
      : plan_(plan),
        standby_replicas_(standby_replicas),
        process_id_(process_id),
        user_endpoint_(std::move(user_endpoint)),
        prepare_topics_(std::move(prepare_topics)),
        task_offsets_(std::move(task_offsets)) {}

  std::string name() const override { return "stream"; }
  bool cooperative() const override { return true; }
  Bytes user_data() override;
  void assign(const client::GroupSubscription& members, OneShot<Result<client::GroupAssignment>> done) override;
  void on_assignment(const client::MemberAssignment& assignment) override;

  /// The tasks of this member by the last assignment.
  const std::map<TaskId, std::set<TopicPartition>>& assigned() const { return assigned_; }
  /// The standbys of this member by the last assignment, with the partitions that their active tasks read.
  const std::map<TaskId, std::set<TopicPartition>>& standbys() const { return standbys_; }
  /// The source partitions of the members that answer queries, by the last assignment: of active tasks, of standbys.
  using PartitionsByHost = std::map<HostInfo, std::set<TopicPartition>>;
  const PartitionsByHost& partitions_by_host() const { return partitions_by_host_; }
  const PartitionsByHost& standby_partitions_by_host() const { return standby_partitions_by_host_; }
  /// Counts the assignments that came.
  std::uint64_t assignment_number() const { return assignment_number_; }
  /// Asks the others for a new round although nothing else has changed.
  void force_next_join() { ++unique_field_; }

 private:
  client::GroupAssignment share(const client::GroupSubscription& members,
                                const std::map<std::string, std::int32_t>& counts) const;

  /// Of these tasks, those that have something to be restored.
  std::set<TaskId> stateful(const std::set<TaskId>& tasks) const;

  const Plan& plan_;
  int standby_replicas_;
  Uuid process_id_;
  std::string user_endpoint_;
  PrepareTopics prepare_topics_;
  TaskOffsets task_offsets_;
  std::int8_t unique_field_ = 0;
  std::map<TaskId, std::set<TopicPartition>> assigned_;
  std::map<TaskId, std::set<TopicPartition>> standbys_;
  PartitionsByHost partitions_by_host_;
  PartitionsByHost standby_partitions_by_host_;
  std::uint64_t assignment_number_ = 0;
};

}  // namespace leat
