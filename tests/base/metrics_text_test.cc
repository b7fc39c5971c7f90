#include "base/metrics_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace leat {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(MetricsText, SamplesFollowTheirFamily) {
  MetricsText text;
  text.family("kafka_topic_partitions", "gauge", "Number of partitions");
  text.sample({{"topic", "orders"}}, std::int64_t{3});
  text.sample({{"topic", "odd \"name\"\\\n"}, {"b", "2"}}, 1.5);
  text.family("kafka_brokers", "gauge", "Brokers");
  text.sample({}, std::int64_t{1});
  EXPECT_EQ(text.take(),
            "# HELP kafka_topic_partitions Number of partitions\n# TYPE kafka_topic_partitions gauge\n"
            "kafka_topic_partitions{topic=\"orders\"} 3\n"
            "kafka_topic_partitions{topic=\"odd \\\"name\\\"\\\\\\n\",b=\"2\"} 1.5\n"
            "# HELP kafka_brokers Brokers\n# TYPE kafka_brokers gauge\nkafka_brokers 1\n");
}

TEST(MetricsText, BucketsOfAHistogramCountWhatIsBelowThem) {
  LatencyHistogram latency;
  latency.add(50us);
  latency.add(80us);
  latency.add(20s);
  MetricsText text;
  text.family("wait_seconds", "histogram", "Wait");
  text.histogram({{"api", "Fetch"}}, latency);
  const std::string said = text.take();
  EXPECT_THAT(said, HasSubstr("wait_seconds_bucket{api=\"Fetch\",le=\"5e-05\"} 1\n"));
  EXPECT_THAT(said, HasSubstr("wait_seconds_bucket{api=\"Fetch\",le=\"0.0001\"} 2\n"));
  EXPECT_THAT(said, HasSubstr("wait_seconds_bucket{api=\"Fetch\",le=\"10\"} 2\n"));
  EXPECT_THAT(said, HasSubstr("wait_seconds_bucket{api=\"Fetch\",le=\"+Inf\"} 3\n"));
  EXPECT_THAT(said, HasSubstr("wait_seconds_count{api=\"Fetch\"} 3\n"));
  EXPECT_THAT(said, HasSubstr("wait_seconds_sum{api=\"Fetch\"} 20.00013\n"));
}

}  // namespace
}  // namespace leat
