// HashIndex: the numbers of rows that lie elsewhere, found by the hashes of their keys; open addressing.
#pragma once

#include <cstdint>
#include <vector>

#include "base/table_memory.h"

namespace leat::detail {

class HashIndex {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  /// The number among those of this hash for which `same(number)` holds; kNone where there is none.
  template <class Same>
  std::uint32_t find(std::uint32_t hash, Same same) const {
    if (slots_.empty()) return kNone;
    for (std::size_t at = hash & mask();; at = (at + 1) & mask()) {
      const Slot& slot = slots_[at];
      if (slot.number == kNone) return kNone;
      if (slot.hash == hash && same(slot.number)) return slot.number;
    }
  }
  /// Requires that the number is not there.
  void insert(std::uint32_t hash, std::uint32_t number) {
    if ((size_ + 1) * 2 > slots_.size()) grow();
    place({number, hash});
    ++size_;
  }
  /// Requires that it is there.
  void erase(std::uint32_t hash, std::uint32_t number) {
    std::size_t hole = hash & mask();
    while (slots_[hole].number != number) hole = (hole + 1) & mask();
    // Close the gap: move back what a probe would no longer find.
    for (std::size_t at = (hole + 1) & mask(); slots_[at].number != kNone; at = (at + 1) & mask()) {
      const std::size_t home = slots_[at].hash & mask();
      if (((at - home) & mask()) < ((at - hole) & mask())) continue;
      slots_[hole] = slots_[at];
      hole = at;
    }
    slots_[hole].number = kNone;
    --size_;
  }
  void clear() {
    slots_.clear();
    size_ = 0;
  }
  std::size_t size() const { return size_; }

  /// Fetches the place of a hash into the processor's caches ...
  void fetch_place(std::uint32_t hash) const {
    if (!slots_.empty()) __builtin_prefetch(&slots_[hash & mask()]);
  }
  /// ... and tells, where it has arrived, which row is most likely meant; kNone where none is.
  std::uint32_t guess(std::uint32_t hash) const {
    if (slots_.empty()) return kNone;
    const Slot& slot = slots_[hash & mask()];
    return slot.hash == hash ? slot.number : kNone;
  }

 private:
  struct Slot {
    std::uint32_t number = kNone;
    std::uint32_t hash = 0;
  };

  std::size_t mask() const { return slots_.size() - 1; }
  void place(Slot slot) {
    std::size_t at = slot.hash & mask();
    while (slots_[at].number != kNone) at = (at + 1) & mask();
    slots_[at] = slot;
  }
  void grow() {
    std::vector<Slot, TableAllocator<Slot>> old(slots_.empty() ? 64 : slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old)
      if (slot.number != kNone) place(slot);
  }

  std::vector<Slot, TableAllocator<Slot>> slots_;
  std::size_t size_ = 0;
};

}  // namespace leat::detail
