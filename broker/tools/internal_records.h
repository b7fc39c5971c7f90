// Records of Kafka's internal topics as JSON: what the console consumer's formatters and kafka-dump-log print.
#pragma once

#include <optional>
#include <string>

#include "broker/wire/record_batch.h"

namespace leat::tools {

enum class InternalRecords { kOffsets, kGroups, kTransactions };

/// A record, taken apart. The type stands in front of the key, the version in front of the value.
struct InternalRecord {
  int type = 0;
  std::string key;
  struct Value {
    int version = 0;
    std::string data;
  };
  std::optional<Value> value;  ///< nothing for a tombstone
};

/// Nothing for a record of another kind; kCorrupt for one that is none.
Result<std::optional<InternalRecord>> read_internal(InternalRecords records, const wire::RecordView& record);

/// Replaces the bytes of subscriptions and assignments in the JSON of a group's metadata by what they say.
std::string with_protocol_of_members(std::string json, BytesView versioned_value);

/// A record of the cluster's metadata log as {"type":"TOPIC_RECORD","version":0,"data":{...}}.
Result<std::string> read_metadata(BytesView value);

}  // namespace leat::tools
