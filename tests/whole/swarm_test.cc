// The whole, by seed. LEAT_SIM_SEED=N runs one seed and tells its story; LEAT_SIM_SEEDS=N says how many the swarm has
// (2,000, unless the build is not optimised);
// LEAT_SIM_FIRST=N with which it begins; LEAT_SIM_SHARD=K/N takes one part of N of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "base/log.h"
#include "swarm_fixture.h"

namespace leat::whole {
namespace {

#ifdef __OPTIMIZE__
constexpr std::uint64_t kSeeds = 2000;
#else
constexpr std::uint64_t kSeeds = 100;
#endif

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

void expect_good(const Outcome& outcome) {
  EXPECT_FALSE(outcome.violation) << "seed " << outcome.seed << ": " << *outcome.violation
                                  << "\nreplay: LEAT_SIM_SEED=" << outcome.seed
                                  << " whole_test --gtest_filter=Swarm.*\n"
                                  << outcome.story;
}

/// What the programs log is said when one seed is looked at.
const bool kLogSet = [] {
  set_log_level(std::getenv("LEAT_SIM_SEED") ? LogLevel::kInfo : LogLevel(99));
  return true;
}();

TEST(Whole, CountsEveryLineOnceInACalmWorld) { expect_good(Swarm(1, Weather::calm()).run()); }

TEST(Whole, TheSameSeedIsTheSameRunEventByEvent) {
  for (const std::uint64_t seed : {3, 4}) {
    const Outcome first = Swarm::run_seed(seed);
    const Outcome second = Swarm::run_seed(seed);
    EXPECT_EQ(first.trace_hash, second.trace_hash) << "seed " << seed;
    EXPECT_EQ(first.story, second.story) << "seed " << seed;
  }
}

TEST(Swarm, KeepsItsPromisesWhateverStrikes) {
  if (const std::uint64_t seed = number_from("LEAT_SIM_SEED", 0)) {
    const Outcome outcome = Swarm::run_seed(seed);
    std::printf("seed %llu, trace %016llx\n%s", static_cast<unsigned long long>(seed),
                static_cast<unsigned long long>(outcome.trace_hash), outcome.story.c_str());
    return expect_good(outcome);
  }
  unsigned long long shard = 0, shards = 1;
  if (const char* text = std::getenv("LEAT_SIM_SHARD")) {
    ASSERT_EQ(std::sscanf(text, "%llu/%llu", &shard, &shards), 2);
  }
  const std::uint64_t seeds = number_from("LEAT_SIM_SEEDS", kSeeds);
  int failures = 0;
  const std::uint64_t first = number_from("LEAT_SIM_FIRST", 1);
  for (std::uint64_t seed = first + shard; seed < first + seeds && failures < 5; seed += shards) {
    const Outcome outcome = Swarm::run_seed(seed);
    failures += outcome.violation ? 1 : 0;
    expect_good(outcome);
  }
}

}  // namespace
}  // namespace leat::whole
