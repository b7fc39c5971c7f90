// explore: a topology in a simulated world, where what production sees once a year happens many times a second.
//
//   leat::sim::explore(turnover(), {.seeds = 200, .faults = leat::sim::kCrashes | leat::sim::kPowerLoss},
//                      [](leat::sim::Run& run) {
//                        auto orders = run.input_topic<std::string, Order>("orders");
//                        orders.pipe_input("1", Order{"ann", "tea", 250}, 1s);
//                        run.pass(2s);
//                        orders.pipe_input("2", Order{"ann", "jam", 300}, 2s);
//                        run.expect_output<std::string, std::int64_t>("turnover", {{"ann", 550}});
//                      });
//
// Broker, workers and clients are the real ones; disks, network, clocks and chance are made up, in one thread and in
// virtual time. Each seed is a run with faults of its own, and always the same: a failure names its seed, and
// `{.seeds = 1, .first_seed = N}` shows it again, event by event, under a debugger too. Persistent stores keep what
// their last installs left, or, after a crash, an earlier one.
//
// What the callback looks at belongs to the run. What the topology's own objects share with the world outside - static
// variables, files, other services - is outside of the simulation too, and it will not be found.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "streams/streams_config.h"
#include "streams/topology_test_driver.h"

namespace leat::sim {

/// What strikes, to be joined by `|`.
enum Faults : unsigned {
  kNoFaults = 0,
  kCrashes = 1,         ///< a worker or the broker ends as by kill -9, and is started again
  kPowerLoss = 2,       ///< a machine goes off: what was not synced may be lost or torn
  kConnectionCuts = 4,  ///< connections break, or nothing gets through for a while
  kPauses = 8,          ///< a process stands still, as in a suspended machine, and does not know it
  kAllFaults = 15,
};

struct Exploration {
  int seeds = 100;
  std::uint64_t first_seed = 1;
  unsigned faults = kAllFaults;
  /// Processes that share the work, each with `config.num_stream_threads`.
  int workers = 2;
  /// Of the topics that the topology names.
  int partitions = 2;
  /// How often something strikes, on average.
  std::chrono::milliseconds strike_every{500};
  /// The app's. What says where brokers, state and queries are is the simulation's.
  StreamsConfig config{.application_id = "explored",
                       .processing_guarantee = ProcessingGuarantee::kExactlyOnceV2,
                       .session_timeout_ms = std::chrono::seconds(2),
                       .heartbeat_interval_ms = std::chrono::milliseconds(300)};
};

/// A run that went wrong: what must not be, its seed, and the story of the faults that led to it.
class Violation : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

template <class K, class V>
class RunInput;

/// One seed. Its calls throw where something fails that should not; explore() makes a Violation of it.
class Run {
 public:
  Run(const Plan& plan, const Exploration& exploration, std::uint64_t seed);
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  /// Starts broker and workers, and makes the topics that the topology names.
  void begin();

  std::uint64_t seed() const { return seed_; }

  template <class K, class V>
  RunInput<K, V> input_topic(std::string topic, SerdeBox keys = {}, SerdeBox values = {}) {
    return {*this, std::move(topic), serde<K>(keys), serde<V>(values)};
  }

  /// Writes a record. Returns when the broker has promised to keep it; meanwhile time passes, and faults strike.
  void pipe(const TestRecordBytes& record);
  /// Lets time pass, and faults strike.
  void pass(std::chrono::milliseconds time);
  /// Ends the faults, starts what is down, and waits until the app has done all that is there to do.
  void settle();
  /// Settles, and reads what is committed in a topic, each partition in its order.
  std::vector<TestRecordBytes> read_committed(const std::string& topic);

  /// The last value of each key of a topic, when all is settled; a tombstone takes the key out.
  template <class K, class V>
  std::map<K, V> last_values(const std::string& topic, SerdeBox keys = {}, SerdeBox values = {});
  /// What `last_values` must say. For a topic whose records under a key are in one partition.
  template <class K, class V>
  void expect_output(const std::string& topic, const std::map<K, V>& expected, SerdeBox keys = {},
                     SerdeBox values = {}) {
    if (last_values<K, V>(topic, std::move(keys), std::move(values)) != expected)
      fail("the last values of topic " + topic + " are not what was expected: " + describe_last(topic));
  }
  /// Ends the run as one that went wrong.
  [[noreturn]] void fail(const std::string& why) const;
  /// What happened up to now: the faults, by time.
  std::string story() const;

 private:
  class Inside;

  template <class T>
  SerdePtr<T> serde(const SerdeBox& given) const {
    if (auto chosen = given.empty() ? detail::topic_serde<T>(window_size_ms_) : given.get<T>()) return chosen;
    fail(given.empty() ? "a type has no default serde; pass the one of the topic"
                       : "a serde was given for another type than the topic has");
  }
  template <class T>
  void decode(const AnySerde<T>& serde, const std::string& topic, BytesView bytes, T& value) const {
    if (const Status status = serde.deserialize(bytes, value); !status.ok())
      fail("a record of " + topic + " does not decode: " + status.error().message);
  }
  /// As text, as far as the bytes are such.
  std::string describe_last(const std::string& topic);

  std::uint64_t seed_;
  std::optional<std::int64_t> window_size_ms_;
  std::unique_ptr<Inside> inside_;
};

/// A topic that records are written to, as TestInputTopic is one.
template <class K, class V>
class RunInput {
 public:
  RunInput(Run& run, std::string topic, SerdePtr<K> keys, SerdePtr<V> values)
      : run_(&run), topic_(std::move(topic)), keys_(std::move(keys)), values_(std::move(values)) {}

  void pipe_input(const std::optional<K>& key, const std::optional<V>& value, Timestamp timestamp,
                  Headers headers = {}) {
    TestRecordBytes record{.topic = topic_, .timestamp = timestamp.ms(), .headers = std::move(headers)};
    if (key) keys_->serialize_with(*key, record.headers, record.key.emplace());
    if (value) values_->serialize_with(*value, record.headers, record.value.emplace());
    run_->pipe(record);
  }

 private:
  Run* run_;
  std::string topic_;
  SerdePtr<K> keys_;
  SerdePtr<V> values_;
};

template <class K, class V>
std::map<K, V> Run::last_values(const std::string& topic, SerdeBox keys, SerdeBox values) {
  const SerdePtr<K> key_serde = serde<K>(keys);
  const SerdePtr<V> value_serde = serde<V>(values);
  std::map<K, V> last;
  for (const TestRecordBytes& record : read_committed(topic)) {
    if (!record.key) fail("a record of " + topic + " has no key");
    K key;
    decode(*key_serde, topic, *record.key, key);
    if (!record.value) {
      last.erase(key);
    } else {
      decode(*value_serde, topic, *record.value, last[std::move(key)]);
    }
  }
  return last;
}

/// Runs `check` once for each seed, in a world of its own. It writes the inputs and looks at the results; what it
/// throws, and what goes wrong in the app, ends the exploration with a Violation.
void explore(const Topology& topology, const Exploration& exploration, const std::function<void(Run&)>& check);

}  // namespace leat::sim
