// Joins of two tables by a foreign key: the left row names the key of the right row it belongs to (KIP-213).
//
//   left table ─> send ─> [subscription topic] ─> receive ─> join with right row ─┐
//                                                    │ store of subscriptions      ├─> [response topic] ─> resolve ─>
//                                                    result
//                                 right table ─> find the subscribed left rows ────┘
//
// The left side subscribes at the partition of the foreign key; the right side answers to the partition of the left row
// each time one of both changes. An answer carries the hash of the left value that asked: where that is not the current
// one any more, the answer is dropped, for a newer one is under way.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "topology/foreign_key_records.h"
#include "topology/ktable.h"
#include "topology/table_joiner.h"

namespace leat::detail {

/// Fills `foreign_key`; false: null.
template <class K, class V, class KO>
using ForeignKeyExtractor = CopyFunction<bool(const K& key, const V& value, KO& foreign_key)>;

/// Tells the right side which left row belongs to which of its keys, and when it no longer does.
template <class K, class V, class KO>
class SubscriptionSendNode final : public OperatorNode<K, Change<V>, KO, Subscription<K>> {
 public:
  SubscriptionSendNode(ForeignKeyExtractor<K, V, KO> extractor, SerdePtr<KO> foreign_keys, SerdePtr<V> values,
                       bool left, bool latest_only)
      : extractor_(std::move(extractor)),
        foreign_keys_(std::move(foreign_keys)),
        values_(std::move(values)),
        left_(left),
        latest_only_(latest_only) {}

  void process(const K* key, const Change<V>* change, RecordContext& context) override {
    using Instruction = SubscriptionInstruction;
    if (latest_only_ && !change->is_latest) return this->runtime().dropped(*this, DropCause::kNotLatest);
    const bool has_old = change->old_value && extractor_(*key, *change->old_value, old_key_);
    const bool has_new = change->new_value && extractor_(*key, *change->new_value, new_key_);
    subscription_.hash.reset();
    if (change->new_value) {
      bytes_.clear();
      values_->serialize(*change->new_value, bytes_);
      subscription_.hash = murmur3_128(bytes_);
    }
    subscription_.primary_key = *key;
    subscription_.primary_partition = context.metadata->partition;
    const bool moves = has_old && (!has_new || differ());
    if (left_) {
      // Deletions too are answered: by that the result is taken back.
      if (moves) send(&old_key_, Instruction::kDeleteKeyNoPropagate, context);
      if (!change->old_value && !change->new_value) return;
      return send(has_new ? &new_key_ : nullptr, Instruction::kPropagateNullIfNoForeignValue, context);
    }
    if (!has_new) {
      if (has_old) send(&old_key_, Instruction::kDeleteKeyAndPropagate, context);
      if (change->new_value) this->runtime().dropped(*this, DropCause::kNullKey);
      return;
    }
    if (moves) send(&old_key_, Instruction::kDeleteKeyNoPropagate, context);
    // What was joined with the old key is taken back where the new one has nothing to join with.
    send(&new_key_, moves ? Instruction::kPropagateNullIfNoForeignValue : Instruction::kPropagateOnlyIfForeignValue,
         context);
  }

 private:
  /// Whether old_key_ and new_key_ are different keys: by their bytes, as everywhere.
  bool differ() {
    bytes_.clear();
    other_bytes_.clear();
    foreign_keys_->serialize(old_key_, bytes_);
    foreign_keys_->serialize(new_key_, other_bytes_);
    return bytes_ != other_bytes_;
  }
  void send(const KO* foreign_key, SubscriptionInstruction instruction, RecordContext& context) {
    subscription_.instruction = instruction;
    this->forward(foreign_key, &subscription_, context);
  }

  ForeignKeyExtractor<K, V, KO> extractor_;
  SerdePtr<KO> foreign_keys_;
  SerdePtr<V> values_;
  bool left_;
  bool latest_only_;
  Subscription<K> subscription_;
  KO old_key_{}, new_key_{};
  Bytes bytes_, other_bytes_;
};

/// The store of subscriptions: by foreign key, then primary key.
template <class K>
using SubscriptionStore = TimestampedKeyValueStore<Bytes, Subscription<K>>;

/// Remembers who wants to hear of a right row.
template <class K, class KO>
class SubscriptionReceiveNode final : public OperatorNode<KO, Subscription<K>, KO, Subscription<K>> {
 public:
  SubscriptionReceiveNode(std::string store, SubscriptionKeys<K, KO> keys)
      : name_(std::move(store)), keys_(std::move(keys)) {}

