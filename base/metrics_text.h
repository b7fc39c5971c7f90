// MetricsText: metrics in the text format of Prometheus.
//
//   MetricsText text;
//   text.family("kafka_topic_partitions", "gauge", "Number of partitions of a topic");
//   text.sample({{"topic", "orders"}}, 3);
//   reply({200, std::string(MetricsText::kContentType), text.take()});
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/loop.h"

namespace leat {

/// How often something took how long. Adding costs a search among a few bounds.
class LatencyHistogram {
 public:
  static constexpr std::array<double, 16> kBoundsS = {0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                                      0.025,   0.05,   0.1,     0.25,   0.5,   1,      2.5,   10};

  void add(Duration took);
  std::uint64_t count() const { return count_; }
  double sum_s() const { return sum_s_; }
  /// How many took no longer than kBoundsS[i], and longer than the bound before it.
  std::uint64_t count_in(std::size_t i) const { return counts_[i]; }

 private:
  std::array<std::uint64_t, kBoundsS.size()> counts_{};
  std::uint64_t count_ = 0;
  double sum_s_ = 0;
};

class MetricsText {
 public:
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";
  using Label = std::pair<std::string_view, std::string_view>;
  using Labels = std::initializer_list<Label>;

  /// Begins a family, which all samples belong to that come before the next one. `type` is counter, gauge or histogram.
  void family(std::string_view name, std::string_view type, std::string_view help);
  void sample(Labels labels, std::int64_t value);
  void sample(Labels labels, double value) { sample(std::span(labels.begin(), labels.size()), value); }
  void sample(std::span<const Label> labels, double value);
  void histogram(Labels labels, const LatencyHistogram& histogram);

  std::string take() { return std::move(text_); }

 private:
  void begin_sample(std::string_view suffix, Labels labels, std::string_view bound = {}) {
    begin_sample(suffix, std::span(labels.begin(), labels.size()), bound);
  }
  void begin_sample(std::string_view suffix, std::span<const Label> labels, std::string_view bound = {});

  std::string text_;
  std::string family_;
};

}  // namespace leat
