// TypedKeyValueStore: the key-value store behind StoreBuilder: record cache (where it has one) over a table of bytes.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "state/key_value_store.h"
#include "state/record_cache.h"
#include "state/row_format.h"
#include "state/row_table.h"
#include "state/state_backend.h"
#include "state/store_builder.h"

namespace leat::detail {

template <class K, class V>
class TypedKeyValueStore final : public KeyValueStore<K, V> {
 public:
  using Format = RowFormat<V>;
  using ValueSerde = SerdePtr<RowValue<V>>;

  TypedKeyValueStore(const StoreDescription& description, SerdePtr<K> key_serde, ValueSerde value_serde)
      : KeyValueStore<K, V>(description.name),
        description_(description),
        key_serde_(std::move(key_serde)),
        value_serde_(std::move(value_serde)) {}

  void expect(BytesView key, std::int64_t /*timestamp*/, Comes comes) override {
    if (!cache_.is_open() || !cache_.expect(key, comes)) table_->expect(key, comes);
  }

  bool persistent() const override { return description_.persistent(); }

  Status open(const StoreContext& context) override {
    context_ = context;
    if (description_.make_tables) own_tables_ = description_.make_tables();
    if (own_tables_) {
      table_ = &own_tables_->table(this->name());
    } else if (description_.entries_max > 0) {
      own_table_ = std::make_unique<LruTable>(description_.entries_max);
    } else if (description_.in_memory) {
      own_table_ = std::make_unique<MemoryTable>();
    }
    if (!own_tables_) table_ = own_table_ ? own_table_.get() : &context_.backend->table(this->name());
    if (description_.caching && context_.cache_budget && context_.cache_budget->bytes_max > 0) {
      cache_.open(
          *context_.cache_budget, this->figures(), [this](Entry& entry) { flush_entry(entry); },
          [this](const Entry& entry, Comes comes) { table_->expect(entry.bytes, comes); });
    }
    return {};
  }

  Result<Bytes> key_of_text(std::string_view text) const override { return key_bytes_of_text(*key_serde_, text); }

  Status restore(const ChangelogRecord& record) override {
    if (!record.value) {
      table_->put(record.key, std::nullopt);
      return {};
    }
    row_of_changelog<V>(record, value_bytes_);
    table_->put(record.key, value_bytes_);
    return {};
  }

  void flush() override {
    this->figures().flushes.add();
    if (cache_.is_open()) cache_.flush();
  }
  void close() override { cache_.clear(); }
  void show_figures(MetricGroup& group) override {
    if (own_table_) group.gauge("num-keys", "keys in memory", static_cast<double>(own_table_->approximate_count()));
  }

  void dump(const std::function<void(const RawRow&)>& row) override {
    MergedRows rows(*this, {});
    BytesView key, value;
    while (rows.next(key, value)) {
      row(Format::raw(key, value));
    }
  }

  const V* find(const K& key) override {
    this->figures().gets.add();
    encode_key(key);
    if (cache_.is_open()) {
      if (const Entry* entry = cache_.find(key_bytes_)) return entry->has_value ? &entry->value : nullptr;
    }
    if (!table_->get(key_bytes_, value_bytes_)) return nullptr;
    decode(value_bytes_, found_);
    if (cache_.is_open()) {
      cache_.put_clean(key_bytes_, key, found_, static_cast<std::int64_t>(value_bytes_.size()));
    }
    return &found_;
  }

  void write(const K& key, const V* value) override {
    (value ? this->figures().puts : this->figures().deletes).add();
    encode_key(key);
    if (cache_.is_open()) {
      cache_.put(key_bytes_, key, value, value ? size_of(*value) : 0, *context_.context);
    } else {
      write_through(key_bytes_, value);
    }
  }

  KeyValueIterator<K, V> range(const std::optional<K>& from, const std::optional<K>& to) override {
    return iterate(span(from, to, false));
  }
  KeyValueIterator<K, V> reverse_range(const std::optional<K>& from, const std::optional<K>& to) override {
    return iterate(span(from, to, true));
  }
  KeyValueIterator<K, V> prefix_scan(BytesView prefix) override {
    RowSpan rows;
    rows.from = Bytes(prefix);
    rows.to = prefix_end(prefix);
    rows.to_included = false;
    return iterate(std::move(rows));
  }
  std::int64_t approximate_num_entries() override { return table_->approximate_count(); }

  bool set_flush_listener(FlushListener<K, V> listener, bool send_old_values) override {
    if (!cache_.is_open()) return false;
    listener_ = std::move(listener);
    send_old_values_ = send_old_values;
    return true;
  }

 private:
  using Cache = RecordCache<K, V>;
  using Entry = typename Cache::Entry;

  void encode_key(const K& key) {
    key_bytes_.clear();
    key_serde_->serialize(key, key_bytes_);
  }
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

