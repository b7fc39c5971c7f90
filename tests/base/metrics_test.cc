#include "base/metrics.h"

#include <gmock/gmock.h>

#include <cmath>

namespace leat {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

TEST(Metrics, RatesAreThoseOfTheLastOneToTwoWindows) {
  const Instant start{};
  MetricWindow window(start, 30s);
  Counter counter;
  counter.add(60);
  EXPECT_DOUBLE_EQ(counter.rate(window.seconds(start + 1s)), 2) << "a young counter counts for a whole window";
  const auto turn = [&](Instant now) {
    ASSERT_TRUE(window.due(now));
    window.turn(now);
    counter.turn();
  };
  turn(start + 30s);
  counter.add(60);
  EXPECT_DOUBLE_EQ(counter.rate(window.seconds(start + 60s)), 2);
  turn(start + 60s);
  turn(start + 90s);
  EXPECT_DOUBLE_EQ(counter.rate(window.seconds(start + 90s)), 0);
  EXPECT_EQ(counter.total(), 120);
}

TEST(Metrics, ASpreadForgetsWhatIsOlderThanTwoWindows) {
  Spread spread;
  EXPECT_TRUE(spread.empty());
  spread.record(-5);
  spread.turn();
  spread.record(7);
  EXPECT_EQ(spread.min(), -5);
  EXPECT_EQ(spread.max(), 7);
  EXPECT_DOUBLE_EQ(spread.avg(), 1);
  spread.turn();
  EXPECT_EQ(spread.min(), 7);
  spread.turn();
  EXPECT_TRUE(spread.empty());
}

TEST(Metrics, PrometheusTextHasAFamilyPerNameAndEscapesLabels) {
  std::vector<Metric> metrics;
  for (const char* thread : {"b\"\\\n", "a"}) {
    MetricGroup group(metrics, "stream-thread-metrics", {{"thread-id", thread}});
    Counter polls;
    polls.add(3);
    group.total("poll-total", "looks", polls);
    group.gauge("poll-latency-avg", "ms", std::nan(""));
    group.text("state", "the state", "RUNNING");
  }
  EXPECT_EQ(prometheus_text(metrics, "kafka.streams"),
            "# HELP kafka_streams_stream_thread_metrics What has no number, as a label\n"
            "# TYPE kafka_streams_stream_thread_metrics gauge\n"
            "kafka_streams_stream_thread_metrics{thread_id=\"a\",state=\"RUNNING\"} 1\n"
            "kafka_streams_stream_thread_metrics{thread_id=\"b\\\"\\\\\\n\",state=\"RUNNING\"} 1\n"
            "# HELP kafka_streams_stream_thread_metrics_poll_latency_avg ms\n"
            "# TYPE kafka_streams_stream_thread_metrics_poll_latency_avg gauge\n"
            "kafka_streams_stream_thread_metrics_poll_latency_avg{thread_id=\"a\"} NaN\n"
            "kafka_streams_stream_thread_metrics_poll_latency_avg{thread_id=\"b\\\"\\\\\\n\"} NaN\n"
            "# HELP kafka_streams_stream_thread_metrics_poll_total looks\n"
            "# TYPE kafka_streams_stream_thread_metrics_poll_total counter\n"
            "kafka_streams_stream_thread_metrics_poll_total{thread_id=\"a\"} 3\n"
            "kafka_streams_stream_thread_metrics_poll_total{thread_id=\"b\\\"\\\\\\n\"} 3\n");
}

}  // namespace
}  // namespace leat
