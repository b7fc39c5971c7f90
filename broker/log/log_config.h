// LogConfig: the settings of a topic that its logs obey. Names and meanings are Kafka's topic configs.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "broker/wire/compression.h"

namespace leat::log {

/// When a record counts as written: `log.durability` of the broker.
enum class Durability {
  kFsync,      ///< after a group-commit fdatasync; the high watermark covers durable bytes only
  kPageCache,  ///< at once, as Kafka does; a power cut may take back what was acknowledged
};

struct LogConfig {
  std::int64_t segment_bytes = 1 << 30;
  /// internal.segment.bytes: stands above segment.bytes, and may be smaller than that allows; 0 for none.
  std::int64_t internal_segment_bytes = 0;
  std::int64_t segment_ms = 7LL * 24 * 3600 * 1000;
  std::int64_t index_interval_bytes = 4096;
  std::int64_t retention_bytes = -1;
  std::int64_t retention_ms = 7LL * 24 * 3600 * 1000;
  std::int64_t max_message_bytes = 1048588;
  /// message.timestamp.type=LogAppendTime
  bool log_append_time = false;
  std::int64_t timestamp_before_max_ms = std::numeric_limits<std::int64_t>::max();
  std::int64_t timestamp_after_max_ms = 3'600'000;
  bool cleanup_delete = true;
  bool cleanup_compact = false;
  /// Compaction: how dirty a log must be (min.cleanable.dirty.ratio), how old a record must (min.compaction.lag.ms) and
  /// may (max.compaction.lag.ms) become before it, and how long tombstones are still told (delete.retention.ms).
  double dirty_ratio_min = 0.5;
  std::int64_t compaction_lag_ms_min = 0;
  std::int64_t compaction_lag_ms_max = std::numeric_limits<std::int64_t>::max();
  std::int64_t delete_retention_ms = 24LL * 3600 * 1000;
  /// compression.type; nothing for `producer`, which keeps batches as they come.
  std::optional<wire::Codec> compression;
  Durability durability = Durability::kFsync;

  std::uint64_t segment_bytes_max() const {
    return static_cast<std::uint64_t>(internal_segment_bytes > 0 ? internal_segment_bytes : segment_bytes);
  }
};

/// The log cleaner's own settings.
struct CleanerConfig {
  bool enabled = true;               ///< log.cleaner.enable
  std::int64_t backoff_ms = 15'000;  ///< log.cleaner.backoff.ms: between looks when nothing is dirty
  std::int64_t dedupe_buffer_bytes = 128 * 1024 * 1024;  ///< log.cleaner.dedupe.buffer.size
};

}  // namespace leat::log
