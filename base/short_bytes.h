// ShortBytes: bytes of which there mostly are few. Up to kInside of them lie in the object itself, so that a table of
// such keys is compared without a look at a second place.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/bytes.h"

namespace leat {

template <std::uint32_t kInside>
class ShortBytes {
 public:
  ShortBytes() = default;
  explicit ShortBytes(BytesView bytes) { assign(bytes); }
  ShortBytes(const ShortBytes&) = delete;
  ShortBytes& operator=(const ShortBytes&) = delete;
  ~ShortBytes() {
    if (capacity_ > kInside) delete[] far_;
  }

  void assign(BytesView bytes) {
    if (bytes.size() > capacity_) grow(bytes.size());
    if (!bytes.empty()) std::memcpy(data(), bytes.data(), bytes.size());
    size_ = static_cast<std::uint32_t>(bytes.size());
  }
  BytesView view() const { return {capacity_ > kInside ? far_ : near_, size_}; }
  operator BytesView() const { return view(); }
  std::size_t size() const { return size_; }
  /// Fetches what lies elsewhere into the processor's caches, or the beginning of it.
  void fetch_far() const {
    constexpr std::uint32_t kLine = 64, kFetchedMax = 4 * kLine;
    if (capacity_ <= kInside) return;
    for (std::uint32_t at = 0; at < std::min(size_, kFetchedMax); at += kLine) __builtin_prefetch(far_ + at);
  }
  /// Bytes that lie elsewhere.
  std::size_t far_bytes() const { return capacity_ > kInside ? capacity_ : 0; }

  friend bool operator==(const ShortBytes& a, BytesView b) { return a.view() == b; }
  friend void swap(ShortBytes& a, ShortBytes& b) {
    char bytes[sizeof(ShortBytes)];
    std::memcpy(bytes, static_cast<void*>(&a), sizeof bytes);
    std::memcpy(static_cast<void*>(&a), static_cast<void*>(&b), sizeof bytes);
    std::memcpy(static_cast<void*>(&b), bytes, sizeof bytes);
  }

 private:
  char* data() { return capacity_ > kInside ? far_ : near_; }
  void grow(std::size_t bytes) {
    // What is rewritten again and again with a little more each time does not move each time.
    const auto capacity = static_cast<std::uint32_t>(std::max<std::size_t>(bytes, 2 * std::size_t(capacity_)));
    char* larger = new char[capacity];
    if (capacity_ > kInside) delete[] far_;
    far_ = larger;
    capacity_ = capacity;
  }

  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = kInside;
  union {
    char near_[kInside];
    char* far_;
  };
};

/// For hash tables in memory; not for anything that is written down.
inline std::uint32_t table_hash(BytesView bytes) {
  constexpr std::uint64_t kFactor = 0x9e3779b97f4a7c15;
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t hash = kFactor ^ left;
  const auto mix = [&](std::uint64_t word) {
    hash = (hash ^ word) * kFactor;
    hash ^= hash >> 32;
  };
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    mix(word);
  }
  if (left > 0) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, left);
    mix(word);
  }
  hash *= kFactor;
  return static_cast<std::uint32_t>(hash >> 32);
}

}  // namespace leat
