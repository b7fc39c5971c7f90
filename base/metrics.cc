#include "base/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

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

std::string escaped(std::string_view value, bool quotes) {
  std::string text;
  for (const char c : value) {
    if (c == '\\') {
      text += "\\\\";
    } else if (c == '\n') {
      text += "\\n";
    } else if (quotes && c == '"') {
      text += "\\\"";
    } else {
      text += c;
    }
  }
  return text;
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

}  // namespace

std::string prometheus_text(const std::vector<Metric>& metrics, const std::string& domain,
                            const std::map<std::string, std::string>& domains) {
  struct Family {
    std::string description;
    bool counts = false;
    std::vector<std::string> samples;
  };
  std::map<std::string, Family> families;
  for (const Metric& metric : metrics) {
    const auto own = domains.find(metric.name.group);
    std::string name = prometheus_name((own != domains.end() ? own->second : domain) + "_" + metric.name.group);
    const auto* text = std::get_if<std::string>(&metric.value);
    std::string labels;
    for (const auto& [tag, value] : metric.name.tags)
      labels += fmt::format("{}{}=\"{}\"", labels.empty() ? "" : ",", prometheus_name(tag), escaped(value, true));
    // What has no number is a label of a series that is always 1.
    if (text != nullptr) {
      labels += fmt::format("{}{}=\"{}\"", labels.empty() ? "" : ",", prometheus_name(metric.name.name),
                            escaped(*text, true));
    } else {
      name += "_" + prometheus_name(metric.name.name);
    }
    Family& family = families[name];
    if (family.samples.empty()) {
      family.description = text != nullptr ? "What has no number, as a label" : metric.description;
      family.counts = text == nullptr && name.ends_with("_total");
    }
    const double value = text != nullptr ? 1 : std::get<double>(metric.value);
    family.samples.push_back(labels.empty() ? fmt::format("{} {}\n", name, number(value))
                                            : fmt::format("{}{{{}}} {}\n", name, labels, number(value)));
  }
  std::string page;
  for (auto& [name, family] : families) {
    page += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, escaped(family.description, false), name,
                        family.counts ? "counter" : "gauge");
    // One sample per set of labels.
    std::sort(family.samples.begin(), family.samples.end());
    const auto same_series = [](const std::string& a, const std::string& b) {
      return a.substr(0, a.rfind(' ')) == b.substr(0, b.rfind(' '));
    };
    family.samples.erase(std::unique(family.samples.begin(), family.samples.end(), same_series), family.samples.end());
    for (const std::string& sample : family.samples) page += sample;
  }
  return page;
}

}  // namespace leat
