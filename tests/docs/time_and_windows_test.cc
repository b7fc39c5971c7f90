// The programs of docs/guide/time_and_windows.md.
#include <gmock/gmock.h>
#include <leat/testing.h>

#include "tests/docs/shop.h"

namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

using Counts = leat::KTable<leat::Windowed<std::string>, std::int64_t>;

struct Windows : testing::Test {
  leat::StreamsBuilder builder;
  leat::KStream<std::string, std::string> clicks = builder.stream<std::string, std::string>("clicks");
};

TEST_F(Windows, Kinds) {
  // [snippet: window-kinds]
  auto by_user = clicks.group_by_key();

  // Tumbling: [0, 1 min), [1 min, 2 min), ... on a grid from 1970.
  by_user.windowed_by(leat::TimeWindows::of_size_with_no_grace(1min)).count(leat::Materialized::as("per-minute"));

  // Hopping: a new one every 10 s, so each record counts in six of them.
  by_user.windowed_by(leat::TimeWindows::of_size_and_grace(1min, 5s).advance_by(10s))
      .count(leat::Materialized::as("last-minute"));

  // Sliding: one for each set of records that lie up to 1 min apart. Both ends belong to the window.
  by_user.windowed_by(leat::SlidingWindows::of_time_difference_and_grace(1min, 5s))
      .count(leat::Materialized::as("any-minute"));

  // Sessions: as long as the records of a key follow each other within 30 min.
  by_user.windowed_by(leat::SessionWindows::of_inactivity_gap_and_grace(30min, 1min))
      .count(leat::Materialized::as("per-visit"));

  // One window that begins at a time and never ends.
  by_user.windowed_by(leat::UnlimitedWindows::of().start_on(1'700'000'000'000)).count(leat::Materialized::as("ever"));
  // [end]
  leat::TopologyTestDriver driver{builder.build()};
  auto in = driver.input_topic<std::string, std::string>("clicks");
  in.pipe_input("ann", "/home", 65s);
  in.pipe_input("ann", "/news", 70s);
  EXPECT_EQ((driver.window_store<std::string, std::int64_t>("per-minute").fetch("ann", 60s)), 2);
  EXPECT_EQ((driver.window_store<std::string, std::int64_t>("last-minute").fetch("ann", 10s)), 1);
  EXPECT_EQ((driver.window_store<std::string, std::int64_t>("last-minute").fetch("ann", 20s)), 2);
  EXPECT_EQ((driver.window_store<std::string, std::int64_t>("any-minute").fetch("ann", 10s)), 2);
  EXPECT_EQ((driver.session_store<std::string, std::int64_t>("per-visit").fetch_session("ann", 65s, 70s)), 2);
  EXPECT_EQ((driver.window_store<std::string, std::int64_t>("ever").fetch("ann", 1'700'000'000'000)), std::nullopt);
}

