// Coordinators as state machines over an internal partition.
//
// A *decision* is what a request leads to: records, and a reply. Deciding reads the state and changes nothing. The
// records are appended to the machine's partition and *applied* at once, in the order of the log; only applying changes
// hard state. The reply is *released* when the records are durable: whoever has heard of a change finds it again after
// a crash. If the append fails nothing is applied and the reply is an error. Start-up is replay: the log is read and
// every record applied, and what stands then is what stood before.
//
//   request --decide--> {records, reply} --append--> log --apply--> state
//                                             `--durable--> reply released
//
// Later requests are decided on the applied state, before it is durable. That is sound: their records lie behind the
// earlier ones in the same log, so they cannot become durable without them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/world.h"
#include "broker/log/partition_log.h"

namespace leat::coordinator {

/// A record to be written to an internal topic. Without a value it is a tombstone.
struct InternalRecord {
  std::optional<Bytes> key;
  std::optional<Bytes> value;
};

/// Which transaction records belong to: those of a plain write have none.
struct WriterIdentity {
  std::int64_t producer_id = wire::kNoProducerId;
  std::int16_t producer_epoch = wire::kNoProducerEpoch;
  bool transactional() const { return producer_id != wire::kNoProducerId; }
};

class StateMachine {
 public:
  virtual ~StateMachine() = default;
  /// Takes one record into the state. Must not fail: a record it cannot read is skipped.
  virtual void apply(const wire::RecordView& record, const WriterIdentity& writer) = 0;
  /// A transaction that wrote into this partition has ended.
  virtual void apply_end(std::int64_t /*producer_id*/, bool /*committed*/) {}
};

/// Binds a state machine to its partition. Lives on the broker's loop; both must outlive it.
class Runtime {
 public:
  Runtime(World world, log::PartitionLog& log, StateMachine& machine) : world_(world), log_(log), machine_(machine) {}

  /// Applies everything that the log holds.
  Status replay();

  /// Appends and applies `records`, and releases the reply when they are durable; with none, at once behind what is
  /// already under way. An error means that nothing was applied, or that durability is unknown (the log went offline).
  void write(std::vector<InternalRecord> records, OneShot<Status> released, const WriterIdentity& writer = {});
  /// The same for a transaction marker.
  void write_marker(const WriterIdentity& writer, std::int32_t coordinator_epoch, bool commit,
                    OneShot<Status> released);

  /// Whether the disk failed under the log: what is applied then may not be durable, now or ever, so nothing may be
  /// decided on it until a restart has replayed the log.
  bool offline() const { return log_.offline(); }
  log::PartitionLog& log() { return log_; }

 private:
  Status append(Buf batch);
  void release_when_durable(OneShot<Status> released);

  World world_;
  log::PartitionLog& log_;
  StateMachine& machine_;
  /// Expires with the runtime: the log may outlive it, with replies that nobody waits for any more.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace leat::coordinator
