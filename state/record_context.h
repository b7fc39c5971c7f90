// RecordContext: what is known about the record at hand besides its key and value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/headers.h"

namespace leat {

/// Where the input record came from. A punctuation has an empty topic, partition and offset -1.
struct RecordMetadata {
  std::string topic;
  std::int32_t partition = -1;
  std::int64_t offset = -1;
};

/// What every node and store knows about the record at hand. Each task has one such object: the task sets it for every
/// record and punctuation, it is passed by reference along the edges, and stores look at it when they write their
/// changelog. A node that changes the timestamp or the headers for its children restores them before it returns; a
/// cache that flushes an entry sets it to the context of the entry's last write meanwhile. Headers are shared between
/// siblings, as in Kafka: what one adds the next one sees.
struct RecordContext {
  std::int64_t timestamp = 0;
  Headers* headers = nullptr;
  const RecordMetadata* metadata = nullptr;
  /// The bytes as they came from the topic, for dead letters; without owner outside of the call.
  std::optional<BytesView> raw_key;
  std::optional<BytesView> raw_value;
};

}  // namespace leat
