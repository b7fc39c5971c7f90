// SortedIndex: values by keys of bytes, in order, with what of std::map's interface the stores need. The keys are
// borrowed: they must stay where they are while they are in the index.
//
// Two levels: leaves of up to 128 entries, and the fences between them. Both are searched by the eight bytes behind
// what all keys begin with (those of the leaf, or all), as numbers; only where these are equal is there a look at the
// keys. So a search in a hundred thousand keys costs a few misses of the processor's caches instead of the seventeen of
// a binary tree.
//
// Iterators do not survive a change of the index; version() tells whether there was one.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <utility>
#include <vector>

#include "base/big_endian.h"
#include "base/bytes.h"
#include "base/table_memory.h"

namespace leat::detail {

template <class T>
class SortedIndex {
  struct Leaf;

 public:
  struct value_type {
    BytesView first;
    T second;
  };

  class const_iterator {
   public:
    using iterator_category = std::bidirectional_iterator_tag;
    using value_type = SortedIndex::value_type;
    using difference_type = std::ptrdiff_t;
    using pointer = const value_type*;
    using reference = const value_type&;

    const_iterator() = default;
    reference operator*() const { return index_->leaves_[leaf_].leaf->entries[at_]; }
    pointer operator->() const { return &**this; }
    const_iterator& operator++() {
      if (++at_ == index_->leaves_[leaf_].leaf->size) ++leaf_, at_ = 0;
      return *this;
    }
    const_iterator& operator--() {
      if (at_ == 0) at_ = index_->leaves_[--leaf_].leaf->size;
      --at_;
      return *this;
    }
    const_iterator operator++(int) {
      const_iterator before = *this;
      ++*this;
      return before;
    }
    const_iterator operator--(int) {
      const_iterator before = *this;
      --*this;
      return before;
    }
    bool operator==(const const_iterator& other) const { return leaf_ == other.leaf_ && at_ == other.at_; }

   private:
    friend class SortedIndex;
    const_iterator(const SortedIndex* index, std::size_t leaf, std::size_t at) : index_(index), leaf_(leaf), at_(at) {}
    const SortedIndex* index_ = nullptr;
    std::size_t leaf_ = 0;
    std::size_t at_ = 0;
  };

  const_iterator begin() const { return {this, 0, 0}; }
  const_iterator end() const { return {this, leaves_.size(), 0}; }
  bool empty() const { return leaves_.empty(); }

  /// The first entry whose key is not below `key`, or is above it.
  const_iterator lower_bound(BytesView key) const { return bound<false>(key); }
  const_iterator upper_bound(BytesView key) const { return bound<true>(key); }
  const_iterator find(BytesView key) const {
    const const_iterator at = lower_bound(key);
    return at != end() && at->first == key ? at : end();
  }

  /// Adds an entry. Requires that the key is not there.
  void emplace(BytesView key, T value) {
    ++version_;
    if (leaves_.empty()) {
      leaves_.push_back({Bytes(), new_leaf()});
      fences_.push_back(0);
      prefix_.assign(key);
    }
    if (!key.starts_with(prefix_)) {
      prefix_.resize(common_of(prefix_, key, prefix_.size()));
      for (std::size_t i = 1; i < leaves_.size(); ++i) fences_[i] = order_of(leaves_[i].fence, prefix_.size());
    }
    std::size_t at = leaf_of(key);
    if (leaves_[at].leaf->size == kLeafMax) {
      split(at);
      if (key >= leaves_[at + 1].fence) ++at;
    }
    leaves_[at].leaf->insert({key, std::move(value)});
  }
  void erase(BytesView key) {
    if (leaves_.empty()) return;
    const std::size_t at = leaf_of(key);
    Leaf& leaf = *leaves_[at].leaf;
    const std::size_t place = leaf.template bound<false>(key);
    if (place == leaf.size || leaf.entries[place].first != key) return;
    ++version_;
    leaf.remove(place);
    if (leaf.size > 0) return;
    free_.push_back(&leaf);
    leaves_.erase(leaves_.begin() + static_cast<std::ptrdiff_t>(at));
    fences_.erase(fences_.begin() + static_cast<std::ptrdiff_t>(at));
    // What is below the first fence belongs to the first leaf.
    if (at == 0 && !leaves_.empty()) leaves_.front().fence.clear();
  }
  void clear() {
    ++version_;
    leaves_.clear();
    fences_.clear();
    free_.clear();
    pool_.clear();
  }
  std::uint64_t version() const { return version_; }

 private:
  static constexpr std::size_t kLeafMax = 128;
  static constexpr std::size_t kPrefixMax = 40;

  /// The next bytes of a key behind `from`, as a number that sorts like them.
  static std::uint64_t order_of(BytesView key, std::size_t from) {
    char bytes[8] = {};
    if (from < key.size()) std::memcpy(bytes, key.data() + from, std::min<std::size_t>(8, key.size() - from));
    return load_big_endian<std::uint64_t>(bytes);
  }
  static std::size_t common_of(BytesView a, BytesView b, std::size_t most) {
    most = std::min({most, a.size(), b.size()});
    std::size_t common = 0;
    while (common < most && a[common] == b[common]) ++common;
    return common;
  }

