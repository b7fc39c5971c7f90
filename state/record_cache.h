// RecordCache: holds back the updates of a store, so that many writes of a key become one (Kafka's NamedCache).
//
// Rows stay typed; they are found by the bytes of their key in an open-addressing table and are linked twice: by use
// (for eviction) and, while dirty, by their last write (for flushes: a row written again moves to the end). Sizes are
// counted as Kafka counts them, so that a program evicts, and therefore emits, at the same moments.
//
// Evicting a dirty row flushes all dirty rows of the cache, the evicted one first. While a flush runs nothing is
// evicted: what flushed rows cause downstream may come back to this cache.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/short_bytes.h"
#include "base/table_memory.h"
#include "state/record_context.h"
#include "state/sorted_index.h"
#include "state/state_store.h"

namespace leat::detail {

/// The context of a row's last write.
struct CachedContext {
  std::int64_t timestamp = 0;
  std::int64_t offset = -1;
  std::int32_t partition = -1;
  std::uint32_t topic = 0;
  Headers headers;
};

template <class K, class V>
class RecordCache {
 public:
  /// What is looked at first comes first: entries are met in any order, and each line of memory of one is a miss.
  struct alignas(64) Entry {
    ShortBytes<40> bytes;
    std::uint32_t hash = 0;
    bool has_value = false;
    bool dirty = false;
    bool used = false;
    V value{};
    std::int64_t size = 0;
    CachedContext context;
    K key{};
  };
  /// Hears of dirty rows, one by one.
  using Flush = std::function<void(Entry& entry)>;

  void open(RecordCacheBudget& budget, StoreFigures& figures, Flush flush) {
    budget_ = &budget;
    figures_ = &figures;
    flush_ = std::move(flush);
  }
  bool is_open() const { return budget_ != nullptr; }

  /// The entry, which becomes the most recently used; null where there is none.
  Entry* find(BytesView bytes) {
    if (budget_->reads == CacheReads::kSkip) return nullptr;
    index_of_last_ = lookup(bytes, hash_of(bytes));
    figures_->cache_reads.add();
    if (index_of_last_ == kNone) return nullptr;
    figures_->cache_hits.add();
    touch(index_of_last_);
    return &entries_[index_of_last_];
  }

  /// Makes the row dirty and then evicts what is too much. `value_bytes`: the size of the encoded value.
  void put(BytesView bytes, const K& key, const V* value, std::int64_t value_bytes, const RecordContext& context) {
    Entry& entry = entry_for(bytes, key);
    entry.has_value = value != nullptr;
    if (value) entry.value = *value;
    remember(context, entry.context);
    mark_dirty(index_of_last_);
    resize(entry, size_of(entry, value_bytes, topics_[entry.context.topic].size()));
    evict();
  }
  /// Adds a row as the store below has it.
  void put_clean(BytesView bytes, const K& key, const V& value, std::int64_t value_bytes) {
    if (budget_->reads != CacheReads::kUse) return;
    Entry& entry = entry_for(bytes, key);
    entry.has_value = true;
    entry.value = value;
    entry.context.headers.clear();
    resize(entry, size_of(entry, value_bytes, 0));
    evict();
  }

  /// Fetches the place of an entry into the processor's caches, and then, where it has arrived, the entry.
  void fetch_place(BytesView bytes) const {
    if (!slots_.empty()) __builtin_prefetch(&slots_[hash_of(bytes) & mask()]);
  }
  void fetch_entry(BytesView bytes) const {
    if (slots_.empty()) return;
    const std::uint32_t hash = hash_of(bytes);
    const Slot& slot = slots_[hash & mask()];
    if (slot.index == kNone || slot.hash != hash) return;
    prefetch(entries_[slot.index]);
    __builtin_prefetch(&links_[slot.index], 1);
  }

  void flush() { flush_dirty(kNone); }

  bool empty() const { return count_ == 0 || budget_->reads == CacheReads::kSkip; }
  /// The entry, without a change to its place in the order of use.
  const Entry* peek(BytesView bytes) const {
    const std::uint32_t index = lookup(bytes, hash_of(bytes));
    return index == kNone ? nullptr : &entries_[index];
  }
  /// The entries in the order of their bytes, for use(). Kept from the first call on; until then nobody pays for it.
  using Ordered = SortedIndex<std::uint32_t>;
  const Ordered& ordered() {
    if (!is_ordered_) {
      is_ordered_ = true;
      for (std::uint32_t index = 0; index < entries_.size(); ++index) {
        if (entries_[index].used) ordered_.emplace(entries_[index].bytes, index);
      }
    }
    return ordered_;
  }
  /// An entry met on a walk, which becomes the most recently used: range reads count as use, as in Kafka.
  const Entry& use(std::uint32_t index) {
    touch(index);
    return entries_[index];
  }

  /// The context of an entry as records have it; valid until the next call.
  RecordContext context_of(Entry& entry) {
    metadata_.topic = topics_[entry.context.topic];
    metadata_.partition = entry.context.partition;
    metadata_.offset = entry.context.offset;
    RecordContext context;
    context.timestamp = entry.context.timestamp;
    context.headers = &entry.context.headers;
    context.metadata = &metadata_;
    return context;
  }

