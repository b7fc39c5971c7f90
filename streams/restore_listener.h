// Who wants to know how far stores are (org.apache.kafka.streams.processor.StateRestoreListener and
// StandbyUpdateListener):
//
//   class Progress : public leat::StateRestoreListener {
//     void on_batch_restored(const leat::RestoreProgress& now) override {
//       fmt::print("{}: {} of {}, {}\n", now.store, now.restored, now.total(), ...);
//     }
//   };
//   streams.set_global_state_restore_listener(std::make_shared<Progress>());
//
// All is called on stream threads, several at once where there are several: a listener guards what it writes, and is
// quick. What it throws ends the thread, as in Kafka.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "broker/wire/topic_partition.h"

namespace leat {

/// How far one changelog partition has been read back into its store.
struct RestoreProgress {
  TopicPartition changelog;
  std::string store;
  std::string task;  ///< "0_3"
  std::int64_t starting_offset = 0;
  std::int64_t ending_offset = 0;   ///< where restoring ends
  std::int64_t offset = 0;          ///< the next one to be read
  std::int64_t restored = 0;        ///< records so far
  std::int64_t bytes = 0;           ///< of keys and values so far
  std::int64_t batch_restored = 0;  ///< records of the batch at hand
  std::chrono::milliseconds elapsed{};

  std::int64_t total() const { return ending_offset - starting_offset; }
  std::int64_t remaining() const { return ending_offset > offset ? ending_offset - offset : 0; }
  /// An estimate by the speed so far; nothing before the first batch.
  std::optional<std::chrono::milliseconds> left() const {
    const std::int64_t done = offset - starting_offset;
    if (done <= 0) return std::nullopt;
    return std::chrono::milliseconds(elapsed.count() * remaining() / done);
  }
};

class StateRestoreListener {
 public:
  virtual ~StateRestoreListener() = default;
  virtual void on_restore_start(const RestoreProgress&) {}
  virtual void on_batch_restored(const RestoreProgress&) {}
  virtual void on_restore_end(const RestoreProgress&) {}
  /// The task went away, or failed, before its stores were restored.
  virtual void on_restore_suspended(const RestoreProgress&) {}
};

/// How far a standby is.
struct StandbyProgress {
  TopicPartition changelog;
  std::string store;
  std::string task;
  std::int64_t starting_offset = 0;
  std::int64_t offset = 0;               ///< the next one to be read
  std::int64_t current_end_offset = -1;  ///< of the changelog; -1 while it is not known
  std::int64_t batch_size = 0;
};

class StandbyUpdateListener {
 public:
  enum class Reason {
    kMigrated,  ///< the standby goes to another process, or nowhere
    kPromoted,  ///< the task is run here from now on
  };
  virtual ~StandbyUpdateListener() = default;
  virtual void on_update_start(const StandbyProgress&) {}
  virtual void on_batch_loaded(const StandbyProgress&) {}
  virtual void on_update_suspended(const StandbyProgress&, Reason) {}
};

}  // namespace leat
