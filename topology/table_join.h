// Joins of two tables by key: either side's change looks up the other's current row.
//
//   this table  -> JOINTHIS  --> MERGE -> changes of the result, kept in a store where Materialized names one
//   other table -> JOINOTHER -->
//
// The timestamp of a result is the later one of its rows (org.apache.kafka.streams.kstream.internals.KTableKTable*).
#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "topology/ktable.h"
#include "topology/table_joiner.h"

namespace leat::detail {

/// Which rows are needed for a result to be computed, and which changes are worth a look: one side of a join.
struct JoinSide {
  bool needs_mine;   ///< no result without this side's row
  bool needs_other;  ///< no result, and no forwarding, without the other's
  /// This side is versioned: only its latest updates count.
  bool latest_only = false;

  static JoinSide of_this(TableJoin join, bool versioned) {
    return {join != TableJoin::kOuter, join == TableJoin::kInner, versioned};
  }
  static JoinSide of_other(TableJoin join, bool versioned) {
    return {join == TableJoin::kInner, join != TableJoin::kOuter, versioned};
  }
};

/// V1 is the side whose changes come, V2 the one that is looked up.
template <class K, class V1, class V2, class VR>
class TableTableJoinNode final : public OperatorNode<K, Change<V1>, K, Change<VR>> {
 public:
  TableTableJoinNode(std::unique_ptr<ValueGetter<K, V2>> getter, TableJoiner<V1, V2, VR> joiner, JoinSide side,
                     std::shared_ptr<const TableCore<K, VR>> core)
      : getter_(std::move(getter)), joiner_(std::move(joiner)), side_(side), core_(std::move(core)) {}

  void init(NodeRuntime& runtime) override {
    Node::init(runtime);
    getter_->init(*this, runtime);
    sends_old_ = core_->sends_old_values();
  }
  void process(const K* key, const Change<V1>* change, RecordContext& context) override {
    if (!key) return this->runtime().dropped(*this, DropCause::kNullKey);
    if (side_.latest_only && !change->is_latest) return this->runtime().dropped(*this, DropCause::kNotLatest);
    std::int64_t timestamp = context.timestamp;
    const V2* other = getter_->get(*key, timestamp);
    if (!other && (side_.needs_other || (!change->new_value && !change->old_value))) return;
    const VR* joined = join(change->new_value, other, new_);
    const VR* old = sends_old_ ? join(change->old_value, other, old_) : nullptr;
    const Change<VR> result{joined, old, change->is_latest};
    const std::int64_t before = context.timestamp;
    if (other) context.timestamp = std::max(before, timestamp);
    this->forward(key, &result, context);
    context.timestamp = before;
  }

 private:
  const VR* join(const V1* mine, const V2* other, VR& result) {
    if (!mine && (side_.needs_mine || !other)) return nullptr;
    return joiner_(mine, other, result) ? &result : nullptr;
  }

  std::unique_ptr<ValueGetter<K, V2>> getter_;
  TableJoiner<V1, V2, VR> joiner_;
  JoinSide side_;
  std::shared_ptr<const TableCore<K, VR>> core_;
  bool sends_old_ = false;
  VR new_{};
  VR old_{};
};

/// The result of a join as a table.
template <class K, class V1, class V2, class VR>
class JoinedTableCore final : public TableCore<K, VR> {
 public:
  JoinedTableCore(std::shared_ptr<TableCore<K, V1>> mine, std::shared_ptr<TableCore<K, V2>> other, std::string store,
                  std::optional<std::int64_t> history_ms, TableJoiner<V1, V2, VR> joiner, TableJoin join)
      : mine_(std::move(mine)), other_(std::move(other)), joiner_(std::move(joiner)), join_(join) {
    this->store_ = std::move(store);
    this->history_ms_ = history_ms;
  }
  bool enable_sending_old_values(bool) override {
    mine_->enable_sending_old_values(true);
    other_->enable_sending_old_values(true);
    this->sends_old_values_ = true;
    return true;
  }
  TableView<K, VR> view() override {
    if (!this->store_.empty()) return store_view<K, VR>(this->store_);
    const TableView<K, V1> mine = mine_->view();
    const TableView<K, V2> other = other_->view();
    return {[mine, other, joiner = joiner_, join = join_] {
              return std::make_unique<Getter>(mine.make(), other.make(), joiner, join);
            },
            united(mine.stores, other.stores)};
  }

 private:
  class Getter final : public ValueGetter<K, VR> {
   public:
    Getter(std::unique_ptr<ValueGetter<K, V1>> mine, std::unique_ptr<ValueGetter<K, V2>> other,
           TableJoiner<V1, V2, VR> joiner, TableJoin join)
        : mine_(std::move(mine)), other_(std::move(other)), joiner_(std::move(joiner)), join_(join) {}
    void init(const Node& reader, NodeRuntime& runtime) override {
      mine_->init(reader, runtime);
      other_->init(reader, runtime);
    }
    const VR* get(const K& key, std::int64_t& timestamp) override {
      std::int64_t mine_at = 0, other_at = 0;
      // Copied: both may read one store, which lends one row at a time.
      row_.set(mine_->get(key, mine_at));
      const V1* mine = row_.get();
      if (!mine && join_ != TableJoin::kOuter) return nullptr;
      const V2* other = other_->get(key, other_at);
      if (!other && (!mine || join_ == TableJoin::kInner)) return nullptr;
      timestamp = mine && other ? std::max(mine_at, other_at) : mine ? mine_at : other_at;
      return joiner_(mine, other, result_) ? &result_ : nullptr;
    }

