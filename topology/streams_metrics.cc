#include "topology/streams_metrics.h"

#include <algorithm>
#include <limits>

namespace leat {

void Sensor::record(double value) {
  if (!recorded_) return;
  now_.min = now_.count == 0 ? value : std::min(now_.min, value);
  now_.max = now_.count == 0 ? value : std::max(now_.max, value);
  now_.count += 1;
  now_.sum += value;
  total_ += value;
  count_ += 1;
  last_ = value;
  for (Sensor* parent : parents_) parent->record(value);
}

Sensor& Sensor::add(MetricName metric, std::string description, SensorStat stat) {
  shown_.push_back({std::move(metric), std::move(description), stat});
  return *this;
}

void Sensor::turn() {
  before_ = now_;
  now_ = {};
}

double Sensor::of_stat(SensorStat stat, double seconds) const {
  const bool none = now_.count + before_.count == 0;
  constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
  switch (stat) {
    case SensorStat::kAvg: return none ? kNothing : (now_.sum + before_.sum) / (now_.count + before_.count);
    case SensorStat::kMin:
      if (none) return kNothing;
      return now_.count == 0 ? before_.min : before_.count == 0 ? now_.min : std::min(now_.min, before_.min);
    case SensorStat::kMax:
      if (none) return kNothing;
      return now_.count == 0 ? before_.max : before_.count == 0 ? now_.max : std::max(now_.max, before_.max);
    case SensorStat::kRate: return (now_.sum + before_.sum) / seconds;
    case SensorStat::kTotal: return total_;
    case SensorStat::kCountRate: return (now_.count + before_.count) / seconds;
    case SensorStat::kCountTotal: return count_;
    case SensorStat::kLast: return last_;
  }
  return kNothing;
}

Sensor& StreamsMetrics::add_sensor(const std::string& name, RecordingLevel level, std::vector<Sensor*> parents) {
  std::unique_ptr<Sensor>& sensor = sensors_[name];
  if (!sensor) {
    sensor.reset(new Sensor(name, level <= level_));
    sensor->parents_ = std::move(parents);
  }
  return *sensor;
}

namespace {

struct OfOperation {
  std::string sensor;
  std::string group;
  MetricTags tags;
};

OfOperation name_of(const std::string& thread_id, const std::string& scope, const std::string& entity,
                    const std::string& operation, MetricTags tags) {
  OfOperation named{thread_id + "." + scope + "." + entity + "." + operation, "stream-" + scope + "-metrics",
                    std::move(tags)};
  for (const auto& [tag, value] : named.tags) named.sensor += "." + value;
  named.tags["thread-id"] = thread_id;
  named.tags[scope + "-id"] = entity;
  return named;
}

}  // namespace

Sensor& StreamsMetrics::add_rate_total_sensor(const std::string& scope, const std::string& entity,
                                              const std::string& operation, RecordingLevel level, MetricTags tags) {
  const OfOperation named = name_of(thread_id_, scope, entity, operation, std::move(tags));
  const bool new_one = !sensors_.contains(named.sensor);
  Sensor& sensor = add_sensor(named.sensor, level);
  if (!new_one) return sensor;
  return sensor
      .add({operation + "-rate", named.group, named.tags}, operation + " operations, per second", SensorStat::kRate)
      .add({operation + "-total", named.group, named.tags}, operation + " operations, since the start",
           SensorStat::kTotal);
}

Sensor& StreamsMetrics::add_latency_rate_total_sensor(const std::string& scope, const std::string& entity,
                                                      const std::string& operation, RecordingLevel level,
                                                      MetricTags tags) {
  const OfOperation named = name_of(thread_id_, scope, entity, operation, std::move(tags));
  const bool new_one = !sensors_.contains(named.sensor);
  Sensor& sensor = add_sensor(named.sensor, level);
  if (!new_one) return sensor;
  const auto add = [&](const char* what, const char* says, SensorStat stat) {
    sensor.add({operation + what, named.group, named.tags}, operation + says, stat);
  };
  add("-latency-avg", " latency, on average", SensorStat::kAvg);
  add("-latency-max", " latency, at most", SensorStat::kMax);
  add("-rate", " operations, per second", SensorStat::kCountRate);
  add("-total", " operations, since the start", SensorStat::kCountTotal);
  return sensor;
}

void StreamsMetrics::remove_sensor(Sensor& sensor) {
  for (auto& [name, each] : sensors_) std::erase(each->parents_, &sensor);
  sensors_.erase(std::string(sensor.name()));
}

void StreamsMetrics::turn() {
  for (auto& [name, sensor] : sensors_) sensor->turn();
}

void StreamsMetrics::show(std::vector<Metric>& to, double seconds) const {
  for (const auto& [name, sensor] : sensors_) {
    if (!sensor->recorded_) continue;
    for (const Sensor::Shown& shown : sensor->shown_)
      to.push_back({shown.name, shown.description, sensor->of_stat(shown.stat, seconds)});
  }
}

}  // namespace leat
