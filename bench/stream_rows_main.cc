// Our side of `./dev bench peers`: runs one row's topology on the embedded broker over the input that bench/peers has
// loaded, and prints the seconds from the first record to the last one, and to the end of a clean close, which commits
// everything. The topologies are those of bench/peers/src/Peer.java.
//
//   build/bin/stream_rows ROW RECORDS [setting=value]...
#include <fmt/format.h>
#include <leat/streams.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string>

#include "base/os/real_world.h"

using namespace std::chrono_literals;

namespace {

struct Progress {
  leat::os::RealWorld& world;
  std::atomic<std::uint64_t> seen{0};
  leat::Instant first;

  void note() {
    if (seen.fetch_add(1, std::memory_order_relaxed) == 0) first = world.loop().now();
  }
};

leat::Topology topology(const std::string& row, Progress& progress) {
  leat::StreamsBuilder builder;
  auto in = builder.stream<leat::Bytes, leat::Bytes>("rows-in").peek(
      [&](leat::BytesView, leat::BytesView) { progress.note(); });
  if (row == "7") {
    in.filter([](leat::BytesView, leat::BytesView value) { return value.front() != '#'; })
        .map_values([](leat::BytesView value) { return value.substr(0, value.size() - 1); })
        .to("rows-out");
  } else if (row == "8" || row == "8c" || row == "13") {
    in.group_by_key().count(leat::Materialized::as("counts")).to_stream().to("rows-out");
  } else if (row == "10a") {
    in.group_by_key()
        .windowed_by(leat::TimeWindows::of_size_and_grace(1min, 10s))
        .count(leat::Materialized::as("counts"))
        .to_stream()
        .to("rows-out");
  } else {
    fmt::print(stderr, "there is no row {}\n", row);
    std::exit(2);
  }
  return builder.build();
}

double seconds(leat::Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "usage: stream_rows ROW RECORDS [setting=value]...\n");
    return 2;
  }
  leat::os::RealWorld world;
  Progress progress{world, {}, {}};
  const std::uint64_t records = std::strtoull(argv[2], nullptr, 10);
  leat::StreamsConfig config{.application_id = "rows"};
  config.embedded_listener.clear();
  for (int i = 3; i < argc; ++i) {
    const std::string setting = argv[i];
    const auto equals = setting.find('=');
    if (auto set = config.set(setting.substr(0, equals), setting.substr(equals + 1)); !set) {
      fmt::print(stderr, "{}\n", set.error().message);
      return 2;
    }
  }
  leat::KafkaStreams streams(topology(argv[1], progress), config);
  if (auto started = streams.start(); !started) {
    fmt::print(stderr, "{}\n", started.error().message);
    return 1;
  }
  while (progress.seen.load(std::memory_order_relaxed) < records &&
         streams.state() != leat::KafkaStreams::State::kError)
    world.loop().run_once(1ms);
  const leat::Instant processed = world.loop().now();
  streams.close(60s);
  fmt::print("processed_s={:.3f} committed_s={:.3f}\n", seconds(processed - progress.first),
             seconds(world.loop().now() - progress.first));
  return streams.error() ? 0 : 1;
}