  void clear() {
    if (budget_) budget_->bytes_used -= bytes_;
    entries_.clear();
    links_.clear();
    index_of_last_ = kNone;
    free_.clear();
    slots_.clear();
    ordered_.clear();
    count_ = 0;
    bytes_ = 0;
    newest_ = oldest_ = dirty_first_ = dirty_last_ = kNone;
  }
  ~RecordCache() { clear(); }

 private:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  static std::uint32_t hash_of(BytesView bytes) { return table_hash(bytes); }

  /// Apart from the entries: a change of order touches four others, which had better be close together.
  struct Links {
    std::uint32_t more_recent = kNone, less_recent = kNone;
    std::uint32_t dirty_before = kNone, dirty_after = kNone;
  };
  struct Slot {
    std::uint32_t index = kNone;
    std::uint32_t hash = 0;
  };

  std::uint32_t lookup(BytesView bytes, std::uint32_t hash) const {
    if (slots_.empty()) return kNone;
    for (std::size_t at = hash & mask();; at = (at + 1) & mask()) {
      const Slot& slot = slots_[at];
      if (slot.index == kNone) return kNone;
      if (slot.hash == hash && entries_[slot.index].bytes == bytes) return slot.index;
    }
  }
  std::size_t mask() const { return slots_.size() - 1; }

  Entry& entry_for(BytesView bytes, const K& key) {
    // A write mostly follows a read of the same row.
    if (index_of_last_ != kNone && entries_[index_of_last_].used && entries_[index_of_last_].bytes == bytes) {
      touch(index_of_last_);
      return entries_[index_of_last_];
    }
    const std::uint32_t hash = hash_of(bytes);
    index_of_last_ = lookup(bytes, hash);
    if (index_of_last_ == kNone) {
      index_of_last_ = add(bytes, key, hash);
    } else {
      touch(index_of_last_);
    }
    return entries_[index_of_last_];
  }

  std::uint32_t add(BytesView bytes, const K& key, std::uint32_t hash) {
    if ((count_ + 1) * 2 > slots_.size()) grow();
    std::uint32_t index;
    if (free_.empty()) {
      index = static_cast<std::uint32_t>(entries_.size());
      entries_.emplace_back();
      links_.emplace_back();
    } else {
      index = free_.back();
      free_.pop_back();
    }
    Entry& entry = entries_[index];
    entry.bytes.assign(bytes);
    entry.key = key;
    entry.hash = hash;
    entry.size = 0;
    entry.dirty = false;
    entry.used = true;
    insert_slot({index, hash});
    ++count_;
    if (is_ordered_) ordered_.emplace(entry.bytes, index);
    link_newest(index);
    return index;
  }
  void insert_slot(Slot slot) {
    std::size_t at = slot.hash & mask();
    while (slots_[at].index != kNone) at = (at + 1) & mask();
    slots_[at] = slot;
  }
  void grow() {
    std::vector<Slot, TableAllocator<Slot>> old(slots_.empty() ? 64 : slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.index != kNone) insert_slot(slot);
    }
  }
  void remove_slot(std::uint32_t index) {
    std::size_t hole = entries_[index].hash & mask();
    while (slots_[hole].index != index) hole = (hole + 1) & mask();
    // Close the gap: move back what a probe would no longer find.
    for (std::size_t at = (hole + 1) & mask(); slots_[at].index != kNone; at = (at + 1) & mask()) {
      const std::size_t home = slots_[at].hash & mask();
      if (((at - home) & mask()) < ((at - hole) & mask())) continue;
      slots_[hole] = slots_[at];
      hole = at;
    }
    slots_[hole].index = kNone;
    --count_;
  }

  void link_newest(std::uint32_t index) {
    Links& links = links_[index];
    links.more_recent = kNone;
    links.less_recent = newest_;
    if (newest_ != kNone) links_[newest_].more_recent = index;
    newest_ = index;
    if (oldest_ == kNone) oldest_ = index;
  }
  void unlink(std::uint32_t index) {
    Links& links = links_[index];
    (links.more_recent != kNone ? links_[links.more_recent].less_recent : newest_) = links.less_recent;
    (links.less_recent != kNone ? links_[links.less_recent].more_recent : oldest_) = links.more_recent;
  }
  void touch(std::uint32_t index) {
    if (newest_ == index || budget_->reads != CacheReads::kUse) return;
    unlink(index);
    link_newest(index);
  }

  void mark_dirty(std::uint32_t index) {
    Entry& entry = entries_[index];
    Links& links = links_[index];
    if (entry.dirty) {
      if (dirty_last_ == index) return;
      unlink_dirty(index);
    }
    entry.dirty = true;
    links.dirty_after = kNone;
    links.dirty_before = dirty_last_;
    (dirty_last_ != kNone ? links_[dirty_last_].dirty_after : dirty_first_) = index;
    dirty_last_ = index;
  }
  void unlink_dirty(std::uint32_t index) {
    Entry& entry = entries_[index];
    Links& links = links_[index];
    (links.dirty_before != kNone ? links_[links.dirty_before].dirty_after : dirty_first_) = links.dirty_after;
    (links.dirty_after != kNone ? links_[links.dirty_after].dirty_before : dirty_last_) = links.dirty_before;
    entry.dirty = false;
  }

