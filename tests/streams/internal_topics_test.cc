#include "streams/internal_topics.h"

#include <gmock/gmock.h>

#include "topology/streams_builder.h"

namespace leat {
namespace {

using testing::HasSubstr;

Plan plan_of_a_join() {
  StreamsBuilder builder;
  auto customers = builder.table<std::string, std::string>("customers");
  builder.stream<std::string, std::string>("orders")
      .join(customers, [](const std::string& order, const std::string& customer) { return order + customer; })
      .to("joined");
  return std::move(*builder.build().plan({.application_id = "app"}));
}

TEST(PartitionCountsTest, JoinedTopicsOfDifferentCountsAreAnErrorThatNamesBothTopicsAndCounts) {
  const auto counts = partition_counts(plan_of_a_join(), {{"orders", 6}, {"customers", 4}});
  ASSERT_FALSE(counts);
  EXPECT_THAT(counts.error().message, HasSubstr("'customers' has 4"));
  EXPECT_THAT(counts.error().message, HasSubstr("'orders' has 6"));
}

TEST(PartitionCountsTest, TablesJoinedByForeignKeyMayHaveDifferentCounts) {
  StreamsBuilder builder;
  auto orders = builder.table<std::string, std::string>("orders");
  auto customers = builder.table<std::string, std::string>("customers");
  orders
      .join(
          customers, [](const std::string& order) { return order; },
          [](const std::string& order, const std::string& customer) { return order + customer; }, TableJoined::as("j"))
      .to_stream()
      .to("joined");
  const auto counts =
      partition_counts(*builder.build().plan({.application_id = "app"}), {{"orders", 6}, {"customers", 4}});
  ASSERT_TRUE(counts) << counts.error().message;
  EXPECT_EQ(counts->at("app-j-subscription-registration-topic"), 4) << "where the customers are";
  EXPECT_EQ(counts->at("app-j-subscription-response-topic"), 6) << "where the orders are";
  EXPECT_EQ(counts->at("app-j-subscription-store-changelog"), 4);
}

TEST(PartitionCountsTest, JoinedTopicsOfEqualCountsPass) {
  EXPECT_TRUE(partition_counts(plan_of_a_join(), {{"orders", 4}, {"customers", 4}}));
}

}  // namespace
}  // namespace leat
