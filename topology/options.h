// The options of the DSL under Kafka's names: Consumed, Produced, Grouped, Materialized, Named, Joined, Repartitioned.
//
//   builder.stream<std::string, Order>("orders", leat::Consumed::with_timestamp_extractor(&Order::placed_at));
//   orders.group_by_key(leat::Grouped::as("by-customer")).count(leat::Materialized::as("orders-per-customer"));
//
// What is left out has Kafka's default: a generated name, the default serde of the type. A serde that is passed for
// another type than the operator has is found when the topology is built.
#pragma once

#include <any>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeindex>
#include <utility>
#include <vector>

#include "base/serde.h"
#include "state/store_builder.h"
#include "state/store_supplier.h"
#include "topology/invalid_timestamp.h"
#include "topology/lambda.h"

namespace leat {

/// A serde of a type that is told later.
class SerdeBox {
 public:
  SerdeBox() = default;
  template <class S>
  requires(!std::is_same_v<std::decay_t<S>, SerdeBox>) SerdeBox(S serde) {
    using T = typename decltype(serde.deserialize(BytesView{}))::value_type;
    static_assert(SerdeOf<S, T>, "a serde has serialize(const T&, Bytes&) and deserialize(BytesView) -> Result<T>");
    serde_ = erase_serde<T>(std::move(serde));
  }
  template <class T>
  SerdeBox(SerdePtr<T> serde) {
    if (serde) serde_ = std::move(serde);
  }

  bool empty() const { return !serde_.has_value(); }
  /// The serde for T; null where there is none, or one for another type.
  template <class T>
  SerdePtr<T> get() const {
    const auto* serde = std::any_cast<SerdePtr<T>>(&serde_);
    return serde ? *serde : nullptr;
  }

 private:
  std::any serde_;
};

namespace detail {

/// The serde to use for T: the one given, else the inherited one, else the default. Null where T has none.
template <class T>
SerdePtr<T> choose_serde(const SerdeBox& given, const SerdePtr<T>& inherited = nullptr) {
  if (!given.empty()) return given.get<T>();
  if (inherited) return inherited;
  if constexpr (HasSerde<T>) {
    return default_serde<T>();
  } else {
    return nullptr;
  }
}

/// What an extractor is called with. Key and value are decoded, and null where there is none.
struct Extraction {
  const void* key = nullptr;
  const void* value = nullptr;
  std::int64_t timestamp = 0;
  std::int64_t partition_time = -1;
  const RecordMetadata* metadata = nullptr;
  const Headers* headers = nullptr;
};
struct ExtractTimestamp {
  std::function<std::int64_t(const Extraction&)> call;
  /// Whether it looks at headers: they are read for it only.
  bool sees_headers = false;
  explicit operator bool() const { return static_cast<bool>(call); }
};

}  // namespace detail

/// A record as it was read, for timestamp extractors that look at more than its value
/// (org.apache.kafka.clients.consumer.ConsumerRecord). Borrowed for the call.
template <class K, class V>
struct ConsumedRecord {
  using Key = K;
  using Value = V;
  const K* key = nullptr;    ///< null where there is none
  const V* value = nullptr;  ///< null where there is none
  Timestamp timestamp{-1};   ///< the record's own, below 0 where its producer gave none
  const RecordMetadata& metadata;
  const Headers& headers;
};

namespace detail {

template <class T>
inline constexpr bool kIsConsumedRecord = false;
template <class K, class V>
inline constexpr bool kIsConsumedRecord<ConsumedRecord<K, V>> = true;

}  // namespace detail

/// Where reading begins in a partition for which nothing is committed, or whose committed offset is gone
/// (org.apache.kafka.streams.AutoOffsetReset, KIP-1106).
struct AutoOffsetReset {
  enum Kind {
    kDefault,     ///< as auto.offset.reset says
    kEarliest,    ///< at the oldest record
    kLatest,      ///< at the end: what is there already is not read
    kNone,        ///< the application fails
    kByDuration,  ///< at the first record that is not older than `back`; where there is none, at the end
  };
  Kind kind = kDefault;
  std::chrono::milliseconds back{0};

