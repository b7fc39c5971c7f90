// TypedWindowStore: the window store behind StoreBuilder: record cache (where it has one) over WindowRows.
#pragma once

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "state/record_cache.h"
#include "state/row_format.h"
#include "state/store_builder.h"
#include "state/window_rows.h"
#include "state/window_store.h"

namespace leat::detail {

template <class K, class V>
class TypedWindowStore final : public WindowStore<K, V> {
 public:
  using Format = RowFormat<V>;
  using ValueSerde = SerdePtr<RowValue<V>>;

  TypedWindowStore(const StoreDescription& description, SerdePtr<K> key_serde, ValueSerde value_serde)
      : WindowStore<K, V>(description.name),
        description_(description),
        segment_interval_ms_(segment_interval(description)),
        key_serde_(std::move(key_serde)),
        value_serde_(std::move(value_serde)) {}

  /// Takes the windows for tumbling ones, unless somebody fetches them by key.
  void expect(BytesView key, std::int64_t timestamp, Comes comes) override {
    if (timestamp < 0) return;
    if (!cache_.is_open() || cache_.expect_key(key, comes)) return rows_->expect_key(key, timestamp, comes);
    if (description_.window_size_ms <= 0) return;
    const std::int64_t start = timestamp - timestamp % description_.window_size_ms;
    expected_.clear();
    append_big_endian(static_cast<std::uint64_t>(segment_of(start)), expected_);
    append_window_key(key, start, 0, expected_);
    cache_.expect(expected_, comes);
  }

  bool persistent() const override { return description_.persistent(); }

  Status open(const StoreContext& context) override {
    context_ = context;
    WindowRowsOptions options{this->name(), description_.retention_ms, segment_interval_ms_,
                              description_.retain_duplicates, description_.order};
    if (description_.make_tables) own_tables_ = description_.make_tables();
    RowTables* const tables = own_tables_ ? own_tables_.get() : context_.backend;
    rows_ = description_.in_memory && !own_tables_ ? WindowRows::exact(std::move(options))
                                                   : WindowRows::segmented(std::move(options), *tables);
    const bool cached = description_.caching && !description_.retain_duplicates;
    if (cached && context_.cache_budget && context_.cache_budget->bytes_max > 0) {
      cache_.open(
          *context_.cache_budget, this->figures(), [this](Entry& entry) { flush_entry(entry); },
          [this](const Entry& entry, Comes comes) {
            rows_->expect(row_key_of(entry.bytes), entry.key.window.start, comes);
          },
          {.before = kSegmentBytes, .times = kWindowKeySuffixBytes});
    }
    return {};
  }

  Result<Bytes> key_of_text(std::string_view text) const override { return key_bytes_of_text(*key_serde_, text); }

  Status restore(const ChangelogRecord& record) override {
    if (record.key.size() < 12) return wrong_size("windowed changelog key", 12, record.key.size());
    const WindowKeyView row = parse_window_key(record.key);
    if (!record.value) {
      rows_->put(row.key, row.start, std::nullopt);
      return {};
    }
    row_of_changelog<V>(record, value_bytes_);
    rows_->put(row.key, row.start, value_bytes_);
    return {};
  }

  void flush() override {
    this->figures().flushes.add();
    if (cache_.is_open()) cache_.flush();
  }
  void close() override { cache_.clear(); }

  void dump(const std::function<void(const RawRow&)>& row) override {
    const auto rows = merged(everything(false));
    BytesView key, value;
    std::int64_t start;
    while (rows->next(key, start, value)) {
      RawRow raw = Format::raw(key, value);
      raw.start = start;
      row(raw);
    }
  }

  const V* find(const K& key, Timestamp start) override {
    this->figures().gets.add();
    encode_key(key, start);
    if (cache_.is_open()) {
      if (const Entry* entry = cache_.find(cache_key_)) return entry->has_value ? &entry->value : nullptr;
    }
    if (!rows_->get(parse_window_key(row_key()).key, start, value_bytes_)) return nullptr;
    decode(value_bytes_, found_);
    return &found_;
  }

  void write(const K& key, Timestamp start, const V* value) override {
    (value ? this->figures().puts : this->figures().deletes).add();
    encode_key(key, start);
    if (cache_.is_open()) {
      scratch_key_.key = key;
      scratch_key_.window = window_of(start);
      cache_.put(cache_key_, scratch_key_, value, value ? size_of(*value) : 0, *context_.context);
    } else {
      write_through(row_key(), start, value);
    }
  }

