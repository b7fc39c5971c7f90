// What an application tells of itself: under Kafka Streams' names, and as Prometheus reads it.
#include <regex>

#include "application_fixture.h"
#include "streams/topology_test_driver.h"

namespace leat {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::int64_t kStart = 1'700'000'000'000;

/// What promtool would say of a page: one mistake a line.
std::vector<std::string> mistakes_of(const std::string& page) {
  static const std::regex kComment("# (HELP|TYPE) ([a-z_][a-z0-9_]*) (.+)");
  static const std::regex kSample(
      "([a-z_][a-z0-9_]*)(\\{[a-z_][a-z0-9_]*=\"([^\"\\\\\n]|\\\\.)*\"(,[a-z_][a-z0-9_]*=\"([^\"\\\\\n]|\\\\.)*\")*\\})"
      "? "
      "(NaN|[+-]Inf|-?[0-9.]+(e[+-]?[0-9]+)?)");
  std::vector<std::string> mistakes;
  std::map<std::string, std::string> types;
  std::set<std::string> series, helped, closed;
  std::string family;
  const auto begin = [&](const std::string& name) {
    if (name == family) return;
    if (!closed.insert(name).second) mistakes.push_back(name + " is in two places");
    family = name;
  };
  std::size_t at = 0;
  while (at < page.size()) {
    const std::string line = page.substr(at, page.find('\n', at) - at);
    at += line.size() + 1;
    std::smatch found;
    if (std::regex_match(line, found, kComment)) {
      begin(found[2]);
      if (found[1] == "HELP" && !helped.insert(found[2]).second) mistakes.push_back("helped twice: " + line);
      if (found[1] == "TYPE" && !types.emplace(found[2], found[3]).second) mistakes.push_back("typed twice: " + line);
    } else if (std::regex_match(line, found, kSample)) {
      begin(found[1]);
      if (!types.contains(family) || !helped.contains(family)) mistakes.push_back("without help and type: " + line);
      const bool counts = family.ends_with("_total");
      if (counts != (types[family] == "counter")) mistakes.push_back("of a wrong type: " + line);
      if (!series.insert(line.substr(0, line.rfind(' '))).second) mistakes.push_back("there twice: " + line);
    } else {
      mistakes.push_back("no metric: " + line);
    }
  }
  return mistakes;
}

class Metrics : public Application {
 protected:
  Metrics() {
    StreamsBuilder builder;
    builder.stream<std::string, std::string>("words")
        .group_by_key()
        .count(Materialized::as("counts"))
        .to_stream()
        .to("counted");
    compute(builder.build());
  }
  std::string page_of(RecordingLevel level, const std::string& host = "one") {
    StreamsConfig with = config();
    with.metrics_recording_level = level;
    with.commit_interval_ms = 50ms;
    start(host, with);
    run_until_settled();
    produce("words", {{"to", "", kStart}, {"be", "", kStart}, {"to", "", kStart}});
    run_for(2s);
    return get(host, "/metrics").body;
  }
};

TEST_F(Metrics, AreAPageThatPrometheusReads) {
  const std::string page = page_of(RecordingLevel::kTrace);
  EXPECT_THAT(mistakes_of(page), IsEmpty());
}

TEST_F(Metrics, HaveTheNamesThatTheBoardsForKafkaStreamsAskFor) {
  const std::string page = page_of(RecordingLevel::kDebug);
  const std::string prefix = "kafka_streams_";
  for (const char* name : {"stream_thread_metrics_poll_latency_avg",
                           "stream_thread_metrics_poll_latency_max",
                           "stream_thread_metrics_poll_records_avg",
                           "stream_thread_metrics_process_latency_avg",
                           "stream_thread_metrics_process_rate",
                           "stream_thread_metrics_commit_latency_max",
                           "stream_thread_metrics_punctuate_ratio",
                           "stream_thread_metrics_task_created_total",
                           "stream_thread_metrics_task_closed_rate",
                           "stream_task_metrics_process_latency_avg",
                           "stream_task_metrics_dropped_records_rate",
                           "stream_task_metrics_active_process_ratio",
                           "stream_task_metrics_record_lateness_max",
                           "stream_processor_node_metrics_process_rate",
                           "stream_processor_node_metrics_process_total",
                           "stream_processor_node_metrics_record_e2e_latency_max",
                           "stream_topic_metrics_records_consumed_total",
                           "stream_topic_metrics_bytes_produced_total",
                           "stream_state_metrics_put_rate",
                           "stream_state_metrics_num_open_iterators",
                           "stream_record_cache_metrics_hit_ratio_avg",
                           "stream_state_updater_metrics_active_restoring_tasks"})
    EXPECT_THAT(page, HasSubstr("# TYPE " + prefix + name + " ")) << name;
  EXPECT_THAT(page, HasSubstr("kafka_consumer_consumer_fetch_manager_metrics_records_lag_max{client_id="));
}

TEST_F(Metrics, CountWhatHappened) {
  const std::string page = page_of(RecordingLevel::kDebug);
  double read = 0, written = 0;
  const auto sum_up = [&](const std::string& name, double& sum) {
    for (std::size_t at = page.find("\n" + name + "{"); at != std::string::npos;
         at = page.find("\n" + name + "{", at + 1))
      sum += std::stod(page.substr(page.rfind(' ', page.find('\n', at + 1))));
  };
  sum_up("kafka_streams_stream_topic_metrics_records_consumed_total", read);
  sum_up("kafka_streams_stream_topic_metrics_records_produced_total", written);
  EXPECT_EQ(read, 3);
  EXPECT_EQ(written, 2) << "the record cache makes one update of two";
}

TEST_F(Metrics, LevelsDecideWhatIsShown) {
  const std::string page = page_of(RecordingLevel::kInfo);
  EXPECT_THAT(page, AllOf(HasSubstr("stream_task_metrics_dropped_records_total"),
                          Not(HasSubstr("stream_task_metrics_process_latency_avg")),
                          Not(HasSubstr("stream_state_metrics_put_rate"))));
}

TEST_F(Metrics, AHostIsReadyWhenItsThreadsRun) {
  start("one");
  EXPECT_EQ(get("one", "/healthz").status, 200);
  EXPECT_EQ(get("one", "/readyz").status, 503);
  run_until_settled();
  EXPECT_EQ(get("one", "/readyz").status, 200);
}

class Frauds : public Processor<std::string, std::string, std::string, std::string> {
 public:
  void init(Context& context) override {
    found_ = &context.metrics().add_rate_total_sensor("fraud", "scorer", "found", RecordingLevel::kInfo);
    took_ = &context.metrics().add_latency_rate_total_sensor("fraud", "scorer", "scoring", RecordingLevel::kInfo);
    detail_ = &context.metrics().add_rate_total_sensor("fraud", "scorer", "detail", RecordingLevel::kDebug);
    sizes_ = &context.metrics()
                  .add_sensor("sizes", RecordingLevel::kInfo, {found_})
                  .add({"size-max", "fraud-metrics", {}}, "the largest", SensorStat::kMax);
  }
  void process(const Record<std::string, std::string>& record) override {
    sizes_->record(static_cast<double>(record.value.size()));
    took_->record(4);
    detail_->record();
  }

