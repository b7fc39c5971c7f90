#include "broker/wire/filtered_batch.h"

#include <cstring>

#include "base/big_endian.h"
#include "base/check.h"

namespace leat::wire {

namespace {

constexpr std::int16_t kCodecBits = 7;
constexpr std::int16_t kDeleteHorizonBit = 64;

}  // namespace

std::optional<std::int64_t> delete_horizon_ms(const BatchView& batch) {
  if (!batch.has_delete_horizon()) return std::nullopt;
  return batch.base_timestamp();
}

Buf batch_with_records(const BatchView& original, std::span<const RecordView> kept,
                       std::optional<std::int64_t> delete_horizon_ms) {
  LEAT_CHECK(!kept.empty(), "a batch that keeps nothing is made by batch_without_records");
  BatchBuilder builder(original.size());
  if (delete_horizon_ms) builder.relative_to(*delete_horizon_ms);
  for (const RecordView& record : kept)
    builder.append(record, static_cast<std::int32_t>(record.offset - original.base_offset()));
  Buf batch = builder.seal({.codec = static_cast<Codec>(original.codec_number()),
                            .producer_id = original.producer_id(),
                            .producer_epoch = original.producer_epoch(),
                            .base_sequence = original.base_sequence()});
  const int horizon = delete_horizon_ms ? kDeleteHorizonBit : 0;
  BatchStamp stamp(batch.mutable_data());
  stamp.base_offset(original.base_offset());
  stamp.leader_epoch(original.leader_epoch());
  stamp.last_offset_delta(original.last_offset_delta());
  stamp.attributes(static_cast<std::int16_t>((original.attributes() & ~kDeleteHorizonBit) | horizon));
  stamp.seal(batch.size());
  return batch;
}

Buf batch_without_records(const BatchView& original) {
  Buf batch = Buf::copy_of(original.bytes().substr(0, BatchView::kHeaderBytes));
  BatchStamp stamp(batch.mutable_data());
  stamp.length(batch.size());
  stamp.attributes(static_cast<std::int16_t>(original.attributes() & ~(kCodecBits | kDeleteHorizonBit)));
  stamp.base_timestamp(kNoTimestamp);
  stamp.record_count(0);
  stamp.seal(batch.size());
  return batch;
}

}  // namespace leat::wire
