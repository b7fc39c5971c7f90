// TopologyTestDriver: a topology under test, without a broker and on a clock that stands still.
//
//   leat::TopologyTestDriver driver{word_count_topology()};
//   auto lines = driver.input_topic<std::string, std::string>("lines");
//   auto counts = driver.output_topic<leat::Windowed<std::string>, std::int64_t>("word-counts-by-window");
//   lines.pipe_input({}, "to be or not to be", 1s);
//   EXPECT_THAT(counts.read_key_values_to_map(), Contains(Pair(leat::window("be", 0s, 10s), 2)));
//   EXPECT_EQ((driver.window_store<std::string, std::int64_t>("word-counts").fetch("to", 0s)), 2);
//
// It runs the production Task: all sub-topologies as one, one partition per topic, a commit after every record, as
// Kafka's driver of the same name does. Records that go to topics the topology reads are read back at once. The typed
// calls throw TestDriverError where the topology cannot be built or a record fails; such a driver is not used again.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/serde.h"
#include "state/key_value_store.h"
#include "state/session_store.h"
#include "state/versioned_store.h"
#include "state/window_store.h"
#include "streams/error_handlers.h"
#include "topology/options.h"
#include "topology/topology.h"

namespace leat {

/// What the typed calls of the driver throw.
class TestDriverError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A record as bytes, going in or coming out.
struct TestRecordBytes {
  std::string topic;
  std::optional<Bytes> key;
  std::optional<Bytes> value;
  /// Null where the producer would stamp it.
  std::optional<std::int64_t> timestamp;
  Headers headers;
  std::optional<std::int32_t> partition;
};

/// A record with its types; `key` and `value` are empty where the record has none
/// (org.apache.kafka.streams.test.TestRecord).
template <class K, class V>
struct TestRecord {
  std::optional<K> key;
  std::optional<V> value;
  Timestamp timestamp;
  Headers headers;
};

/// A windowed key, for expectations.
template <class K, class Start, class End>
auto window(const K& key, Start start, End end) {
  using Key = std::conditional_t<std::is_convertible_v<K, std::string>, std::string, K>;
  return Windowed<Key>{Key(key), {Timestamp(start).ms(), Timestamp(end).ms()}};
}

struct TestDriverOptions {
  /// Part of the names of internal topics.
  std::string application_id = "test";
  /// How often at most, by the wall clock, outer joins of streams and aggregations that emit on window close look for
  /// what has closed. 0: at every record, so that a test need not move the wall clock.
  std::int64_t emit_interval_ms = 1000;
  /// Whether regrouped tables send the halves of a change in two records (upgrade.from below 3.5).
  bool changes_apart = false;
  Timestamp initial_wall_clock = 0;
  /// 0 switches the record caches off.
  std::int64_t statestore_cache_max_bytes = 10 * 1024 * 1024;
  /// Where persistent stores lie; empty: in memory, in the same order and with the same expiry.
  std::string state_dir;
  /// What becomes of records that do not decode, of processors that throw, and of what cannot be encoded; without
  /// handlers the test fails.
  ErrorHandlers handlers;
  /// What processors see as the settings of the application.
  std::map<std::string, std::string> app_configs;
  /// Of sources that do not say theirs (default.timestamp.extractor).
  OnInvalidTimestamp default_timestamp_extractor = OnInvalidTimestamp::kFail;
};

namespace detail {

template <class T>
struct IsWindowed : std::false_type {};
template <class K>
struct IsWindowed<Windowed<K>> : std::true_type {
  using Sized = TimeWindowedSerde<K>;
};
/// The serde of a test's topic, where the test names none; null where T has no default one. Kafka writes no end of a
/// window: `window_size_ms` says it.
template <class T>
SerdePtr<T> topic_serde(std::optional<std::int64_t> window_size_ms) {
  if constexpr (IsWindowed<T>::value) {
    if (window_size_ms) return erase_serde<T>(typename IsWindowed<T>::Sized(*window_size_ms));
  }
  if constexpr (HasSerde<T>) return default_serde<T>();
  return nullptr;
}
/// The size of all windows that the stores of a topology have, where it is one.
std::optional<std::int64_t> common_window_size_ms(const Plan& plan);

}  // namespace detail

template <class K, class V>
class TestInputTopic;
template <class K, class V>
class TestOutputTopic;

class TopologyTestDriver {
 public:
  explicit TopologyTestDriver(const Topology& topology, TestDriverOptions options = {});
  ~TopologyTestDriver();
  TopologyTestDriver(const TopologyTestDriver&) = delete;
  TopologyTestDriver& operator=(const TopologyTestDriver&) = delete;

  template <class K, class V>
  TestInputTopic<K, V> input_topic(std::string topic, SerdeBox keys = {}, SerdeBox values = {}) {
    return {*this, std::move(topic), serde<K>(keys), serde<V>(values)};
  }
  /// Reads what the topology sends to a topic, internal ones included, from the first record on. Windowed keys have
  /// their end from the topology where all its windows are of one size.
  template <class K, class V>
  TestOutputTopic<K, V> output_topic(std::string topic, SerdeBox keys = {}, SerdeBox values = {}) {
    return {*this, std::move(topic), serde<K>(keys), serde<V>(values)};
  }

