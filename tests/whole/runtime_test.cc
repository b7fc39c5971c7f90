// The runtime under everything that strikes: two workers with two threads each, standbys and warm-ups, joins of streams
// and of tables by foreign key, windows that are put out when they close, sessions. What comes out is what a program
// without any faults puts out, and what may come once comes once. LEAT_SIM_SEEDS=N says how many seeds,
// LEAT_SIM_FIRST=N with which they begin.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <leat/streams.h>

#include <cstdlib>

#include "streams/simulation.h"

namespace leat::whole {
namespace {

using namespace std::chrono_literals;

#ifdef __OPTIMIZE__
constexpr std::uint64_t kSeeds = 100;
#else
constexpr std::uint64_t kSeeds = 6;
#endif

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

std::string name_of(const Windowed<std::string>& window) {
  return window.key + "@" + std::to_string(window.window.start);
}

Topology everything() {
  StreamsBuilder builder;
  const auto clicks = builder.stream<std::string, std::string>("clicks");
  const auto named = [](const Windowed<std::string>& window, const std::optional<std::int64_t>&) {
    return name_of(window);
  };
  clicks.group_by_key()
      .windowed_by(TimeWindows::of_size_with_no_grace(10s))
      .count(Materialized::as("per-window"))
      .suppress(Suppressed::until_window_closes(BufferConfig::unbounded()))
      .to_stream(named)
      .to("closed");
  clicks.group_by_key()
      .windowed_by(SessionWindows::of_inactivity_gap_with_no_grace(5s))
      .count(Materialized::as("sessions"))
      .to_stream(named)
      .to("sessions");
  clicks
      .join(
          builder.stream<std::string, std::string>("views"),
          [](const std::string& click, const std::string& view) { return click + "+" + view; },
          JoinWindows::of_time_difference_and_grace(2s, 1h))
      .to("pairs");
  const auto products = builder.table<std::string, std::string>("products");
  builder.table<std::string, std::string>("orders")
      .join(
          products, [](const std::string& order) { return order; },
          [](const std::string& order, const std::string& price) { return order + " for " + price; })
      .to_stream()
      .to("priced");
  return builder.build();
}

constexpr const char* kUsers[] = {"ann", "bob", "eve", "joe", "kim"};

using Texts = std::map<std::string, std::string>;
using Numbers = std::map<std::string, std::int64_t>;

/// What is put out once is there once.
void expect_once(sim::Run& run, const std::string& topic, std::size_t records) {
  std::set<std::pair<Bytes, Bytes>> seen;
  for (const TestRecordBytes& record : run.read_committed(topic))
    if (!seen.emplace(record.key.value_or(""), record.value.value_or("")).second)
      run.fail("a record of " + topic + " came twice: " + *record.key);
  if (seen.size() != records)
    run.fail(topic + " has " + std::to_string(seen.size()) + " records, and not " + std::to_string(records));
}

void click_and_look(sim::Run& run) {
  auto clicks = run.input_topic<std::string, std::string>("clicks");
  auto views = run.input_topic<std::string, std::string>("views");
  auto orders = run.input_topic<std::string, std::string>("orders");
  auto products = run.input_topic<std::string, std::string>("products");
  products.pipe_input("tea", "3", Timestamp(0));
  for (int second = 0; second < 20; second += 2)
    for (const char* user : kUsers) {
      clicks.pipe_input(user, "c" + std::to_string(second), Timestamp(second * 1000));
      if (second % 10 == 4) views.pipe_input(user, "v" + std::to_string(second), Timestamp(second * 1000 + 500));
      if (second == 8) orders.pipe_input(std::string("of ") + user, "tea", Timestamp(second * 1000));
      run.pass(100ms);
    }
  products.pipe_input("tea", "4", Timestamp(15'000));
  // What comes behind a long pause closes windows and sessions.
  for (const char* user : kUsers) clicks.pipe_input(user, "late", Timestamp(100'000));
  run.pass(2s);
  run.settle();
  Numbers closed;
  Texts priced;
  for (const std::string user : kUsers) {
    closed[user + "@0"] = closed[user + "@10000"] = 5;
    priced["of " + user] = "tea for 4";
  }
  run.expect_output<std::string, std::int64_t>("closed", closed);
  expect_once(run, "closed", closed.size());
  run.expect_output<std::string, std::string>("priced", priced);
  // Each view meets the clicks of two seconds before and behind it: at 4 and 6, or at 14 and 16.
  constexpr std::size_t kPairsOfAUser = 4;
  expect_once(run, "pairs", kPairsOfAUser * std::size(kUsers));
  Numbers sessions;
  for (const std::string user : kUsers) sessions[user + "@0"] = 10, sessions[user + "@100000"] = 1;
  run.expect_output<std::string, std::int64_t>("sessions", sessions);
}

TEST(Runtime, PutsOutWhatItWouldWithoutFaults) {
  sim::Exploration exploration;
  exploration.seeds = static_cast<int>(number_from("LEAT_SIM_SEEDS", kSeeds));
  exploration.first_seed = number_from("LEAT_SIM_FIRST", 1);
  exploration.strike_every = 400ms;
  exploration.config.num_stream_threads = 2;
  exploration.config.num_standby_replicas = 1;
  exploration.config.acceptable_recovery_lag = 10;
  exploration.config.probing_rebalance_interval_ms = 1s;
  EXPECT_NO_THROW(sim::explore(everything(), exploration, click_and_look));
}

/// The simulation can see: a suppress that forgets, or a join that meets twice, would be found by this.
TEST(Runtime, FindsAtLeastOnceToBeLess) {
  sim::Exploration exploration;
  exploration.seeds = 40;
  exploration.strike_every = 200ms;
  exploration.config.processing_guarantee = ProcessingGuarantee::kAtLeastOnce;
  exploration.config.commit_interval_ms = 500ms;
  EXPECT_THROW(sim::explore(everything(), exploration, click_and_look), sim::Violation);
}

}  // namespace
}  // namespace leat::whole
