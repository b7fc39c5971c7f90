// Membership: one member of a classic consumer group. Joins, beats, gives up what it loses, and joins again.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "broker/client/assignor.h"
#include "broker/client/cluster.h"
#include "broker/client/producer.h"
#include "broker/wire/messages/join_group.h"
#include "broker/wire/messages/sync_group.h"

namespace leat::client {

struct MembershipConfig {
  std::string group_id;
  std::string instance_id;  ///< static membership; empty for none
  std::string rack;         ///< client.rack, told to who assigns; empty: it says none
  Duration session_timeout = std::chrono::seconds(45);
  Duration heartbeat_interval = std::chrono::seconds(3);
  Duration rebalance_timeout = std::chrono::seconds(300);
};

/// What a member that closes does about its place in the group (org.apache.kafka.streams.CloseOptions).
enum class Leaving {
  kDefault,  ///< gives it up, but a static member keeps it until its session ends
  kLeave,    ///< gives it up
  kRemain,   ///< keeps it until its session ends: no rebalance where it is back by then
};

class RebalanceListener {
 public:
  virtual ~RebalanceListener() = default;
  /// The member is about to join anew, and does when `ready` is answered; an error keeps it from that, for a listener
  /// that ends the membership. From then on until the member is `stable` again its generation ends at some moment, so
  /// nothing is to be committed but what `on_revoked` gives up. To be answered soon: the others wait.
  virtual void on_rebalance(OneShot<Status> ready) { ready({}); }
  /// Partitions that are ours from now on, in addition to those that we have.
  virtual void on_assigned(const std::vector<TopicPartition>& added) = 0;
  /// Partitions that another member is to have. They are ours until `done` is answered: commit and close first.
  virtual void on_revoked(const std::vector<TopicPartition>& revoked, OneShot<Status> done) = 0;
  /// The membership is gone, and the partitions with it; nothing can be committed any more.
  virtual void on_lost(const std::vector<TopicPartition>& lost) = 0;
};

class Membership {
 public:
  Membership(Cluster& cluster, MembershipConfig config, std::set<std::string> topics, Assignor& assignor,
             RebalanceListener& listener);
  ~Membership();

  void start();
  /// Asks for a rebalance: what this member says of itself has changed.
  void rejoin();
  /// Takes part in these topics from now on: asks for a rebalance where they differ from those before.
  void subscribe(std::set<std::string> topics);
  /// Ends the membership; who gives up its place tells the group, so that the others need not wait for the session's
  /// end.
  void leave(Leaving how, OneShot<Status> done);
  void leave(OneShot<Status> done) { leave(Leaving::kDefault, std::move(done)); }

  const std::set<TopicPartition>& owned() const { return owned_; }
  GroupMembership identity() const { return {config_.group_id, member_id_, generation_, instance()}; }
  bool stable() const { return state_ == State::kStable; }
  /// Why the membership ended for good (fenced, misconfigured), if it has.
  const std::optional<Error>& error() const { return error_; }

 private:
  enum class State { kOut, kPreparing, kJoining, kSyncing, kStable, kRevoking, kLeft };

  std::optional<std::string> instance() const {
    return config_.instance_id.empty() ? std::nullopt : std::optional<std::string>(config_.instance_id);
  }
  void join();
  void send_join();
  void joined(Result<wire::JoinGroupResponse> response);
  void lead(const wire::JoinGroupResponse& response);
  void sync(GroupAssignment assignment);
  void synced(Result<wire::SyncGroupResponse> response);
  void take(MemberAssignment assignment);
  void beat();
  void schedule_beat();
  void lose_everything();
  void after(Duration delay, Loop::Task task);
  void join_again(wire::ErrorCode error);
  void unanswered(const Error& error);
  void give_up(Error why);
  Bytes subscription();

  Cluster& cluster_;
  World world_;
  MembershipConfig config_;
  std::set<std::string> topics_;
  Assignor& assignor_;
  RebalanceListener& listener_;
  State state_ = State::kOut;
  std::string member_id_;
  std::int32_t generation_ = -1;
  std::set<TopicPartition> owned_;
  std::optional<TimerId> heartbeat_timer_;
  Instant last_heartbeat_;
  bool rejoin_wanted_ = false;
  std::uint64_t round_ = 0;  ///< answers of an earlier round are not ours any more
  std::optional<Error> error_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace leat::client
