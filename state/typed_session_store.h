// TypedSessionStore: the session store behind StoreBuilder: record cache (where it has one) over SessionRows.
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
#include "state/session_rows.h"
#include "state/session_store.h"
#include "state/store_builder.h"

namespace leat::detail {

template <class K, class V>
class TypedSessionStore final : public SessionStore<K, V> {
 public:
  using Sessions = typename SessionStore<K, V>::Sessions;
  using Format = RowFormat<V>;
  using ValueSerde = SerdePtr<RowValue<V>>;

  TypedSessionStore(const StoreDescription& description, SerdePtr<K> key_serde, ValueSerde value_serde)
      : SessionStore<K, V>(description.name),
        description_(description),
        segment_interval_ms_(std::max<std::int64_t>(description.retention_ms / 2, kSegmentIntervalMinMs)),
        key_serde_(std::move(key_serde)),
        value_serde_(std::move(value_serde)) {}

  void expect(BytesView key, std::int64_t timestamp, Comes comes) override {
    if (cache_.is_open()) cache_.expect_key(key, comes);
    rows_->expect_key(key, timestamp, comes);
  }

  bool persistent() const override { return description_.persistent(); }

  Status open(const StoreContext& context) override {
    context_ = context;
    if (description_.make_tables) own_tables_ = description_.make_tables();
    RowTables* const tables = own_tables_ ? own_tables_.get() : context_.backend;
    rows_ = description_.in_memory && !own_tables_ ? SessionRows::exact(description_.retention_ms)
                                                   : SessionRows::segmented(this->name(), description_.retention_ms,
                                                                            segment_interval_ms_, by_time(), *tables);
    if (description_.caching && context_.cache_budget && context_.cache_budget->bytes_max > 0) {
      cache_.open(
          *context_.cache_budget, this->figures(), [this](Entry& entry) { flush_entry(entry); },
          [this](const Entry& entry, Comes comes) { rows_->expect(row_key_of(entry.bytes), comes); },
          {.before = kSegmentBytes, .times = kSessionKeySuffixBytes});
    }
    return {};
  }

  Result<Bytes> key_of_text(std::string_view text) const override { return key_bytes_of_text(*key_serde_, text); }

  Status restore(const ChangelogRecord& record) override {
    if (record.key.size() < kSessionKeySuffixBytes) {
      return wrong_size("session changelog key", kSessionKeySuffixBytes, record.key.size());
    }
    if (!record.value) {
      rows_->put(record.key, std::nullopt);
      return {};
    }
    row_of_changelog<V>(record, value_bytes_);
    rows_->put(record.key, value_bytes_);
    return {};
  }

  void flush() override {
    this->figures().flushes.add();
    if (cache_.is_open()) cache_.flush();
  }
  void close() override { cache_.clear(); }

  void dump(const std::function<void(const RawRow&)>& row) override {
    SessionSpan everything;
    everything.latest_start = std::numeric_limits<std::int64_t>::max();
    for (const SessionRow& found : merged(everything)) {
      const SessionKeyView session = parse_session_key(found.key);
      RawRow raw = Format::raw(session.key, found.value);
      raw.start = session.session.start;
      raw.end = session.session.end;
      row(raw);
    }
  }

  const V* find(const Windowed<K>& session) override {
    this->figures().gets.add();
    encode_key(session);
    if (cache_.is_open()) {
      if (const Entry* entry = cache_.find(cache_key_)) return entry->has_value ? &entry->value : nullptr;
    }
    if (!rows_->get(row_key_of(cache_key_), value_bytes_)) return nullptr;
    decode(value_bytes_, found_);
    return &found_;
  }

  void write(const Windowed<K>& session, const V* value) override { change(session, value, false); }
  void remove(const Windowed<K>& session) override { change(session, nullptr, true); }

  Sessions find_sessions(const std::optional<K>& from_key, const std::optional<K>& to_key, Timestamp earliest_end,
                         Timestamp latest_start) override {
    return sessions(span(from_key, to_key, earliest_end, latest_start, false));
  }
  Sessions backward_find_sessions(const std::optional<K>& from_key, const std::optional<K>& to_key,
                                  Timestamp earliest_end, Timestamp latest_start) override {
    return sessions(span(from_key, to_key, earliest_end, latest_start, true));
  }

  Sessions find_sessions(Timestamp earliest_end, Timestamp latest_end) override {
    return Sessions(std::make_unique<Found>(*this, ended(earliest_end.ms(), latest_end.ms())));
  }

  bool set_flush_listener(FlushListener<Windowed<K>, V> listener, bool send_old_values) override {
    if (!cache_.is_open()) return false;
    listener_ = std::move(listener);
    send_old_values_ = send_old_values;
    return true;
  }

 private:
  using Cache = RecordCache<Windowed<K>, V>;
  using Entry = typename Cache::Entry;
  static constexpr std::int64_t kSegmentIntervalMinMs = 60'000;
  static constexpr std::size_t kSegmentBytes = 8;

