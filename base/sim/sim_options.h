// SimOptions: how rough the simulated world is. Times are virtual. Percentages are chances per event.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/loop.h"

namespace leat::sim {

struct SimOptions {
  /// Every task takes this long, so that a loop that never rests does not stop time.
  Duration task_cost = std::chrono::microseconds(1);
  /// A posted task and a timer run up to this much late: tasks of different loops interleave differently by seed.
  Duration schedule_delay_max = std::chrono::microseconds(20);
  /// The wall clock at the start of the run.
  std::int64_t wall_clock_start_ms = 1'700'000'000'000;

  Duration network_delay_min = std::chrono::microseconds(20);
  Duration network_delay_max = std::chrono::microseconds(500);
  /// Now and then a packet takes much longer.
  double network_slow_percent = 0;
  Duration network_slow_delay_max = std::chrono::seconds(2);
  /// Chance that a connection breaks where its next bytes would have arrived.
  double connection_cut_percent = 0;
  /// Bytes a connection holds per direction, under way and unread together; more waits at the sender.
  std::size_t socket_buffer_bytes = 256 * 1024;
  /// Bytes arrive in pieces of random size up to this.
  std::size_t piece_bytes_max = 64 * 1024;
  /// How long an attempt to connect into a partition takes to fail.
  Duration connect_timeout = std::chrono::seconds(3);

  Duration sync_time_min = std::chrono::microseconds(100);
  Duration sync_time_max = std::chrono::microseconds(1600);
  /// What the disk does as one piece: 512, 1024, 2048 or 4096; 0 takes one of them by seed for each host.
  std::size_t sector_bytes = 0;
  /// At a power loss each unsynced sector is kept, torn (new bytes in front, old ones behind), or else dropped.
  double sector_kept_percent = 40;
  double sector_torn_percent = 20;
  /// Chance that an unsynced change of a directory is lost at a power loss.
  double name_lost_percent = 50;
  /// Chance that an operation on the disk fails.
  double io_error_percent = 0;

  /// No delays and no faults: things happen in the order they were asked for, and time moves only when told to.
  static SimOptions calm() {
    SimOptions options;
    options.task_cost = options.schedule_delay_max = Duration::zero();
    options.network_delay_min = options.network_delay_max = Duration::zero();
    options.sync_time_min = options.sync_time_max = Duration::zero();
    options.piece_bytes_max = options.socket_buffer_bytes;
    return options;
  }
};

}  // namespace leat::sim
