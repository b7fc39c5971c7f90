// LeaderEpochs: at which offset each leader epoch of a partition began, as leader-epoch-checkpoint has it
// (org.apache.kafka.storage.internals.epoch.LeaderEpochFileCache).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace leat::log {

class LeaderEpochs {
 public:
  struct EndOffset {
    std::int32_t epoch = -1;
    std::int64_t offset = -1;
  };

  /// Reads Kafka's file. False where it is damaged; then nothing is known.
  bool parse(BytesView text);
  Bytes text() const;

  /// The epoch of what is appended now; -1 before the first.
  std::int32_t latest() const { return starts_.empty() ? -1 : starts_.back().epoch; }
  /// `epoch` begins at `offset`, the log end. One that was begun there and got no record is forgotten. False where
  /// nothing changes: the epoch is no new one.
  bool begin(std::int32_t epoch, std::int64_t offset);
  /// The epoch of the record at `offset`, or that a record there will have; -1 before all that is known.
  std::int32_t at(std::int64_t offset) const;
  /// Where the records of `epoch`, or of the last one before it that has records, end: -1 and -1 where nothing is known
  /// of it (KIP-320).
  EndOffset end_of(std::int32_t epoch, std::int64_t log_end_offset) const;

 private:
  struct Start {
    std::int32_t epoch;
    std::int64_t offset;
  };
  std::vector<Start> starts_;
};

}  // namespace leat::log