TEST_F(Windows, WindowedKeys) {
  // [snippet: windowed-keys]
  clicks.group_by_key()
      .windowed_by(leat::TimeWindows::of_size_with_no_grace(1min))
      .count(leat::Materialized::as("clicks-per-minute"))
      .to_stream()
      .map([](const leat::Windowed<std::string>& user, std::int64_t count) {
        return leat::KeyValue{user.key, std::to_string(user.window.start / 60'000) + ":" + std::to_string(count)};
      })
      .to("clicks-per-minute");
  // [end]
  leat::TopologyTestDriver driver{builder.build()};
  auto in = driver.input_topic<std::string, std::string>("clicks");
  in.pipe_input("ann", "/home", 10s);
  in.pipe_input("ann", "/home", 61s);
  EXPECT_THAT((driver.output_topic<std::string, std::string>("clicks-per-minute").read_values_to_list()),
              ElementsAre("0:1", "1:1"));
}

TEST_F(Windows, GraceIsStreamTime) {
  // [snippet: grace]
  clicks.group_by_key()
      .windowed_by(leat::TimeWindows::of_size_and_grace(10s, 5s))
      .count(leat::Materialized::as("counts"))
      .to_stream()
      .to("counts");

  leat::TopologyTestDriver driver{builder.build()};
  auto in = driver.input_topic<std::string, std::string>("clicks");
  in.pipe_input("ann", "a", 9s);
  in.pipe_input("bob", "b", 14s);  // stream time is 14 s: the window [0, 10) still takes records
  in.pipe_input("ann", "c", 1s);   // late, but within the grace: it counts
  in.pipe_input("bob", "d", 15s);  // stream time reaches 10 s + 5 s: [0, 10) is closed, for every key of the task
  in.pipe_input("ann", "e", 2s);   // too late: dropped and counted
  // [end]
  EXPECT_EQ((driver.window_store<std::string, std::int64_t>("counts").fetch("ann", 0s)), 2);
  EXPECT_EQ(driver.dropped_records_total(), 1);
}

TEST_F(Windows, FinalResults) {
  // [snippet: final-results]
  auto windows = clicks.group_by_key(leat::Grouped::as("clicks-by-user"))
                     .windowed_by(leat::TimeWindows::of_size_and_grace(10s, 5s));

  // Holds updates back until the window has closed. The buffer is in memory, and in a changelog.
  windows.count(leat::Materialized::as("counts"))
      .suppress(leat::Suppressed::until_window_closes(leat::BufferConfig::unbounded()).with_name("final"))
      .to_stream()
      .to("final-counts");

  // Reads the closed windows back from the store: no second buffer. The store must keep them that long.
  windows.emit_strategy(leat::EmitStrategy::on_window_close())
      .count(leat::Materialized::as("counts-on-close").with_retention(1min))
      .to_stream()
      .to("counts-on-close");
  // [end]
  leat::TopologyTestDriver driver{builder.build(), {.emit_interval_ms = 0}};
  auto in = driver.input_topic<std::string, std::string>("clicks");
  auto held = driver.output_topic<leat::Windowed<std::string>, std::int64_t>("final-counts");
  auto closed = driver.output_topic<leat::Windowed<std::string>, std::int64_t>("counts-on-close");
  in.pipe_input("ann", "a", 1s);
  in.pipe_input("ann", "b", 2s);
  EXPECT_TRUE(held.is_empty());
  EXPECT_TRUE(closed.is_empty());
  in.pipe_input("bob", "c", 20s);
  EXPECT_THAT(held.read_key_values_to_map(), ElementsAre(Pair(leat::window("ann", 0s, 10s), 2)));
  EXPECT_THAT(closed.read_key_values_to_map(), ElementsAre(Pair(leat::window("ann", 0s, 10s), 2)));
}

TEST_F(Windows, RateLimits) {
  // [snippet: time-limit]
  clicks.group_by_key()
      .count(leat::Materialized::as("clicks-per-user"))
      .suppress(leat::Suppressed::until_time_limit(1min, leat::BufferConfig::max_records(10'000)))
      .to_stream()
      .to("clicks-per-user");
  // [end]
  leat::TopologyTestDriver driver{builder.build()};
  auto in = driver.input_topic<std::string, std::string>("clicks").with_time(0s, 10s);
  for (int i = 0; i < 6; ++i) in.pipe_input("ann", "a");
  auto out = driver.output_topic<std::string, std::int64_t>("clicks-per-user");
  EXPECT_TRUE(out.is_empty());
  in.pipe_input("ann", "a");
  EXPECT_THAT(out.read_values_to_list(), ElementsAre(7));
}

// [snippet: reading]
struct Reading {
  double degrees = 0;
  std::int64_t measured_at = 0;  // ms since 1970
};
// [end]

}  // namespace

template <>
struct leat::Serde<Reading> {
  static void serialize(const Reading& reading, Bytes& out) {
    Serde<double>::serialize(reading.degrees, out);
    Serde<std::int64_t>::serialize(reading.measured_at, out);
  }
  static Result<Reading> deserialize(BytesView bytes) {
    LEAT_ASSIGN_OR_RETURN(const double degrees, Serde<double>::deserialize(bytes.substr(0, 8)));
    LEAT_ASSIGN_OR_RETURN(const auto at,
                          Serde<std::int64_t>::deserialize(bytes.substr(std::min<std::size_t>(8, bytes.size()))));
    return Reading{degrees, at};
  }
};

namespace {

TEST(Time, Extractors) {
  leat::StreamsBuilder builder;
  // [snippet: extractors]
  // The time at which it was measured, not the one at which it was sent.
  auto readings =
      builder.stream<std::string, Reading>("readings", leat::Consumed::with_timestamp_extractor(&Reading::measured_at));

  // A function, with the highest time of the partition so far. What it answers below 0 has the record dropped.
  auto repaired = builder.stream<std::string, Reading>(
      "old-readings", leat::Consumed::with_timestamp_extractor([](const Reading& reading, std::int64_t partition_time) {
        return reading.measured_at > 0 ? reading.measured_at : partition_time;
      }));

  // The record's own timestamp; where that is negative, skip the record instead of failing.
  auto clicks = builder.stream<std::string, std::string>(
      "clicks", leat::Consumed{}.with_invalid_timestamps(leat::OnInvalidTimestamp::kLogAndSkip));
  // [end]
  readings.merge(repaired).to("all-readings");
  clicks.to("all-clicks");
  leat::TopologyTestDriver driver{builder.build()};
  driver.input_topic<std::string, Reading>("readings").pipe_input("s", Reading{20.5, 7000}, 1s);
  auto old = driver.input_topic<std::string, Reading>("old-readings");
  old.pipe_input("s", Reading{20.5, 3000}, 1s);
  old.pipe_input("s", Reading{20.5, 0}, 1s);
  auto out = driver.output_topic<std::string, Reading>("all-readings");
  EXPECT_EQ(out.read_record()->timestamp, 7000);
  EXPECT_EQ(out.read_record()->timestamp, 3000);
  EXPECT_EQ(out.read_record()->timestamp, 3000);
  driver.input_topic<std::string, std::string>("clicks").pipe_input("ann", "/", -1);
  EXPECT_THAT((driver.output_topic<std::string, std::string>("all-clicks").read_values_to_list()), IsEmpty());
  EXPECT_EQ(driver.dropped_records_total(), 1);
}

TEST(Time, StreamTimeStandsStillWithoutRecords) {
  leat::StreamsBuilder builder;
  builder.stream<std::string, std::string>("clicks")
      .group_by_key()
      .windowed_by(leat::TimeWindows::of_size_with_no_grace(10s))
      .count()
      .suppress(leat::Suppressed::until_window_closes(leat::BufferConfig::unbounded()))
      .to_stream()
      .to("counts");
  leat::TopologyTestDriver driver{builder.build()};
  driver.input_topic<std::string, std::string>("clicks").pipe_input("ann", "a", 1s);
  driver.advance_wall_clock_time(24h);
  EXPECT_THAT((driver.output_topic<leat::Windowed<std::string>, std::int64_t>("counts").read_records_to_list()),
              SizeIs(0));
}

}  // namespace
