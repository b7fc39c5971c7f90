#include "weather_fixture.h"

#include "base/random.h"

namespace leat::whole {

using namespace std::chrono_literals;

Weather Weather::calm() {
  Weather weather;
  weather.world = sim::SimOptions::calm();
  return weather;
}

Weather Weather::of_seed(std::uint64_t seed) {
  Random random(seed * 0x9e3779b97f4a7c15 + 1);
  const auto one_of = [&](auto... choices) {
    using T = std::common_type_t<decltype(choices)...>;
    const T all[] = {choices...};
    return all[random.below(sizeof...(choices))];
  };
  Weather weather;
  weather.world.network_slow_percent = one_of(0.0, 0.0, 0.5, 3.0);
  weather.world.network_slow_delay_max = one_of(Duration(100ms), Duration(2s), Duration(8s));
  weather.world.connection_cut_percent = one_of(0.0, 0.0, 0.1, 0.5);
  weather.world.network_delay_max = one_of(Duration(100us), Duration(500us), Duration(10ms), Duration(100ms));
  weather.world.sync_time_max = one_of(Duration(1600us), Duration(1600us), Duration(30ms), Duration(400ms));
  weather.world.sector_kept_percent = one_of(0.0, 40.0, 80.0);
  weather.world.sector_torn_percent = one_of(0.0, 20.0, 60.0);
  weather.world.name_lost_percent = one_of(0.0, 50.0, 100.0);
  weather.partitions = one_of(1, 2, 3);
  weather.records = one_of(60, 200, 600);
  weather.transactional_feeder = random.chance(50);
  weather.abort_percent = one_of(0.0, 20.0, 50.0);
  weather.record_caches = random.chance(25);
  weather.in_memory = random.chance(50);
  weather.at_least_once = random.chance(20);
  weather.commit_interval = one_of(Duration(10ms), Duration(50ms), Duration(100ms));
  weather.apps = one_of(1, 2, 2, 3);
  weather.threads = one_of(1, 1, 2);
  weather.session_timeout = one_of(Duration(1s), Duration(2s));
  weather.transaction_timeout = one_of(Duration(1s), Duration(3s), Duration(10s));
  weather.segment_bytes = one_of(1 << 30, 1 << 30, 1024, 8192);
  weather.checkpoint_every_ms = one_of(100, 1000, 300'000);
  weather.storm = one_of(Duration(4s), Duration(12s), Duration(40s));
  // Lines come as long as it storms: two or three at a time.
  weather.feed_every = 2 * weather.storm / weather.records;
  weather.strike_every = one_of(Duration(150ms), Duration(500ms), Duration(1500ms));
  weather.repair_after_max = one_of(Duration(50ms), Duration(500ms), Duration(5s));
  for (int* weight :
       {&weather.broker_killed, &weather.broker_loses_power, &weather.broker_stopped, &weather.broker_disk_fails,
        &weather.feeder_doubled, &weather.app_killed, &weather.asleep, &weather.app_loses_power, &weather.app_closed,
        &weather.feeder_killed, &weather.reader_killed, &weather.connections_cut, &weather.partitioned})
    *weight = one_of(0, 0, 0, 1, 4);
  if (random.chance(30)) {
    // Zombies: stream threads are away for longer than their session and not as long as their transaction may last.
    weather.apps = one_of(2, 3);
    weather.threads = 1;
    weather.at_least_once = false;
    weather.in_memory = true;
    weather.session_timeout = 1s;
    weather.transaction_timeout = 10s;
    weather.storm = 20s;
    weather.feed_every = 2 * weather.storm / weather.records;
    weather.strike_every = one_of(Duration(300ms), Duration(1s));
    weather.repair_after_max = 5s;
    weather.broker_stopped = weather.broker_disk_fails = weather.feeder_killed = weather.reader_killed = 0;
    weather.asleep = weather.partitioned = 4;
    weather.app_killed = 4;
  }
  if (weather.world.sync_time_max > 100ms || weather.world.network_delay_max >= 100ms) {
    // A commit takes several syncs and round trips: it must be possible within a transaction's time.
    weather.session_timeout = 6s;
    weather.transaction_timeout = 10s;
  }
  weather.standbys = one_of(0, 0, 1);
  weather.acceptable_lag = one_of(10'000, 0);
  weather.joins = random.chance(30);
  weather.clock_jumps = one_of(0, 0, 0, 2);
  if (weather.at_least_once) {
    // Nothing fences a zombie then: what it still writes to a changelog takes back what its successor has counted, with
    // Kafka Streams as here. So nobody is cut off for long and comes back.
    weather.asleep = weather.partitioned = 0;
    weather.world.network_slow_percent = 0;
  }
  return weather;
}

}  // namespace leat::whole
