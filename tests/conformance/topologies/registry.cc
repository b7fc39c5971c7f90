#include "tests/conformance/topologies/registry.h"

namespace leat::conformance {

void TopologyRegistry::dsl(const std::string& name, std::function<void(StreamsBuilder&)> write) {
  topologies_[name] = [write = std::move(write)](const BuilderOptions& options) {
    StreamsBuilder builder(options);
    write(builder);
    return builder.build();
  };
}

void TopologyRegistry::papi(const std::string& name, std::function<void(Topology&)> write) {
  topologies_[name] = [write = std::move(write)](const BuilderOptions&) {
    Topology topology;
    write(topology);
    return topology;
  };
}

const std::map<std::string, BuildTopology>& topologies() {
  static const TopologyRegistry registry = [] {
    TopologyRegistry all;
    add_stateless(all);
    add_tables(all);
    add_aggregations(all);
    add_windows(all);
    add_sessions(all);
    add_joins(all);
    add_suppression(all);
    add_processors(all);
    add_handlers(all);
    return all;
  }();
  return registry.all();
}

}  // namespace leat::conformance
