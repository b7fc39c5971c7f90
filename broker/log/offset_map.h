// OffsetMap: which offset of a key is its last, for one pass of the log cleaner.
//
// Keys are known by 16 bytes of their SHA-256: nobody can write a key that takes another's place. 24 bytes a key, grown
// as keys come, up to a limit (log.cleaner.dedupe.buffer.size). (Kafka: SkimpyOffsetMap)
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.h"

namespace leat::log {

class OffsetMap {
 public:
  /// `bytes_max` bounds the memory at the end of its growth.
  explicit OffsetMap(std::size_t bytes_max);
  ~OffsetMap();

  /// Notes the offset of a key; a later call for the same key wins. False where there is no room for another key.
  bool put(BytesView key, std::int64_t offset);
  /// The last offset noted for a key, or -1.
  std::int64_t find(BytesView key) const;

  std::size_t size() const { return size_; }

 private:
  struct Slot {
    std::uint64_t hash[2];
    std::int64_t offset;  ///< -1: the slot is free
  };
  class Digest;

  std::size_t slot_of(const Slot& wanted) const;
  Slot hashed(BytesView key) const;
  void grow();

  std::unique_ptr<Digest> digest_;
  std::vector<Slot> slots_;  ///< a power of two of them
  std::size_t slots_max_;
  std::size_t size_ = 0;
};

}  // namespace leat::log
