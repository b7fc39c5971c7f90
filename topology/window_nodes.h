// The nodes of windowed aggregations: over windows on a grid, and over sliding windows.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "topology/aggregate_nodes.h"
#include "topology/closed_windows.h"
#include "topology/windows.h"

namespace leat::detail {

/// What both share: the store, and how a record changes the aggregate of one window.
template <class K, class V, class VA>
class WindowedAggregation : public OperatorNode<K, V, Windowed<K>, Change<VA>> {
 public:
  void init(NodeRuntime& runtime) override {
    Node::init(runtime);
    StateStore* found = runtime.store(*this, core_->store());
    store_ = dynamic_cast<TimestampedWindowStore<K, VA>*>(found);
    if (!store_) store_refused(*this, core_->store(), found != nullptr);
    closed_.init(runtime, core_->store());
    if (closed_.used()) {
      forwarder_.init_uncached(this->outputs_, core_->sends_old_values());
    } else {
      forwarder_.init(runtime, *store_, this->outputs_, core_->sends_old_values());
    }
  }

 protected:
  using Row = ValueAndTimestamp<VA>;

  WindowedAggregation(std::shared_ptr<const TableCore<Windowed<K>, VA>> core, Aggregation<K, V, VA> aggregation,
                      ClosedWindows closed)
      : core_(std::move(core)), aggregation_(std::move(aggregation)), closed_(std::move(closed)) {}

  /// The initial value, or null.
  const VA* initial() { return aggregation_.initial(initial_) ? &initial_ : nullptr; }
  bool takes(const K* key, const V* value, bool null_values) {
    if (key && (value || null_values)) return true;
    this->runtime().dropped(*this, key ? DropCause::kNullValue : DropCause::kNullKey);
    return false;
  }
  std::int64_t observe(std::int64_t timestamp) { return stream_time_ = std::max(stream_time_, timestamp); }

  /// Takes the record into the aggregate of key_: `old` is what it was, null for none, `timestamp` the row's new one.
  void update(const V* value, const VA* old, std::int64_t timestamp, RecordContext& context) {
    const bool present = aggregation_.step(key_.key, value, old, row_.value, context);
    if (forwarder_.sends_old_values()) old_.set(old);
    row_.timestamp = timestamp;
    store_->write(key_.key, key_.window.start, present ? &row_ : nullptr);
    if (closed_.used()) return;
    forwarder_.maybe_forward(key_, present ? &row_.value : nullptr, old_.get(), timestamp, context);
  }

  /// Puts out the windows that start within [from, to]; all of them have ended at `close_time`.
  void emit(std::int64_t from, std::int64_t to, std::int64_t close_time, RecordContext& context) {
    auto rows = store_->fetch_all(from, to);
    while (const auto* row = rows.next()) {
      forwarder_.maybe_forward(row->key, &row->value.value, nullptr, row->value.timestamp, context);
    }
    closed_.emitted(close_time);
  }

  std::shared_ptr<const TableCore<Windowed<K>, VA>> core_;
  Aggregation<K, V, VA> aggregation_;
  TimestampedWindowStore<K, VA>* store_ = nullptr;
  TableForwarder<Windowed<K>, VA> forwarder_;
  ClosedWindows closed_;
  Windowed<K> key_;

 private:
  std::int64_t stream_time_ = -1;
  Row row_;
  VA initial_{};
  Scratch<VA> old_;
};

/// Tumbling, hopping and unlimited windows.
template <class K, class V, class VA, class W>
class WindowAggregateNode final : public WindowedAggregation<K, V, VA> {
 public:
  WindowAggregateNode(std::shared_ptr<const TableCore<Windowed<K>, VA>> core, Aggregation<K, V, VA> aggregation,
                      W windows, ClosedWindows closed = {})
      : WindowedAggregation<K, V, VA>(std::move(core), std::move(aggregation), std::move(closed)), windows_(windows) {}

  void process(const K* key, const V* value, RecordContext& context) override {
    if (!this->takes(key, value, this->aggregation_.sees_null_values)) return;
    const std::int64_t close_time = this->observe(context.timestamp) - windows_.grace_ms();
    this->key_.key = *key;
    windows_.for_each_window(context.timestamp, [&](Window window) {
      if (window.end <= close_time) return this->runtime().dropped(*this, DropCause::kWindowClosed);
      this->key_.window = window;
      const auto* row = this->store_->find(*key, window.start);
      const std::int64_t timestamp = row ? std::max(context.timestamp, row->timestamp.ms()) : context.timestamp;
      this->update(value, row ? &row->value : this->initial(), timestamp, context);
    });
    if (this->closed_.due(close_time)) emit_closed(close_time, context);
  }

 private:
  /// A window's end is not part of it: it has closed where its end is the close time.
  void emit_closed(std::int64_t close_time, RecordContext& context) {
    const std::int64_t to = close_time - windows_.size_ms();
    if (to < 0) return;
    std::int64_t from = 0;
    if (const auto& last = this->closed_.last()) {
      const std::int64_t emitted_to = std::max<std::int64_t>(0, *last - windows_.size_ms());
      if (windows_.in_same_windows(to, emitted_to)) return;
      from = emitted_to + 1;
    }
    this->emit(from, to, close_time, context);
  }

  W windows_;
};

/// Sliding windows. Every record ends a window, its left one; it also begins one a millisecond later, its right one,
/// once there is a record to be in it. So a record may have to: be taken into the windows around it; make its left
/// window, from the aggregate of the window before where that overlaps; make its own right window, from what is already
/// known of later records; and make the right window of the record before it.
template <class K, class V, class VA>
class SlidingAggregateNode final : public WindowedAggregation<K, V, VA> {
 public:
  SlidingAggregateNode(std::shared_ptr<const TableCore<Windowed<K>, VA>> core, Aggregation<K, V, VA> aggregation,
                       SlidingWindows windows, ClosedWindows closed = {})
      : WindowedAggregation<K, V, VA>(std::move(core), std::move(aggregation), std::move(closed)), windows_(windows) {}