  void init(NodeRuntime& runtime) override {
    Node::init(runtime);
    store_ = timestamped_store<Bytes, Subscription<K>>(*this, runtime, name_);
  }
  void process(const KO* key, const Subscription<K>* subscription, RecordContext& context) override {
    using Instruction = SubscriptionInstruction;
    if (!key) {
      if (subscription->instruction != Instruction::kPropagateNullIfNoForeignValue) {
        return this->runtime().dropped(*this, DropCause::kNullKey);
      }
      return this->forward(key, subscription, context);
    }
    bytes_.clear();
    keys_.key(*key, subscription->primary_key, bytes_);
    if (subscription->instruction == Instruction::kDeleteKeyAndPropagate ||
        subscription->instruction == Instruction::kDeleteKeyNoPropagate) {
      store_->erase(bytes_);
    } else {
      row_.value = *subscription;
      row_.timestamp = context.timestamp;
      store_->write(bytes_, &row_);
    }
    this->forward(key, subscription, context);
  }

 private:
  std::string name_;
  SubscriptionKeys<K, KO> keys_;
  SubscriptionStore<K>* store_ = nullptr;
  Bytes bytes_;
  ValueAndTimestamp<Subscription<K>> row_;
};

/// Answers a subscription with the right row as it is.
template <class K, class KO, class VO>
class SubscriptionJoinNode final : public OperatorNode<KO, Subscription<K>, K, SubscriptionResponse<VO>> {
 public:
  explicit SubscriptionJoinNode(std::unique_ptr<ValueGetter<KO, VO>> getter) : getter_(std::move(getter)) {}

  void init(NodeRuntime& runtime) override {
    Node::init(runtime);
    getter_->init(*this, runtime);
  }
  void process(const KO* key, const Subscription<K>* subscription, RecordContext& context) override {
    using Instruction = SubscriptionInstruction;
    std::int64_t timestamp = context.timestamp;
    const VO* value = key ? getter_->get(*key, timestamp) : nullptr;
    const bool deletes = subscription->instruction == Instruction::kDeleteKeyAndPropagate;
    if (subscription->instruction == Instruction::kDeleteKeyNoPropagate) return;
    if (subscription->instruction == Instruction::kPropagateOnlyIfForeignValue && !value) return;
    response_.hash = subscription->hash;
    response_.primary_partition = subscription->primary_partition;
    response_.foreign_value.reset();
    if (value && !deletes) response_.foreign_value = *value;
    const std::int64_t before = context.timestamp;
    if (value) context.timestamp = std::max(before, timestamp);
    this->forward(&subscription->primary_key, &response_, context);
    context.timestamp = before;
  }

 private:
  std::unique_ptr<ValueGetter<KO, VO>> getter_;
  SubscriptionResponse<VO> response_;
};

/// Tells a change of a right row to all left rows that belong to it.
template <class K, class KO, class VO>
class ForeignTableJoinNode final : public OperatorNode<KO, Change<VO>, K, SubscriptionResponse<VO>> {
 public:
  ForeignTableJoinNode(std::string store, SubscriptionKeys<K, KO> keys, bool latest_only)
      : name_(std::move(store)), keys_(std::move(keys)), latest_only_(latest_only) {}

  void init(NodeRuntime& runtime) override {
    Node::init(runtime);
    store_ = timestamped_store<Bytes, Subscription<K>>(*this, runtime, name_);
  }
  void process(const KO* key, const Change<VO>* change, RecordContext& context) override {
    if (!key) return this->runtime().dropped(*this, DropCause::kNullKey);
    if (latest_only_ && !change->is_latest) return this->runtime().dropped(*this, DropCause::kNotLatest);
    prefix_.clear();
    keys_.prefix(*key, prefix_);
    response_.foreign_value.reset();
    if (change->new_value) response_.foreign_value = *change->new_value;
    auto subscriptions = store_->prefix_scan(prefix_);
    while (const auto* row = subscriptions.next()) {
      const Subscription<K>& subscription = row->value.value;
      response_.hash = subscription.hash;
      response_.primary_partition = subscription.primary_partition;
      this->forward(&subscription.primary_key, &response_, context);
    }
  }

 private:
  std::string name_;
  SubscriptionKeys<K, KO> keys_;
  bool latest_only_;
  SubscriptionStore<K>* store_ = nullptr;
  Bytes prefix_;
  SubscriptionResponse<VO> response_;
};

/// Joins an answer with the left row that asked, if it is still the same.
template <class K, class V, class VO, class VR>
class ResponseJoinNode final : public OperatorNode<K, SubscriptionResponse<VO>, K, VR> {
 public:
  ResponseJoinNode(std::unique_ptr<ValueGetter<K, V>> getter, SerdePtr<V> values, TableJoiner<V, VO, VR> joiner,
                   bool left)
      : getter_(std::move(getter)), values_(std::move(values)), joiner_(std::move(joiner)), left_(left) {}

