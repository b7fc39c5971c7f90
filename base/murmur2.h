// The hash by which Kafka's producers choose a partition for a key. Every client must agree on it, or the records of
// one key end up in two partitions.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace leat {

/// 32-bit murmur2 with the seed of Kafka's Java client.
std::int32_t murmur2(BytesView bytes);

/// Clears the sign bit (not the absolute value).
constexpr std::int32_t to_positive(std::int32_t hash) { return hash & 0x7fffffff; }

/// The partition of a key among `partitions`. Requires partitions > 0.
std::int32_t partition_for_key(BytesView key, std::int32_t partitions);

}  // namespace leat
