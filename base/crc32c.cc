// The instruction has a latency of three cycles and a throughput of one: three independent streams keep it busy. The
// input is cut into rounds of three blocks of one size; the checksums of the blocks are put together by shifting the
// earlier one over as many zero bytes as the later ones have. Shifting is linear over GF(2), so it is a 32x32 bit
// matrix, kept here as four tables of 256 entries for each of the two block sizes.
#include "base/crc32c.h"

#include <array>
#include <cstddef>
#include <cstring>

#ifdef __SSE4_2__
#include <nmmintrin.h>
#endif

namespace leat {

namespace {

constexpr std::uint32_t kPolynomial = 0x82f63b78;  // reflected

using ByteTable = std::array<std::uint32_t, 256>;

constexpr ByteTable byte_table() {
  ByteTable table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) ? kPolynomial : 0);
    table[byte] = crc;
  }
  return table;
}

constexpr ByteTable kByteTable = byte_table();

#ifdef __SSE4_2__

constexpr std::size_t kLongBlock = 4096;
constexpr std::size_t kShortBlock = 256;

/// Column i is the image of bit i.
using Matrix = std::array<std::uint32_t, 32>;

constexpr std::uint32_t image(const Matrix& matrix, std::uint32_t vector) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; vector != 0; ++i, vector >>= 1) {
    if (vector & 1) sum ^= matrix[i];
  }
  return sum;
}

using ShiftTable = std::array<ByteTable, 4>;

/// Shifts a checksum over `zeros` zero bytes; `zeros` is a power of two.
constexpr ShiftTable shift_table(std::size_t zeros) {
  Matrix shift{};
  shift[0] = kPolynomial;  // one zero bit
  for (std::size_t i = 1; i < 32; ++i) shift[i] = 1u << (i - 1);
  for (std::size_t bits = 1; bits < zeros * 8; bits *= 2) {
    Matrix square{};
    for (std::size_t i = 0; i < 32; ++i) square[i] = image(shift, shift[i]);
    shift = square;
  }
  ShiftTable table{};
  for (std::size_t at = 0; at < 4; ++at) {
    for (std::uint32_t byte = 0; byte < 256; ++byte) table[at][byte] = image(shift, byte << (8 * at));
  }
  return table;
}

constexpr ShiftTable kShiftLong = shift_table(kLongBlock);
constexpr ShiftTable kShiftShort = shift_table(kShortBlock);

std::uint64_t shifted(const ShiftTable& table, std::uint64_t crc) {
  return table[0][crc & 0xff] ^ table[1][(crc >> 8) & 0xff] ^ table[2][(crc >> 16) & 0xff] ^
         table[3][(crc >> 24) & 0xff];
}

std::uint64_t step(std::uint64_t crc, const char* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof(word));
  return _mm_crc32_u64(crc, word);
}

template <std::size_t kBlock>
std::uint64_t rounds_of_three(std::uint64_t crc, const char*& at, std::size_t& size, const ShiftTable& table) {
  for (; size >= 3 * kBlock; at += 3 * kBlock, size -= 3 * kBlock) {
    std::uint64_t second = 0;
    std::uint64_t third = 0;
    for (std::size_t i = 0; i < kBlock; i += 8) {
      crc = step(crc, at + i);
      second = step(second, at + kBlock + i);
      third = step(third, at + 2 * kBlock + i);
    }
    crc = shifted(table, crc) ^ second;
    crc = shifted(table, crc) ^ third;
  }
  return crc;
}

#endif

}  // namespace

std::uint32_t crc32c_extend_portable(std::uint32_t crc, BytesView bytes) {
  crc = ~crc;
  for (unsigned char byte : bytes) crc = kByteTable[(crc ^ byte) & 0xff] ^ (crc >> 8);
  return ~crc;
}

#ifdef __SSE4_2__
std::uint32_t crc32c_extend(std::uint32_t crc, BytesView bytes) {
  const char* at = bytes.data();
  std::size_t size = bytes.size();
  std::uint64_t sum = static_cast<std::uint32_t>(~crc);
  sum = rounds_of_three<kLongBlock>(sum, at, size, kShiftLong);
  sum = rounds_of_three<kShortBlock>(sum, at, size, kShiftShort);
  for (; size >= 8; at += 8, size -= 8) sum = step(sum, at);
  for (; size > 0; ++at, --size) sum = _mm_crc32_u8(static_cast<std::uint32_t>(sum), static_cast<unsigned char>(*at));
  return ~static_cast<std::uint32_t>(sum);
}
#else
std::uint32_t crc32c_extend(std::uint32_t crc, BytesView bytes) { return crc32c_extend_portable(crc, bytes); }
#endif

}  // namespace leat
