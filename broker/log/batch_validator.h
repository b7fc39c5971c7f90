// Validation of produced batches: everything that Kafka's LogValidator checks, and what it stores differently from what
// came in (offsets, maximum timestamp, log append time, the topic's compression).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/buf.h"
#include "broker/log/log_config.h"
#include "broker/wire/error_code.h"
#include "broker/wire/record_batch.h"

namespace leat::log {

/// Who appends. Coordinators write what clients may not (control batches).
enum class AppendOrigin { kClient, kCoordinator };

struct RecordError {
  std::int32_t batch_index = 0;
  std::string message;
};

/// Why a batch was refused, in Kafka's terms.
struct Refusal {
  wire::ErrorCode code = wire::ErrorCode::kNone;
  std::string message;
  std::vector<RecordError> records;
};

/// A batch that may be stored: offsets are still to be stamped. `batch` shares the block of the input unless it had to
/// be built anew.
struct ValidBatch {
  Buf batch;
  std::int64_t log_append_time_ms = wire::kNoTimestamp;
};

/// Checks the one batch that a produce request may carry for a partition. Fills `refusal` and returns false where it
/// may not be stored.
bool validate_batch(Buf records, AppendOrigin origin, const LogConfig& config, std::int64_t now_ms, ValidBatch& valid,
                    Refusal& refusal);

}  // namespace leat::log
