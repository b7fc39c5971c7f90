// The topologies of conformance/streams in our DSL, by name. Each file here translates one family of the Java program
// that recorded the vectors (its generator/src), line by line.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "topology/streams_builder.h"
#include "topology/topology.h"

namespace leat::conformance {

/// Builds a topology with the settings of a run.
using BuildTopology = std::function<Topology(const BuilderOptions& options)>;

class TopologyRegistry {
 public:
  void dsl(const std::string& name, std::function<void(StreamsBuilder&)> write);
  void papi(const std::string& name, std::function<void(Topology&)> write);
  const std::map<std::string, BuildTopology>& all() const { return topologies_; }

 private:
  std::map<std::string, BuildTopology> topologies_;
};

/// All of them, by the name of their vectors without the variant ("A01_count").
const std::map<std::string, BuildTopology>& topologies();

void add_stateless(TopologyRegistry& registry);
void add_tables(TopologyRegistry& registry);
void add_aggregations(TopologyRegistry& registry);
void add_windows(TopologyRegistry& registry);
void add_sessions(TopologyRegistry& registry);
void add_joins(TopologyRegistry& registry);
void add_suppression(TopologyRegistry& registry);
void add_processors(TopologyRegistry& registry);
void add_handlers(TopologyRegistry& registry);

}  // namespace leat::conformance
