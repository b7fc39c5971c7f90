// Story: what happened in one seed, as far as it matters to whoever reads a failure: faults, and the first violation.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/sim/sim_world.h"

namespace leat::whole {

class Story {
 public:
  explicit Story(const sim::SimWorld& sim) : sim_(sim) {}

  void tell(const std::string& event) {
    lines_.push_back(stamp() + event);
    log_line(LogLevel::kInfo, "story", lines_.back());
  }
  /// The first one counts: what comes behind it may be its consequence.
  void violate(const std::string& what) {
    if (violation_) return;
    violation_ = what;
    tell("VIOLATION: " + what);
  }
  const std::optional<std::string>& violation() const { return violation_; }
  std::string stamp() const {
    const auto ms = std::chrono::duration<double, std::milli>(sim_.now().time_since_epoch()).count();
    return fmt::format("{:>10.3f} ms  ", ms);
  }
  std::string text() const { return fmt::format("{}\n", fmt::join(lines_, "\n")); }

 private:
  const sim::SimWorld& sim_;
  std::vector<std::string> lines_;
  std::optional<std::string> violation_;
};

}  // namespace leat::whole
