// What monitors read of a broker is what Kafka's console tools print of it.
#include <sstream>

#include "base/http.h"
#include "tools_fixture.h"

namespace leat::tools {
namespace {

using testing::HasSubstr;

class MetricsTest : public ToolsTest {
 protected:
  MetricsTest() {
    broker.reset();
    sim.kill("broker");
    server::BrokerConfig config;
    config.log_dir = "/data";
    config.listeners = {{.name = "PLAINTEXT", .at = {"broker", 9092}, .advertised = {"broker", 9092}}};
    config.offsets_topic_partitions = config.transaction_topic_partitions = 1;
    config.group.initial_rebalance_delay_ms = 0;
    config.metrics_listener = Endpoint{"broker", 9308};
    broker = std::move(*server::Broker::open(sim.process("broker"), config));
    LEAT_CHECK(broker->listen().ok(), "listens");
  }
  HttpResponse get(const std::string& target) {
    std::optional<Result<HttpResponse>> got;
    http_get(here, {"broker", 9308}, target, std::chrono::seconds(10),
             [&](Result<HttpResponse> response) { got = std::move(response); });
    EXPECT_TRUE(sim.run_until([&] { return got.has_value(); }, std::chrono::seconds(20)));
    EXPECT_TRUE(got->ok()) << got->error().message;
    return std::move(got->value());
  }
  /// The value of one sample; nothing where it is not there.
  static std::optional<std::string> value_of(const std::string& metrics, const std::string& sample) {
    std::istringstream lines(metrics);
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with(sample + " ")) return line.substr(sample.size() + 1);
    return std::nullopt;
  }
};

TEST_F(MetricsTest, OffsetsAndLagsAreThoseThatKafkaConsumerGroupsPrints) {
  print("kafka-topics --create --topic orders --partitions 2");
  print("kafka-console-producer --topic orders", "a\nb\nc\nd\ne\nf\n");
  print("kafka-console-consumer --topic orders --group readers --from-beginning --max-messages 4");
  const std::string metrics = get("/metrics").body;
  std::istringstream described(print("kafka-consumer-groups --describe --group readers"));
  std::size_t rows = 0;
  for (std::string line; std::getline(described, line);) {
    std::istringstream words(line);
    std::string group, topic, partition, current, end, lag;
    words >> group >> topic >> partition >> current >> end >> lag;
    if (topic != "orders") continue;
    ++rows;
    const std::string place = "partition=\"" + partition + "\",topic=\"orders\"}";
    const std::string of_group = "{consumergroup=\"readers\"," + place;
    if (current != "-") {
      EXPECT_EQ(value_of(metrics, "kafka_consumergroup_current_offset" + of_group), current) << line;
      EXPECT_EQ(value_of(metrics, "kafka_consumergroup_lag" + of_group), lag) << line;
    }
    EXPECT_EQ(value_of(metrics, "kafka_topic_partition_current_offset{" + place), end) << line;
  }
  EXPECT_GE(rows, 1U) << metrics;
  EXPECT_EQ(value_of(metrics, "kafka_topic_partitions{topic=\"orders\"}"), "2");
  EXPECT_EQ(value_of(metrics, "kafka_brokers"), "1");
  EXPECT_EQ(value_of(metrics, "kafka_consumergroup_members{consumergroup=\"readers\"}"), "0");
}

TEST_F(MetricsTest, EveryFamilySaysItsTypeOnceAndEverySampleIsOfTheFamilyAboveIt) {
  print("kafka-topics --create --topic orders");
  print("kafka-console-producer --topic orders", "a\n");
  print("kafka-console-consumer --topic orders --group readers --from-beginning --max-messages 1");
  for (const char* target : {"/metrics", "/public_metrics"}) {
    const HttpResponse response = get(target);
    EXPECT_THAT(response.content_type, HasSubstr("version=0.0.4"));
    std::set<std::string> families, samples;
    std::string family;
    std::istringstream lines(response.body);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("# HELP ")) {
        family = line.substr(7, line.find(' ', 7) - 7);
        EXPECT_TRUE(families.insert(family).second) << family << " comes twice";
      } else if (!line.starts_with("# TYPE ")) {
        EXPECT_TRUE(line.starts_with(family)) << line << " below " << family;
        EXPECT_TRUE(samples.insert(line.substr(0, line.rfind(' '))).second) << line << " comes twice";
      }
    }
    EXPECT_GT(families.size(), 10U);
  }
}

TEST_F(MetricsTest, AGroupThatCommitsNoMoreIsAnError) {
  print("kafka-topics --create --topic orders");
  print("kafka-console-producer --topic orders", "a\nb\n");
  print("kafka-console-consumer --topic orders --group readers --from-beginning --max-messages 1");
  print("kafka-consumer-groups --reset-offsets --group readers --topic orders --to-offset 1 --execute");
  const auto status = [&] {
    const std::string metrics = get("/metrics").body;
    const std::size_t at = metrics.find("burrow_kafka_consumer_status{");
    return metrics.substr(metrics.find("} ", at) + 2, 1);
  };
  sim.run_until([] { return false; }, std::chrono::seconds(30));
  EXPECT_EQ(status(), "1");
  sim.run_until([] { return false; }, std::chrono::seconds(120));
  EXPECT_EQ(status(), "3");
}

TEST_F(MetricsTest, HealthAndReadinessAreAnswered) {
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_EQ(get("/readyz").status, 200);
  EXPECT_EQ(get("/nowhere").status, 404);
}

}  // namespace
}  // namespace leat::tools
