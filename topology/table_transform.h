// transform_values() of a table: user code with stores of its own makes the new value of each row.
//
//   struct Counting : leat::ValueTransformerWithKey<std::string, std::string, std::string> {
//     void init(Context& context) override { seen_ = context.store<Seen>("seen"); }
//     std::optional<std::string> transform(const std::string& key, const std::optional<std::string>& value) override;
//     ...
//   };
//   table.transform_values([] { return std::unique_ptr<Node>(new Counting()); }, {"seen"});
//
// One transformer per task, and one more per reader of a result that is not kept in a store: there it is called again
// whenever a row is read, and for old values where they are wanted (org.apache.kafka.streams.kstream.internals.
// KTableTransformValues). Deletions are transformed too.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "topology/ktable.h"

namespace leat {

/// Makes a value of a row. Belongs to one task and runs on its loop; it cannot forward.
template <class K, class V, class VR>
class ValueTransformerWithKey {
 public:
  using Context = ProcessorContext<NoOutput, NoOutput>;
  using Result = VR;

  virtual ~ValueTransformerWithKey() = default;
  virtual void init(Context&) {}
  /// `value` is empty where the row is deleted; an empty result deletes the row of the new table.
  virtual std::optional<VR> transform(const K& key, const std::optional<V>& value) = 0;
  virtual void close() {}
};

namespace detail {

template <class K, class V, class VR>
using MakeTransformer = CopyFunction<std::unique_ptr<ValueTransformerWithKey<K, V, VR>>()>;

/// A transformer at its place in a task.
template <class K, class V, class VR>
class AttachedTransformer {
 public:
  explicit AttachedTransformer(std::unique_ptr<ValueTransformerWithKey<K, V, VR>> transformer)
      : transformer_(std::move(transformer)) {}
  void init(Node& node) {
    context_.emplace(node, nothing_);
    transformer_->init(*context_);
  }
  std::optional<VR> transform(const K& key, const V* value) {
    if (!value) {
      value_.reset();
    } else {
      value_ = *value;
    }
    return transformer_->transform(key, value_);
  }
  void close() { transformer_->close(); }

 private:
  std::unique_ptr<ValueTransformerWithKey<K, V, VR>> transformer_;
  Outputs<NoOutput, NoOutput> nothing_;
  std::optional<ProcessorContext<NoOutput, NoOutput>> context_;
  std::optional<V> value_;
};

template <class K, class V, class VR>
class TransformedTableCore final : public TableCore<K, VR> {
 public:
  TransformedTableCore(std::shared_ptr<TableCore<K, V>> parent, std::string store,
                       std::optional<std::int64_t> history_ms, MakeTransformer<K, V, VR> make)
      : parent_(std::move(parent)), make_(std::move(make)) {
    this->store_ = std::move(store);
    this->history_ms_ = history_ms;
  }
  bool enable_sending_old_values(bool) override {
    if (this->store_.empty()) parent_->enable_sending_old_values(true);
    return this->sends_old_values_ = true;
  }
  TableView<K, VR> view() override {
    if (!this->store_.empty()) return store_view<K, VR>(this->store_);
    TableView<K, V> above = parent_->view();
    return {[above, make = make_] { return std::make_unique<Getter>(above.make(), make()); }, above.stores};
  }
  const MakeTransformer<K, V, VR>& make() const { return make_; }

 private:
  class Getter final : public ValueGetter<K, VR> {
   public:
    Getter(std::unique_ptr<ValueGetter<K, V>> above, std::unique_ptr<ValueTransformerWithKey<K, V, VR>> transformer)
        : above_(std::move(above)), transformer_(std::move(transformer)) {}
    void init(const Node& reader, NodeRuntime& runtime) override {
      above_->init(reader, runtime);
      transformer_.init(const_cast<Node&>(reader));
    }
    const VR* get(const K& key, std::int64_t& timestamp) override {
      const V* value = above_->get(key, timestamp);
      if (!value) timestamp = -1;
      row_ = transformer_.transform(key, value);
      return row_ ? &*row_ : nullptr;
    }

   private:
    std::unique_ptr<ValueGetter<K, V>> above_;
    AttachedTransformer<K, V, VR> transformer_;
    std::optional<VR> row_;
  };

