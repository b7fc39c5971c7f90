// The node of session aggregations, and how others read its table.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "state/session_store.h"
#include "topology/aggregation.h"
#include "topology/closed_windows.h"
#include "topology/windows.h"

namespace leat::detail {

template <class K, class VA>
class SessionGetter final : public ValueGetter<Windowed<K>, VA> {
 public:
  explicit SessionGetter(std::string store) : name_(std::move(store)) {}
  void init(const Node& reader, NodeRuntime& runtime) override {
    store_ = dynamic_cast<SessionStore<K, VA>*>(runtime.store(reader, name_));
    if (!store_) store_refused(reader, name_, false);
  }
  const VA* get(const Windowed<K>& key, std::int64_t& timestamp) override {
    const VA* value = store_->find(key);
    if (value) timestamp = key.window.end;
    return value;
  }

 private:
  std::string name_;
  SessionStore<K, VA>* store_ = nullptr;
};

template <class K, class VA>
class SessionAggregateCore final : public TableCore<Windowed<K>, VA> {
 public:
  explicit SessionAggregateCore(std::string store) { this->store_ = std::move(store); }
  TableView<Windowed<K>, VA> view() override {
    const std::string store = this->store_;
    return {make_getter<SessionGetter<K, VA>, Windowed<K>, VA>(store), {store}};
  }
};

/// The aggregate of two sessions that become one; `a` is null where the initial value is. False: null.
template <class K, class VA>
using SessionMerger = CopyFunction<bool(const K& key, const VA* a, const VA& b, VA& result)>;

template <class K, class VA, class F>
SessionMerger<K, VA> make_merger(F merger) {
  constexpr bool kTakesKey = std::is_invocable_v<F&, const K&, const VA&, const VA&>;
  static_assert(kTakesKey || std::is_invocable_v<F&, const VA&, const VA&>,
                "the merger of sessions takes (key, aggregate, aggregate) or (aggregate, aggregate)");
  return [f = std::move(merger)](const K& key, const VA* a, const VA& b, VA& result) mutable {
    using A = Parameter<F, kTakesKey ? 1 : 0, const VA&>;
    if constexpr (!kIsOptional<A>) {
      if (!a) throw ProcessingError("the initializer returned null, but the merger takes no null");
    }
    if constexpr (kTakesKey) {
      return keep(f(key, argument<A>(a), b), result);
    } else {
      return keep(f(argument<A>(a), b), result);
    }
  };
}

/// A record's session is its own time with all sessions of the key that lie within the gap. Their rows are removed,
/// each with a tombstone downstream, and the one that they make together is written. Results carry no headers, as in
/// Kafka, unless a record cache held them back.
template <class K, class V, class VA>
class SessionAggregateNode final : public OperatorNode<K, V, Windowed<K>, Change<VA>> {
 public:
  SessionAggregateNode(std::shared_ptr<const TableCore<Windowed<K>, VA>> core, Aggregation<K, V, VA> aggregation,
                       SessionMerger<K, VA> merger, SessionWindows windows, ClosedWindows closed = {})
      : core_(std::move(core)),
        aggregation_(std::move(aggregation)),
        merger_(std::move(merger)),
        windows_(windows),
        closed_(std::move(closed)) {}

  void init(NodeRuntime& runtime) override {
    Node::init(runtime);
    StateStore* found = runtime.store(*this, core_->store());
    store_ = dynamic_cast<SessionStore<K, VA>*>(found);
    if (!store_) store_refused(*this, core_->store(), found != nullptr);
    closed_.init(runtime, core_->store());
    if (closed_.used()) return;
    cached_ = store_->set_flush_listener(
        [this](const Windowed<K>& key, const VA* value, const VA* old) {
          forward_at_end(key, value, old, this->runtime().context());
        },
        core_->sends_old_values());
  }

  void process(const K* key, const V* value, RecordContext& context) override {
    if (!key) return this->runtime().dropped(*this, DropCause::kNullKey);
    if (!value && !aggregation_.sees_null_values) return this->runtime().dropped(*this, DropCause::kNullValue);
    stream_time_ = std::max(stream_time_, context.timestamp);
    const std::int64_t close_time = stream_time_ - windows_.kept_ms();
    aggregate(key, value, close_time, context);
    if (closed_.due(close_time)) emit_closed(close_time, context);
  }

 private:
  struct Merged {
    Window session;
    VA value;
  };

  void aggregate(const K* key, const V* value, std::int64_t close_time, RecordContext& context) {
    const std::int64_t time = context.timestamp;
    const Window alone{time, time};
    Window session = alone;
    bool present = aggregation_.initial(aggregate_);
    merged_.clear();
    auto rows = store_->find_sessions(*key, time - windows_.gap_ms(), time + windows_.gap_ms());
    while (const auto* row = rows.next()) {
      merged_.push_back({row->key.window, row->value});
      present = merger_(*key, present ? &aggregate_ : nullptr, row->value, result_);
      std::swap(aggregate_, result_);
      session.start = std::min(session.start, row->key.window.start);
      session.end = std::max(session.end, row->key.window.end);
    }
    if (session.end < close_time) {
      return this->runtime().dropped(*this, DropCause::kWindowClosed);
    }
    key_.key = *key;
    if (session != alone) {
      for (const Merged& part : merged_) {
        key_.window = part.session;
        store_->remove(key_);
        forward(nullptr, &part.value, context);
      }
    }
    key_.window = session;
    present = aggregation_.step(*key, value, present ? &aggregate_ : nullptr, result_, context);
    store_->write(key_, present ? &result_ : nullptr);
    forward(present ? &result_ : nullptr, nullptr, context);
  }

  /// A session's end is part of it: it has closed where its end lies before the close time.
  void emit_closed(std::int64_t close_time, RecordContext& context) {
    const std::int64_t earliest = std::max<std::int64_t>(0, closed_.last().value_or(0));
    if (close_time - 1 < earliest) return;
    auto rows = store_->find_sessions(earliest, close_time - 1);
    while (const auto* row = rows.next()) forward_at_end(row->key, &row->value, nullptr, context);
    closed_.emitted(close_time);
  }
  void forward(const VA* value, const VA* old, RecordContext& context) {
    if (cached_ || closed_.used()) return;
    none_.clear();
    Headers* const headers = context.headers;
    context.headers = &none_;
    forward_at_end(key_, value, old, context);
    context.headers = headers;
  }
  void forward_at_end(const Windowed<K>& key, const VA* value, const VA* old, RecordContext& context) {
    const Change<VA> change{value, core_->sends_old_values() ? old : nullptr, true};
    const std::int64_t before = context.timestamp;
    context.timestamp = key.window.end;
    this->outputs_.forward(&key, &change, context);
    context.timestamp = before;
  }

  std::shared_ptr<const TableCore<Windowed<K>, VA>> core_;
  Aggregation<K, V, VA> aggregation_;
  SessionMerger<K, VA> merger_;
  SessionWindows windows_;
  ClosedWindows closed_;
  SessionStore<K, VA>* store_ = nullptr;
  bool cached_ = false;
  std::int64_t stream_time_ = -1;
  std::vector<Merged> merged_;
  Windowed<K> key_;
  VA aggregate_{};
  VA result_{};
  Headers none_;
};

}  // namespace leat::detail