  AutoOffsetReset(Kind of = kDefault) : kind(of) {}
  /// 0 or more; by the clock of the machine, at the time when reading begins.
  static AutoOffsetReset by_duration(std::chrono::milliseconds back) {
    AutoOffsetReset reset(kByDuration);
    reset.back = back;
    return reset;
  }
  bool operator==(const AutoOffsetReset&) const = default;
};

/// Names an operator (org.apache.kafka.streams.kstream.Named, KIP-307): letters, digits, '.', '_' and '-', at most 249.
/// A name keeps what it names where it is when operators are added or taken away elsewhere in the program.
struct Named {
  std::string name;
  static Named as(std::string name) { return {std::move(name)}; }
};

/// How a topic is read (org.apache.kafka.streams.kstream.Consumed).
struct Consumed {
  /// Of the source; a table's gets "-source" behind it, and the table itself the name.
  std::string name;
  /// Empty: the default serdes of the types.
  SerdeBox key_serde;
  SerdeBox value_serde;
  OnInvalidTimestamp on_invalid_timestamp = OnInvalidTimestamp::kDefault;
  /// Empty: the record's own timestamp. See with_timestamp_extractor().
  detail::ExtractTimestamp extractor;
  AutoOffsetReset reset = AutoOffsetReset::kDefault;

  static Consumed as(std::string name) { return Consumed{}.with_name(std::move(name)); }
  static Consumed with(SerdeBox key, SerdeBox value) {
    Consumed consumed;
    consumed.key_serde = std::move(key);
    consumed.value_serde = std::move(value);
    return consumed;
  }
  Consumed with_name(std::string new_name) && {
    name = std::move(new_name);
    return std::move(*this);
  }
  Consumed with_name(std::string new_name) const& { return Consumed(*this).with_name(std::move(new_name)); }
  Consumed with_offset_reset(AutoOffsetReset policy) const {
    Consumed consumed = *this;
    consumed.reset = policy;
    return consumed;
  }
  Consumed with_invalid_timestamps(OnInvalidTimestamp policy) const {
    Consumed consumed = *this;
    consumed.on_invalid_timestamp = policy;
    return consumed;
  }
  /// `extract` is a member of the value, or a function (value) or (value, partition time) that returns milliseconds
  /// since 1970. Below 0: the record is dropped and counted. It is not called for null values, unless it takes
  /// std::optional: those keep the record's timestamp. A function of `const ConsumedRecord<K, V>&` sees all of the
  /// record, with the source's K and V, and is always called. What it throws fails the task.
  template <class F>
  static Consumed with_timestamp_extractor(F extract) {
    return Consumed{}.extracting(std::move(extract));
  }
  template <class F>
  Consumed extracting(F extract) const;
};

/// How a topic is written (org.apache.kafka.streams.kstream.Produced).
struct Produced {
  std::string name;
  /// Empty: the serdes that were given upstream and still hold, else the default ones of the types.
  SerdeBox key_serde;
  SerdeBox value_serde;
  /// A Partitioner<K, V>; empty: murmur2 of the key's bytes, as Java has it, and any partition for null keys.
  std::any partitioner;

  static Produced as(std::string name) {
    Produced produced;
    produced.name = std::move(name);
    return produced;
  }
  static Produced with(SerdeBox key, SerdeBox value) {
    Produced produced;
    produced.key_serde = std::move(key);
    produced.value_serde = std::move(value);
    return produced;
  }
  Produced with_name(std::string new_name) const {
    Produced produced = *this;
    produced.name = std::move(new_name);
    return produced;
  }
  /// Chooses the partitions of a record, below `count` (StreamPartitioner, KIP-873): none said is the producer's
  /// choice, several copy the record, an empty list drops and counts it. `key` and `value` are null where there is
  /// none.
  template <class K, class V>
  using Partitioner =
      std::function<Partitions(std::string_view topic, const K* key, const V* value, std::int32_t count)>;
  /// `partitioner` is called as a Partitioner<K, V>.
  template <class K, class V>
  Produced with_partitioner(Partitioner<K, V> new_partitioner) const {
    Produced produced = *this;
    produced.partitioner = std::move(new_partitioner);
    return produced;
  }
};

/// How records are grouped (org.apache.kafka.streams.kstream.Grouped, KIP-372).
struct Grouped {
  /// Of the repartition topic, where one is needed: APPLICATION_ID-NAME-repartition; all aggregations of the group
  /// share it. Empty: each aggregation has one of its own, named after its store.
  std::string name;
  SerdeBox key_serde;
  SerdeBox value_serde;