  std::shared_ptr<TableCore<K, V>> parent_;
  MakeTransformer<K, V, VR> make_;
};

template <class K, class V, class VR>
class TransformedTableNode final : public OperatorNode<K, Change<V>, K, Change<VR>> {
 public:
  explicit TransformedTableNode(std::shared_ptr<const TransformedTableCore<K, V, VR>> core)
      : core_(std::move(core)), transformer_(core_->make()()) {}

  void init(NodeRuntime& runtime) override {
    Node::init(runtime);
    sends_old_ = core_->sends_old_values();
    transformer_.init(*this);
    if (core_->store().empty()) return;
    store_.init(*this, runtime, core_->store());
    forwarder_.init(runtime, store_, this->outputs_, sends_old_);
  }
  void close() override { transformer_.close(); }

  void process(const K* key, const Change<V>* change, RecordContext& context) override {
    new_ = transformer_.transform(*key, change->new_value);
    const VR* new_value = new_ ? &*new_ : nullptr;
    if (!store_) {
      if (sends_old_) old_value_ = transformer_.transform(*key, change->old_value);
      const Change<VR> result{new_value, old_value_ ? &*old_value_ : nullptr, change->is_latest};
      return this->forward(key, &result, context);
    }
    if (sends_old_) old_.set(store_.find(*key));
    if (new_value) {
      row_.value = *new_value;
      row_.timestamp = context.timestamp;
    }
    const auto written = store_.write(*key, new_value ? &row_ : nullptr, context.timestamp);
    forwarder_.maybe_forward(written, *key, new_value, old_.get(), context.timestamp, context);
  }

 private:
  std::shared_ptr<const TransformedTableCore<K, V, VR>> core_;
  AttachedTransformer<K, V, VR> transformer_;
  bool sends_old_ = false;
  TableStore<K, VR> store_;
  TableForwarder<K, VR> forwarder_;
  ValueAndTimestamp<VR> row_;
  std::optional<VR> new_;
  std::optional<VR> old_value_;
  Scratch<VR> old_;
};

}  // namespace detail

template <class K, class V>
template <class Make>
auto KTable<K, V>::transformed(Make make, const Named& named, const Materialized* materialized,
                               std::vector<std::string> stores) const {
  using Transformer = typename std::invoke_result_t<const Make&>::element_type;
  using VR = typename Transformer::Result;
  static_assert(std::is_base_of_v<ValueTransformerWithKey<K, V, VR>, Transformer>,
                "transform_values() takes a function that returns a std::unique_ptr to a "
                "leat::ValueTransformerWithKey of the table's key and value type");
  const std::string prefix = "KTABLE-TRANSFORMVALUES-";
  SerdePtr<K> key_serde = key_serde_;
  SerdePtr<VR> value_serde;
  StoreBuilderPtr store;
  if (materialized) {
    if (!materialized->key_serde.empty()) key_serde = materialized->key_serde.template get<K>();
    if (!materialized->value_serde.empty()) value_serde = materialized->value_serde.template get<VR>();
    if (materialized->name.empty()) {
      graph().new_store_name(prefix);
    } else {
      store = detail::table_store<K, VR>(graph(), *materialized, graph().checked_name(materialized->name), key_serde,
                                         value_serde);
    }
  }
  using Core = detail::TransformedTableCore<K, V, VR>;
  const std::string name = graph().name_or_generate(named.name, prefix);
  auto core = std::shared_ptr<Core>(new Core(core_, store ? store->name() : "",
                                             materialized ? materialized->history_retention_ms : std::nullopt,
                                             std::move(make)));
  detail::GraphNode* node = detail::make_stateful(
      graph(), name,
      [core](const detail::NodeBuild&) -> std::unique_ptr<Node> {
        return std::unique_ptr<Node>(new detail::TransformedTableNode<K, V, VR>(core));
      },
      store);
  node->write = [write = std::move(node->write), stores = std::move(stores)](const detail::GraphNode& self,
                                                                             Topology& topology) {
    write(self, topology);
    for (const std::string& each : stores) topology.connect_processor_and_state_stores(self.name, each);
  };
  graph().add(place_.node, node);
  return KTable<K, VR>(place_.at(node), key_serde, value_serde, core);
}

}  // namespace leat
