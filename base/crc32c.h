// CRC-32C (Castagnoli), the checksum of record batches v2 and of snapshot files.
//
//   std::uint32_t crc = crc32c(bytes);
//   crc = crc32c_extend(crc, more_bytes);     // the checksum of bytes followed by more_bytes
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace leat {

/// The checksum of what `crc` is the checksum of, followed by `bytes`. Start with 0.
std::uint32_t crc32c_extend(std::uint32_t crc, BytesView bytes);

inline std::uint32_t crc32c(BytesView bytes) { return crc32c_extend(0, bytes); }

/// The same function from a table, a byte at a time: for processors without the instruction, and to check the other.
std::uint32_t crc32c_extend_portable(std::uint32_t crc, BytesView bytes);

}  // namespace leat