   private:
    std::unique_ptr<ValueGetter<K, V1>> mine_;
    std::unique_ptr<ValueGetter<K, V2>> other_;
    TableJoiner<V1, V2, VR> joiner_;
    TableJoin join_;
    Scratch<V1> row_;
    VR result_{};
  };

  std::shared_ptr<TableCore<K, V1>> mine_;
  std::shared_ptr<TableCore<K, V2>> other_;
  TableJoiner<V1, V2, VR> joiner_;
  TableJoin join_;
};

/// Brings the results of both sides together, and keeps them where they are to be kept.
template <class K, class VR>
class TableJoinMergeNode final : public OperatorNode<K, Change<VR>, K, Change<VR>> {
 public:
  explicit TableJoinMergeNode(std::shared_ptr<const TableCore<K, VR>> core) : core_(std::move(core)) {}

  void init(NodeRuntime& runtime) override {
    Node::init(runtime);
    if (core_->store().empty()) return;
    store_.init(*this, runtime, core_->store());
    forwarder_.init(runtime, store_, this->outputs_, core_->sends_old_values());
  }
  void process(const K* key, const Change<VR>* change, RecordContext& context) override {
    if (!store_) return this->forward(key, change, context);
    if (change->new_value) {
      row_.value = *change->new_value;
      row_.timestamp = context.timestamp;
    }
    const auto written = store_.write(*key, change->new_value ? &row_ : nullptr, context.timestamp);
    forwarder_.maybe_forward(written, *key, change->new_value, change->old_value, context.timestamp, context);
  }

 private:
  std::shared_ptr<const TableCore<K, VR>> core_;
  TableStore<K, VR> store_;
  TableForwarder<K, VR> forwarder_;
  ValueAndTimestamp<VR> row_;
};

/// One graph node that becomes three processors.
struct TableJoinNames {
  std::string merge, of_this, of_other;
};
GraphNode* make_table_join(Graph& graph, const TableJoinNames& names, const Place& mine, const Place& other,
                           std::array<NodeFactory, 3> factories, std::vector<std::string> stores_of_mine,
                           std::vector<std::string> stores_of_other, StoreBuilderPtr store);

}  // namespace leat::detail

namespace leat {

template <class K, class V>
template <class VO, class F>
auto KTable<K, V>::joined(const KTable<K, VO>& other, F joiner, detail::TableJoin join, const Named& named,
                          const Materialized* materialized) const {
  using VR = detail::TableJoinResult<F, V, VO>;
  SerdePtr<K> key_serde = key_serde_;
  SerdePtr<VR> value_serde;
  std::string store_name;
  if (materialized) {
    store_name =
        materialized->name.empty() ? graph().new_store_name("KTABLE-MERGE-") : graph().checked_name(materialized->name);
    if (!materialized->key_serde.empty()) key_serde = materialized->key_serde.template get<K>();
    if (!materialized->value_serde.empty()) value_serde = materialized->value_serde.template get<VR>();
  }
  detail::TableJoinNames names;
  names.merge = graph().name_or_generate(named.name, "KTABLE-MERGE-");
  const std::vector<std::string> sources = detail::united(place_.sources, other.place().sources);
  graph().copartition(sources);
  if (join != detail::TableJoin::kInner) core_->enable_sending_old_values(true);
  if (join == detail::TableJoin::kOuter) other.core().enable_sending_old_values(true);
  names.of_this = graph().suffixed_or_generate(named.name, "-join-this", "KTABLE-JOINTHIS-");
  names.of_other = graph().suffixed_or_generate(named.name, "-join-other", "KTABLE-JOINOTHER-");
  StoreBuilderPtr store;
  if (materialized) store = detail::table_store<K, VR>(graph(), *materialized, store_name, key_serde, value_serde);

  auto erased = detail::table_joiner<F, V, VO, VR>(std::move(joiner));
  auto core = std::shared_ptr<detail::JoinedTableCore<K, V, VO, VR>>(new detail::JoinedTableCore<K, V, VO, VR>(
      core_, other.shared_core(), store_name, materialized ? materialized->history_retention_ms : std::nullopt, erased,
      join));
  const detail::TableView<K, V> view_of_mine = core_->view();
  const detail::TableView<K, VO> view_of_other = other.core().view();
  const detail::NodeFactory of_this = [core, make = view_of_other.make, erased, join, versioned = core_->versioned()](
                                          const detail::NodeBuild&) -> std::unique_ptr<Node> {
    return std::unique_ptr<Node>(
        new detail::TableTableJoinNode<K, V, VO, VR>(make(), erased, detail::JoinSide::of_this(join, versioned), core));
  };
  const detail::NodeFactory of_other =
      [core, make = view_of_mine.make, erased, join,
       versioned = other.core().versioned()](const detail::NodeBuild&) -> std::unique_ptr<Node> {
    auto reversed = [erased](const VO* changed, const V* looked_up, VR& result) {
      return erased(looked_up, changed, result);
    };
    return std::unique_ptr<Node>(new detail::TableTableJoinNode<K, VO, V, VR>(
        make(), reversed, detail::JoinSide::of_other(join, versioned), core));
  };
  const detail::NodeFactory merge =
      detail::node_factory<detail::TableJoinMergeNode<K, VR>>(std::shared_ptr<const detail::TableCore<K, VR>>(core));
  detail::GraphNode* node = detail::make_table_join(graph(), names, place_, other.place(), {of_this, of_other, merge},
                                                    view_of_mine.stores, view_of_other.stores, store);
  detail::Place place = place_.at(node);
  place.sources = sources;
  return KTable<K, VR>(std::move(place), key_serde, value_serde, core);
}

}  // namespace leat
