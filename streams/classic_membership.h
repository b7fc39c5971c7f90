// ClassicMembership: a place in a group whose leader gives out the tasks.
#pragma once

#include "streams/assignor/streams_assignor.h"
#include "streams/streams_config.h"
#include "streams/thread_membership.h"

namespace leat {

class ClassicMembership final : public ThreadMembership {
 public:
  /// `thread` counts the process's threads from 0. `topics` are read. Everything that is passed outlives it.
  ClassicMembership(client::Cluster& cluster, const Plan& plan, const StreamsConfig& config, int thread,
                    StreamsAssignor::Options options, std::set<std::string> topics, StreamsAssignor::Thread asked,
                    client::RebalanceListener& listener);

  void start() override { membership_.start(); }
  void leave(client::Leaving how, OneShot<Status> done) override { membership_.leave(how, std::move(done)); }
  void ask_for_shutdown(OneShot<Status> done) override;
  void ask_for_round() override {
    assignor_.force_next_join();
    membership_.rejoin();
  }
  void subscribe(std::set<std::string> topics) override { membership_.subscribe(std::move(topics)); }
  client::GroupMembership identity() const override { return membership_.identity(); }
  bool stable() const override { return membership_.stable(); }
  std::optional<Error> error() const override { return membership_.error(); }
  const TaskShare& share() const override { return assignor_.share(); }

 private:
  StreamsAssignor assignor_;
  client::Membership membership_;
};

}  // namespace leat