  static Grouped as(std::string name) { return {std::move(name), {}, {}}; }
  static Grouped with(SerdeBox key, SerdeBox value) { return {{}, std::move(key), std::move(value)}; }
  static Grouped with(std::string name, SerdeBox key, SerdeBox value) {
    return {std::move(name), std::move(key), std::move(value)};
  }
  Grouped with_name(std::string new_name) const { return {std::move(new_name), key_serde, value_serde}; }
};

/// Of the topic that repartition() goes through (org.apache.kafka.streams.kstream.Repartitioned, KIP-221).
struct Repartitioned {
  /// The topic is APPLICATION_ID-NAME-repartition.
  std::string name;
  SerdeBox key_serde;
  SerdeBox value_serde;
  /// Not set: that of the sources above, or of what it is joined with.
  std::optional<std::int32_t> partitions;
  /// A Produced::Partitioner<K, V>; none: the hash of the key.
  std::any partitioner;

  static Repartitioned as(std::string name) {
    Repartitioned options;
    options.name = std::move(name);
    return options;
  }
  static Repartitioned with(SerdeBox key, SerdeBox value) {
    Repartitioned options;
    options.key_serde = std::move(key);
    options.value_serde = std::move(value);
    return options;
  }
  static Repartitioned number_of_partitions(std::int32_t count) {
    return Repartitioned{}.with_number_of_partitions(count);
  }
  Repartitioned with_name(std::string new_name) const {
    Repartitioned options = *this;
    options.name = std::move(new_name);
    return options;
  }
  Repartitioned with_number_of_partitions(std::int32_t count) const {
    Repartitioned options = *this;
    options.partitions = count;
    return options;
  }
  template <class K, class V>
  Repartitioned with_partitioner(Produced::Partitioner<K, V> new_partitioner) const {
    Repartitioned options = *this;
    options.partitioner = std::move(new_partitioner);
    return options;
  }
};

/// How a stream is joined with a table (org.apache.kafka.streams.kstream.Joined).
struct Joined {
  /// Of the join, and of the repartition topic where the stream's key was changed.
  std::string name;
  /// For that topic; empty: as upstream.
  SerdeBox key_serde;
  SerdeBox value_serde;
  /// Records of the stream wait so long, in stream time, for updates of the table, which must be versioned (KIP-923).
  std::optional<std::int64_t> grace_ms;

  static Joined as(std::string name) { return {std::move(name), {}, {}, {}}; }
  static Joined with(SerdeBox key, SerdeBox value) { return {{}, std::move(key), std::move(value), {}}; }
  Joined with_name(std::string new_name) const { return {std::move(new_name), key_serde, value_serde, grace_ms}; }
  Joined with_grace_period(std::chrono::milliseconds grace) const {
    return {name, key_serde, value_serde, grace.count()};
  }
};

/// How a join of two streams is named and kept (org.apache.kafka.streams.kstream.StreamJoined, KIP-479). Its stores
/// hold the records of either side for the window and its grace.
struct StreamJoined {
  /// Of its nodes and repartition topics.
  std::string name;
  /// Of its stores: NAME-this-join-store, NAME-other-join-store; empty: after its nodes.
  std::string store_name;
  SerdeBox key_serde;
  SerdeBox value_serde;
  SerdeBox other_value_serde;
  bool logging = true;
  std::map<std::string, std::string> log_config;
  /// Not set: as the builder's options say.
  std::optional<bool> in_memory;
  /// Window stores that keep duplicates, for exactly the window and its grace, under names of their own.
  std::optional<StoreSupplier> this_supplier;
  std::optional<StoreSupplier> other_supplier;