  KeyValueIterator<Timestamp, V> fetch(const K& key, Timestamp from, Timestamp to) override {
    return fetch_key(key, from, to, false);
  }
  KeyValueIterator<Timestamp, V> backward_fetch(const K& key, Timestamp from, Timestamp to) override {
    return fetch_key(key, from, to, true);
  }
  KeyValueIterator<Windowed<K>, V> fetch_range(const std::optional<K>& from_key, const std::optional<K>& to_key,
                                               Timestamp from, Timestamp to) override {
    return windowed(span(from_key, to_key, from, to, false));
  }
  KeyValueIterator<Windowed<K>, V> backward_fetch_range(const std::optional<K>& from_key,
                                                        const std::optional<K>& to_key, Timestamp from,
                                                        Timestamp to) override {
    return windowed(span(from_key, to_key, from, to, true));
  }
  KeyValueIterator<Windowed<K>, V> all() override { return windowed(everything(false)); }
  KeyValueIterator<Windowed<K>, V> backward_all() override { return windowed(everything(true)); }

  bool set_flush_listener(FlushListener<Windowed<K>, V> listener, bool send_old_values) override {
    if (!cache_.is_open()) return false;
    listener_ = std::move(listener);
    send_old_values_ = send_old_values;
    return true;
  }

 private:
  using Cache = RecordCache<Windowed<K>, V>;
  using Entry = typename Cache::Entry;
  static constexpr std::size_t kSegmentBytes = 8;

  static std::int64_t segment_interval(const StoreDescription& description) {
    constexpr std::int64_t kSegmentIntervalMinMs = 60'000;
    if (description.segment_interval_ms > 0) return description.segment_interval_ms;
    return std::max(description.retention_ms / 2, kSegmentIntervalMinMs);
  }
  Window window_of(std::int64_t start) const {
    constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
    const std::int64_t size = description_.window_size_ms;
    return {start, start > kMax - size ? kMax : start + size};
  }
  std::int64_t segment_of(std::int64_t start) const { return start / segment_interval_ms_; }
  /// Fills cache_key_: the segment (8 bytes), then the row key: key, start, sequence 0.
  void encode_key(const K& key, std::int64_t start) {
    cache_key_.clear();
    append_big_endian(static_cast<std::uint64_t>(segment_of(start)), cache_key_);
    key_serde_->serialize(key, cache_key_);
    append_window_key({}, start, 0, cache_key_);
  }
  BytesView row_key() const { return row_key_of(cache_key_); }
  static BytesView row_key_of(BytesView cache_key) { return cache_key.substr(kSegmentBytes); }
  void decode(BytesView bytes, V& row) const {
    const Status status = Format::decode(*value_serde_, bytes, row);
    if (!status.ok()) undecodable_row(this->name(), status.error());
  }
  std::int64_t size_of(const V& value) {
    if constexpr (std::is_arithmetic_v<RowValue<V>> && Format::kFixedPrefix) {
      if (fixed_size_ > 0) return fixed_size_;
    }
    value_bytes_.clear();
    Format::encode(*value_serde_, value, value_bytes_);
    fixed_size_ = static_cast<std::int64_t>(value_bytes_.size());
    return fixed_size_;
  }

  /// To the rows and the changelog. `row_key` has sequence 0.
  void write_through(BytesView row_key, std::int64_t start, const V* value) {
    check_writable(context_, this->name());
    const BytesView key = parse_window_key(row_key).key;
    std::optional<BytesView> stored;
    written_.clear();
    if (value) {
      Format::encode(*value_serde_, *value, written_);
      stored = written_;
    }
    if (!rows_->put(key, start, stored) && context_.expired_records) ++*context_.expired_records;
    if (!context_.collector) return;
    if (description_.retain_duplicates) {
      // The changelog counts duplicates by itself, expired ones too.
      sequence_ = (sequence_ + 1) & 0x7fffffff;
      changelog_key_.assign(key);
      append_window_key({}, start, sequence_, changelog_key_);
      row_key = changelog_key_;
    }
    log_row<V>(context_, description_, row_key, value, written_);
  }

