// ThreadMembership: a stream thread's place in the group of its application, by either protocol. It tells its listener
// which partitions come and go, as client::Membership does; `share` says which tasks those are.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "broker/client/membership.h"
#include "streams/assignor/task_share.h"

namespace leat {

class ThreadMembership {
 public:
  virtual ~ThreadMembership() = default;

  virtual void start() = 0;
  /// Leaves the group, so that the others need not wait for the session's end.
  virtual void leave(client::Leaving how, OneShot<Status> done) = 0;
  /// Asks that all members shut down. Each of them, this one too, then sees it in its `share`; answered when this one
  /// does, or when it cannot be told.
  virtual void ask_for_shutdown(OneShot<Status> done) = 0;
  /// Takes part in these topics from now on, where sources read by pattern.
  virtual void subscribe(std::set<std::string> topics) = 0;
  /// Asks for the next round: this member has warmed up for a task.
  virtual void ask_for_round() = 0;

  virtual client::GroupMembership identity() const = 0;
  /// Whether the generation can be committed with: it does not end at this moment.
  virtual bool stable() const = 0;
  /// Why the membership ended for good (fenced, misconfigured), if it has.
  virtual std::optional<Error> error() const = 0;
  virtual const TaskShare& share() const = 0;
};

}  // namespace leat
