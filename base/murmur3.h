// The 128-bit hash by which the two sides of a foreign-key join recognise a row.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace leat {

/// Murmur3 for 64-bit machines, 128 bits, with the seed of Kafka Streams (org.apache.kafka.streams.state.internals.
/// Murmur3.hash128).
std::array<std::uint64_t, 2> murmur3_128(BytesView bytes);

}  // namespace leat
