#include "tests/topology/nodes_fixture.h"

namespace leat::test {

namespace {
std::optional<std::string> owned(const std::optional<BytesView>& bytes) {
  return bytes ? std::optional<std::string>(*bytes) : std::nullopt;
}
std::optional<BytesView> view(const std::optional<std::string>& text) {
  return text ? std::optional<BytesView>(*text) : std::nullopt;
}
}  // namespace

Pipe::Pipe(const Topology& topology) : instance_(topology.plan({.application_id = "app"}).value().instantiate_all()) {
  for (const TopologyInstance::Store& store : instance_.stores) {
    StoreContext context;
    context.context = &context_;
    LEAT_CHECK(store.store->open(context).ok());
  }
  for (const auto& node : instance_.nodes) node->init(*this);
}

std::string Pipe::feed(const std::string& topic, Text key, Text value, std::int64_t timestamp, Headers headers) {
  SourceNode& source = *instance_.sources.at(topic);
  const RawRecord record{view(key), view(value), timestamp};
  if (const Status status = source.decode(record); !status) return status.error().message;
  const RecordMetadata metadata{topic, 0, 0};
  const auto at = source.timestamp(record, stream_time_);
  if (!at) return at.error().message;
  stream_time_ = std::max(stream_time_, *at);
  context_ = {*at, &headers, &metadata, record.key, record.value};
  try {
    source.process(context_);
  } catch (const ProcessingFailed& failed) {
    return failed.error().message;
  }
  return {};
}

StateStore* Pipe::store(const Node& node, std::string_view name) {
  if (instance_.connections.at(&node).count(name) == 0) return nullptr;
  for (const TopologyInstance::Store& store : instance_.stores) {
    if (store.store->name() == name) return store.store.get();
  }
  return nullptr;
}

void Pipe::send(const Outgoing& record) {
  sent_.push_back({std::string(record.topic), owned(record.key), owned(record.value), record.timestamp.value_or(-1)});
}

}  // namespace leat::test
