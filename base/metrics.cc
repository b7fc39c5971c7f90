#include "base/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/metrics_text.h"

namespace leat {

std::int64_t Spread::max() const {
  if (now_.count == 0) return before_.max;
  return before_.count == 0 ? now_.max : std::max(now_.max, before_.max);
}

std::int64_t Spread::min() const {
  if (now_.count == 0) return before_.min;
  return before_.count == 0 ? now_.min : std::min(now_.min, before_.min);
}

void MetricGroup::gauge(const std::string& name, std::string_view description, double value) {
  to_.push_back({{name, group_, tags_}, std::string(description), value});
}

void MetricGroup::text(const std::string& name, std::string_view description, std::string value) {
  to_.push_back({{name, group_, tags_}, std::string(description), std::move(value)});
}

void MetricGroup::rate(const std::string& name, std::string_view description, const Counter& counter) {
  gauge(name + "-rate", fmt::format("{}, per second", description), counter.rate(seconds_));
}

void MetricGroup::rate_and_total(const std::string& name, std::string_view description, const Counter& counter) {
  rate(name, description, counter);
  total(name + "-total", fmt::format("{}, since the start", description), counter);
}

void MetricGroup::ratio(const std::string& name, std::string_view description, const Counter& counter_ns) {
  gauge(name, description, std::min(1.0, counter_ns.rate(seconds_) / 1e9));
}

void MetricGroup::avg_and_max(const std::string& name, std::string_view description, const Spread& spread,
                              double unit) {
  constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
  gauge(name + "-avg", fmt::format("{}, on average", description), spread.empty() ? kNothing : spread.avg() / unit);
  gauge(name + "-max", fmt::format("{}, at most", description),
        spread.empty() ? kNothing : static_cast<double>(spread.max()) / unit);
}

void MetricGroup::min(const std::string& name, std::string_view description, const Spread& spread, double unit) {
  gauge(name + "-min", fmt::format("{}, at least", description),
        spread.empty() ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(spread.min()) / unit);
}

namespace {

/// Letters, digits and underscores, in lower case; no digit at the front.
std::string prometheus_name(std::string_view name) {
  std::string text;
  for (const unsigned char c : name) {
    const bool letter = std::isalpha(c) != 0;
    const bool digit = std::isdigit(c) != 0 && !text.empty();
    text += letter || digit ? static_cast<char>(std::tolower(c)) : '_';
  }
  return text;
}

/// One series of a family: its labels, the one of what has no number last.
struct Sample {
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;
};

}  // namespace

std::string prometheus_text(const std::vector<Metric>& metrics, const std::string& domain,
                            const std::map<std::string, std::string>& domains) {
  struct Family {
    std::string description;
    bool counts = false;
    std::vector<Sample> samples;
  };
  std::map<std::string, Family> families;
  for (const Metric& metric : metrics) {
    const auto own = domains.find(metric.name.group);
    std::string name = prometheus_name((own != domains.end() ? own->second : domain) + "_" + metric.name.group);
    const auto* text = std::get_if<std::string>(&metric.value);
    Sample sample;
    for (const auto& [tag, value] : metric.name.tags) sample.labels.emplace_back(prometheus_name(tag), value);
    // What has no number is a label of a series that is always 1.
    if (text != nullptr) {
      sample.labels.emplace_back(prometheus_name(metric.name.name), *text);
    } else {
      name += "_" + prometheus_name(metric.name.name);
    }
    sample.value = text != nullptr ? 1 : std::get<double>(metric.value);
    Family& family = families[name];
    if (family.samples.empty()) {
      family.description = text != nullptr ? "What has no number, as a label" : metric.description;
      family.counts = text == nullptr && name.ends_with("_total");
    }
    family.samples.push_back(std::move(sample));
  }
  MetricsText page;
  std::vector<MetricsText::Label> labels;
  for (auto& [name, family] : families) {
    page.family(name, family.counts ? "counter" : "gauge", family.description);
    std::stable_sort(family.samples.begin(), family.samples.end(),
                     [](const Sample& a, const Sample& b) { return a.labels < b.labels; });
    const Sample* last = nullptr;
    for (const Sample& sample : family.samples) {
      // One sample per set of labels.
      if (last != nullptr && last->labels == sample.labels) continue;
      last = &sample;
      labels.assign(sample.labels.begin(), sample.labels.end());
      page.sample(labels, sample.value);
    }
  }
  return page.take();
}

}  // namespace leat
