#include "tests/broker/coordinator/coordinator_fixture.h"

namespace leat::coordinator {

sim::SimOptions CoordinatorTest::quick() {
  auto options = sim::SimOptions::calm();
  options.sync_time_min = std::chrono::microseconds(200);
  options.sync_time_max = std::chrono::microseconds(900);
  return options;
}

void CoordinatorTest::open_log(const std::string& topic) {
  ASSERT_TRUE(world().files.make_directories("/data").ok());
  auto opened = log::PartitionLog::open(world(), "/data/" + topic + "-0", {topic, 0}, Uuid{1, 2}, {}, {});
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  log = std::move(*opened);
}

}  // namespace leat::coordinator
