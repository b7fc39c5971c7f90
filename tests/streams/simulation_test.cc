// explore: what it must let pass, what it must find, and that a seed is a run.
#include "streams/simulation.h"

#include <gmock/gmock.h>

#include "topology/streams_builder.h"

namespace leat {
namespace {

using sim::explore;
using sim::kNoFaults;
using sim::Violation;

using namespace std::chrono_literals;

Topology counts_of_words() {
  StreamsBuilder builder;
  builder.stream<std::string, std::string>("words")
      .group_by([](const std::string& word) { return word; })
      .count(Materialized::as("counts"))
      .to_stream()
      .to("counts");
  return builder.build();
}

void some_words(sim::Run& run) {
  auto words = run.input_topic<std::string, std::string>("words");
  for (int i = 0; i < 6; ++i) {
    words.pipe_input("k" + std::to_string(i), i % 2 == 0 ? "ash" : "elm", Timestamp(1000 * i));
    run.pass(400ms);
  }
}

TEST(Simulation, CountsAreRightWhateverStrikes) {
  explore(counts_of_words(), {.seeds = 30, .strike_every = 300ms}, [](sim::Run& run) {
    some_words(run);
    run.expect_output<std::string, std::int64_t>("counts", {{"ash", 3}, {"elm", 3}});
  });
}

TEST(Simulation, TheSameSeedIsTheSameRun) {
  std::vector<std::string> stories;
  for (int i = 0; i < 2; ++i)
    explore(counts_of_words(), {.seeds = 1, .first_seed = 7, .strike_every = 200ms}, [&](sim::Run& run) {
      some_words(run);
      run.settle();
      stories.push_back(run.story());
    });
  EXPECT_EQ(stories[0], stories[1]);
  EXPECT_THAT(stories[0], testing::HasSubstr("worker-"));
}

TEST(Simulation, AWrongResultIsToldWithItsSeedAndItsStory) {
  try {
    explore(counts_of_words(), {.seeds = 1, .first_seed = 5, .faults = kNoFaults}, [](sim::Run& run) {
      some_words(run);
      run.expect_output<std::string, std::int64_t>("counts", {{"ash", 4}, {"elm", 3}});
    });
    FAIL() << "nothing was found";
  } catch (const Violation& violation) {
    EXPECT_THAT(violation.what(), testing::StartsWith("seed 5: the last values of topic counts"));
    EXPECT_THAT(violation.what(), testing::HasSubstr("\"elm\": "));
    EXPECT_THAT(violation.what(), testing::HasSubstr("all is done"));
  }
}

TEST(Simulation, WhatAProcessorThrowsEndsTheRun) {
  StreamsBuilder builder;
  builder.stream<std::string, std::string>("in").foreach ([](const std::string&, const std::string& value) {
    if (value == "bad") throw std::runtime_error("it is bad");
  });
  EXPECT_THAT(([&] {
                explore(builder.build(), {.seeds = 1, .faults = kNoFaults}, [](sim::Run& run) {
                  run.input_topic<std::string, std::string>("in").pipe_input("k", "bad", 0);
                });
              }),
              testing::ThrowsMessage<Violation>(testing::HasSubstr("it is bad")));
}

TEST(Simulation, HeadersAndTombstonesGoThrough) {
  StreamsBuilder builder;
  builder.table<std::string, std::string>("in").to_stream().to("out");
  explore(builder.build(), {.seeds = 3}, [](sim::Run& run) {
    auto in = run.input_topic<std::string, std::string>("in");
    in.pipe_input("a", "1", 1s, {{"trace", "x"}});
    in.pipe_input("b", "2", 2s);
    run.pass(500ms);
    in.pipe_input("b", std::nullopt, 3s);
    run.expect_output<std::string, std::string>("out", {{"a", "1"}});
    for (const TestRecordBytes& record : run.read_committed("out")) {
      if (record.key == "a") {
        EXPECT_EQ(record.headers, (Headers{{"trace", "x"}}));
      }
    }
  });
}

}  // namespace
}  // namespace leat
