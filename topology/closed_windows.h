// ClosedWindows: when an aggregation that emits on window close has results to put out, and how far it has come.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "topology/node.h"

namespace leat {

/// When a windowed aggregation puts out results (KIP-825): at every update of a window, or once, when stream time has
/// passed its end and grace.
class EmitStrategy {
 public:
  static EmitStrategy on_window_update() { return EmitStrategy(false); }
  static EmitStrategy on_window_close() { return EmitStrategy(true); }
  bool closes() const { return closes_; }

 private:
  explicit EmitStrategy(bool closes) : closes_(closes) {}
  bool closes_;
};

namespace detail {

/// Looks at most once per interval of the wall clock, and finds something only where the close time has moved on. The
/// last close time is committed beside the offsets, under the name of the store, so that no window is put out twice.
class ClosedWindows {
 public:
  /// Emits on update: there is never anything to look for.
  ClosedWindows() = default;
  ClosedWindows(EmitStrategy strategy, std::int64_t interval_ms)
      : used_(strategy.closes()), interval_ms_(interval_ms) {}

  bool used() const { return used_; }
  void init(NodeRuntime& runtime, std::string store) {
    runtime_ = &runtime;
    store_ = std::move(store);
    if (used_) last_ = runtime.processor_metadata(store_);
  }

  /// The close time of the last results; none before the first.
  const std::optional<std::int64_t>& last() const { return last_; }

  bool due(std::int64_t close_time) {
    if (!used_) return false;
    const std::int64_t now_ms = runtime_->current_system_time_ms();
    if (now_ms < next_look_ms_) return false;
    next_look_ms_ = now_ms + interval_ms_;
    return !last_ || *last_ < close_time;
  }
  void emitted(std::int64_t close_time) {
    last_ = close_time;
    runtime_->keep_processor_metadata(store_, close_time);
  }

 private:
  bool used_ = false;
  std::int64_t interval_ms_ = 0;
  NodeRuntime* runtime_ = nullptr;
  std::string store_;
  std::int64_t next_look_ms_ = 0;
  std::optional<std::int64_t> last_;
};

}  // namespace detail
}  // namespace leat
