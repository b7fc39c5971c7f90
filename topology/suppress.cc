#include "topology/suppress.h"

namespace leat::detail {

namespace {
const GraphNode* windowed_above(const GraphNode& node) {
  if (node.grace_ms) return &node;
  for (const GraphNode* parent : node.parents) {
    if (const GraphNode* found = windowed_above(*parent)) return found;
  }
  return nullptr;
}
}  // namespace

std::int64_t grace_above(Graph& graph, const GraphNode& node, const std::string& name) {
  const GraphNode* windowed = windowed_above(node);
  if (windowed) return *windowed->grace_ms;
  graph.fail(name +
             ": until_window_closes() needs a windowed aggregation above; use until_time_limit() for other tables");
  return 0;
}

StoreBuilderPtr suppress_store(const std::string& store_name, const Suppressed& suppressed) {
  StoreDescription description;
  description.name = store_name;
  description.kind = StoreKind::kBuffer;
  description.in_memory = true;
  description.logging = suppressed.buffer.logging;
  description.log_config = suppressed.buffer.log_config;
  return std::make_shared<StoreBuilder>(description, [](const StoreDescription& described) {
    return std::unique_ptr<StateStore>(new SuppressBuffer(described.name));
  });
}

void suppress_buffer_full(const Node& node, const SuppressBuffer& buffer, const SuppressLimits& limits) {
  throw ProcessingError(node.name() + " holds back " + std::to_string(buffer.count()) + " of at most " +
                        std::to_string(limits.records_max) + " records and " + std::to_string(buffer.bytes()) +
                        " of at most " + std::to_string(limits.bytes_max) +
                        " bytes; give the buffer more, or let it emit_early_when_full()");
}

SuppressBuffer& suppress_buffer(const Node& node, NodeRuntime& runtime, const std::string& store) {
  StateStore* found = runtime.store(node, store);
  auto* buffer = dynamic_cast<SuppressBuffer*>(found);
  if (!buffer) store_refused(node, store, found != nullptr);
  return *buffer;
}

}  // namespace leat::detail
