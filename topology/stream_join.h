// Joins of two streams within a time window. Each side's records are kept in a window store of their own, where the
// other side's look for partners; records without one wait, in a left or outer join, until their window has closed.
//
//   this stream  -> WINDOWED (keeps it) -> JOINTHIS  (looks into the other's store) --> MERGE
//   other stream -> WINDOWED (keeps it) -> JOINOTHER (looks into this one's store)  -->
//
// (org.apache.kafka.streams.kstream.internals.KStreamImplJoin, KStreamKStreamJoin)
#pragma once

#include <algorithm>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "state/window_store.h"
#include "topology/kstream.h"
#include "topology/outer_join_store.h"

namespace leat::detail {

/// Fills `result`; false: null. A record that has met no partner in time comes with null in its place.
template <class K, class V1, class V2, class VR>
using StreamJoiner =
    CopyFunction<bool(const K* key, const V1* mine, const V2* other, VR& result, const RecordContext& context)>;

/// What both sides of a join share in a task.
struct JoinClock {
  std::int64_t stream_time = -1;
  /// No record that waits is older than this.
  std::int64_t oldest_waiting = std::numeric_limits<std::int64_t>::max();
  std::int64_t next_look_ms = 0;
};

/// Keeps the records of one side. Forwards first, as Kafka does: a record of a self-join does not meet itself twice.
template <class K, class V>
class JoinWindowNode final : public OperatorNode<K, V, K, V> {
 public:
  explicit JoinWindowNode(std::string store) : name_(std::move(store)) {}
  void init(NodeRuntime& runtime) override {
    Node::init(runtime);
    store_ = dynamic_cast<WindowStore<K, V>*>(runtime.store(*this, name_));
    if (!store_) store_refused(*this, name_, false);
  }
  void process(const K* key, const V* value, RecordContext& context) override {
    this->forward(key, value, context);
    if (key) store_->write(*key, context.timestamp, value);
  }

 private:
  std::string name_;
  WindowStore<K, V>* store_ = nullptr;
};

/// Where one side of a join looks.
struct JoinReach {
  std::int64_t before_ms, after_ms;          ///< of this side
  std::int64_t left_wait_ms, right_wait_ms;  ///< how long records of either side wait for a partner
  std::int64_t grace_ms;
  bool outer;  ///< whether this side's records come alone when nobody has come
  std::string other_store;
  std::string unjoined_store;  ///< empty: nobody waits
};

/// V1 is the left stream's type, V2 the right's; VThis and VOther are those of this side.
template <class K, class V1, class V2, class VR, bool kLeft>
class StreamJoinNode final : public OperatorNode<K, std::conditional_t<kLeft, V1, V2>, K, VR> {
 public:
  using VThis = std::conditional_t<kLeft, V1, V2>;
  using VOther = std::conditional_t<kLeft, V2, V1>;

  StreamJoinNode(JoinReach reach, StreamJoiner<K, V1, V2, VR> joiner, std::shared_ptr<JoinClock> clock,
                 std::int64_t look_every_ms)
      : reach_(std::move(reach)), joiner_(std::move(joiner)), clock_(std::move(clock)), look_every_ms_(look_every_ms) {}

  void init(NodeRuntime& runtime) override {
    Node::init(runtime);
    other_ = dynamic_cast<WindowStore<K, VOther>*>(runtime.store(*this, reach_.other_store));
    if (!other_) store_refused(*this, reach_.other_store, false);
    if (reach_.unjoined_store.empty()) return;
    unjoined_ = dynamic_cast<UnjoinedStore<K, V1, V2>*>(runtime.store(*this, reach_.unjoined_store));
    if (!unjoined_) store_refused(*this, reach_.unjoined_store, false);
  }

  void process(const K* key, const VThis* value, RecordContext& context) override {
    const std::int64_t timestamp = context.timestamp;
    clock_->stream_time = std::max(clock_->stream_time, timestamp);
    if (reach_.outer && !key && value) return emit(nullptr, value, nullptr, timestamp, context);
    if (!key || !value) return this->runtime().dropped(*this, key ? DropCause::kNullValue : DropCause::kNullKey);
    if (unjoined_ && timestamp == clock_->stream_time) emit_unjoined(context);

    const std::int64_t from = std::max<std::int64_t>(0, timestamp - reach_.before_ms);
    const std::int64_t to = std::max<std::int64_t>(0, timestamp + reach_.after_ms);
    bool met = false;
    auto rows = other_->fetch(*key, from, to);
    while (const auto* row = rows.next()) {
      met = true;
      if (unjoined_) no_longer_waits({row->key, !kLeft, *key});
      emit(key, value, &row->value, std::max<std::int64_t>(timestamp, row->key), context);
    }
    if (!reach_.outer || met) return;
    if (!unjoined_ || to < clock_->stream_time) return emit(key, value, nullptr, timestamp, context);
    clock_->oldest_waiting = std::min(clock_->oldest_waiting, timestamp);
    wait({timestamp, kLeft, *key}, *value);
  }