  bool by_time() const { return description_.order != RowOrder::kByKey; }
  /// Fills cache_key_: the segment (8 bytes), then the row key.
  void encode_key(const Windowed<K>& session) {
    cache_key_.clear();
    append_big_endian(static_cast<std::uint64_t>(session.window.end / segment_interval_ms_), cache_key_);
    key_serde_->serialize(session.key, cache_key_);
    append_session_key({}, session.window, cache_key_);
  }
  static BytesView row_key_of(BytesView cache_key) { return cache_key.substr(kSegmentBytes); }
  void decode(BytesView bytes, V& row) const {
    const Status status = Format::decode(*value_serde_, bytes, row);
    if (!status.ok()) undecodable_row(this->name(), status.error());
  }

  void change(const Windowed<K>& session, const V* value, bool removes) {
    (value ? this->figures().puts : this->figures().deletes).add();
    encode_key(session);
    if (!cache_.is_open()) return write_through(row_key_of(cache_key_), value, removes);
    written_.clear();
    if (value) Format::encode(*value_serde_, *value, written_);
    cache_.put(cache_key_, session, value, static_cast<std::int64_t>(written_.size()), *context_.context);
  }

  /// To the rows and the changelog.
  void write_through(BytesView row_key, const V* value, bool removes) {
    check_writable(context_, this->name());
    std::optional<BytesView> stored;
    written_.clear();
    if (value) {
      Format::encode(*value_serde_, *value, written_);
      stored = written_;
    }
    if (removes) {
      rows_->remove(row_key);
    } else if (!rows_->put(row_key, stored) && context_.expired_records) {
      ++*context_.expired_records;
    }
    if (context_.collector) log_row<V>(context_, description_, row_key, value, written_);
  }

  void flush_entry(Entry& entry) {
    const V* value = entry.has_value ? &entry.value : nullptr;
    const BytesView row_key = row_key_of(entry.bytes);
    const V* old = nullptr;
    V old_value;
    if (listener_ && (!value || send_old_values_) && rows_->get(row_key, value_bytes_)) {
      decode(value_bytes_, old_value);
      old = &old_value;
    }
    if (listener_ && !value && !old) return;
    RecordContext& context = *context_.context;
    struct Restore {
      RecordContext& context;
      RecordContext before;
      ~Restore() { context = before; }
    } restore{context, context};
    context = cache_.context_of(entry);
    write_through(row_key, value, false);
    if (listener_) listener_(entry.key, value, send_old_values_ ? old : nullptr);
  }

  SessionSpan span(const std::optional<K>& from_key, const std::optional<K>& to_key, Timestamp earliest_end,
                   Timestamp latest_start, bool reverse) const {
    SessionSpan span;
    if (from_key) key_serde_->serialize(*from_key, span.from_key.emplace());
    if (to_key) key_serde_->serialize(*to_key, span.to_key.emplace());
    span.earliest_end = earliest_end.ms();
    span.latest_start = latest_start.ms();
    span.reverse = reverse;
    return span;
  }

  /// The rows below with those of the cache on top.
  std::vector<SessionRow> merged(const SessionSpan& span) {
    std::vector<SessionRow> all;
    rows_->find(span, [&](const SessionKeyView&, BytesView row_key, BytesView value) {
      all.push_back({Bytes(row_key), Bytes(value)});
    });
    if (cache_.empty() || span.keys_reversed()) return all;
    Bytes cache_key;
    std::erase_if(all, [&](const SessionRow& row) {
      cache_key.clear();
      const std::int64_t end = parse_session_key(row.key).session.end;
      append_big_endian(static_cast<std::uint64_t>(end / segment_interval_ms_), cache_key);
      cache_key.append(row.key);
      return cache_.peek(cache_key) != nullptr;
    });
    // What is cached is seen as long as it is cached, expired or not, as in Kafka.
    const auto& cached = cache_.ordered();
    const RowSpan bounds = session_bounds(span);
    Bytes from;
    for (auto at = cached.begin(); at != cached.end();) {
      const BytesView segment = at->first.substr(0, kSegmentBytes);
      const BytesView row_key = row_key_of(at->first);
      if (bounds.to && row_key > *bounds.to) {
        const auto next = prefix_end(segment);
        if (!next) break;
        at = cached.lower_bound(*next);
        continue;
      }
      if (bounds.from && row_key < *bounds.from) {
        from.assign(segment);
        from.append(*bounds.from);
        at = cached.lower_bound(from);
        continue;
      }
      const std::uint32_t index = at->second;
      ++at;
      if (!span.holds(parse_session_key(row_key))) continue;
      const Entry& entry = cache_.use(index);
      if (!entry.has_value) continue;
      all.push_back({Bytes(row_key), {}});
      Format::encode(*value_serde_, entry.value, all.back().value);
    }
    std::sort(all.begin(), all.end(), [&](const SessionRow& a, const SessionRow& b) {
      return span.reverse ? rows_->before(b.key, a.key) : rows_->before(a.key, b.key);
    });
    return all;
  }

