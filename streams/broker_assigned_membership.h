// BrokerAssignedMembership: a place in a group whose tasks the broker gives out (group.protocol=streams, KIP-1071). The
// broker learns the topology, makes the internal topics, and says what stands in the way: it does what the leader of a
// classic group does.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "base/uuid.h"
#include "broker/client/streams_membership.h"
#include "streams/streams_config.h"
#include "streams/thread_membership.h"
#include "topology/plan.h"

namespace leat {

/// A topology as the broker wants to be told of it.
wire::StreamsGroupHeartbeatRequest::Topology topology_for_broker(const Plan& plan, const StreamsConfig& config);

class BrokerAssignedMembership final : public ThreadMembership, private client::StreamsMembershipListener {
 public:
  /// Everything that is passed outlives it.
  BrokerAssignedMembership(client::Cluster& cluster, const Plan& plan, const StreamsConfig& config, Uuid process_id,
                           client::RebalanceListener& listener);
  ~BrokerAssignedMembership() override;

  void start() override { membership_.start(); }
  void leave(client::Leaving how, OneShot<Status> done) override { membership_.leave(how, std::move(done)); }
  void ask_for_shutdown(OneShot<Status> done) override { membership_.request_shutdown(std::move(done)); }
  /// Nothing: the broker knows how far everybody is.
  void ask_for_round() override {}
  /// Nothing: sources by pattern are refused at the start.
  void subscribe(std::set<std::string>) override {}
  client::GroupMembership identity() const override { return membership_.identity(); }
  bool stable() const override { return membership_.stable(); }
  std::optional<Error> error() const override { return error_ ? error_ : membership_.error(); }
  const TaskShare& share() const override { return share_; }

 private:
  void on_heartbeat(OneShot<Status> ready) override { listener_.on_rebalance(std::move(ready)); }
  void on_tasks(const client::StreamsTasks& tasks, OneShot<Status> done) override;
  void on_statuses(const std::vector<Response::Status>& statuses) override;
  void on_endpoints(const std::vector<Response::EndpointToPartitions>& endpoints) override;
  void on_lost() override;

  void find_topics(OneShot<Status> found);
  void take(const client::StreamsTasks& tasks, OneShot<Status> done);

  client::Cluster& cluster_;
  const Plan& plan_;
  const StreamsConfig& config_;
  client::RebalanceListener& listener_;
  client::StreamsMembership membership_;
  TaskShare share_;
  std::optional<Error> error_;
  std::string told_;  ///< the statuses that were logged last
  std::optional<Instant> topics_missing_since_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace leat