 private:
  static std::int64_t plus(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));  // wraps, as Java
  }

  void emit(const K* key, const VThis* mine, const VOther* other, std::int64_t timestamp, RecordContext& context) {
    if constexpr (kLeft) {
      emit_joined(key, mine, other, timestamp, context);
    } else {
      emit_joined(key, other, mine, timestamp, context);
    }
  }
  void emit_joined(const K* key, const V1* left, const V2* right, std::int64_t timestamp, RecordContext& context) {
    const bool present = joiner_(key, left, right, result_, context);
    const std::int64_t before = context.timestamp;
    context.timestamp = timestamp;
    this->forward(key, present ? &result_ : nullptr, context);
    context.timestamp = before;
  }

  void no_longer_waits(const JoinSideKey<K>& key) {
    if (unjoined_->find(key)) unjoined_->write(key, nullptr);
  }
  void wait(const JoinSideKey<K>& key, const VThis& value) {
    const auto* waiting = unjoined_->find(key);
    auto values = waiting ? *waiting : std::vector<LeftOrRight<V1, V2>>();
    auto& added = values.emplace_back();
    if constexpr (kLeft) {
      added.left = value;
    } else {
      added.right = value;
    }
    unjoined_->write(key, &values);
  }

  /// Lets those go, alone, whose window has closed.
  void emit_unjoined(RecordContext& context) {
    if (plus(plus(clock_->oldest_waiting, reach_.after_ms), reach_.grace_ms) >= clock_->stream_time) return;
    // Not too often: a look costs a scan.
    const std::int64_t now = this->runtime().current_system_time_ms();
    if (now < clock_->next_look_ms) return;
    clock_->next_look_ms = now + look_every_ms_;
    clock_->oldest_waiting = std::numeric_limits<std::int64_t>::max();
    bool left_open = false, right_open = false;
    std::optional<JoinSideKey<K>> emitted;
    auto rows = unjoined_->all();
    while (const auto* row = rows.next()) {
      clock_->oldest_waiting = row->key.timestamp;
      if (left_open && right_open) break;
      const std::int64_t waits = row->key.left ? reach_.left_wait_ms : reach_.right_wait_ms;
      if (clock_->oldest_waiting + waits + reach_.grace_ms >= clock_->stream_time) {
        (row->key.left ? left_open : right_open) = true;
        continue;
      }
      for (const LeftOrRight<V1, V2>& value : row->value)
        emit_joined(&row->key.key, value.left ? &*value.left : nullptr, value.right ? &*value.right : nullptr,
                    row->key.timestamp, context);
      // A key goes when its successor has been sent: a failure in between sends it again rather than never.
      if (emitted) unjoined_->write(*emitted, nullptr);
      emitted = row->key;
    }
    if (emitted) unjoined_->write(*emitted, nullptr);
  }

  JoinReach reach_;
  StreamJoiner<K, V1, V2, VR> joiner_;
  std::shared_ptr<JoinClock> clock_;
  std::int64_t look_every_ms_;
  WindowStore<K, VOther>* other_ = nullptr;
  UnjoinedStore<K, V1, V2>* unjoined_ = nullptr;
  VR result_{};
};

/// A stream joined with itself, where one store is enough: a record meets those before it as if it came from either
/// side, and itself in between, in the order that two stores would give.
template <class K, class V, class VR>
class StreamSelfJoinNode final : public OperatorNode<K, V, K, VR> {
 public:
  StreamSelfJoinNode(JoinReach reach, std::int64_t retention_ms, StreamJoiner<K, V, V, VR> joiner)
      : reach_(std::move(reach)), retention_ms_(retention_ms), joiner_(std::move(joiner)) {}

  void init(NodeRuntime& runtime) override {
    Node::init(runtime);
    store_ = dynamic_cast<WindowStore<K, V>*>(runtime.store(*this, reach_.other_store));
    if (!store_) store_refused(*this, reach_.other_store, false);
  }
  void process(const K* key, const V* value, RecordContext& context) override {
    if (!key || !value) return this->runtime().dropped(*this, key ? DropCause::kNullValue : DropCause::kNullKey);
    const std::int64_t timestamp = context.timestamp;
    stream_time_ = std::max(stream_time_, timestamp);
    bool meets_itself = timestamp > stream_time_ - retention_ms_ + 1;
    auto earlier = store_->fetch(*key, from(timestamp - reach_.before_ms), from(timestamp + reach_.after_ms));
    while (const auto* row = earlier.next())
      emit(*key, *value, row->value, std::max<std::int64_t>(timestamp, row->key), context);
    auto mirrored = store_->fetch(*key, from(timestamp - reach_.after_ms), from(timestamp + reach_.before_ms));
    while (const auto* row = mirrored.next()) {
      if (timestamp < row->key && std::exchange(meets_itself, false)) emit(*key, *value, *value, timestamp, context);
      emit(*key, row->value, *value, std::max<std::int64_t>(timestamp, row->key), context);
    }
    if (meets_itself) emit(*key, *value, *value, timestamp, context);
  }