  static StreamJoined as(std::string store_name) {
    StreamJoined joined;
    joined.store_name = std::move(store_name);
    return joined;
  }
  static StreamJoined with(SerdeBox key, SerdeBox value, SerdeBox other_value) {
    StreamJoined joined;
    joined.key_serde = std::move(key);
    joined.value_serde = std::move(value);
    joined.other_value_serde = std::move(other_value);
    return joined;
  }
  StreamJoined with_name(std::string new_name) const { return changed(&StreamJoined::name, std::move(new_name)); }
  StreamJoined with_store_name(std::string stores) const {
    return changed(&StreamJoined::store_name, std::move(stores));
  }
  StreamJoined with_logging_disabled() const { return changed(&StreamJoined::logging, false); }
  StreamJoined with_logging_enabled(std::map<std::string, std::string> config) const {
    return changed(&StreamJoined::logging, true).changed(&StreamJoined::log_config, std::move(config));
  }
  StreamJoined with_this_store_supplier(StoreSupplier supplier) const {
    return changed(&StreamJoined::this_supplier, std::optional(std::move(supplier)));
  }
  StreamJoined with_other_store_supplier(StoreSupplier supplier) const {
    return changed(&StreamJoined::other_supplier, std::optional(std::move(supplier)));
  }
  StreamJoined in_memory_stores() const { return changed(&StreamJoined::in_memory, std::optional<bool>(true)); }

 private:
  template <class T>
  StreamJoined changed(T StreamJoined::*member, T value) const {
    StreamJoined copy = *this;
    copy.*member = std::move(value);
    return copy;
  }
};

/// How a join of tables by foreign key is named, and how its topics are partitioned where the tables' own topics are
/// not partitioned by the hash of the key.
struct TableJoined {
  template <class K>
  using Partitioner = std::function<Partitions(std::string_view topic, const K* key, std::int32_t count)>;

  std::string name;
  // They have to choose exactly one partition, or say none; else the record fails.
  std::any partitioner;        ///< Partitioner of the left table's key
  std::any other_partitioner;  ///< Partitioner of the right table's key

  static TableJoined as(std::string name) {
    TableJoined joined;
    joined.name = std::move(name);
    return joined;
  }
  template <class K, class KO>
  TableJoined with_partitioners(Partitioner<K> of_this, Partitioner<KO> of_other) const {
    TableJoined joined = *this;
    joined.partitioner = std::move(of_this);
    joined.other_partitioner = std::move(of_other);
    return joined;
  }

  template <class K>
  Partitioner<K> partitioner_of() const {
    const auto* given = std::any_cast<Partitioner<K>>(&partitioner);
    return given ? *given : Partitioner<K>();
  }
  template <class KO>
  Partitioner<KO> other_partitioner_of() const {
    const auto* given = std::any_cast<Partitioner<KO>>(&other_partitioner);
    return given ? *given : Partitioner<KO>();
  }
};

/// How the state of a table is kept (org.apache.kafka.streams.kstream.Materialized).
struct Materialized {
  /// Of the store, under which it is asked, and of its changelog: APPLICATION_ID-NAME-changelog. Empty: generated.
  std::string name;
  /// Empty: as upstream, else the default ones of the types.
  SerdeBox key_serde;
  SerdeBox value_serde;
  /// Windows and sessions: how long they are kept behind the highest time seen. Not set: as long as the windows need;
  /// less is refused.
  std::optional<std::int64_t> retention_ms;
  /// Whether updates wait in the record cache for a commit; never of versioned stores.
  bool caching = true;
  /// Whether there is a changelog, with these settings besides those of its kind. Without one the state is lost with
  /// the disk.
  bool logging = true;
  std::map<std::string, std::string> log_config;
  /// Not set: as the builder's options say.
  std::optional<bool> in_memory;
  /// Above 0: so many keys at most, see lru_store().
  std::size_t entries_max = 0;
  /// Set: versioned, with so much history, freed in steps of `segment_interval_ms` (0: Kafka's choice).
  std::optional<std::int64_t> history_retention_ms;
  std::int64_t segment_interval_ms = 0;

  /// Set by as(StoreSupplier): which kind it is for, and where its rows are kept.
  std::optional<StoreSupplier> supplier;

  bool versioned() const { return history_retention_ms.has_value(); }

