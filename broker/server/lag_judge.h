// LagJudge: how a group does, without thresholds, as Burrow judges it.
//
// Of each partition that a group has committed offsets of, the last commits are kept with the lag that there was. Where
// there is a lag now:
//
//   STOP    nothing was committed for longer than the kept commits lie apart
//   REWIND  an offset was committed that lies before its predecessor
//   STALL   the commits come, and say the same offset
//   WARN    the offsets go on, but the lag never shrank
//   OK      else, or where there was no lag at one of the commits; and always where there is none now
//
// A group is as bad as its worst partition: ERR where that stopped, rewound or stalled. Lives on the broker's loop.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "base/loop.h"
#include "broker/wire/topic_partition.h"

namespace leat::server {

/// Numbers are Burrow's.
enum class LagStatus { kNotFound = 0, kOk = 1, kWarn = 2, kError = 3, kStop = 4, kStall = 5, kRewind = 6 };
std::string_view name(LagStatus status);

class LagJudge {
 public:
  /// Commits are looked at so often; what comes between is not seen.
  static constexpr Duration kInterval = std::chrono::seconds(10);
  static constexpr std::size_t kCommitsMax = 10;

  struct Commit {
    std::int64_t offset = 0;
    std::int64_t timestamp_ms = 0;
    std::int64_t lag = 0;
  };

  /// Notes a commit, if it is a new one.
  void note(const std::string& group, const TopicPartition& partition, const Commit& commit);
  /// Forgets what was not noted since the last call.
  void forget_others();

  LagStatus judge(const std::string& group, const TopicPartition& partition, std::int64_t lag_now,
                  std::int64_t now_ms) const;
  /// Of a group, by the worst status of its partitions.
  static LagStatus of_group(LagStatus worst) { return worst > LagStatus::kError ? LagStatus::kError : worst; }

 private:
  struct Window {
    std::deque<Commit> commits;
    bool noted = false;
  };
  std::map<std::pair<std::string, TopicPartition>, Window> windows_;
};

}  // namespace leat::server
