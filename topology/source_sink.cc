#include "topology/source_sink.h"

namespace leat::detail {

Result<std::int64_t> valid_timestamp(std::int64_t timestamp, std::int64_t partition_time, OnInvalidTimestamp policy,
                                     const Node& source) {
  if (policy == OnInvalidTimestamp::kUseWallClock) return source.runtime().current_system_time_ms();
  if (timestamp >= 0) return timestamp;
  switch (policy) {
    case OnInvalidTimestamp::kLogAndSkip: return std::int64_t{-1};
    case OnInvalidTimestamp::kUsePartitionTime:
      if (partition_time >= 0) return partition_time;
      break;
    case OnInvalidTimestamp::kUseWallClock:
    case OnInvalidTimestamp::kDefault:
    case OnInvalidTimestamp::kFail: break;
  }
  return Error{ErrorKind::kCorrupt,
               "source " + source.name() + " read a record with the negative timestamp " + std::to_string(timestamp) +
                   "; a producer without timestamps, perhaps: take one from the value with "
                   "Consumed::with_timestamp_extractor, or skip such records with OnInvalidTimestamp::kLogAndSkip"};
}

void no_topic(const Node& node) {
  throw ProcessingError("the topic extractor of sink " + node.name() + " named no topic");
}

}  // namespace leat::detail