  void flush_entry(Entry& entry) {
    const V* value = entry.has_value ? &entry.value : nullptr;
    const std::int64_t start = entry.key.window.start;
    const V* old = nullptr;
    V old_row;
    const BytesView key = parse_window_key(row_key_of(entry.bytes)).key;
    if (listener_ && (!value || send_old_values_) && rows_->get(key, start, old_bytes_)) {
      decode(old_bytes_, old_row);
      old = &old_row;
    }
    if (listener_ && !value && !old) return;
    RecordContext& context = *context_.context;
    struct Restore {
      RecordContext& context;
      RecordContext before;
      ~Restore() { context = before; }
    } restore{context, context};
    context = cache_.context_of(entry);
    write_through(row_key_of(entry.bytes), start, value);
    if (listener_) listener_(entry.key, value, send_old_values_ ? old : nullptr);
  }

  WindowSpan span(const std::optional<K>& from_key, const std::optional<K>& to_key, std::int64_t from, std::int64_t to,
                  bool reverse) const {
    WindowSpan span;
    if (from_key) key_serde_->serialize(*from_key, span.from_key.emplace());
    if (to_key) key_serde_->serialize(*to_key, span.to_key.emplace());
    span.from = from;
    span.to = to;
    span.reverse = reverse;
    return span;
  }
  WindowSpan everything(bool reverse) const {
    return span({}, {}, 0, std::numeric_limits<std::int64_t>::max(), reverse);
  }

  /// The rows below with those of the cache on top, read at once.
  class CachedRows final : public WindowCursor {
   public:
    bool next(BytesView& key, std::int64_t& start, BytesView& value) override {
      if (at_ == rows_.size()) return false;
      key = rows_[at_].key;
      start = rows_[at_].start;
      value = rows_[at_].value;
      ++at_;
      return true;
    }

   private:
    friend class TypedWindowStore;
    struct Row {
      Bytes key;
      std::int64_t start;
      Bytes value;
    };
    std::vector<Row> rows_;
    std::size_t at_ = 0;
  };

  /// Where in the cache the rows of a span are: one span of cache keys per segment that has some.
  std::vector<RowSpan> cache_bounds(const WindowSpan& span) {
    std::vector<RowSpan> all;
    if (!span.from_key && !span.to_key) {
      all.emplace_back().reverse = span.reverse;
      return all;
    }
    const auto& cached = cache_.ordered();
    const std::int64_t last = segment_of(span.to);
    std::int64_t segment = segment_of(std::max<std::int64_t>(span.from, 0));
    for (Bytes prefix;; ++segment) {
      prefix.clear();
      append_big_endian(static_cast<std::uint64_t>(segment), prefix);
      const auto at = cached.lower_bound(prefix);
      if (at == cached.end()) break;
      segment = static_cast<std::int64_t>(read_big_endian<std::uint64_t>(at->first.data()));
      if (segment > last) break;
      prefix.assign(at->first.substr(0, kSegmentBytes));
      RowSpan bounds = row_bounds(span);
      bounds.from = prefix + bounds.from.value_or(Bytes());
      bounds.to_included = bounds.to.has_value();
      bounds.to = bounds.to ? std::optional<Bytes>(prefix + *bounds.to) : prefix_end(prefix);
      all.push_back(std::move(bounds));
    }
    if (span.reverse) std::reverse(all.begin(), all.end());
    return all;
  }

  std::unique_ptr<WindowCursor> merged(const WindowSpan& span) {
    if (cache_.empty()) return rows_->fetch(span);
    auto all = std::make_unique<CachedRows>();
    if (span.keys_reversed()) return all;
    BytesView key, value;
    std::int64_t start;
    const auto below = rows_->fetch(span);
    Bytes cache_key;
    while (below->next(key, start, value)) {
      cache_key.clear();
      append_big_endian(static_cast<std::uint64_t>(segment_of(start)), cache_key);
      append_window_key(key, start, 0, cache_key);
      if (!cache_.peek(cache_key)) all->rows_.push_back({Bytes(key), start, Bytes(value)});
    }
    // What is cached is seen as long as it is cached, expired or not, as in Kafka.
    for (const RowSpan& bounds : cache_bounds(span)) {
      MapWalk<typename Cache::Ordered> walk(cache_.ordered(), bounds);
      for (auto at = walk.next(); at != cache_.ordered().end(); at = walk.next()) {
        const Entry& entry = cache_.use(at->second);
        const WindowKeyView row = parse_window_key(row_key_of(entry.bytes));
        if (!entry.has_value || !span.holds(row.key, row.start)) continue;
        all->rows_.push_back({Bytes(row.key), row.start, {}});
        Format::encode(*value_serde_, entry.value, all->rows_.back().value);
      }
    }
    using Row = typename CachedRows::Row;
    std::sort(all->rows_.begin(), all->rows_.end(), [&](const Row& left, const Row& right) {
      const WindowKeyView x{left.key, left.start}, y{right.key, right.start};
      return span.reverse ? rows_->before(span, y, x) : rows_->before(span, x, y);
    });
    return all;
  }