  /// Moves the wall clock and fires the timers that are due by it, each once. Stream time does not move by that.
  void advance_wall_clock_time(std::chrono::milliseconds by);

  /// The store of that name and exact type. Throws where there is none.
  template <class Store>
  Store& store(const std::string& name) {
    auto* typed = dynamic_cast<Store*>(state_store(name));
    if (!typed) throw TestDriverError("there is no store " + name + " of that type");
    return *typed;
  }

  /// Reads a key-value store, timestamped or not, without its timestamps.
  template <class K, class V>
  class KeyValueView {
   public:
    std::optional<V> get(const K& key) {
      if (plain_) return plain_->get(key);
      const auto row = timestamped_->get(key);
      return row ? std::optional<V>(row->value) : std::nullopt;
    }

   private:
    friend class TopologyTestDriver;
    KeyValueStore<K, V>* plain_ = nullptr;
    TimestampedKeyValueStore<K, V>* timestamped_ = nullptr;
  };
  template <class K, class V>
  KeyValueView<K, V> key_value_store(const std::string& name) {
    KeyValueView<K, V> view;
    view.plain_ = dynamic_cast<KeyValueStore<K, V>*>(state_store(name));
    if (!view.plain_) view.timestamped_ = &store<TimestampedKeyValueStore<K, V>>(name);
    return view;
  }

  /// Reads a window store, timestamped or not, without its timestamps.
  template <class K, class V>
  class WindowView {
   public:
    std::optional<V> fetch(const K& key, Timestamp start) {
      if (plain_) return plain_->fetch(key, start);
      const auto row = timestamped_->fetch(key, start);
      return row ? std::optional<V>(row->value) : std::nullopt;
    }

   private:
    friend class TopologyTestDriver;
    WindowStore<K, V>* plain_ = nullptr;
    TimestampedWindowStore<K, V>* timestamped_ = nullptr;
  };
  template <class K, class V>
  WindowView<K, V> window_store(const std::string& name) {
    WindowView<K, V> view;
    view.plain_ = dynamic_cast<WindowStore<K, V>*>(state_store(name));
    if (!view.plain_) view.timestamped_ = &store<TimestampedWindowStore<K, V>>(name);
    return view;
  }

  template <class K, class V>
  SessionStore<K, V>& session_store(const std::string& name) {
    return store<SessionStore<K, V>>(name);
  }
  template <class K, class V>
  VersionedKeyValueStore<K, V>& versioned_store(const std::string& name) {
    return store<VersionedKeyValueStore<K, V>>(name);
  }

  // Without types, and with errors as values: what the typed calls are made of.
  Status pipe(const TestRecordBytes& record);
  /// Queues and processes all, commits once, and only then reads internal topics back: shows the record caches at work.
  Status pipe_batch(const std::vector<TestRecordBytes>& records);
  Status advance(std::int64_t by_ms);
  /// Takes the oldest record that was sent to the topic and not read yet.
  std::optional<TestRecordBytes> read(const std::string& topic);
  /// How many such records there are.
  std::size_t unread(const std::string& topic) const;
  /// The topics that anything was sent to so far, internal ones included, in alphabetical order.
  std::set<std::string> produced_topic_names() const;
  /// Takes everything that was sent since the last such call, in order, to any topic.
  std::vector<TestRecordBytes> take_sent();

  std::vector<std::string> store_names() const;
  /// Null where there is none.
  StateStore* state_store(const std::string& name) const;
  /// The metadata text committed for each input topic.
  std::map<std::string, std::string> committed_metadata() const;
  /// Kafka's dropped-records-total.
  std::int64_t dropped_records_total() const;
  /// Those of the task, its nodes, topics and stores, and the program's own.
  std::vector<Metric> metrics() const;
  std::int64_t wall_clock_ms() const;

 private:
  class Runtime;
  std::optional<std::int64_t> window_size_ms() const;

  template <class T>
  SerdePtr<T> serde(const SerdeBox& given) const {
    auto chosen = given.empty() ? detail::topic_serde<T>(window_size_ms()) : given.get<T>();
    if (chosen) return chosen;
    throw TestDriverError(given.empty() ? "a type has no default serde; pass the one of the topic"
                                        : "a serde was given for another type than the topic has");
  }

  std::unique_ptr<Runtime> runtime_;
};

template <class K, class V>
class TestInputTopic {
 public:
  TestInputTopic(TopologyTestDriver& driver, std::string topic, SerdePtr<K> keys, SerdePtr<V> values)
      : driver_(&driver), topic_(std::move(topic)), keys_(std::move(keys)), values_(std::move(values)) {}

  /// Records without a timestamp have `start`, and each `step` more than the one before (Kafka's startTimestamp and
  /// autoAdvance). Without this they have the time of the wall clock.
  TestInputTopic with_time(Timestamp start, std::chrono::milliseconds step = std::chrono::milliseconds(0)) const {
    TestInputTopic topic = *this;
    topic.next_ = start;
    topic.step_ = step;
    return topic;
  }
  /// Moves the time of the records to come. Needs with_time().
  void advance_time(std::chrono::milliseconds by) {
    if (!next_) throw TestDriverError("advance_time() of " + topic_ + ": with_time() has to say first when it begins");
    next_ = *next_ + by;
  }

