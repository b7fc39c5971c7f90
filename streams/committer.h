// Committer: how the work of a stream thread becomes permanent, as one machine with named states.
//
//   Running    records are processed; output goes out as batches fill; store writes stay in memory
//   Draining   input stops; caches are flushed through the graph; every acknowledgement is awaited
//   Staging    the offsets go into the transaction, with member id and generation: a zombie is refused here
//              (at least once: the offsets are committed)
//   Ending     the transaction is committed (at least once: nothing to do)
//   Installing per task one atomic batch of dirty entries and changelog offsets
//
// A crash before Ending leaves nothing behind: the broker aborts, the disk was not touched. A crash behind it leaves
// stores that are behind their changelogs: their tail is read again.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "broker/client/cluster.h"
#include "broker/client/producer.h"
#include "streams/task.h"
#include "streams/topic_collector.h"

namespace leat {

class Committer {
 public:
  enum class State { kRunning, kDraining, kStaging, kEnding, kInstalling, kFailed };
  static std::string_view name(State state);

  /// All of it outlives the committer.
  Committer(client::Cluster& cluster, client::Producer& producer, TopicCollector& collector, bool exactly_once,
            Duration deadline);
  ~Committer();

  State state() const { return state_; }
  bool running() const { return state_ == State::kRunning; }
  /// Under exactly-once, before the first record behind a commit.
  void ensure_transaction();

  /// Commits all of these tasks together. Any error is final: the tasks must begin anew from what is committed.
  /// Requires the state Running; the tasks must stay until the reply.
  void commit(std::vector<Task*> tasks, const client::GroupMembership& group, OneShot<Status> done);
  /// Gives up what was done since the last commit.
  void abort(OneShot<Status> done);

 private:
  void drain();
  void stage();
  void end();
  void install();
  void finish(Status status);

  client::Cluster& cluster_;
  client::Producer& producer_;
  TopicCollector& collector_;
  bool exactly_once_;
  Duration deadline_;
  State state_ = State::kRunning;
  bool transaction_open_ = false;
  std::vector<Task*> tasks_;
  client::GroupMembership group_;
  OneShot<Status> done_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace leat
