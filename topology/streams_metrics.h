// StreamsMetrics: a program's own metrics, beside those of the runtime (org.apache.kafka.streams.StreamsMetrics).
//
//   void init(Context& context) override {
//     frauds_ = &context.metrics().add_rate_total_sensor("fraud", "scorer", "found", leat::RecordingLevel::kInfo);
//   }
//   void process(const leat::Record<std::string, Order>& record) override { if (...) frauds_->record(); }
//
// They belong to a stream thread, whose tasks share a sensor of one name, and are recorded on its loop only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"

namespace leat {

/// What becomes of the values of a sensor.
enum class SensorStat { kAvg, kMin, kMax, kRate, kTotal, kCountRate, kCountTotal, kLast };

class Sensor {
 public:
  const std::string& name() const { return name_; }

  /// Nothing, where the sensor's level is not recorded. Parents hear of it too.
  void record(double value = 1);
  /// A metric of the values: `kRate` and `kTotal` are of their sum, `kCountRate` and `kCountTotal` of their number.
  Sensor& add(MetricName metric, std::string description, SensorStat stat);

 private:
  friend class StreamsMetrics;
  Sensor(std::string name, bool recorded) : name_(std::move(name)), recorded_(recorded) {}
  double of_stat(SensorStat stat, double seconds) const;
  void turn();

  struct Part {
    double count = 0, sum = 0, min = 0, max = 0;
  };
  struct Shown {
    MetricName name;
    std::string description;
    SensorStat stat;
  };
  std::string name_;
  bool recorded_;
  std::vector<Sensor*> parents_;
  std::vector<Shown> shown_;
  Part now_, before_;
  double total_ = 0;
  double count_ = 0;
  double last_ = 0;
};

class StreamsMetrics {
 public:
  StreamsMetrics(RecordingLevel level, std::string thread_id) : level_(level), thread_id_(std::move(thread_id)) {}
  StreamsMetrics(const StreamsMetrics&) = delete;
  StreamsMetrics& operator=(const StreamsMetrics&) = delete;

  /// OPERATION-rate and OPERATION-total of the group stream-SCOPE-metrics, with the tags thread-id and SCOPE-id=ENTITY.
  /// The sensor that is there already, where one of that name is.
  Sensor& add_rate_total_sensor(const std::string& scope, const std::string& entity, const std::string& operation,
                                RecordingLevel level, MetricTags tags = {});
  /// The same, and OPERATION-latency-avg and -max: record() is told how long it took.
  Sensor& add_latency_rate_total_sensor(const std::string& scope, const std::string& entity,
                                        const std::string& operation, RecordingLevel level, MetricTags tags = {});
  /// A sensor without metrics; see Sensor::add.
  Sensor& add_sensor(const std::string& name, RecordingLevel level, std::vector<Sensor*> parents = {});
  /// Its metrics are gone, and so is the sensor.
  void remove_sensor(Sensor& sensor);

  // For the runtime.
  void turn();
  void show(std::vector<Metric>& to, double seconds) const;

 private:
  RecordingLevel level_;
  std::string thread_id_;
  std::map<std::string, std::unique_ptr<Sensor>> sensors_;
};

}  // namespace leat