  void remember(const RecordContext& context, CachedContext& cached) {
    cached.timestamp = context.timestamp;
    if (context.headers && !(context.headers->empty() && cached.headers.empty())) cached.headers = *context.headers;
    if (!context.headers) cached.headers.clear();
    static const RecordMetadata kNoMetadata;
    const RecordMetadata& metadata = context.metadata ? *context.metadata : kNoMetadata;
    cached.offset = metadata.offset;
    cached.partition = metadata.partition;
    if (last_topic_ >= topics_.size() || topics_[last_topic_] != metadata.topic) {
      for (last_topic_ = 0; last_topic_ < topics_.size() && topics_[last_topic_] != metadata.topic;) ++last_topic_;
      if (last_topic_ == topics_.size()) topics_.push_back(metadata.topic);
    }
    cached.topic = static_cast<std::uint32_t>(last_topic_);
  }

  static std::int64_t utf16_units(std::string_view utf8) {
    std::int64_t units = 0;
    for (const char c : utf8) units += ((c & 0xc0) != 0x80) + ((c & 0xf8) == 0xf0);
    return units;
  }
  /// Kafka's estimate: the key, three references, a flag, and the record with its context.
  std::int64_t size_of(const Entry& entry, std::int64_t value_bytes, std::size_t topic_bytes) const {
    std::int64_t size = static_cast<std::int64_t>(entry.bytes.size()) + 8 + 8 + 8;
    size += 1 + value_bytes + 8 + 8 + static_cast<std::int64_t>(topic_bytes) + 4;
    for (const Header& header : entry.context.headers) {
      size += utf16_units(header.name) + static_cast<std::int64_t>(header.value ? header.value->size() : 0);
    }
    return size;
  }
  void resize(Entry& entry, std::int64_t size) {
    bytes_ += size - entry.size;
    budget_->bytes_used += size - entry.size;
    entry.size = size;
  }

  void evict() {
    if (flushing_) return;
    while (budget_->bytes_used > budget_->bytes_max && oldest_ != kNone) {
      const std::uint32_t eldest = oldest_;
      const bool dirty = entries_[eldest].dirty;
      detach(eldest);
      if (dirty) flush_dirty(eldest);
      release(eldest);
    }
  }
  /// Takes the entry out of the table and the order of use; its row stays where it is.
  void detach(std::uint32_t index) {
    Entry& entry = entries_[index];
    resize(entry, 0);
    unlink(index);
    remove_slot(index);
    if (is_ordered_) ordered_.erase(entry.bytes);
    entry.used = false;
    if (entry.dirty) unlink_dirty(index);
  }
  void release(std::uint32_t index) { free_.push_back(index); }

  static void prefetch(const Entry& entry) {
    for (std::size_t at = 0; at < sizeof(Entry); at += 64)
      __builtin_prefetch(reinterpret_cast<const char*>(&entry) + at);
  }

  void flush_dirty(std::uint32_t evicted) {
    if (flushing_) return;
    std::vector<std::uint32_t> batch;
    batch.swap(batch_);
    batch.clear();
    if (evicted != kNone) batch.push_back(evicted);
    for (std::uint32_t at = dirty_first_; at != kNone; at = links_[at].dirty_after) batch.push_back(at);
    while (dirty_first_ != kNone) unlink_dirty(dirty_first_);
    struct Flushing {
      bool& flag;
      explicit Flushing(bool& on) : flag(on) { flag = true; }
      ~Flushing() { flag = false; }
    };
    {
      Flushing guard(flushing_);
      for (std::size_t i = 0; i < batch.size(); ++i) {
        constexpr std::size_t kAhead = 6;
        if (i + kAhead < batch.size()) prefetch(entries_[batch[i + kAhead]]);
        flush_(entries_[batch[i]]);
      }
    }
    for (const std::uint32_t index : batch) {
      if (index == evicted || entries_[index].has_value || entries_[index].dirty) continue;
      detach(index);
      release(index);
    }
    batch_.swap(batch);
  }

  RecordCacheBudget* budget_ = nullptr;
  StoreFigures* figures_ = nullptr;
  Flush flush_;
  StableVector<Entry> entries_;
  std::vector<Links, TableAllocator<Links>> links_;
  std::vector<std::uint32_t> free_;
  std::vector<Slot, TableAllocator<Slot>> slots_;
  bool is_ordered_ = false;
  Ordered ordered_;
  std::size_t count_ = 0;
  std::int64_t bytes_ = 0;
  std::uint32_t newest_ = kNone, oldest_ = kNone;
  std::uint32_t dirty_first_ = kNone, dirty_last_ = kNone;
  std::uint32_t index_of_last_ = kNone;
  bool flushing_ = false;
  std::vector<std::uint32_t> batch_;
  std::vector<std::string> topics_;
  std::size_t last_topic_ = 0;
  RecordMetadata metadata_;
};

}  // namespace leat::detail
