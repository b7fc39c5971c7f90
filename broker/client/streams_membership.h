// StreamsMembership: one member of a group whose tasks the broker gives out (KIP-1071). Joins with its topology, beats,
// hears what it is to do, and says what it does.
//
// A heartbeat carries the tasks of the member only when they have changed, and it goes out at once then: the broker
// gives a task to its next owner when the one before has said that it let go. The epoch of the member is the generation
// of its commits; so that none carries an epoch that is just being left, nobody commits while a heartbeat is under way
// (RebalanceListener::on_rebalance, which is asked before each).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/client/cluster.h"
#include "broker/client/membership.h"
#include "broker/client/producer.h"
#include "broker/wire/messages/streams_group_heartbeat.h"

namespace leat::client {

/// What keeps a group from running.
using StreamsGroupStatus = wire::streams_group::StatusCode;

struct StreamsMembershipConfig {
  std::string group_id;
  std::string process_id;
  std::optional<wire::streams_group::Endpoint> user_endpoint;
  Duration rebalance_timeout = std::chrono::seconds(300);
  std::string rack;  ///< client.rack; empty: it says none
  std::map<std::string, std::string> client_tags;
  wire::StreamsGroupHeartbeatRequest::Topology topology;
};

/// What a member is to do, by sub-topology and partition.
struct StreamsTasks {
  using Tasks = std::set<std::pair<std::string, std::int32_t>>;
  Tasks active;
  Tasks standby;
  Tasks warmup;

  bool operator==(const StreamsTasks&) const = default;
};

class StreamsMembershipListener {
 public:
  using Response = wire::StreamsGroupHeartbeatResponse;

  virtual ~StreamsMembershipListener() = default;
  /// A heartbeat goes out when `ready` is answered; from then on until the member is `stable` nothing is to be
  /// committed but what `on_tasks` gives up. To be answered soon.
  virtual void on_heartbeat(OneShot<Status> ready) = 0;
  /// What the member is to do from now on, in place of what it did: to be answered when what is gone is let go and the
  /// rest is begun. Not called again before.
  virtual void on_tasks(const StreamsTasks& tasks, OneShot<Status> done) = 0;
  /// What stands in the way of the group, after every heartbeat; empty: nothing.
  virtual void on_statuses(const std::vector<Response::Status>& statuses) = 0;
  /// Who answers queries about which partitions, when that has changed.
  virtual void on_endpoints(const std::vector<Response::EndpointToPartitions>& endpoints) = 0;
  /// The membership is gone, and the tasks with it; for a listener that ends it and begins another. (A member that has
  /// no tasks yet just joins anew.)
  virtual void on_lost() = 0;
};

class StreamsMembership {
 public:
  StreamsMembership(Cluster& cluster, StreamsMembershipConfig config, StreamsMembershipListener& listener);
  ~StreamsMembership();

  void start();
  /// Ends the membership; who gives up its place tells the group, so that the others need not wait for the session's
  /// end.
  void leave(Leaving how, OneShot<Status> done);
  /// Asks the broker to tell all members that the application is to shut down; answered when it knows.
  void request_shutdown(OneShot<Status> done);

  GroupMembership identity() const { return {config_.group_id, member_id_, epoch_, std::nullopt}; }
  /// Whether it is a member, and no heartbeat is under way.
  bool stable() const { return state_ == State::kMember && !beating_; }
  /// Why the membership ended for good (fenced, misconfigured), if it has.
  const std::optional<Error>& error() const { return error_; }

 private:
  enum class State { kJoining, kMember, kLeft };

  void beat();
  void send(std::uint64_t beat);
  wire::StreamsGroupHeartbeatRequest request();
  void beaten(Result<wire::StreamsGroupHeartbeatResponse> response);
  void refused(const wire::StreamsGroupHeartbeatResponse& response);
  void lose();
  void reconcile();
  void beat_after(Duration delay);
  void give_up(Error why);

  Cluster& cluster_;
  World world_;
  StreamsMembershipConfig config_;
  StreamsMembershipListener& listener_;
  State state_ = State::kJoining;
  std::string member_id_;
  std::int32_t epoch_ = 0;
  std::int32_t endpoint_epoch_ = -1;
  std::int32_t heartbeat_interval_ms_ = 5000;
  StreamsTasks target_;                   ///< what the broker wants
  std::optional<StreamsTasks> held_;      ///< what is done; nothing while that has never been said
  std::optional<StreamsTasks> reported_;  ///< what the broker was last told
  bool group_ready_ = false;
  bool reconciling_ = false;
  bool beating_ = false;
  bool sent_ = false;        ///< the heartbeat under way has left
  std::uint64_t beat_ = 0;   ///< counts heartbeats
  bool joined_ = false;      ///< the broker may know of the member
  bool unanswered_ = false;  ///< a heartbeat was lost, or its answer
  bool shutdown_wanted_ = false;
  OneShot<Status> shutdown_told_;
  std::optional<TimerId> timer_;
  std::uint64_t round_ = 0;  ///< answers to an earlier membership are not ours any more
  std::optional<Error> error_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace leat::client