  static Materialized as(std::string name) {
    Materialized materialized;
    materialized.name = std::move(name);
    return materialized;
  }
  /// Under the supplier's name, and as it says.
  static Materialized as(StoreSupplier supplier) {
    Materialized materialized = as(supplier.name);
    materialized.in_memory = supplier.in_memory;
    materialized.entries_max = supplier.entries_max;
    using Kind = StoreSupplier::Kind;
    if (supplier.kind == Kind::kWindow || supplier.kind == Kind::kSession)
      materialized.retention_ms = supplier.retention_ms;
    if (supplier.kind == Kind::kVersioned) {
      materialized.history_retention_ms = supplier.history_retention_ms;
      materialized.segment_interval_ms = supplier.segment_interval_ms;
    }
    materialized.supplier = std::move(supplier);
    return materialized;
  }
  static Materialized with(SerdeBox key, SerdeBox value) {
    Materialized materialized;
    materialized.key_serde = std::move(key);
    materialized.value_serde = std::move(value);
    return materialized;
  }
  Materialized with_key_serde(SerdeBox serde) const { return changed(&Materialized::key_serde, std::move(serde)); }
  Materialized with_value_serde(SerdeBox serde) const { return changed(&Materialized::value_serde, std::move(serde)); }
  Materialized with_retention(std::chrono::milliseconds kept) const {
    return changed(&Materialized::retention_ms, std::optional<std::int64_t>(kept.count()));
  }
  Materialized with_caching_disabled() const { return changed(&Materialized::caching, false); }
  Materialized with_logging_disabled() const { return changed(&Materialized::logging, false); }
  Materialized with_logging_enabled(std::map<std::string, std::string> config) const {
    return changed(&Materialized::log_config, std::move(config)).changed(&Materialized::logging, true);
  }
  /// The table keeps the versions of its rows for as long as `history` (Kafka's
  /// Stores.persistentVersionedKeyValueStore).
  Materialized versioned_store(std::chrono::milliseconds history,
                               std::chrono::milliseconds segment_interval = std::chrono::milliseconds(0)) const {
    return changed(&Materialized::history_retention_ms, std::optional<std::int64_t>(history.count()))
        .changed(&Materialized::segment_interval_ms, static_cast<std::int64_t>(segment_interval.count()));
  }
  Materialized in_memory_store() const { return changed(&Materialized::in_memory, std::optional<bool>(true)); }
  Materialized persistent_store() const { return changed(&Materialized::in_memory, std::optional<bool>(false)); }
  /// In memory, and bounded to `max` keys: forgets the least recently used one (Kafka's Stores.lruMap). As there, what
  /// is forgotten stays in the changelog, and a restore may bring it back.
  Materialized lru_store(std::size_t max) const { return in_memory_store().changed(&Materialized::entries_max, max); }

 private:
  template <class M>
  Materialized changed(M Materialized::*member, M value) const {
    Materialized copy = *this;
    copy.*member = std::move(value);
    return copy;
  }
};

template <class F>
Consumed Consumed::extracting(F extract) const {
  Consumed consumed = *this;
  if constexpr (std::is_member_pointer_v<F>) {
    consumed.extractor = [extract]<class M, class V>(M V::*) -> detail::ExtractTimestamp {
      return {[extract](const detail::Extraction& from) -> std::int64_t {
        return from.value ? static_cast<std::int64_t>(static_cast<const V*>(from.value)->*extract) : from.timestamp;
      }};
    }(extract);
  } else {
    using Value = detail::Parameter<F, 0, void>;
    using V = detail::NonNullOf<Value>;
    constexpr bool kTakesPartitionTime = std::is_invocable_v<F&, Value, std::int64_t>;
    constexpr bool kTakesRecord = detail::kIsConsumedRecord<V>;
    consumed.extractor.sees_headers = kTakesRecord;
    consumed.extractor.call = [extract = std::move(extract)](const detail::Extraction& from) mutable -> std::int64_t {
      const auto call = [&](const auto& argument) {
        if constexpr (kTakesPartitionTime) {
          return static_cast<std::int64_t>(extract(argument, from.partition_time));
        } else {
          return static_cast<std::int64_t>(extract(argument));
        }
      };
      if constexpr (kTakesRecord) {
        return call(V{static_cast<const typename V::Key*>(from.key), static_cast<const typename V::Value*>(from.value),
                      Timestamp(from.timestamp), *from.metadata, *from.headers});
      } else {
        const V* typed = static_cast<const V*>(from.value);
        if (!typed && !detail::kIsOptional<Value>) return from.timestamp;
        return call(detail::argument<Value>(typed));
      }
    };
  }
  return consumed;
}

}  // namespace leat