  /// To the table and the changelog.
  void write_through(BytesView key, const V* value) {
    check_writable(context_, this->name());
    written_.clear();
    if (value) Format::encode(*value_serde_, *value, written_);
    table_->put(key, value ? std::optional<BytesView>(written_) : std::nullopt);
    if (context_.collector) log_row<V>(context_, description_, key, value, written_);
  }

  void flush_entry(Entry& entry) {
    const V* value = entry.has_value ? &entry.value : nullptr;
    const V* old = nullptr;
    V old_row;
    if (listener_ && (!value || send_old_values_) && table_->get(entry.bytes, old_bytes_)) {
      decode(old_bytes_, old_row);
      old = &old_row;
    }
    if (listener_ && !value && !old) return;  // never was there, never will be
    RecordContext& context = *context_.context;
    struct Restore {
      RecordContext& context;
      RecordContext before;
      ~Restore() { context = before; }
    } restore{context, context};
    context = cache_.context_of(entry);
    write_through(entry.bytes, value);
    if (listener_) listener_(entry.key, value, send_old_values_ ? old : nullptr);
  }

  RowSpan span(const std::optional<K>& from, const std::optional<K>& to, bool reverse) const {
    RowSpan rows;
    rows.reverse = reverse;
    if (from) key_serde_->serialize(*from, rows.from.emplace());
    if (to) key_serde_->serialize(*to, rows.to.emplace());
    return rows;
  }

  /// The table's rows below those of the cache.
  class MergedRows {
   public:
    MergedRows(TypedKeyValueStore& store, RowSpan span) : store_(store), span_(std::move(span)) {
      if (span_.empty()) return;
      rows_ = store_.table_->scan(span_);
      if (!store_.cache_.empty()) walk_.emplace(store_.cache_.ordered(), span_);
      step_table();
      step_cache();
    }

    bool next(BytesView& key, BytesView& value) {
      while (table_.there || cached_.there) {
        int order = !cached_.there ? -1 : !table_.there ? 1 : table_.key.compare(cached_.key);
        if (cached_.there && table_.there && span_.reverse) order = -order;
        if (order <= 0) {
          std::swap(out_, table_);
          step_table();
        }
        if (order >= 0) {
          std::swap(out_, cached_);
          step_cache();
        }
        if (out_.deleted) continue;
        key = out_.key;
        value = out_.value;
        return true;
      }
      return false;
    }

   private:
    struct Row {
      bool there = false;
      bool deleted = false;
      Bytes key;
      Bytes value;
    };
    void step_table() {
      BytesView key, value;
      table_.there = rows_->next(key, value);
      table_.deleted = false;
      if (!table_.there) return;
      table_.key.assign(key);
      table_.value.assign(value);
    }
    void step_cache() {
      cached_.there = false;
      if (!walk_) return;
      const auto at = walk_->next();
      if (at == store_.cache_.ordered().end()) return;
      const Entry& entry = store_.cache_.use(at->second);
      cached_.there = true;
      cached_.deleted = !entry.has_value;
      cached_.key.assign(at->first);
      cached_.value.clear();
      if (!cached_.deleted) Format::encode(*store_.value_serde_, entry.value, cached_.value);
    }

    TypedKeyValueStore& store_;
    RowSpan span_;
    std::unique_ptr<RowCursor> rows_;
    std::optional<MapWalk<typename Cache::Ordered>> walk_;
    Row table_, cached_, out_;
  };

  class TypedRows final : public KeyValueIterator<K, V>::Rows {
   public:
    TypedRows(TypedKeyValueStore& store, RowSpan span)
        : store_(store), rows_(store, std::move(span)), open_(store.figures()) {}
    bool next(KeyAndValue<K, V>& row) override {
      BytesView key, value;
      if (!rows_.next(key, value)) return false;
      const Status status = store_.key_serde_->deserialize(key, row.key);
      if (!status.ok()) undecodable_row(store_.name(), status.error());
      store_.decode(value, row.value);
      return true;
    }

   private:
    TypedKeyValueStore& store_;
    MergedRows rows_;
    OpenIterator open_;
  };

  KeyValueIterator<K, V> iterate(RowSpan span) {
    return KeyValueIterator<K, V>(std::make_unique<TypedRows>(*this, std::move(span)));
  }

  StoreDescription description_;
  SerdePtr<K> key_serde_;
  ValueSerde value_serde_;
  StoreContext context_;
  std::unique_ptr<RowTables> own_tables_;
  std::unique_ptr<RowTable> own_table_;
  RowTable* table_ = nullptr;
  Cache cache_;
  FlushListener<K, V> listener_;
  bool send_old_values_ = false;
  std::int64_t fixed_size_ = 0;
  Bytes key_bytes_, value_bytes_, written_, old_bytes_;
  V found_{};
};

}  // namespace leat::detail
