// The twin of a Java Kafka Streams application that it takes turns with on one application id: orders joined with a
// table, counted in windows, and summed over a repartition.
#include <chrono>
#include <string>

#include "tests/interop/twin_app.h"

using namespace std::chrono_literals;

namespace {

leat::Topology topology() {
  leat::StreamsBuilder builder;
  auto orders = builder.stream<std::string, std::int64_t>("ho-orders");
  auto customers = builder.table<std::string, std::string>("ho-customers", leat::Materialized::as("customers"));
  auto enriched = orders.join(
      customers, [](std::int64_t amount, const std::string& region) { return region + ":" + std::to_string(amount); });
  enriched.to("ho-enriched");
  orders.group_by_key()
      .windowed_by(leat::TimeWindows::of_size_and_grace(60s, 30s))
      .count(leat::Materialized::as("counts"))
      .to_stream([](const leat::Windowed<std::string>& windowed, std::int64_t) {
        return windowed.key + "@" + std::to_string(windowed.window.start);
      })
      .to("ho-counts");
  enriched
      .map([](const std::string&, const std::string& text) {
        const std::size_t colon = text.find(':');
        return leat::KeyValue{text.substr(0, colon), static_cast<std::int64_t>(std::stoll(text.substr(colon + 1)))};
      })
      .group_by_key(leat::Grouped::as("by-region"))
      .aggregate(
          std::int64_t{0}, [](std::int64_t amount, std::int64_t sum) { return sum + amount; },
          leat::Materialized::as("totals"))
      .to_stream()
      .to("ho-totals");
  return builder.build();
}

}  // namespace

int main(int argc, char** argv) {
  leat::StreamsConfig config = leat::interop::config_from_arguments(argc, argv);
  config.commit_interval_ms = 200ms;
  config.num_stream_threads = 2;
  config.session_timeout_ms = 6s;
  config.heartbeat_interval_ms = 1s;
  return leat::interop::run_until_terminated(topology(), std::move(config));
}
