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
#include <string>
#include <string_view>
#include <vector>

#include "base/copy_function.h"
#include "base/short_bytes.h"
#include "base/table_memory.h"
#include "state/hash_index.h"
#include "state/record_context.h"
#include "state/rows_of_key.h"
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
  using Flush = CopyFunction<void(Entry& entry)>;
  /// Hears of them a little before.
  using Expect = CopyFunction<void(const Entry& entry, Comes comes)>;

  /// Of what the bytes of an entry consist, where there are several entries of a key: some bytes, the key, times.
  struct Shape {
    std::size_t before = 0;
    std::size_t times = 0;
  };

  void open(RecordCacheBudget& budget, StoreFigures& figures, Flush flush, Expect expect, Shape shape = {}) {
    budget_ = &budget;
    figures_ = &figures;
    flush_ = std::move(flush);
    expect_ = std::move(expect);
    shape_ = shape;
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

  /// The entry is about to be read or written. Whether it is known where it is, which is never at first.
  bool expect(BytesView bytes, Comes comes) const {
    const std::uint32_t hash = hash_of(bytes);
    if (comes == Comes::kSoon) {
      places_.fetch_place(hash);
      return false;
    }
    const std::uint32_t index = places_.guess(hash);
    if (index == kNone) return false;
    if (comes == Comes::kNear) fetch_entry(index);
    return true;
  }
  /// The same of the latest entries of a key. False where nobody has asked for entries by key.
  bool expect_key(BytesView key, Comes comes) const {
    by_key_.expect(key, comes, [&](std::uint32_t index) { fetch_entry(index); });
    return is_by_key_;
  }

  void flush() { flush_dirty(kNone); }

  bool empty() const { return places_.size() == 0 || budget_->reads == CacheReads::kSkip; }
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
  /// Shows the entries of a key, for use(), in the order of their times. Requires a shape.
  template <class Visit>
  void visit(const KeySpan& span, Visit visit) {
    const auto found = by_key().between(span.key, span.from, span.to);
    if (!span.reverse) {
      for (const auto& item : found) visit(item.times, item.row);
    } else {
      for (auto at = found.rbegin(); at != found.rend(); ++at) visit(at->times, at->row);
    }
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
    places_.clear();
    ordered_.clear();
    by_key_.clear();
    bytes_ = 0;
    newest_ = oldest_ = dirty_first_ = dirty_last_ = kNone;
  }
  ~RecordCache() { clear(); }

 private:
  static constexpr std::uint32_t kNone = HashIndex::kNone;
  using ByKey = RowsOfKey<std::uint32_t>;

  static std::uint32_t hash_of(BytesView bytes) { return table_hash(bytes); }

  /// Apart from the entries: a change of order touches four others, which had better be close together.
  struct Links {
    std::uint32_t more_recent = kNone, less_recent = kNone;
    std::uint32_t dirty_before = kNone, dirty_after = kNone;
  };
  std::uint32_t lookup(BytesView bytes, std::uint32_t hash) const {
    return places_.find(hash, [&](std::uint32_t index) { return entries_[index].bytes == bytes; });
  }
  /// The entries by key; kept from the first call on.
  const ByKey& by_key() {
    if (!is_by_key_) {
      is_by_key_ = true;
      for (std::uint32_t index = 0; index < entries_.size(); ++index)
        if (entries_[index].used) by_key_.insert(key_of(entries_[index]), times_of(entries_[index]), index);
    }
    return by_key_;
  }
  BytesView key_of(const Entry& entry) const {
    return entry.bytes.view().substr(shape_.before, entry.bytes.size() - shape_.before - shape_.times);
  }
  RowTimes times_of(const Entry& entry) const {
    return row_times(entry.bytes.view().substr(entry.bytes.size() - shape_.times));
  }

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
    places_.insert(hash, index);
    if (is_ordered_) ordered_.emplace(entry.bytes, index);
    if (is_by_key_) by_key_.insert(key_of(entry), times_of(entry), index);
    link_newest(index);
    return index;
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
      fetch_eldest();
    }
  }
  /// Takes the entry out of the table and the order of use; its row stays where it is.
  void detach(std::uint32_t index) {
    Entry& entry = entries_[index];
    resize(entry, 0);
    unlink(index);
    places_.erase(entry.hash, index);
    if (is_ordered_) ordered_.erase(entry.bytes);
    if (is_by_key_) by_key_.erase(key_of(entry), times_of(entry));
    entry.used = false;
    if (entry.dirty) unlink_dirty(index);
  }
  void release(std::uint32_t index) { free_.push_back(index); }

  void fetch_entry(std::uint32_t index) const {
    prefetch(entries_[index]);
    __builtin_prefetch(&links_[index], 1);
  }
  /// What is evicted next was used long ago: it is in none of the processor's caches.
  void fetch_eldest() const {
    if (oldest_ == kNone) return;
    places_.fetch_place(entries_[oldest_].hash);
    if (links_[oldest_].more_recent != kNone) fetch_entry(links_[oldest_].more_recent);
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
        constexpr std::size_t kAhead = 8, kSoon = 6, kNear = 3;
        if (i + kAhead < batch.size()) prefetch(entries_[batch[i + kAhead]]);
        if (i + kSoon < batch.size()) expect_(entries_[batch[i + kSoon]], Comes::kSoon);
        if (i + kNear < batch.size()) expect_(entries_[batch[i + kNear]], Comes::kNear);
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
  Expect expect_;
  StableVector<Entry> entries_;
  std::vector<Links, TableAllocator<Links>> links_;
  std::vector<std::uint32_t> free_;
  HashIndex places_;
  bool is_ordered_ = false;
  Ordered ordered_;
  Shape shape_;
  bool is_by_key_ = false;
  ByKey by_key_;
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