 private:
  static std::int64_t from(std::int64_t time) { return std::max<std::int64_t>(0, time); }
  void emit(const K& key, const V& left, const V& right, std::int64_t timestamp, RecordContext& context) {
    const bool present = joiner_(&key, &left, &right, result_, context);
    const std::int64_t before = context.timestamp;
    context.timestamp = timestamp;
    this->forward(&key, present ? &result_ : nullptr, context);
    context.timestamp = before;
  }

  JoinReach reach_;
  std::int64_t retention_ms_;
  StreamJoiner<K, V, V, VR> joiner_;
  std::int64_t stream_time_ = -1;
  WindowStore<K, V>* store_ = nullptr;
  VR result_{};
};

/// Erases a joiner that takes both values, or the key before them.
template <class F, class K, class V1, class V2>
struct StreamJoinerOf {
  static constexpr bool kTakesKey = std::is_invocable_v<F&, const K&, const V1&, const V2&>;
  static_assert(kTakesKey || std::is_invocable_v<F&, const V1&, const V2&>,
                "a joiner takes (value, other value) or (key, value, other value)");
  static constexpr int kFirst = kTakesKey ? 1 : 0;
  using KeyParameter = Parameter<F, 0, const K&>;
  using Mine = Parameter<F, kFirst, const V1&>;
  using Other = Parameter<F, kFirst + 1, const V2&>;
  using Raw = typename decltype([] {
    if constexpr (kTakesKey) {
      return std::type_identity<std::invoke_result_t<F&, const K&, const V1&, const V2&>>{};
    } else {
      return std::type_identity<std::invoke_result_t<F&, const V1&, const V2&>>{};
    }
  }())::type;
  using VR = ResultOf<Raw>;

  static StreamJoiner<K, V1, V2, VR> erase(F joiner) {
    return [f = std::move(joiner)](const K* key, const V1* mine, const V2* other, VR& result,
                                   const RecordContext& context) mutable {
      if constexpr (kTakesKey) {
        if constexpr (!kIsOptional<KeyParameter>) {
          if (!key) null_key_met(context);
        }
        return keep(f(argument<KeyParameter>(key), argument<Mine>(mine), argument<Other>(other)), result);
      } else {
        (void)key, (void)context;
        return keep(f(argument<Mine>(mine), argument<Other>(other)), result);
      }
    };
  }
};

/// The names that a join of streams gives to its nodes and stores.
struct StreamJoinNames {
  StreamJoinNames(Graph& graph, const StreamJoined& joined, bool left_outer, bool right_outer);
  std::string windowed_this, windowed_other, join_this, join_other, merge;
  std::string store_this, store_other, store_unjoined;
};
/// The graph nodes of a join: two that keep records, and one that becomes three processors.
struct StreamJoinParts {
  NodeFactory windowed_this, windowed_other, join_this, join_other, merge;
  NodeFactory self_join;  ///< in place of all but the first, where both streams are one and may share a store
  StoreBuilderPtr store_this, store_other, store_unjoined;
};
GraphNode* make_stream_join(Graph& graph, const StreamJoinNames& names, const Place& mine, const Place& other,
                            StreamJoinParts parts);
/// The store of one side: with duplicates, and deleted by age.
StoreDescription join_store_description(Graph& graph, const StreamJoined& joined, const JoinWindows& windows,
                                        std::string name, const std::optional<StoreSupplier>& supplier = std::nullopt);

}  // namespace leat::detail

