// What log compaction leaves of a batch: the same batch with fewer records, or none.
//
// Offsets, producer, sequences and timestamp type stay those of the original, the last offset too: the sequence range
// of an idempotent producer must survive, and so must the end of the log. Where a delete horizon is set, the field of
// the base timestamp holds it (attribute bit 6), and the records' timestamps are relative to it.
#pragma once

#include <optional>
#include <span>

#include "broker/wire/record_batch.h"

namespace leat::wire {

/// The moment from which tombstones and a transaction marker in this batch may go, or nothing.
std::optional<std::int64_t> delete_horizon_ms(const BatchView& batch);

/// A copy of `original` with these records of it only, compressed as it was. Requires a record. (Kafka:
/// MemoryRecords.buildRetainedRecordsInto)
Buf batch_with_records(const BatchView& original, std::span<const RecordView> kept,
                       std::optional<std::int64_t> delete_horizon_ms);

/// A copy of `original` without records. (Kafka: DefaultRecordBatch.writeEmptyHeader)
Buf batch_without_records(const BatchView& original);

}  // namespace leat::wire
