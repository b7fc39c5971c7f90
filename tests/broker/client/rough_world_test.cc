// Transactions over a network that breaks and a broker that loses power, by seed: what was committed is there once and
// in order, and nothing else is.
#include "client_fixture.h"

namespace leat::client {
namespace {

struct RoughWorld : ClientTest, testing::WithParamInterface<std::uint64_t> {
  RoughWorld() : ClientTest(options(), GetParam()) {}
  static sim::SimOptions options() {
    sim::SimOptions rough;
    rough.network_slow_percent = 1;
    rough.connection_cut_percent = 0.5;
    return rough;
  }
  void SetUp() override {
    // Answers may get lost, so a topic may be there already when it is asked for again.
    make_topic("orders", kPartitions);
  }

  /// The broker loses power now and then while this runs.
  void lose_power_in(Duration delay) {
    here.loop.call_at(sim.now() + delay, [this] { down = true; });
  }
  template <class Begin>
  Status through_power_losses(Begin begin) {
    auto got = std::make_shared<std::optional<Status>>();
    begin(OneShot<Status>([got](Status value) { *got = std::move(value); }));
    while (!*got) {
      if (!sim.run_until([&] { return got->has_value() || down; }, 300s)) break;
      if (std::exchange(down, false)) {
        power_loss();
        sim.run_for(std::chrono::milliseconds(sim.random().below(500)));
        start_broker();
      }
    }
    return *got ? **got : Status(Error{ErrorKind::kTimeout, "no answer"});
  }

  static constexpr int kPartitions = 3;
  bool down = false;
};

TEST_P(RoughWorld, HasExactlyWhatWasCommitted) {
  auto producer = make_producer({.linger = 1ms, .delivery_timeout = 100s, .transactional_id = "payments"});
  std::vector<std::string> committed[kPartitions];
  for (int round = 0; round < 40; ++round) {
    if (sim.random().below(4) == 0) lose_power_in(std::chrono::microseconds(sim.random().below(20'000)));
    producer->begin_transaction();
    for (int partition = 0; partition < kPartitions; ++partition)
      send(*producer, partition, std::to_string(round) + "/" + std::to_string(partition));
    const bool commit = round % 3 != 0;
    if (commit) {
      const Status flushed = through_power_losses([&](auto done) { producer->flush(std::move(done)); });
      ASSERT_TRUE(flushed) << "round " << round << ": " << said(flushed);
    } else {
      sim.run_for(std::chrono::microseconds(sim.random().below(5'000)));
    }
    const Status ended = through_power_losses([&](auto done) { producer->end_transaction(commit, std::move(done)); });
    ASSERT_TRUE(ended) << "round " << round << ": " << said(ended);
    for (int partition = 0; commit && partition < kPartitions; ++partition)
      committed[partition].push_back(std::to_string(round) + "/" + std::to_string(partition));
  }
  for (int partition = 0; partition < kPartitions; ++partition)
    EXPECT_EQ(read_all({"orders", partition}, committed[partition].size(), true), committed[partition]);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RoughWorld, testing::Range<std::uint64_t>(1, 21));

}  // namespace
}  // namespace leat::client