  /// Sends one record and runs the topology until nothing is left to do.
  void pipe_input(const std::optional<K>& key, const std::optional<V>& value, std::optional<Timestamp> timestamp = {},
                  Headers headers = {}) {
    TestRecordBytes record;
    record.topic = topic_;
    record.headers = std::move(headers);
    if (key) keys_->serialize_with(*key, record.headers, record.key.emplace());
    if (value) values_->serialize_with(*value, record.headers, record.value.emplace());
    record.timestamp = (timestamp ? *timestamp : own_time()).ms();
    const Status piped = driver_->pipe(record);
    if (!piped.ok()) throw TestDriverError(piped.error().message);
  }
  void pipe_input(const TestRecord<K, V>& record) {
    pipe_input(record.key, record.value, record.timestamp, record.headers);
  }
  /// Records without a key.
  void pipe_value_list(const std::vector<V>& values) {
    for (const V& value : values) pipe_input(std::nullopt, value);
  }
  void pipe_key_value_list(const std::vector<std::pair<std::optional<K>, std::optional<V>>>& list) {
    for (const auto& [key, value] : list) pipe_input(key, value);
  }
  void pipe_record_list(const std::vector<TestRecord<K, V>>& records) {
    for (const TestRecord<K, V>& record : records) pipe_input(record);
  }

 private:
  Timestamp own_time() {
    if (!next_) return driver_->wall_clock_ms();
    const Timestamp now = *next_;
    next_ = now + step_;
    return now;
  }

  TopologyTestDriver* driver_;
  std::string topic_;
  SerdePtr<K> keys_;
  SerdePtr<V> values_;
  std::optional<Timestamp> next_;
  std::chrono::milliseconds step_{0};
};

template <class K, class V>
class TestOutputTopic {
 public:
  TestOutputTopic(TopologyTestDriver& driver, std::string topic, SerdePtr<K> keys, SerdePtr<V> values)
      : driver_(&driver), topic_(std::move(topic)), keys_(std::move(keys)), values_(std::move(values)) {}

  /// The oldest record that was not read yet, null where there is none.
  std::optional<TestRecord<K, V>> read_record() {
    const std::optional<TestRecordBytes> bytes = driver_->read(topic_);
    if (!bytes) return std::nullopt;
    TestRecord<K, V> record;
    if (bytes->key) decode(*keys_, *bytes->key, bytes->headers, record.key.emplace());
    if (bytes->value) decode(*values_, *bytes->value, bytes->headers, record.value.emplace());
    record.timestamp = bytes->timestamp.value_or(-1);
    record.headers = bytes->headers;
    return record;
  }
  /// The same without timestamp and headers, or the value alone; empty for null. Throw where there is no record.
  std::pair<std::optional<K>, std::optional<V>> read_key_value() {
    auto record = read_record();
    if (!record) throw TestDriverError("there is no unread record in " + topic_);
    return {std::move(record->key), std::move(record->value)};
  }
  std::optional<V> read_value() { return read_key_value().second; }
  bool is_empty() const { return queue_size() == 0; }
  /// Records that were not read yet.
  std::size_t queue_size() const { return driver_->unread(topic_); }

  // All records that were not read yet, oldest first.
  std::vector<TestRecord<K, V>> read_records_to_list() {
    std::vector<TestRecord<K, V>> records;
    while (auto record = read_record()) records.push_back(std::move(*record));
    return records;
  }
  std::vector<std::pair<std::optional<K>, std::optional<V>>> read_key_values_to_list() {
    std::vector<std::pair<std::optional<K>, std::optional<V>>> list;
    while (auto record = read_record()) list.emplace_back(std::move(record->key), std::move(record->value));
    return list;
  }
  std::vector<std::optional<V>> read_values_to_list() {
    std::vector<std::optional<V>> list;
    while (auto record = read_record()) list.push_back(std::move(record->value));
    return list;
  }
  /// The last value of each key; a tombstone takes the key out. Throws where a record has no key.
  std::map<K, V> read_key_values_to_map() {
    std::map<K, V> map;
    while (auto record = read_record()) {
      if (!record->key) throw TestDriverError("a record of " + topic_ + " has no key");
      if (record->value) {
        map.insert_or_assign(std::move(*record->key), std::move(*record->value));
      } else {
        map.erase(*record->key);
      }
    }
    return map;
  }

 private:
  template <class T>
  void decode(const AnySerde<T>& serde, BytesView bytes, const Headers& headers, T& value) const {
    const Status status = serde.deserialize_with(bytes, headers, value);
    if (!status.ok()) throw TestDriverError("a record of " + topic_ + " does not decode: " + status.error().message);
  }

  TopologyTestDriver* driver_;
  std::string topic_;
  SerdePtr<K> keys_;
  SerdePtr<V> values_;
};

}  // namespace leat