  void init(NodeRuntime& runtime) override {
    Node::init(runtime);
    getter_->init(*this, runtime);
  }
  void process(const K* key, const SubscriptionResponse<VO>* response, RecordContext& context) override {
    std::int64_t timestamp = 0;
    const V* current = getter_->get(*key, timestamp);
    std::optional<RowHash> hash;
    if (current) {
      bytes_.clear();
      values_->serialize(*current, bytes_);
      hash = murmur3_128(bytes_);
    }
    if (hash != response->hash) return this->runtime().dropped(*this, DropCause::kSuperseded);
    const VO* other = response->foreign_value ? &*response->foreign_value : nullptr;
    const bool joins = other ? current != nullptr : left_ && current;
    const bool present = joins && joiner_(current, other, result_);
    this->forward(key, present ? &result_ : nullptr, context);
  }

 private:
  std::unique_ptr<ValueGetter<K, V>> getter_;
  SerdePtr<V> values_;
  TableJoiner<V, VO, VR> joiner_;
  bool left_;
  Bytes bytes_;
  VR result_{};
};

/// What a row is joined with is in one place.
[[noreturn]] void several_partitions(std::string_view topic, std::size_t count);

/// A partitioner that looks at the key alone; null where there is none.
template <class K, class V>
Produced::Partitioner<K, V> partitioner_of_key(const TableJoined::Partitioner<K>& partitioner) {
  if (!partitioner) return nullptr;
  return [partitioner](std::string_view topic, const K* key, const V*, std::int32_t count) {
    Partitions partitions = partitioner(topic, key, count);
    if (partitions && partitions->size() != 1) several_partitions(topic, partitions->size());
    return partitions;
  };
}

/// The names of what a foreign-key join consists of, in the order in which Kafka numbers them.
struct ForeignKeyJoinNames {
  ForeignKeyJoinNames(Graph& graph, const std::string& name);
  std::string subscription_topic, send, subscription_sink, subscription_source, store, receive, join, foreign_join,
      response_topic, response_sink, response_source, resolve, result;
};

/// A graph node that becomes a sink of an internal topic, or a source.
GraphNode* make_internal_sink(Graph& graph, const std::string& name, const std::string& topic, NodeFactory factory);
GraphNode* make_internal_source(Graph& graph, const std::string& name, const std::string& topic, NodeFactory factory);

}  // namespace leat::detail

