// split(): the branches of a stream, and what becomes of each.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "topology/kstream.h"

namespace leat {

/// Branched::as("name"), Branched::to("topic"), Branched::with_consumer(f), Branched::with_function(f).
struct Branched {
  template <class F>
  struct WithConsumer {
    F consumer;
    std::string name;
    WithConsumer with_name(std::string new_name) const { return {consumer, std::move(new_name)}; }
  };
  template <class F>
  struct WithFunction {
    F function;
    std::string name;
    WithFunction with_name(std::string new_name) const { return {function, std::move(new_name)}; }
  };
  struct ToTopic {
    std::string topic;
    Produced produced;
    std::string name;
    ToTopic with_name(std::string new_name) const { return {topic, produced, std::move(new_name)}; }
  };

  std::string name;

  static Branched as(std::string name) { return {std::move(name)}; }
  static ToTopic to(std::string topic, Produced produced = {}) { return {std::move(topic), std::move(produced), {}}; }
  /// `consumer` gets the branch and goes on with it.
  template <class F>
  static WithConsumer<F> with_consumer(F consumer, std::string name = {}) {
    return {std::move(consumer), std::move(name)};
  }
  /// `function` gets the branch; the stream that it returns is the result of the branch.
  template <class F>
  static WithFunction<F> with_function(F function, std::string name = {}) {
    return {std::move(function), std::move(name)};
  }
};

/// The branches of a stream: a record goes to the first whose predicate holds, else to the default branch, else
/// nowhere.
///
///   orders.split()
///       .branch([](const Order& o) { return o.amount > 10'000; }, leat::Branched::to("audit"))
///       .default_branch(leat::Branched::to("orders-large"));
template <class K, class V>
class BranchedKStream {
 public:
  /// Name of the branch (Kafka's: the splitter's name and the branch's) to stream.
  using Branches = std::map<std::string, KStream<K, V>>;

  BranchedKStream(const KStream<K, V>& source, const Named& named) : source_(source) {
    const detail::Place& place = source.place();
    name_ = place.graph->name_or_generate(named.name, "KSTREAM-BRANCH-");
    auto rules = rules_;
    node_ = detail::make_operator(*place.graph, name_, [rules](const detail::NodeBuild&) -> std::unique_ptr<Node> {
      return std::make_unique<detail::BranchNode<K, V>>(*rules);
    });
    place.graph->add(place.node, node_);
  }

  template <class F, class B = Branched>
  BranchedKStream& branch(F predicate, const B& branched = {}) {
    static_assert(detail::PredicateOfKeyAndValueOrValue<F, K, V>,
                  "branch() takes a function (value) or (key, value) that returns bool");
    using Call = detail::KeyValueCall<F, K, V>;
    ++count_;
    add(
        [predicate = std::move(predicate)](const K* key, const V* value, const RecordContext& context) mutable {
          return Call::sees(value) && static_cast<bool>(Call::call(predicate, key, value, context));
        },
        count_, branched);
    return *this;
  }
  template <class B = Branched>
  Branches default_branch(const B& branched = {}) {
    add(nullptr, 0, branched);
    return branches_;
  }
  Branches no_default_branch() const { return branches_; }

 private:
  template <class B>
  void add(typename detail::BranchNode<K, V>::Predicate predicate, int index, const B& branched) {
    const std::string name = name_ + (branched.name.empty() ? std::to_string(index) : branched.name);
    detail::Graph& graph = *source_.place().graph;
    rules_->push_back({std::move(predicate), name});
    graph.new_processor_name(name);
    detail::GraphNode* node = detail::make_operator(graph, name, detail::node_factory<detail::PassThroughNode<K, V>>());
    graph.add(node_, node);
    finish(KStream<K, V>(source_.place().at(node), source_.key_serde(), source_.value_serde()), name, branched);
  }
  void finish(KStream<K, V> stream, const std::string& name, const Branched&) { branches_.emplace(name, stream); }
  void finish(KStream<K, V> stream, const std::string&, const Branched::ToTopic& to) {
    stream.to(to.topic, to.produced);
  }
  template <class F>
  void finish(KStream<K, V> stream, const std::string&, const Branched::WithConsumer<F>& with) {
    with.consumer(stream);
  }
  template <class F>
  void finish(KStream<K, V> stream, const std::string& name, const Branched::WithFunction<F>& with) {
    branches_.emplace(name, with.function(stream));
  }

  KStream<K, V> source_;
  std::string name_;
  detail::GraphNode* node_ = nullptr;
  std::shared_ptr<std::vector<typename detail::BranchNode<K, V>::Branch>> rules_ =
      std::make_shared<std::vector<typename detail::BranchNode<K, V>::Branch>>();
  int count_ = 0;
  Branches branches_;
};

template <class K, class V>
BranchedKStream<K, V> KStream<K, V>::split(const Named& named) const {
  return BranchedKStream<K, V>(*this, named);
}

}  // namespace leat
