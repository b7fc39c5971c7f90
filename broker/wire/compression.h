// The four codecs of record batches, in the framings that Kafka's clients read and write: gzip, snappy (raw, or in the
// Java stream framing), lz4 frames, zstd.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/buf.h"
#include "base/result.h"

namespace leat::wire {

enum class Codec { kNone = 0, kGzip = 1, kSnappy = 2, kLz4 = 3, kZstd = 4 };

/// Kafka's name: none, gzip, snappy, lz4, zstd.
std::string_view name(Codec codec);
Result<Codec> parse_codec(std::string_view name);

/// Compresses `bytes` behind `prefix` bytes that are left free at the start of the result.
Buf compress(Codec codec, BytesView bytes, std::size_t prefix);

/// Inflates `bytes`; kCorrupt for what is no such stream, and for one that grows beyond `bytes_max` (a bomb), which is
/// noticed before the memory is taken.
Result<Buf> decompress(Codec codec, BytesView bytes, std::size_t bytes_max);

}  // namespace leat::wire
