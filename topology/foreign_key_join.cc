#include "topology/foreign_key_join.h"

namespace leat::detail {

ForeignKeyJoinNames::ForeignKeyJoinNames(Graph& graph, const std::string& name) {
  const auto next = [&](const char* suffix, const char* prefix) {
    return graph.suffixed_or_generate(name, suffix, prefix);
  };
  constexpr const char* kProcessor = "KTABLE-FK-JOIN-SUBSCRIPTION-PROCESSOR-";
  subscription_topic = next("-subscription-registration", "KTABLE-FK-JOIN-SUBSCRIPTION-REGISTRATION-") + "-topic";
  send = next("-subscription-registration-processor", "KTABLE-FK-JOIN-SUBSCRIPTION-REGISTRATION-");
  subscription_sink = next("-subscription-registration-sink", "KTABLE-SINK-");
  subscription_source = next("-subscription-registration-source", "KTABLE-SOURCE-");
  store = next("-subscription-store", "KTABLE-FK-JOIN-SUBSCRIPTION-STATE-STORE-");
  receive = next("-subscription-receive", kProcessor);
  join = next("-subscription-join-foreign", kProcessor);
  foreign_join = next("-foreign-join-subscription", kProcessor);
  response_topic = next("-subscription-response", "KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-") + "-topic";
  response_sink = next("-subscription-response-sink", "KTABLE-SINK-");
  response_source = next("-subscription-response-source", "KTABLE-SOURCE-");
  resolve = next("-subscription-response-resolver", "KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-RESOLVER-PROCESSOR-");
  result = next("-result", "KTABLE-FK-JOIN-OUTPUT-");
}

GraphNode* make_internal_sink(Graph& graph, const std::string& name, const std::string& topic, NodeFactory factory) {
  GraphNode* node = graph.make(name);
  node->write = [topic, factory = std::move(factory)](const GraphNode& self, Topology& topology) {
    topology.add_internal_topic(topic, std::nullopt);
    NodeSpec spec;
    spec.name = self.name;
    spec.kind = NodeSpec::Kind::kSink;
    spec.parents = self.parent_names();
    spec.topics = {topic};
    spec.make = factory;
    topology.add(std::move(spec));
  };
  return node;
}

GraphNode* make_internal_source(Graph& graph, const std::string& name, const std::string& topic, NodeFactory factory) {
  GraphNode* node = graph.make(name);
  node->write = [topic, factory = std::move(factory)](const GraphNode& self, Topology& topology) {
    NodeSpec spec;
    spec.name = self.name;
    spec.kind = NodeSpec::Kind::kSource;
    spec.topics = {topic};
    spec.make = factory;
    topology.add(std::move(spec));
  };
  return node;
}

void several_partitions(std::string_view topic, std::size_t count) {
  throw ProcessingError("a partitioner of TableJoined chose " + std::to_string(count) + " partitions of topic " +
                        std::string(topic) + "; a join by foreign key needs exactly one, or none said");
}

}  // namespace leat::detail
