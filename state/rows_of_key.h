// RowsOfKey: the rows of a key in the order of the times that follow it in their row keys.
//
// A key is found by hash, and what there is of it lies side by side: a walk over the rows of a key costs a miss of the
// processor's caches or two, wherever the key sorts among the others. SortedIndex is for walks over many keys.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <type_traits>

#include "base/short_bytes.h"
#include "base/table_memory.h"
#include "state/hash_index.h"
#include "state/row_table.h"

namespace leat::detail {

template <class T>
class RowsOfKey {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  struct Item {
    RowTimes times;
    T row;
  };

  /// Requires that the key has no row of these times.
  void insert(BytesView key, RowTimes times, T row) {
    ++version_;
    Group& group = group_for(key);
    if (group.first + group.size == group.capacity) group.make_room();
    Item* const end = group.end();
    // Most rows come in the order of their times.
    Item* const at = group.size == 0 || end[-1].times < times ? end : group.bound(times);
    std::copy_backward(at, end, end + 1);
    *at = {times, row};
    ++group.size;
  }
  /// Requires that it is there.
  void erase(BytesView key, RowTimes times) {
    ++version_;
    const std::uint32_t hash = table_hash(key);
    const std::uint32_t number = lookup(key, hash);
    Group& group = groups_[number];
    Item* const at = group.bound(times);
    // The side that is shorter moves: the oldest rows, in front, are mostly the first to go.
    if (at - group.begin() < group.end() - at) {
      std::copy_backward(group.begin(), at, at + 1);
      ++group.first;
    } else {
      std::copy(at + 1, group.end(), at);
    }
    if (--group.size > 0) return;
    places_.erase(hash, number);
    group.free();
    free_.push_back(number);
  }
  void clear() {
    ++version_;
    groups_.clear();
    places_.clear();
    free_.clear();
  }

  /// The rows of a key between two times, both included; valid until the next change.
  std::span<const Item> between(BytesView key, RowTimes from, RowTimes to) const {
    const std::uint32_t number = lookup(key, table_hash(key));
    if (number == HashIndex::kNone) return {};
    const Group& group = groups_[number];
    const Item* first = group.bound(from);
    const Item* last = first;
    while (last != group.end() && last->times <= to) ++last;
    return {first, last};
  }
  std::uint64_t version() const { return version_; }

  /// The latest rows of the key are about to be read; `fetch_row(row)` when they are next.
  template <class FetchRow>
  void expect(BytesView key, Comes comes, FetchRow fetch_row) const {
    constexpr std::uint32_t kRows = 2;
    const std::uint32_t hash = table_hash(key);
    if (comes == Comes::kSoon) return places_.fetch_place(hash);
    const std::uint32_t number = places_.guess(hash);
    if (number == HashIndex::kNone) return;
    const Group& group = groups_[number];
    if (comes == Comes::kNear) return prefetch(group);
    for (const Item* at = group.end(); at != group.begin() && group.end() - at < kRows;) fetch_row((--at)->row);
  }

 private:
  struct alignas(64) Group {
    static constexpr std::uint32_t kNear = 3;
    ShortBytes<24> key;
    std::uint32_t first = 0, size = 0, capacity = kNear;
    Item* items = near.data();
    std::array<Item, kNear> near;

    Group() = default;
    Group(const Group&) = delete;
    Group& operator=(const Group&) = delete;
    ~Group() { free(); }

    Item* begin() const { return items + first; }
    Item* end() const { return items + first + size; }
    /// The first row that is not before these times.
    Item* bound(RowTimes times) const {
      return std::lower_bound(begin(), end(), times, [](const Item& item, RowTimes at) { return item.times < at; });
    }
    /// Makes room behind the last row: what went in front is used again where that is a good part.
    void make_room() {
      if (first > capacity / 2) {
        std::copy(begin(), end(), items);
        first = 0;
        return;
      }
      Item* larger = new Item[2 * static_cast<std::size_t>(capacity)];
      std::copy(begin(), end(), larger);
      if (items != near.data()) delete[] items;
      items = larger;
      first = 0;
      capacity *= 2;
    }
    void free() {
      if (items != near.data()) delete[] items;
      items = near.data();
      first = size = 0;
      capacity = kNear;
    }
  };

  std::uint32_t lookup(BytesView key, std::uint32_t hash) const {
    return places_.find(hash, [&](std::uint32_t number) { return groups_[number].key == key; });
  }
  Group& group_for(BytesView key) {
    const std::uint32_t hash = table_hash(key);
    std::uint32_t number = lookup(key, hash);
    if (number != HashIndex::kNone) return groups_[number];
    if (free_.empty()) {
      number = static_cast<std::uint32_t>(groups_.size());
      groups_.emplace_back();
    } else {
      number = free_.back();
      free_.pop_back();
    }
    groups_[number].key.assign(key);
    places_.insert(hash, number);
    return groups_[number];
  }

  StableVector<Group> groups_;
  HashIndex places_;
  std::vector<std::uint32_t> free_;  ///< groups of keys that have no rows any more
  std::uint64_t version_ = 0;
};

}  // namespace leat::detail