 private:
  Sensor* found_ = nullptr;
  Sensor* took_ = nullptr;
  Sensor* detail_ = nullptr;
  Sensor* sizes_ = nullptr;
};

TEST(OwnMetrics, StandBesideThoseOfTheRuntime) {
  StreamsBuilder builder;
  builder.stream<std::string, std::string>("in").process([] { return std::make_unique<Frauds>(); }).to("out");
  TopologyTestDriver driver(builder.build());
  auto input = driver.input_topic<std::string, std::string>("in");
  input.pipe_input("a", "xxx");
  input.pipe_input("b", "x");
  std::map<std::string, double> values;
  for (const Metric& metric : driver.metrics())
    if (const auto* number = std::get_if<double>(&metric.value))
      values[metric.name.group + ":" + metric.name.name] = *number;
  EXPECT_EQ(values["fraud-metrics:size-max"], 3);
  EXPECT_EQ(values["stream-fraud-metrics:found-total"], 4) << "parents hear of what their children record";
  EXPECT_EQ(values["stream-fraud-metrics:scoring-latency-avg"], 4);
  EXPECT_EQ(values["stream-fraud-metrics:scoring-total"], 2);
  EXPECT_FALSE(values.contains("stream-fraud-metrics:detail-total"));
  EXPECT_EQ(values["stream-topic-metrics:records-consumed-total"], 2);
}

}  // namespace
}  // namespace leat
