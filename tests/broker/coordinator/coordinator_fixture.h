// A coordinator over its partition on one simulated machine, which can be stopped, killed and cut off its power.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/sim/sim_world.h"
#include "broker/coordinator/group_coordinator.h"
#include "broker/coordinator/transaction_coordinator.h"

namespace leat::coordinator {

using namespace std::chrono_literals;

class CoordinatorTest : public testing::Test {
 protected:
  explicit CoordinatorTest(std::uint64_t seed = 3) : sim(seed, quick()) {}

  /// Nothing is late and nothing fails, but a sync takes its time: what is not durable yet can be seen.
  static sim::SimOptions quick();
  World world() { return sim.process("broker"); }
  /// Opens the partition, recovering what an earlier process left.
  void open_log(const std::string& topic);

  void settle() { sim.run_for(50ms); }
  template <class T>
  OneShot<T> into(std::shared_ptr<std::optional<T>>& slot) {
    slot = std::make_shared<std::optional<T>>();
    return OneShot<T>([slot](T value) { *slot = std::move(value); });
  }
  /// The answer of what `begin` begins, waiting for it.
  template <class T, class Begin>
  T answer(Begin begin) {
    std::shared_ptr<std::optional<T>> slot;
    begin(into(slot));
    EXPECT_TRUE(sim.run_until([&] { return slot->has_value(); }, 10s)) << "no answer";
    return slot->value_or(T{});
  }

  sim::SimWorld sim;
  std::unique_ptr<log::PartitionLog> log;
};

/// Kafka's name of an error, for failures that read well.
inline std::string said(wire::ErrorCode error) { return std::string(wire::name(error)); }

}  // namespace leat::coordinator
