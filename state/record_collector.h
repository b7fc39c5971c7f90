// RecordCollector: where sinks and changelogs hand over encoded records. Owned by the task.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/copy_function.h"
#include "base/headers.h"

namespace leat {

class RecordCollector {
 public:
  /// All views are borrowed for the call.
  struct Outgoing {
    std::string_view topic;
    std::optional<BytesView> key;
    std::optional<BytesView> value;
    /// Null: the producer stamps it.
    std::optional<std::int64_t> timestamp;
    const Headers* headers = nullptr;
    /// Not set: murmur2 of the key bytes, or the producer's choice for a null key.
    std::optional<std::int32_t> partition;
    /// The node or store that sends it, for messages.
    std::string_view from;
  };

  /// Chooses the partitions of a record when it is known how many there are: none said, or exactly these. Owns what it
  /// needs for that.
  using Choose = CopyFunction<std::optional<std::vector<std::int32_t>>(std::int32_t partition_count)>;

  virtual ~RecordCollector() = default;
  /// Sends one record. Errors come asynchronously and fail the task.
  virtual void send(const Outgoing& record) = 0;
  /// How many partitions the topic has, for those who choose one; 0 while that is not known.
  virtual std::int32_t partition_count(std::string_view topic) = 0;
  /// Sends one record, a copy of which waits until the partitions of its topic are known. For topics whose count is 0.
  virtual void send_when_known(const Outgoing& record, Choose choose) = 0;
};

}  // namespace leat
