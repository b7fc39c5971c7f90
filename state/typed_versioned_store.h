// TypedVersionedStore: the versioned store behind StoreBuilder, over VersionedRows. It has no record cache, as in
// Kafka.
#pragma once

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "state/row_format.h"
#include "state/state_backend.h"
#include "state/store_builder.h"
#include "state/versioned_rows.h"
#include "state/versioned_store.h"

namespace leat::detail {

template <class K, class V>
class TypedVersionedStore final : public VersionedKeyValueStore<K, V> {
 public:
  TypedVersionedStore(const StoreDescription& description, SerdePtr<K> key_serde, SerdePtr<V> value_serde)
      : VersionedKeyValueStore<K, V>(description.name),
        description_(description),
        key_serde_(std::move(key_serde)),
        value_serde_(std::move(value_serde)) {}

  bool persistent() const override { return description_.persistent(); }

  Status open(const StoreContext& context) override {
    context_ = context;
    if (description_.make_tables) {
      own_tables_ = description_.make_tables();
    } else if (description_.in_memory) {
      own_tables_ = StateBackend::in_memory();
    }
    const std::int64_t interval = description_.segment_interval_ms > 0
                                      ? description_.segment_interval_ms
                                      : segment_interval_of(description_.history_retention_ms);
    rows_ = std::make_unique<VersionedRows>(this->name(), description_.history_retention_ms, interval,
                                            own_tables_ ? *own_tables_ : *context_.backend);
    return {};
  }
  Result<Bytes> key_of_text(std::string_view text) const override { return key_bytes_of_text(*key_serde_, text); }

  Status restore(const ChangelogRecord& record) override {
    rows_->put(record.key, record.value, record.timestamp);
    return {};
  }
  void flush() override {}
  void close() override { rows_.reset(); }

  /// The versions of all keys: `start` and `end` are where they begin and end, -1 for no end.
  void dump(const std::function<void(const RawRow&)>& row) override {
    constexpr auto kMin = std::numeric_limits<std::int64_t>::min(), kMax = std::numeric_limits<std::int64_t>::max();
    for (const Bytes& key : rows_->keys()) {
      for (const VersionedRows::Version& version : rows_->history(key, kMin, kMax)) {
        RawRow raw{key, version.from, version.value, std::nullopt};
        raw.end = version.to.value_or(-1);
        row(raw);
      }
    }
  }

  const VersionedRecord<V>* find(const K& key) override {
    this->figures().gets.add();
    return lend(rows_->latest(encode(key)));
  }
  const VersionedRecord<V>* find(const K& key, Timestamp as_of) override {
    this->figures().gets.add();
    return lend(rows_->as_of(encode(key), as_of.ms()));
  }
  std::vector<VersionedRecord<V>> history(const K& key, Timestamp from, Timestamp to) override {
    std::vector<VersionedRecord<V>> versions;
    for (const VersionedRows::Version& version : rows_->history(encode(key), from.ms(), to.ms())) {
      decode(version, versions.emplace_back());
    }
    return versions;
  }

  VersionedPut write(const K& key, const V* value, Timestamp timestamp) override {
    check_writable(context_, this->name());
    (value ? this->figures().puts : this->figures().deletes).add();
    encode(key);
    std::optional<BytesView> stored;
    if (value) {
      value_bytes_.clear();
      value_serde_->serialize(*value, value_bytes_);
      stored = value_bytes_;
    }
    const VersionedRows::Put put = rows_->put(key_bytes_, stored, timestamp.ms());
    if (!put.stored && context_.expired_records) ++*context_.expired_records;
    log_change(context_, this->name(), key_bytes_, stored, timestamp.ms());
    return {put.stored, put.valid_to ? std::optional<Timestamp>(*put.valid_to) : std::nullopt};
  }

 private:
  /// Kafka's choice of how many segments a history has.
  static std::int64_t segment_interval_of(std::int64_t history_ms) {
    constexpr std::int64_t kMinute = 60'000, kHour = 60 * kMinute;
    if (history_ms <= kMinute) return std::max<std::int64_t>(history_ms / 3, 2'000);
    if (history_ms <= 5 * kMinute) return std::max<std::int64_t>(history_ms / 5, 20'000);
    if (history_ms <= kHour) return std::max(history_ms / 12, kMinute);
    return std::max(history_ms / 24, 5 * kMinute);
  }
  BytesView encode(const K& key) {
    key_bytes_.clear();
    key_serde_->serialize(key, key_bytes_);
    return key_bytes_;
  }
  void decode(const VersionedRows::Version& version, VersionedRecord<V>& record) const {
    const Status status = value_serde_->deserialize(version.value, record.value);
    if (!status.ok()) undecodable_row(this->name(), status.error());
    record.timestamp = version.from;
    record.valid_to = version.to ? std::optional<Timestamp>(*version.to) : std::nullopt;
  }
  const VersionedRecord<V>* lend(const std::optional<VersionedRows::Version>& version) {
    if (!version) return nullptr;
    decode(*version, found_);
    return &found_;
  }

  StoreDescription description_;
  SerdePtr<K> key_serde_;
  SerdePtr<V> value_serde_;
  StoreContext context_;
  std::unique_ptr<RowTables> own_tables_;
  std::unique_ptr<VersionedRows> rows_;
  Bytes key_bytes_, value_bytes_;
  VersionedRecord<V> found_;
};

}  // namespace leat::detail
