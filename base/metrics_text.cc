#include "base/metrics_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace leat {

namespace {

void append_escaped(std::string& to, std::string_view value) {
  for (const char c : value) {
    if (c == '\n') {
      to += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') to += '\\';
    to += c;
  }
}

}  // namespace

void LatencyHistogram::add(Duration took) {
  const double seconds = std::chrono::duration<double>(took).count();
  const auto* bound = std::lower_bound(kBoundsS.begin(), kBoundsS.end(), seconds);
  if (bound != kBoundsS.end()) ++counts_[static_cast<std::size_t>(bound - kBoundsS.begin())];
  ++count_;
  sum_s_ += seconds;
}

void MetricsText::family(std::string_view name, std::string_view type, std::string_view help) {
  family_ = name;
  fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void MetricsText::begin_sample(std::string_view suffix, std::span<const Label> labels, std::string_view bound) {
  text_ += family_;
  text_ += suffix;
  char separator = '{';
  for (const auto& [name, value] : labels) {
    text_ += std::exchange(separator, ',');
    text_ += name;
    text_ += "=\"";
    append_escaped(text_, value);
    text_ += '"';
  }
  if (!bound.empty()) fmt::format_to(std::back_inserter(text_), "{}le=\"{}\"", std::exchange(separator, ','), bound);
  text_ += separator == ',' ? "} " : " ";
}

void MetricsText::sample(Labels labels, std::int64_t value) {
  begin_sample("", labels);
  fmt::format_to(std::back_inserter(text_), "{}\n", value);
}

void MetricsText::sample(std::span<const Label> labels, double value) {
  begin_sample("", labels);
  if (std::isnan(value)) {
    text_ += "NaN\n";
  } else {
    fmt::format_to(std::back_inserter(text_), "{}\n", value);
  }
}

void MetricsText::histogram(Labels labels, const LatencyHistogram& histogram) {
  std::uint64_t up_to = 0;
  for (std::size_t i = 0; i < LatencyHistogram::kBoundsS.size(); ++i) {
    up_to += histogram.count_in(i);
    begin_sample("_bucket", labels, fmt::format("{}", LatencyHistogram::kBoundsS[i]));
    fmt::format_to(std::back_inserter(text_), "{}\n", up_to);
  }
  begin_sample("_bucket", labels, "+Inf");
  fmt::format_to(std::back_inserter(text_), "{}\n", histogram.count());
  begin_sample("_sum", labels);
  fmt::format_to(std::back_inserter(text_), "{}\n", histogram.sum_s());
  begin_sample("_count", labels);
  fmt::format_to(std::back_inserter(text_), "{}\n", histogram.count());
}

}  // namespace leat
