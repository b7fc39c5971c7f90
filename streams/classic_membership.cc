#include "streams/classic_membership.h"

namespace leat {

namespace {

client::MembershipConfig membership_config(const StreamsConfig& config, int thread) {
  client::MembershipConfig member;
  member.group_id = config.application_id;
  if (!config.group_instance_id.empty())
    member.instance_id = config.group_instance_id + "-" + std::to_string(thread + 1);
  member.rack = config.client_rack;
  member.session_timeout = config.session_timeout_ms;
  member.heartbeat_interval = config.heartbeat_interval_ms;
  member.rebalance_timeout = config.max_poll_interval_ms;
  return member;
}

}  // namespace

ClassicMembership::ClassicMembership(client::Cluster& cluster, const Plan& plan, const StreamsConfig& config,
                                     int thread, StreamsAssignor::Options options, std::set<std::string> topics,
                                     StreamsAssignor::Thread asked, client::RebalanceListener& listener)
    : assignor_(plan, std::move(options), std::move(asked)),
      membership_(cluster, membership_config(config, thread), std::move(topics), assignor_, listener) {}

/// The leader reads it in the subscription, and tells everybody by the assignment.
void ClassicMembership::ask_for_shutdown(OneShot<Status> done) {
  assignor_.ask_for_shutdown(std::move(done));
  membership_.rejoin();
}

}  // namespace leat