namespace leat {

template <class K, class V>
template <class KO, class VO, class Extract, class F>
auto KTable<K, V>::joined_by_foreign_key(const KTable<KO, VO>& other, Extract extract, F joiner, bool left,
                                         const TableJoined& joined, const Materialized& materialized) const {
  using detail::NodeBuild;
  using VR = detail::TableJoinResult<F, V, VO>;
  const auto keys = detail::choose_serde<K>({}, key_serde_);
  const auto values = detail::choose_serde<V>({}, value_serde_);
  const auto foreign_keys = detail::choose_serde<KO>({}, other.key_serde());
  const auto foreign_values = detail::choose_serde<VO>({}, other.value_serde());
  if (!keys || !values || !foreign_keys || !foreign_values) {
    graph().fail("join by foreign key: a key or value type of the tables has no serde; pass one where they are made");
  }
  other.core().enable_sending_old_values(true);
  core_->enable_sending_old_values(true);
  const detail::ForeignKeyJoinNames names(graph(), joined.name);
  const std::string store_name = materialized.name.empty() ? graph().new_store_name("KTABLE-FK-JOIN-OUTPUT-")
                                                           : graph().checked_name(materialized.name);
  const SerdePtr<detail::Subscription<K>> subscriptions =
      std::shared_ptr<detail::SubscriptionSerde<K>>(new detail::SubscriptionSerde<K>(keys));
  const SerdePtr<detail::SubscriptionResponse<VO>> responses =
      std::shared_ptr<detail::SubscriptionResponseSerde<VO>>(new detail::SubscriptionResponseSerde<VO>(foreign_values));
  const detail::SubscriptionKeys<K, KO> store_keys(keys, foreign_keys);

  // Left to right.
  detail::ForeignKeyExtractor<K, V, KO> extractor = [f = std::move(extract)](const K& key, const V& value,
                                                                             KO& foreign_key) mutable {
    return detail::keep(detail::KeyValueCall<Extract, K, V>::call(f, &key, &value, RecordContext{}), foreign_key);
  };
  detail::GraphNode* send = detail::make_operator(graph(), names.send,
                                                  detail::node_factory<detail::SubscriptionSendNode<K, V, KO>>(
                                                      extractor, foreign_keys, values, left, core_->versioned()));
  graph().add(place_.node, send);
  detail::GraphNode* subscription_sink = detail::make_internal_sink(
      graph(), names.subscription_sink, names.subscription_topic,
      detail::sink_factory<KO, detail::Subscription<K>>(
          names.subscription_topic, nullptr, foreign_keys, subscriptions,
          detail::partitioner_of_key<KO, detail::Subscription<K>>(joined.template other_partitioner_of<KO>())));
  graph().add(send, subscription_sink);
  detail::GraphNode* subscription_source =
      detail::make_internal_source(graph(), names.subscription_source, names.subscription_topic,
                                   detail::source_factory<KO, detail::Subscription<K>>(
                                       {foreign_keys, subscriptions, {}, OnInvalidTimestamp::kFail}));
  graph().add(subscription_sink, subscription_source);
  graph().copartition(detail::united(other.place().sources, {names.subscription_source}));

  // At the right side.
  StoreDescription description = detail::table_store_description(graph(), Materialized{}, names.store);
  description.caching = false;
  description.log_headers = true;
  StoreBuilderPtr store = timestamped_key_value_builder<Bytes, detail::Subscription<K>>(
      std::move(description), default_serde<Bytes>(), subscriptions);
  detail::GraphNode* receive = detail::make_stateful(
      graph(), names.receive, detail::node_factory<detail::SubscriptionReceiveNode<K, KO>>(names.store, store_keys),
      store);
  graph().add(subscription_source, receive);
  const detail::TableView<KO, VO> foreign_view = other.core().view();
  detail::GraphNode* join = detail::make_operator(
      graph(), names.join,
      [make = foreign_view.make](const NodeBuild&) -> std::unique_ptr<Node> {
        return std::unique_ptr<Node>(new detail::SubscriptionJoinNode<K, KO, VO>(make()));
      },
      foreign_view.stores);
  graph().add(receive, join);
  detail::GraphNode* foreign_join = detail::make_operator(
      graph(), names.foreign_join,
      detail::node_factory<detail::ForeignTableJoinNode<K, KO, VO>>(names.store, store_keys, other.core().versioned()),
      {names.store});
  graph().add(other.place().node, foreign_join);

  // And back.
  auto back = detail::partitioner_of_key<K, detail::SubscriptionResponse<VO>>(joined.template partitioner_of<K>());
  if (!back) {
    back = [](std::string_view, const K*, const detail::SubscriptionResponse<VO>* response,
              std::int32_t) -> Partitions {
      if (!response->primary_partition) return std::nullopt;
      return std::vector<std::int32_t>{*response->primary_partition};
    };
  }
  detail::GraphNode* response_sink = detail::make_internal_sink(
      graph(), names.response_sink, names.response_topic,
      detail::sink_factory<K, detail::SubscriptionResponse<VO>>(names.response_topic, nullptr, keys, responses, back));
  graph().add(join, response_sink);
  graph().add(foreign_join, response_sink);
  detail::GraphNode* response_source = detail::make_internal_source(
      graph(), names.response_source, names.response_topic,
      detail::source_factory<K, detail::SubscriptionResponse<VO>>({keys, responses, {}, OnInvalidTimestamp::kFail}));
  graph().add(response_sink, response_source);
  const std::vector<std::string> sources = detail::united(place_.sources, {names.response_source});
  graph().copartition(sources);
  const detail::TableView<K, V> view = core_->view();
  detail::GraphNode* resolve = detail::make_operator(
      graph(), names.resolve,
      [make = view.make, values, left,
       erased = detail::table_joiner<F, V, VO, VR>(std::move(joiner))](const NodeBuild&) -> std::unique_ptr<Node> {
        return std::unique_ptr<Node>(new detail::ResponseJoinNode<K, V, VO, VR>(make(), values, erased, left));
      },
      view.stores);
  graph().add(response_source, resolve);

  SerdePtr<K> result_keys = key_serde_;
  SerdePtr<VR> result_values;
  if (!materialized.key_serde.empty()) result_keys = materialized.key_serde.template get<K>();
  if (!materialized.value_serde.empty()) result_values = materialized.value_serde.template get<VR>();
  auto core = std::shared_ptr<detail::TableSourceCore<K, VR>>(
      new detail::TableSourceCore<K, VR>(store_name, !materialized.name.empty(), materialized.history_retention_ms));
  detail::GraphNode* result = detail::make_table_of_stream<K, VR>(
      graph(), names.result, core,
      detail::table_store<K, VR>(graph(), materialized, store_name, result_keys, result_values));
  graph().add(resolve, result);
  detail::Place place = place_.at(result);
  place.sources = sources;
  return KTable<K, VR>(std::move(place), result_keys, result_values, core);
}

}  // namespace leat