  struct Leaf {
    std::size_t size = 0;
    std::size_t common = 0;  ///< how many bytes all keys begin with, up to kPrefixMax
    std::array<char, kPrefixMax> prefix;
    std::array<std::uint64_t, kLeafMax> orders;
    std::array<value_type, kLeafMax> entries;

    template <bool kAbove>
    std::size_t bound(BytesView key) const {
      if (size == 0) return 0;
      const int side = key.substr(0, common).compare(BytesView(prefix.data(), common));
      if (side != 0) return side < 0 ? 0 : size;
      const std::uint64_t order = order_of(key, common);
      std::size_t low = 0, high = size;
      while (low < high) {
        const std::size_t middle = (low + high) / 2;
        bool before = orders[middle] < order;
        if (orders[middle] == order) {
          const int compared = entries[middle].first.compare(key);
          before = kAbove ? compared <= 0 : compared < 0;
        }
        before ? low = middle + 1 : high = middle;
      }
      return low;
    }
    void insert(value_type entry) {
      if (size == 0) {
        share(entry.first, std::min(entry.first.size(), kPrefixMax));
      } else {
        const std::size_t shared = common_of(BytesView(prefix.data(), common), entry.first, common);
        if (shared != common) share(entry.first, shared);
      }
      const std::size_t at = bound<false>(entry.first);
      std::copy_backward(orders.begin() + at, orders.begin() + size, orders.begin() + size + 1);
      std::move_backward(entries.begin() + at, entries.begin() + size, entries.begin() + size + 1);
      orders[at] = order_of(entry.first, common);
      entries[at] = std::move(entry);
      ++size;
    }
    void remove(std::size_t at) {
      std::copy(orders.begin() + at + 1, orders.begin() + size, orders.begin() + at);
      std::move(entries.begin() + at + 1, entries.begin() + size, entries.begin() + at);
      --size;
    }
    void share(BytesView key, std::size_t bytes) {
      common = bytes;
      std::memcpy(prefix.data(), key.data(), bytes);
      for (std::size_t i = 0; i < size; ++i) orders[i] = order_of(entries[i].first, common);
    }
    /// After a split: what lies between the first and the last key begins like both.
    void measure() { share(entries[0].first, common_of(entries[0].first, entries[size - 1].first, kPrefixMax)); }
  };
  struct Fenced {
    Bytes fence;  ///< no key of the leaf is below it, none of the leaves before is not; empty for the first leaf
    Leaf* leaf;
  };

  /// The last leaf whose fence is not above the key.
  std::size_t leaf_of(BytesView key) const {
    const int side = key.substr(0, prefix_.size()).compare(prefix_);
    if (side != 0) return side < 0 ? 0 : leaves_.size() - 1;
    const std::uint64_t order = order_of(key, prefix_.size());
    std::size_t low = 1, high = leaves_.size();
    while (low < high) {
      const std::size_t middle = (low + high) / 2;
      const bool above = fences_[middle] != order ? fences_[middle] > order : leaves_[middle].fence > key;
      above ? high = middle : low = middle + 1;
    }
    return low - 1;
  }
  template <bool kAbove>
  const_iterator bound(BytesView key) const {
    if (leaves_.empty()) return end();
    const std::size_t leaf = leaf_of(key);
    const std::size_t at = leaves_[leaf].leaf->template bound<kAbove>(key);
    return at == leaves_[leaf].leaf->size ? const_iterator(this, leaf + 1, 0) : const_iterator(this, leaf, at);
  }
  Leaf* new_leaf() {
    if (free_.empty()) return &pool_.emplace_back();
    Leaf* leaf = free_.back();
    free_.pop_back();
    return leaf;
  }
  void split(std::size_t at) {
    Leaf* upper = new_leaf();
    Leaf& lower = *leaves_[at].leaf;
    // Keys that come in ascending order fill their leaves.
    const std::size_t kept = at + 1 == leaves_.size() ? kLeafMax * 7 / 8 : kLeafMax / 2;
    upper->size = kLeafMax - kept;
    std::move(lower.entries.begin() + kept, lower.entries.end(), upper->entries.begin());
    lower.size = kept;
    lower.measure();
    upper->measure();
    Bytes fence(upper->entries[0].first);
    fences_.insert(fences_.begin() + static_cast<std::ptrdiff_t>(at) + 1, order_of(fence, prefix_.size()));
    leaves_.insert(leaves_.begin() + static_cast<std::ptrdiff_t>(at) + 1, {std::move(fence), upper});
  }

  StableVector<Leaf, 1> pool_;
  std::vector<Leaf*> free_;  ///< empty leaves
  std::vector<Fenced> leaves_;
  std::vector<std::uint64_t> fences_;  ///< the numbers of the leaves' fences; that of the first is not looked at
  Bytes prefix_;                       ///< what all keys begin with, as long as there are any
  std::uint64_t version_ = 0;
};

}  // namespace leat::detail