  std::vector<SessionRow> ended(std::int64_t earliest_end, std::int64_t latest_end) {
    std::vector<SessionRow> all;
    if (cache_.empty() && (by_time() || description_.in_memory)) {
      rows_->find_ended(earliest_end, latest_end, all);
      return all;
    }
    SessionSpan span;
    span.earliest_end = earliest_end;
    span.latest_start = std::numeric_limits<std::int64_t>::max();
    all = merged(span);
    const auto end_of = [](const SessionRow& row) { return parse_session_key(row.key).session.end; };
    std::erase_if(all, [&](const SessionRow& row) { return end_of(row) > latest_end; });
    std::stable_sort(all.begin(), all.end(),
                     [&](const SessionRow& a, const SessionRow& b) { return end_of(a) < end_of(b); });
    return all;
  }

  class Found final : public Sessions::Rows {
   public:
    Found(TypedSessionStore& store, std::vector<SessionRow> rows)
        : store_(store), rows_(std::move(rows)), open_(store.figures()) {}
    bool next(KeyAndValue<Windowed<K>, V>& row) override {
      if (at_ == rows_.size()) return false;
      const SessionRow& found = rows_[at_++];
      const SessionKeyView session = parse_session_key(found.key);
      const Status status = store_.key_serde_->deserialize(session.key, row.key.key);
      if (!status.ok()) undecodable_row(store_.name(), status.error());
      row.key.window = session.session;
      store_.decode(found.value, row.value);
      return true;
    }

   private:
    TypedSessionStore& store_;
    std::vector<SessionRow> rows_;
    std::size_t at_ = 0;
    OpenIterator open_;
  };

  struct SessionOfKey {
    Window session;
    V value;
  };
  /// The same as merged(), of one key, whose sessions both the rows and the cache have in the order of their times.
  std::vector<SessionOfKey> of_key(const SessionSpan& span) {
    std::vector<SessionOfKey> below, all;
    rows_->find(span, [&](const SessionKeyView& row, BytesView, BytesView value) {
      decode(value, below.emplace_back(SessionOfKey{row.session, {}}).value);
    });
    if (cache_.empty()) return below;
    const auto before = [&](const Window& a, const Window& b) {
      const Window& first = span.reverse ? b : a;
      const Window& second = span.reverse ? a : b;
      return first.end != second.end ? first.end < second.end : first.start < second.start;
    };
    auto at = below.begin();
    cache_.visit(key_span(span), [&](RowTimes times, std::uint32_t index) {
      const Window session{static_cast<std::int64_t>(times.second), static_cast<std::int64_t>(times.first)};
      if (session.start > span.latest_start) return;
      while (at != below.end() && before(at->session, session)) all.push_back(std::move(*at++));
      if (at != below.end() && !before(session, at->session)) ++at;
      // What is cached is seen as long as it is cached, expired or not, as in Kafka.
      const Entry& entry = cache_.use(index);
      if (entry.has_value) all.push_back({session, entry.value});
    });
    all.insert(all.end(), std::make_move_iterator(at), std::make_move_iterator(below.end()));
    return all;
  }

  class FoundOfKey final : public Sessions::Rows {
   public:
    FoundOfKey(TypedSessionStore& store, const SessionSpan& span) : rows_(store.of_key(span)), open_(store.figures()) {
      const Status status = store.key_serde_->deserialize(*span.from_key, key_);
      if (!status.ok()) undecodable_row(store.name(), status.error());
    }
    bool next(KeyAndValue<Windowed<K>, V>& row) override {
      if (at_ == rows_.size()) return false;
      SessionOfKey& found = rows_[at_++];
      row.key.key = key_;
      row.key.window = found.session;
      row.value = std::move(found.value);
      return true;
    }

   private:
    std::vector<SessionOfKey> rows_;
    std::size_t at_ = 0;
    K key_{};
    OpenIterator open_;
  };
  Sessions sessions(const SessionSpan& span) {
    if (span.one_key()) return Sessions(std::make_unique<FoundOfKey>(*this, span));
    return Sessions(std::make_unique<Found>(*this, merged(span)));
  }

  StoreDescription description_;
  std::int64_t segment_interval_ms_;
  SerdePtr<K> key_serde_;
  ValueSerde value_serde_;
  StoreContext context_;
  std::unique_ptr<RowTables> own_tables_;
  std::unique_ptr<SessionRows> rows_;
  Cache cache_;
  FlushListener<Windowed<K>, V> listener_;
  bool send_old_values_ = false;
  Bytes cache_key_, value_bytes_, written_;
  V found_{};
};

}  // namespace leat::detail
