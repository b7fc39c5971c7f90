// Weather: how one seed's world is. Every seed draws its own mix (swarm testing): some have no power losses at all,
// some nothing else; what is rare in an average world is then common in some.
#pragma once

#include <cstdint>

#include "base/sim/sim_options.h"

namespace leat::whole {

struct Weather {
  static Weather of_seed(std::uint64_t seed);
  /// Nothing ever happens.
  static Weather calm();

  sim::SimOptions world;

  // The work.
  int partitions = 3;
  int records = 120;
  bool transactional_feeder = false;
  double abort_percent = 0;
  bool record_caches = false;
  bool in_memory = true;
  bool at_least_once = false;
  /// Lines are joined with their copies, in windows, over two more repartitions.
  bool joins = false;
  Duration feed_every = std::chrono::milliseconds(20);
  Duration commit_interval = std::chrono::milliseconds(50);
  int apps = 2;
  int threads = 1;  ///< of each
  int standbys = 0;
  std::int64_t acceptable_lag = 10'000;
  Duration session_timeout = std::chrono::seconds(2);
  Duration transaction_timeout = std::chrono::seconds(3);
  /// Small ones roll often; so do checkpoints of the broker.
  std::int64_t segment_bytes = 1 << 30;
  std::int32_t checkpoint_every_ms = 300'000;

  // The storm: how long, how often something strikes, and the weights of what.
  Duration storm{};
  Duration strike_every = std::chrono::seconds(1);
  int broker_killed = 0;
  int broker_loses_power = 0;
  int broker_stopped = 0;
  int broker_disk_fails = 0;
  int app_killed = 0;
  int app_loses_power = 0;
  int app_closed = 0;
  int feeder_killed = 0;
  int feeder_doubled = 0;
  int reader_killed = 0;
  int asleep = 0;
  int connections_cut = 0;
  int partitioned = 0;
  /// The wall clock of all hosts jumps, back too.
  int clock_jumps = 0;
  /// How long a process stays away and a partition holds, at most.
  Duration repair_after_max = std::chrono::seconds(1);

  int weights() const {
    return broker_killed + broker_loses_power + broker_stopped + broker_disk_fails + feeder_doubled + app_killed +
           asleep + app_loses_power + app_closed + feeder_killed + reader_killed + connections_cut + partitioned +
           clock_jumps;
  }
};

}  // namespace leat::whole