namespace leat {

template <class K, class V>
template <class VO, class F>
auto KStream<K, V>::joined_with_stream(const KStream<K, VO>& other_stream, F joiner, const JoinWindows& windows,
                                       const StreamJoined& joined, bool left_outer, bool right_outer) const {
  using Erased = detail::StreamJoinerOf<F, K, V, VO>;
  using VR = typename Erased::VR;
  if (const std::string problem = windows.problem(); !problem.empty()) graph().fail(problem);
  auto keys = joined.key_serde.empty() ? key_serde_ : joined.key_serde.template get<K>();
  auto values = joined.value_serde.empty() ? value_serde_ : joined.value_serde.template get<V>();
  auto others =
      joined.other_value_serde.empty() ? other_stream.value_serde() : joined.other_value_serde.template get<VO>();
  const auto side = [&](const char* suffix, const SerdeBox& value_serde) {
    return Joined{joined.name.empty() ? "" : joined.name + suffix, joined.key_serde, value_serde};
  };
  const Joined as_left = side("-left", joined.value_serde), as_right = side("-right", joined.other_value_serde);
  const KStream mine = partitioned_for_join(as_left.name, as_left);
  const KStream<K, VO> other = other_stream.partitioned_for_join(as_right.name, as_right);
  const std::vector<std::string> sources = detail::united(mine.place_.sources, other.place().sources);
  graph().copartition(sources);

  keys = detail::choose_serde<K>({}, keys);
  values = detail::choose_serde<V>({}, values);
  others = detail::choose_serde<VO>({}, others);
  if (!keys || !values || !others)
    graph().fail("a join of streams needs serdes for the key and both values; pass StreamJoined::with");
  const detail::StreamJoinNames names(graph(), joined, left_outer, right_outer);
  if (names.store_this == names.store_other)
    graph().fail("both stores of a join are named " + names.store_this + "; give them names of their own");
  detail::StreamJoinParts parts;
  parts.store_this = window_builder<K, V>(
      detail::join_store_description(graph(), joined, windows, names.store_this, joined.this_supplier), keys, values);
  parts.store_other = window_builder<K, VO>(
      detail::join_store_description(graph(), joined, windows, names.store_other, joined.other_supplier), keys, others);
  if (left_outer) {
    StoreDescription description = detail::join_store_description(graph(), joined, windows, names.store_unjoined);
    if (joined.this_supplier) {
      description.in_memory = !joined.this_supplier->persistent();
      description.make_tables = nullptr;
    }
    description.retention_ms = description.window_size_ms = 0;
    description.retain_duplicates = description.log_headers = false;
    description.log_config = joined.log_config;
    parts.store_unjoined = key_value_builder<detail::JoinSideKey<K>, std::vector<detail::LeftOrRight<V, VO>>>(
        std::move(description), erase_serde<detail::JoinSideKey<K>>(detail::JoinSideKeySerde<K>(keys)),
        erase_serde<std::vector<detail::LeftOrRight<V, VO>>>(detail::UnjoinedValuesSerde<V, VO>(values, others)));
  }
  auto erased = Erased::erase(std::move(joiner));
  const auto factory = [&](auto is_left) -> detail::NodeFactory {
    constexpr bool kLeft = decltype(is_left)::value;
    detail::JoinReach reach{.before_ms = kLeft ? windows.before_ms() : windows.after_ms(),
                            .after_ms = kLeft ? windows.after_ms() : windows.before_ms(),
                            .left_wait_ms = windows.after_ms(),
                            .right_wait_ms = windows.before_ms(),
                            .grace_ms = windows.grace_ms(),
                            .outer = kLeft ? left_outer : right_outer,
                            .other_store = kLeft ? names.store_other : names.store_this,
                            .unjoined_store = names.store_unjoined};
    return [reach, erased, clock = names.merge](const detail::NodeBuild& build) -> std::unique_ptr<Node> {
      return std::unique_ptr<Node>(new detail::StreamJoinNode<K, V, VO, VR, kLeft>(
          reach, erased, build.shared<detail::JoinClock>(clock), build.emit_interval_ms));
    };
  };
  if constexpr (std::is_same_v<V, VO>) {
    const detail::JoinReach reach{.before_ms = windows.before_ms(),
                                  .after_ms = windows.after_ms(),
                                  .left_wait_ms = 0,
                                  .right_wait_ms = 0,
                                  .grace_ms = windows.grace_ms(),
                                  .outer = false,
                                  .other_store = names.store_this,
                                  .unjoined_store = {}};
    parts.self_join = detail::node_factory<detail::StreamSelfJoinNode<K, V, VR>>(
        reach, windows.size_ms() + windows.grace_ms(), erased);
  }
  parts.windowed_this = detail::node_factory<detail::JoinWindowNode<K, V>>(names.store_this);
  parts.windowed_other = detail::node_factory<detail::JoinWindowNode<K, VO>>(names.store_other);
  parts.join_this = factory(std::true_type{});
  parts.join_other = factory(std::false_type{});
  parts.merge = detail::node_factory<detail::PassThroughNode<K, VR>>();
  detail::GraphNode* node = detail::make_stream_join(graph(), names, mine.place_, other.place(), std::move(parts));
  node->relaxed_null_key_join = left_outer || right_outer;
  detail::Place place = mine.place_.at(node);
  place.sources = sources;
  place.repartition_required = false;
  return KStream<K, VR>(std::move(place), joined.key_serde.empty() ? SerdePtr<K>() : keys, nullptr);
}

}  // namespace leat
