// Metrics: numbers that owners count, each on its own loop, and what readers see of them.
//
//   Counter processed;                                 // in the owner: a plain addition on the data path
//   processed.add(n);
//   if (window.due(now)) { window.turn(now); processed.turn(); }     // now and then
//   MetricGroup{metrics, "stream-thread-metrics", {{"thread-id", id}}, window.seconds(now)}
//       .rate_and_total("process", "records processed", processed);  // for a reader
//
// Rates, averages and maxima are those of the last one to two windows (Kafka's two samples of
// metrics.sample.window.ms).
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/loop.h"

namespace leat {

/// What is recorded and shown (metrics.recording.level); each level has all of those before it.
enum class RecordingLevel { kInfo, kDebug, kTrace };

using MetricTags = std::map<std::string, std::string>;

/// Kafka's MetricName: "process-rate" of the group "stream-thread-metrics", of one thread.
struct MetricName {
  std::string name;
  std::string group;
  MetricTags tags;
  auto operator<=>(const MetricName&) const = default;
};

/// One metric at one moment. Text is for what has no number: states, versions.
struct Metric {
  MetricName name;
  std::string description;
  std::variant<double, std::string> value;
};

/// The moments from which the figures of an owner count.
class MetricWindow {
 public:
  MetricWindow(Instant now, Duration length) : length_(length), older_(now), newer_(now) {}
  bool due(Instant now) const { return now - newer_ >= length_; }
  /// Everybody who counts in this window turns with it.
  void turn(Instant now) {
    older_ = newer_;
    newer_ = now;
  }
  /// What rates are divided by: at least one window, as in Kafka, so that a first record is no storm.
  double seconds(Instant now) const {
    return std::chrono::duration<double>(std::max<Duration>(now - older_, length_)).count();
  }

 private:
  Duration length_;
  Instant older_;
  Instant newer_;
};

/// A number that only grows.
class Counter {
 public:
  void add(std::int64_t n = 1) { total_ += n; }
  /// Takes over what somebody else has counted.
  void follow(std::int64_t total) { total_ = total; }
  std::int64_t total() const { return total_; }
  void turn() {
    older_ = newer_;
    newer_ = total_;
  }
  double rate(double seconds) const { return static_cast<double>(total_ - older_) / seconds; }

 private:
  std::int64_t total_ = 0;
  std::int64_t older_ = 0;
  std::int64_t newer_ = 0;
};

/// How a number is spread.
class Spread {
 public:
  void record(std::int64_t value) {
    ++now_.count;
    now_.sum += value;
    if (value < now_.min || now_.count == 1) now_.min = value;
    if (value > now_.max || now_.count == 1) now_.max = value;
  }
  void turn() {
    before_ = now_;
    now_ = {};
  }
  bool empty() const { return now_.count + before_.count == 0; }
  // Requires that it is not empty.
  double avg() const {
    return static_cast<double>(now_.sum + before_.sum) / static_cast<double>(now_.count + before_.count);
  }
  std::int64_t max() const;
  std::int64_t min() const;

 private:
  struct Part {
    std::int64_t count = 0, sum = 0, min = 0, max = 0;
  };
  Part now_;
  Part before_;
};

/// Puts metrics of one group and one set of tags behind the others of `to`.
class MetricGroup {
 public:
  MetricGroup(std::vector<Metric>& to, std::string group, MetricTags tags, double seconds = 1)
      : to_(to), group_(std::move(group)), tags_(std::move(tags)), seconds_(seconds) {}

  void gauge(const std::string& name, std::string_view description, double value);
  void text(const std::string& name, std::string_view description, std::string value);
  void total(const std::string& name, std::string_view description, const Counter& counter) {
    gauge(name, description, static_cast<double>(counter.total()));
  }
  /// NAME-rate and NAME-total.
  void rate_and_total(const std::string& name, std::string_view description, const Counter& counter);
  void rate(const std::string& name, std::string_view description, const Counter& counter);
  /// Of nanoseconds: the part of the time.
  void ratio(const std::string& name, std::string_view description, const Counter& counter_ns);
  /// NAME-avg and NAME-max; NaN, as in Kafka, while there is nothing. Values are divided by `unit`.
  void avg_and_max(const std::string& name, std::string_view description, const Spread& spread, double unit = 1);
  void min(const std::string& name, std::string_view description, const Spread& spread, double unit = 1);

 private:
  std::vector<Metric>& to_;
  std::string group_;
  MetricTags tags_;
  double seconds_;
};

/// The metrics as Prometheus reads them, under the names that a JMX exporter with Confluent's rules for Kafka Streams
/// gives them: kafka_streams_stream_thread_metrics_process_rate{thread_id="..."}. `domain` is the JMX domain of groups
/// that `domains` does not name.
std::string prometheus_text(const std::vector<Metric>& metrics, const std::string& domain = "kafka.streams",
                            const std::map<std::string, std::string>& domains = {});

}  // namespace leat
