#include "topology/stream_table_wait.h"

#include <algorithm>

#include "base/serde.h"
#include "state/store_builder.h"

namespace leat::detail {

Status JoinBuffer::open(const StoreContext& context) {
  context_ = context;
  return {};
}

Status JoinBuffer::restore(const ChangelogRecord& record) {
  constexpr std::size_t kKeyAt = 9, kNumberBytes = 4;
  if (record.key.size() < kKeyAt + kNumberBytes) {
    return wrong_size("key of a join buffer", kKeyAt + kNumberBytes, record.key.size());
  }
  const std::size_t key_bytes = record.key.size() - kKeyAt - kNumberBytes;
  const Place place{static_cast<std::int64_t>(read_big_endian<std::uint64_t>(record.key.data() + 1)),
                    Bytes(record.key.substr(kKeyAt, key_bytes)),
                    static_cast<std::int32_t>(read_big_endian<std::uint32_t>(record.key.end() - kNumberBytes))};
  number_ = std::max(number_, std::get<2>(place));
  stream_time_ = std::max(stream_time_, std::get<0>(place));
  if (!record.value) {
    rows_.erase(place);
    return {};
  }
  auto row = read_suppressed(*record.value);
  if (!row) return row.error();
  rows_[place] = std::move(row->second);
  return {};
}

bool JoinBuffer::put(BytesView key, Bytes value, const RecordContext& context) {
  if (stream_time_ - grace_ms_ > context.timestamp) return false;
  stream_time_ = std::max(stream_time_, context.timestamp);
  number_ = static_cast<std::int32_t>((static_cast<std::uint32_t>(number_) + 1) & 0x7fffffffu);
  Row row;
  row.new_value = std::move(value);
  row.timestamp = context.timestamp;
  row.metadata = *context.metadata;
  if (context.headers) row.headers = *context.headers;
  const Place place{context.timestamp, Bytes(key), number_};
  log(place, &row);
  rows_.emplace(place, std::move(row));
  return true;
}

std::optional<std::pair<Bytes, JoinBuffer::Row>> JoinBuffer::take_due() {
  if (rows_.empty() || std::get<0>(rows_.begin()->first) > stream_time_ - grace_ms_) return std::nullopt;
  auto first = rows_.extract(rows_.begin());
  log(first.key(), nullptr);
  return std::pair(std::get<1>(first.key()), std::move(first.mapped()));
}

void JoinBuffer::log(const Place& place, const Row* row) {
  if (!context_.collector) return;
  Bytes key(1, '\0'), value;
  append_big_endian(static_cast<std::uint64_t>(std::get<0>(place)), key);
  key.append(std::get<1>(place));
  append_big_endian(static_cast<std::uint32_t>(std::get<2>(place)), key);
  RecordCollector::Outgoing record;
  record.topic = context_.changelog_topic;
  record.key = key;
  if (row) {
    value = serialize_suppressed(*row, 0);
    record.value = value;
  }
  record.partition = context_.partition;
  record.from = name();
  context_.collector->send(record);
}

StoreBuilderPtr join_buffer(const std::string& name, std::int64_t grace_ms) {
  StoreDescription description;
  description.name = name;
  description.kind = StoreKind::kBuffer;
  description.in_memory = true;
  return std::make_shared<StoreBuilder>(description, [grace_ms](const StoreDescription& described) {
    return std::unique_ptr<StateStore>(new JoinBuffer(described.name, grace_ms));
  });
}

JoinBuffer& join_buffer_of(const Node& node, NodeRuntime& runtime, const std::string& name) {
  StateStore* found = runtime.store(node, name);
  auto* buffer = dynamic_cast<JoinBuffer*>(found);
  if (!buffer) store_refused(node, name, found != nullptr);
  return *buffer;
}

void waiting_needs_key(const Node& node) {
  throw ProcessingError(node.name() +
                        " lets records wait for their table and cannot do so without a key; filter null keys before");
}

}  // namespace leat::detail
