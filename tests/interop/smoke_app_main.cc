// The application that Kafka's StreamsSmokeTest driver judges: windows, suppressed and not, tables read back from
// topics and joined, and an aggregation of a table over a repartition. Called as `smoke_app FILE` with a properties
// file of settings.
#include <chrono>
#include <cstdio>
#include <limits>
#include <string>

#include "base/os/real_world.h"
#include "base/properties.h"
#include "tests/interop/twin_app.h"

using namespace std::chrono_literals;

namespace {

using Key = std::string;
using WindowedKey = leat::Windowed<Key>;

constexpr std::int32_t kEnd = std::numeric_limits<std::int32_t>::max();

bool is_flush(const Key& key) { return key == "flush"; }

/// The changes of a windowed table, with keys as Kafka prints them.
template <class V>
void windows_to(const leat::KTable<WindowedKey, V>& table, const std::string& topic) {
  table.to_stream()
      .filter_not([](const WindowedKey& windowed, const V&) { return is_flush(windowed.key); })
      .select_key([](const WindowedKey& windowed, const V&) {
        return "[" + windowed.key + "@" + std::to_string(windowed.window.start) + "/" +
               std::to_string(windowed.window.end) + "]";
      })
      .to(topic);
}

/// The changes of a windowed table by the plain key, and that topic read back.
template <class V>
void latest_to(const leat::KTable<WindowedKey, V>& table, const std::string& topic) {
  table.to_stream([](const WindowedKey& windowed, const V&) { return windowed.key; })
      .filter_not([](const Key& key, const V&) { return is_flush(key); })
      .to(topic);
}

template <class V>
void changes_to(const leat::KTable<Key, V>& table, const std::string& topic) {
  table.to_stream().filter_not([](const Key& key, const V&) { return is_flush(key); }).to(topic);
}

leat::Topology topology() {
  leat::StreamsBuilder builder;
  const auto unbounded = leat::Suppressed::until_window_closes(leat::BufferConfig::unbounded());
  auto source = builder.stream<Key, std::int32_t>("data");
  source.filter_not([](const Key& key, std::int32_t) { return is_flush(key); }).to("echo");
  auto grouped = source.filter([](const Key&, std::int32_t value) { return value != kEnd; }).group_by_key();

  auto minimum = grouped.windowed_by(leat::TimeWindows::of_size_and_grace(24h, 1min))
                     .aggregate(
                         kEnd, [](std::int32_t value, std::int32_t least) { return std::min(value, least); },
                         leat::Materialized::as("uwin-min").with_retention(25h));
  windows_to(minimum, "min-raw");
  windows_to(minimum.suppress(unbounded), "min-suppressed");
  latest_to(minimum, "min");

  auto small = grouped.windowed_by(leat::TimeWindows::of_size_and_grace(2s, 30s).advance_by(1s))
                   .reduce([](std::int32_t a, std::int32_t b) { return a + b; });
  windows_to(small, "sws-raw");
  windows_to(small.suppress(unbounded), "sws-suppressed");

  auto two_days = grouped.windowed_by(leat::TimeWindows::of_size_with_no_grace(48h));
  latest_to(two_days.aggregate(
                std::numeric_limits<std::int32_t>::min(),
                [](std::int32_t value, std::int32_t most) { return std::max(value, most); },
                leat::Materialized::as("uwin-max")),
            "max");
  latest_to(two_days.aggregate(
                std::int64_t{0}, [](std::int32_t value, std::int64_t sum) { return sum + value; },
                leat::Materialized::as("win-sum")),
            "sum");
  latest_to(two_days.count(leat::Materialized::as("uwin-cnt")), "cnt");

  auto minima = builder.table<Key, std::int32_t>("min", leat::Materialized::as("min-table"));
  auto maxima = builder.table<Key, std::int32_t>("max", leat::Materialized::as("max-table"));
  auto sums = builder.table<Key, std::int64_t>("sum");
  auto counts = builder.table<Key, std::int64_t>("cnt", leat::Materialized::as("cnt-table"));
  changes_to(maxima.join(minima, [](std::int32_t most, std::int32_t least) { return most - least; }), "dif");
  changes_to(
      sums.join(counts, [](std::int64_t sum,
                           std::int64_t count) { return static_cast<double>(sum) / static_cast<double>(count); }),
      "avg");
  counts.group_by([](const Key&, std::int64_t count) {
          return leat::KeyValue{std::to_string(count), std::int64_t{1}};
        })
      .aggregate(
          std::int64_t{0}, [](std::int64_t one, std::int64_t sum) { return sum + one; },
          [](std::int64_t one, std::int64_t sum) { return sum - one; },
          leat::Materialized::as("cntByCnt").in_memory_store())
      .to_stream()
      .to("tagg");
  return builder.build();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FILE\n", argv[0]);
    return 2;
  }
  leat::os::RealWorld world;
  const auto text = leat::read_file(world.world().files, argv[1]);
  const auto properties = text ? leat::parse_properties(*text) : text.error();
  if (!properties) {
    std::fprintf(stderr, "%s\n", properties.error().message.c_str());
    return 2;
  }
  leat::StreamsConfig config;
  for (const leat::Property& each : *properties) leat::interop::set_or_exit(config, each.key, each.value);
  config.heartbeat_interval_ms = std::min<leat::StreamsConfig::Milliseconds>(3s, config.session_timeout_ms / 3);
  return leat::interop::run_until_terminated(topology(), std::move(config));
}
