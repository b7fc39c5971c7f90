// Alerts for sensors that are too hot three times within a minute, written with the Processor API and a window store.
//
//   readings   key: sensor   value: temperature as text
//   alerts     key: sensor   value: what happened
#include <leat/streams.h>

#include <chrono>
#include <cstdlib>
#include <string>

using namespace std::chrono_literals;

namespace {

constexpr double kHot = 90;
constexpr int kTimes = 3;
constexpr auto kWithin = 60s;

class HotSensors : public leat::Processor<std::string, std::string, std::string, std::string> {
 public:
  void init(Context& context) override { hot_ = context.store<leat::WindowStore<std::string, double>>("hot-readings"); }

  void process(const leat::Record<std::string, std::string>& record) override {
    const double temperature = std::strtod(record.value.c_str(), nullptr);
    if (temperature < kHot) return;
    hot_->put(record.key, temperature, record.timestamp);

    int times = 0;
    for (auto readings = hot_->fetch(record.key, record.timestamp - kWithin, record.timestamp); readings.next();)
      ++times;
    if (times < kTimes) return;
    forward(record.with_value("hot " + std::to_string(times) + " times within a minute, last " + record.value));
  }

 private:
  leat::WindowStore<std::string, double>* hot_ = nullptr;
};

}  // namespace

int main(int argc, char** argv) {
  leat::Topology topology;
  topology.add_source<std::string, std::string>("readings-in", "readings")
      .add_processor<HotSensors>("hot-sensors", {"readings-in"})
      .add_state_store(leat::Stores::persistent_window<std::string, double>("hot-readings", kWithin * 2, kWithin),
                       {"hot-sensors"})
      .add_sink("alerts-out", "alerts", {"hot-sensors"});
  return leat::App{"sensor-alerts", std::move(topology)}.main(argc, argv);
}