  class WindowsOfKey final : public KeyValueIterator<Timestamp, V>::Rows {
   public:
    WindowsOfKey(TypedWindowStore& store, const WindowSpan& span)
        : store_(store), rows_(store.rows_->fetch(span)), open_(store.figures()) {}
    bool next(KeyAndValue<Timestamp, V>& row) override {
      BytesView key, value;
      std::int64_t start;
      if (!rows_->next(key, start, value)) return false;
      row.key = start;
      store_.decode(value, row.value);
      return true;
    }

   private:
    TypedWindowStore& store_;
    std::unique_ptr<WindowCursor> rows_;
    OpenIterator open_;
  };
  /// The rows of a key below with those of the cache on top, read at once: both have them in the order of their times.
  class CachedWindowsOfKey final : public KeyValueIterator<Timestamp, V>::Rows {
   public:
    CachedWindowsOfKey(TypedWindowStore& store, const WindowSpan& span) : open_(store.figures()) {
      const auto below = store.rows_->fetch(span);
      BytesView key, value;
      std::int64_t start = 0;
      bool more = below->next(key, start, value);
      const auto take_below = [&] {
        rows_.emplace_back().key = start;
        store.decode(value, rows_.back().value);
        more = below->next(key, start, value);
      };
      // What is cached is seen as long as it is cached, expired or not, as in Kafka.
      store.cache_.visit(key_span(span), [&](RowTimes times, std::uint32_t index) {
        const auto cached = static_cast<std::int64_t>(times.first);
        while (more && (span.reverse ? start > cached : start < cached)) take_below();
        if (more && start == cached) more = below->next(key, start, value);
        const Entry& entry = store.cache_.use(index);
        if (entry.has_value) rows_.push_back({cached, entry.value});
      });
      while (more) take_below();
    }
    bool next(KeyAndValue<Timestamp, V>& row) override {
      if (at_ == rows_.size()) return false;
      row = std::move(rows_[at_++]);
      return true;
    }

   private:
    std::vector<KeyAndValue<Timestamp, V>> rows_;
    std::size_t at_ = 0;
    OpenIterator open_;
  };
  class WindowedRows final : public KeyValueIterator<Windowed<K>, V>::Rows {
   public:
    WindowedRows(TypedWindowStore& store, const WindowSpan& span)
        : store_(store), rows_(store.merged(span)), open_(store.figures()) {}
    bool next(KeyAndValue<Windowed<K>, V>& row) override {
      BytesView key, value;
      std::int64_t start;
      if (!rows_->next(key, start, value)) return false;
      const Status status = store_.key_serde_->deserialize(key, row.key.key);
      if (!status.ok()) undecodable_row(store_.name(), status.error());
      row.key.window = store_.window_of(start);
      store_.decode(value, row.value);
      return true;
    }

   private:
    TypedWindowStore& store_;
    std::unique_ptr<WindowCursor> rows_;
    OpenIterator open_;
  };

  KeyValueIterator<Timestamp, V> fetch_key(const K& key, std::int64_t from, std::int64_t to, bool reverse) {
    const WindowSpan asked = span(key, key, from, to, reverse);
    if (cache_.empty()) return KeyValueIterator<Timestamp, V>(std::make_unique<WindowsOfKey>(*this, asked));
    return KeyValueIterator<Timestamp, V>(std::make_unique<CachedWindowsOfKey>(*this, asked));
  }
  KeyValueIterator<Windowed<K>, V> windowed(const WindowSpan& span) {
    return KeyValueIterator<Windowed<K>, V>(std::make_unique<WindowedRows>(*this, span));
  }

  StoreDescription description_;
  std::int64_t segment_interval_ms_;
  SerdePtr<K> key_serde_;
  ValueSerde value_serde_;
  StoreContext context_;
  std::unique_ptr<RowTables> own_tables_;
  std::unique_ptr<WindowRows> rows_;
  Cache cache_;
  FlushListener<Windowed<K>, V> listener_;
  bool send_old_values_ = false;
  std::int64_t fixed_size_ = 0;
  std::int32_t sequence_ = 0;
  Windowed<K> scratch_key_;
  Bytes cache_key_, value_bytes_, written_, old_bytes_, changelog_key_, expected_;
  V found_{};
};

}  // namespace leat::detail