  void process(const K* key, const V* value, RecordContext& context) override {
    if (!this->takes(key, value, false)) return;
    const std::int64_t time = context.timestamp;
    close_time_ = this->observe(time) - windows_.grace_ms();
    if (time + windows_.size_ms() < close_time_) return this->runtime().dropped(*this, DropCause::kWindowClosed);
    this->key_.key = *key;
    starts_.clear();
    right_present_ = false;
    previous_.reset();
    // As in Kafka an early record closes nothing.
    if (time < windows_.size_ms()) return process_early(value, time, context);
    process_around(value, time, context);
    if (this->closed_.due(close_time_)) emit_closed(context);
  }

 private:
  using Row = ValueAndTimestamp<VA>;

  void process_around(const V* value, std::int64_t time, RecordContext& context) {
    bool left_made = false, right_made = false;
    bool left_present = false;
    const std::int64_t from = std::max<std::int64_t>(0, time - 2 * windows_.size_ms());
    // Up to the start of the record's own right window.
    auto rows = this->store_->backward_fetch(this->key_.key, from, time + 1);
    while (const auto* row = rows.next()) {
      const std::int64_t start = row->key.ms();
      const std::int64_t end = start + windows_.size_ms();
      starts_.push_back(start);
      if (start == time + 1) {
        right_made = true;
      } else if (end > time) {
        if (!right_present_) keep_right(row->value);
        take_into(start, value, &row->value, context);
      } else if (end == time) {
        left_made = true;
        // With a record of this very time in it, nothing is new.
        const std::int64_t latest = row->value.timestamp;
        take_into(start, value, &row->value, context);
        if (latest >= time) return;
        previous_ = latest;
      } else {
        left_ = row->value;
        left_present = true;
        previous_ = row->value.timestamp.ms();
        break;
      }
    }
    if (previous_ && !made(*previous_ + 1) && *previous_ + 1 + windows_.size_ms() >= time) {
      take_into(*previous_ + 1, value, nullptr, context);
    }
    if (!left_made) {
      const bool overlaps = left_present && previous_ && time - windows_.size_ms() <= *previous_;
      take_into(time - windows_.size_ms(), value, overlaps ? &left_ : nullptr, context);
    }
    if (!right_made && right_present_ && right_.timestamp > time) make_right(time, context);
  }

  /// Left windows of records before the first full time difference would begin below 0: they share the window from 0.
  void process_early(const V* value, std::int64_t time, RecordContext& context) {
    bool right_made = false, first_present = false;
    auto rows = this->store_->fetch(this->key_.key, 0, time + 1);
    while (const auto* row = rows.next()) {
      const std::int64_t start = row->key.ms();
      starts_.push_back(start);
      if (start == 0) {
        first_ = row->value;
        first_present = true;
        if (first_.timestamp < time) previous_ = first_.timestamp.ms();
      } else if (start <= time) {
        keep_right(row->value);
        take_into(start, value, &row->value, context);
      } else {
        right_made = true;
      }
    }
    if (!right_present_ && first_present && first_.timestamp > time) keep_right(first_);
    if (!right_made && right_present_ && right_.timestamp > time) make_right(time, context);
    if (previous_ && !made(*previous_ + 1)) take_into(*previous_ + 1, value, nullptr, context);
    take_into(0, value, first_present ? &first_ : nullptr, context);
  }

  /// A window's end is part of it: it has closed where its end lies before the close time.
  void emit_closed(RecordContext& context) {
    const std::int64_t to = close_time_ - windows_.size_ms() - 1;
    if (to < 0) return;
    const auto& last = this->closed_.last();
    this->emit(last ? std::max<std::int64_t>(0, *last - windows_.size_ms()) : 0, to, close_time_, context);
  }

  bool made(std::int64_t start) const { return std::find(starts_.begin(), starts_.end(), start) != starts_.end(); }
  void keep_right(const Row& row) {
    right_ = row;
    right_present_ = true;
  }
  /// Takes the record into the window from `start`, whose row is `row`, null for a new window.
  void take_into(std::int64_t start, const V* value, const Row* row, RecordContext& context) {
    this->key_.window = {start, start + windows_.size_ms()};
    if (this->key_.window.end < close_time_) return this->runtime().dropped(*this, DropCause::kWindowClosed);
    const std::int64_t timestamp = row ? std::max(context.timestamp, row->timestamp.ms()) : context.timestamp;
    this->update(value, row ? &row->value : this->initial(), timestamp, context);
  }
  /// The record's own right window, of the later records that are known already.
  void make_right(std::int64_t time, RecordContext& context) {
    this->key_.window = {time + 1, time + 1 + windows_.size_ms()};
    this->store_->write(this->key_.key, time + 1, &right_);
    if (this->closed_.used()) return;
    this->forwarder_.maybe_forward(this->key_, &right_.value, nullptr, right_.timestamp, context);
  }

  SlidingWindows windows_;
  std::int64_t close_time_ = 0;
  std::vector<std::int64_t> starts_;
  std::optional<std::int64_t> previous_;  ///< the latest record before this one, where its right window may be missing
  Row left_, right_, first_;
  bool right_present_ = false;
};

/// The node for a kind of windows.
template <class K, class V, class VA, class W>
struct WindowNode {
  using Type = WindowAggregateNode<K, V, VA, W>;
};
template <class K, class V, class VA>
struct WindowNode<K, V, VA, SlidingWindows> {
  using Type = SlidingAggregateNode<K, V, VA>;
};

}  // namespace leat::detail
