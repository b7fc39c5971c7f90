// The same claims for every backend, with and without a record cache: against a std::map as the model.
#include <filesystem>
#include <fstream>
#include <map>
#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "state/stores.h"
#include "state/task_state.h"

namespace leat {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

/// Keeps what was logged.
class Changelog final : public RecordCollector {
 public:
  void send(const Outgoing& record) override {
    rows.push_back({Bytes(*record.key), record.value ? std::optional<Bytes>(*record.value) : std::nullopt,
                    record.timestamp.value_or(-1)});
  }
  std::int32_t partition_count(std::string_view) override { return 1; }
  void send_when_known(const Outgoing& record, Choose) override { send(record); }

  struct Row {
    Bytes key;
    std::optional<Bytes> value;
    std::int64_t timestamp;
  };
  std::vector<Row> rows;
};

struct Setup {
  const char* name;
  bool on_disk;
  bool in_memory_store;
  std::int64_t cache_bytes;
  bool own_tables = false;  ///< the rows are in tables that a supplier made
};

/// Tables of somebody else's.
class OwnTables final : public RowTables {
 public:
  RowTable& table(const std::string& name) override { return tables_[name]; }
  void drop_table(const std::string& name) override { tables_.erase(name); }
  std::vector<std::string> table_names() const override {
    std::vector<std::string> names;
    for (const auto& [name, table] : tables_) names.push_back(name);
    return names;
  }

 private:
  std::map<std::string, MemoryTable> tables_;
};

class StoreTest : public testing::TestWithParam<Setup> {
 protected:
  StoreTest() {
    directory_ = std::filesystem::temp_directory_path() /
                 ("leat-store-" + std::to_string(reinterpret_cast<std::uintptr_t>(this)) + "-" + GetParam().name);
    std::filesystem::remove_all(directory_);
    cache_.bytes_max = GetParam().cache_bytes;
    context_.headers = &headers_;
    context_.metadata = &metadata_;
    context_.timestamp = 100;
  }
  ~StoreTest() override {
    state_.reset();
    std::filesystem::remove_all(directory_);
  }

  std::unique_ptr<StateBackend> backend() {
    if (!GetParam().on_disk) return StateBackend::in_memory();
    auto opened = StateBackend::open(directory_.string(), memory_);
    EXPECT_TRUE(opened.ok()) << opened.error().message;
    return std::move(opened).value();
  }

  /// Opens the store anew, as after a restart of the process.
  template <class Store>
  Store& open(const StoreBuilderPtr& builder) {
    state_.reset();
    cache_.bytes_used = 0;
    builder->description().in_memory = GetParam().in_memory_store;
    if (GetParam().own_tables)
      builder->description().make_tables = []() -> std::unique_ptr<RowTables> { return std::make_unique<OwnTables>(); };
    std::vector<TaskState::Entry> entries;
    entries.push_back({builder->build(), "app-store-changelog", false});
    state_ = std::make_unique<TaskState>(std::move(entries), backend());
    StoreContext context;
    context.context = &context_;
    context.collector = &changelog_;
    context.cache_budget = &cache_;
    context.expired_records = &expired_;
    const Status opened = state_->open(context);
    EXPECT_TRUE(opened.ok());
    return dynamic_cast<Store&>(*state_->find("store"));
  }
  void commit(std::int64_t offset) {
    state_->flush();
    ASSERT_TRUE(state_->install({{"app-store-changelog", offset}}).ok());
  }
  /// Replays the changelog from an offset on, as a restart does.
  void restore_from(std::size_t offset) {
    const auto changelogs = state_->changelogs();
    for (std::size_t i = offset; i < changelog_.rows.size(); ++i) {
      const Changelog::Row& row = changelog_.rows[i];
      const ChangelogRecord record{row.key, row.value ? std::optional<BytesView>(*row.value) : std::nullopt,
                                   row.timestamp, nullptr};
      ASSERT_TRUE(state_->restore(changelogs[0], record).ok());
    }
  }

  static bool outlives_restarts() {
    return GetParam().on_disk && !GetParam().in_memory_store && !GetParam().own_tables;
  }
  /// The process dies; what was not committed is aborted at the broker, and the rest of the changelog is read again.
  template <class Store>
  Store& crash(const StoreBuilderPtr& builder, std::size_t committed_rows) {
    state_.reset();
    changelog_.rows.resize(committed_rows);
    Store& store = open<Store>(builder);
    restore_from(static_cast<std::size_t>(state_->changelogs()[0].next_offset.value_or(0)));
    return store;
  }

  /// Random writes to a store and to a model of it, with commits and crashes between them; after each the two must be
  /// equal. `write(store, model, random)` does one, `all(store)` reads the store as the model is.
  template <class Store, class Model, class Write, class All>
  void live_and_die(const StoreBuilderPtr& builder, Write write, All all) {
    for (const unsigned seed : {1u, 2u}) {
      state_.reset();
      std::filesystem::remove_all(directory_);
      changelog_.rows.clear();
      std::mt19937 random(seed);
      Store* store = &open<Store>(builder);
      Model model, committed;
      std::size_t committed_rows = 0;
      for (int i = 0; i < 300; ++i) {
        write(*store, model, random);
        if (random() % 25 == 0) {
          state_->flush();
          committed_rows = changelog_.rows.size();
          committed = model;
          commit(static_cast<std::int64_t>(committed_rows));
        }
        if (random() % 60 != 0) continue;
        store = &crash<Store>(builder, committed_rows);
        model = committed;
        ASSERT_EQ(all(*store), model) << "seed " << seed << ", step " << i;
      }
      ASSERT_EQ(all(*store), model) << "seed " << seed;
    }
  }

  template <class K, class V>
  static std::map<K, V> contents(KeyValueIterator<K, V> rows) {
    std::map<K, V> all;
    while (const auto* row = rows.next()) all[row->key] = row->value;
    return all;
  }

  std::filesystem::path directory_;
  StateMemory memory_{8 << 20, 8 << 20};
  RecordCacheBudget cache_;
  RecordContext context_;
  Headers headers_;
  RecordMetadata metadata_{"topic", 0, 7};
  Changelog changelog_;
  std::int64_t expired_ = 0;
  std::unique_ptr<TaskState> state_;
};

using Numbers = KeyValueStore<std::string, std::int64_t>;
using TimestampedNumbers = TimestampedKeyValueStore<std::string, std::int64_t>;
using Windows = WindowStore<std::string, std::int64_t>;
using Sessions = SessionStore<std::string, std::int64_t>;

StoreBuilderPtr numbers() {
  return Stores::persistent_key_value<std::string, std::int64_t>("store")->with_caching_enabled();
}
StoreBuilderPtr windows() {
  using std::chrono::seconds;
  return Stores::persistent_window<std::string, std::int64_t>("store", seconds(120), seconds(10))
      ->with_caching_enabled();
}

StoreBuilderPtr sessions() {
  using std::chrono::seconds;
  return Stores::persistent_session<std::string, std::int64_t>("store", seconds(240))->with_caching_enabled();
}

TEST_P(StoreTest, BehavesLikeAMapUnderRandomOperations) {
  auto& store = open<Numbers>(numbers());
  std::map<std::string, std::int64_t> model;
  std::mt19937 random(42);
  for (int i = 0; i < 3000; ++i) {
    const std::string key = "k" + std::to_string(random() % 60);
    switch (random() % 8) {
      case 0:
        store.erase(key);
        model.erase(key);
        break;
      case 1: {
        const auto found = model.find(key);
        ASSERT_EQ(store.get(key), found == model.end() ? std::nullopt : std::optional(found->second));
        break;
      }
      case 2:
        ASSERT_EQ(contents(store.range("k2", "k4")).size(),
                  static_cast<std::size_t>(std::distance(model.lower_bound("k2"), model.upper_bound("k4"))));
        break;
      case 3:
        if (random() % 10 == 0) commit(i);
        break;
      default: store.put(key, i); model[key] = i;
    }
  }
  EXPECT_EQ(contents(store.all()), model);
  commit(3000);
  EXPECT_EQ(contents(store.all()), model);
}

TEST_P(StoreTest, TellsHowItsTablesAreOnTheDisk) {
  open<Windows>(windows()).put("a", 1, Timestamp(0));
  commit(1);
  state_.reset();  // to the disk
  auto& store = open<Windows>(windows());
  store.put("b", 1, Timestamp(0));
  std::vector<Metric> metrics;
  MetricGroup group(metrics, "stream-state-metrics", {});
  state_->backend().show_figures("store", group);
  std::map<std::string, double> values;
  for (const Metric& metric : metrics) values[metric.name.name] = std::get<double>(metric.value);
  const bool on_disk = outlives_restarts();
  EXPECT_EQ(values["estimate-num-keys"], on_disk ? 1 : 0);
  EXPECT_EQ(values["total-sst-files-size"] > 0, on_disk);
  EXPECT_EQ(store.figures().puts.total(), 1);
}

TEST_P(StoreTest, ACrashLosesWhatWasNotCommittedAndNothingElse) {
  using Model = std::map<std::string, std::int64_t>;
  live_and_die<Numbers, Model>(
      numbers(),
      [n = std::int64_t{0}](Numbers& store, Model& model, std::mt19937& random) mutable {
        const std::string key = "k" + std::to_string(random() % 40);
        if (random() % 5 == 0) {
          store.erase(key);
          model.erase(key);
        } else {
          store.put(key, ++n);
          model[key] = n;
        }
      },
      [](Numbers& store) { return contents(store.all()); });
}

TEST_P(StoreTest, ACrashLosesWindowsThatWereNotCommittedAndNothingElse) {
  using Model = std::map<Windowed<std::string>, std::int64_t>;
  live_and_die<Windows, Model>(
      windows(),
      [n = std::int64_t{0}](Windows& store, Model& model, std::mt19937& random) mutable {
        // Over two segments, none of which expires.
        const std::string key = random() % 4 == 0 ? "k" : "k" + std::to_string(random() % 5);
        const auto start = static_cast<std::int64_t>(random() % 10) * 10'000;
        store.put(key, ++n, start);
        model[{key, {start, start + 10'000}}] = n;
      },
      [](Windows& store) { return contents(store.fetch_all(0, 200'000)); });
}

TEST_P(StoreTest, ACrashLosesSessionsThatWereNotCommittedAndNothingElse) {
  using Model = std::map<Windowed<std::string>, std::int64_t>;
  live_and_die<Sessions, Model>(
      sessions(),
      [n = std::int64_t{0}](Sessions& store, Model& model, std::mt19937& random) mutable {
        if (random() % 5 == 0 && !model.empty()) {
          store.remove(model.begin()->first);
          model.erase(model.begin());
          return;
        }
        const auto start = static_cast<std::int64_t>(random() % 150'000);
        const Windowed<std::string> session{"k" + std::to_string(random() % 6), {start, start + 5'000}};
        store.put(session, ++n);
        model[session] = n;
      },
      [](Sessions& store) {
        const std::optional<std::string> open_end;
        return contents(store.fetch(open_end, open_end));
      });
}

TEST_P(StoreTest, AnIteratorMissesNoRowThatStaysWhileOthersAreWritten) {
  auto& store = open<Numbers>(numbers());
  const auto key = [](unsigned i) { return "k" + std::to_string(1000 + i); };
  for (const bool backwards : {false, true}) {
    for (unsigned i = 0; i < 300; i += 3) store.put(key(i), 1);
    commit(1);
    std::mt19937 random(11);
    std::vector<std::string> stayed, seen;
    for (unsigned i = 0; i < 300; i += 3) stayed.push_back(key(i));
    if (backwards) std::reverse(stayed.begin(), stayed.end());
    auto rows = backwards ? store.reverse_all() : store.all();
    int step = 0;
    while (const auto* row = rows.next()) {
      if (!seen.empty()) {
        ASSERT_TRUE(backwards ? row->key < seen.back() : seen.back() < row->key) << "in order, and once";
      }
      seen.push_back(row->key);
      // The rows in between come and go, in front of the iterator and behind it; commits and flushes pass.
      const unsigned at = static_cast<unsigned>(random() % 100) * 3 + 1 + static_cast<unsigned>(random() % 2);
      if (random() % 3 == 0) {
        store.erase(key(at));
      } else {
        store.put(key(at), 2);
      }
      if (++step % 17 == 0) commit(step);
    }
    std::vector<std::string> seen_of_those;
    for (const std::string& each : seen)
      if (std::stoi(each.substr(1)) % 3 == 1000 % 3) seen_of_those.push_back(each);
    EXPECT_EQ(seen_of_those, stayed);
  }
}

TEST_P(StoreTest, IteratesBothWaysAndByPrefix) {
  auto& store = open<Numbers>(numbers());
  for (const char* key : {"b1", "a1", "b2", "c"}) store.put(key, 1);
  commit(0);
  store.put("b3", 1);
  store.erase("b1");
  std::vector<std::string> keys;
  for (const auto& row : store.prefix_scan("b")) keys.push_back(row.key);
  EXPECT_THAT(keys, ElementsAre("b2", "b3"));
  keys.clear();
  for (const auto& row : store.reverse_all()) keys.push_back(row.key);
  EXPECT_THAT(keys, ElementsAre("c", "b3", "b2", "a1"));
}

TEST_P(StoreTest, RowsMayBeDeletedWhileAnIteratorIsOpen) {
  auto& store = open<Numbers>(numbers());
  for (int i = 0; i < 20; ++i) store.put("k" + std::to_string(i), i);
  for (const auto& row : store.all()) store.erase(row.key);
  EXPECT_THAT(contents(store.all()), IsEmpty());
}

TEST_P(StoreTest, ChangelogRestoresTheStore) {
  auto& store = open<TimestampedNumbers>(
      Stores::persistent_timestamped_key_value<std::string, std::int64_t>("store")->with_caching_enabled());
  store.put("a", {1, 10});
  store.put("b", {2, 20});
  commit(2);
  store.write("b", nullptr);
  commit(3);
  std::filesystem::remove_all(directory_);
  state_.reset();
  auto& empty = open<TimestampedNumbers>(Stores::persistent_timestamped_key_value<std::string, std::int64_t>("store"));
  restore_from(0);
  EXPECT_EQ(empty.get("a")->timestamp, 10);
  EXPECT_EQ(empty.get("b"), std::nullopt);
}

TEST_P(StoreTest, WhatWasNotInstalledIsGoneAfterARestart) {
  if (!outlives_restarts()) GTEST_SKIP() << "only what is on disk outlives a restart";
  auto* store = &open<Numbers>(numbers());
  store->put("kept", 1);
  commit(1);
  store->put("kept", 2);
  store->put("lost", 3);
  state_->flush();  // logged, but the transaction never ended
  store = &open<Numbers>(numbers());
  EXPECT_THAT(contents(store->all()), ElementsAre(Pair("kept", 1)));
  EXPECT_EQ(state_->changelogs()[0].next_offset, 1);
}

TEST_P(StoreTest, TheTailOfTheChangelogBringsAReopenedStoreUpToDate) {
  if (!outlives_restarts()) GTEST_SKIP() << "only what is on disk outlives a restart";
  auto* store = &open<Numbers>(numbers());
  store->put("a", 1);
  commit(1);
  store->put("a", 2);
  store->put("b", 3);
  state_->flush();
  store = &open<Numbers>(numbers());
  restore_from(static_cast<std::size_t>(*state_->changelogs()[0].next_offset));
  EXPECT_THAT(contents(store->all()), ElementsAre(Pair("a", 2), Pair("b", 3)));
}

TEST_P(StoreTest, WindowsOfOneKeyComeInOrderOfTime) {
  auto& store = open<Windows>(windows());
  for (const std::int64_t start : {30'000, 10'000, 20'000}) store.put("k", start, start);
  store.put("kk", 1, 20'000);
  std::vector<std::int64_t> starts;
  for (const auto& row : store.fetch("k", 0, 25'000)) starts.push_back(row.key);
  EXPECT_THAT(starts, ElementsAre(10'000, 20'000));
  starts.clear();
  for (const auto& row : store.backward_fetch("k", 0, 90'000)) starts.push_back(row.key);
  EXPECT_THAT(starts, ElementsAre(30'000, 20'000, 10'000));
}

std::string asked(StateStore& store, const StoreQuery& query, std::size_t limit = 100) {
  std::string answer;
  const Status status = store.look_up(query, [&](const StoreRow& row) {
    answer += row.key + (row.window ? "@" + std::to_string(row.window->start) : "") + "=" + row.value + ";";
    return --limit > 0;
  });
  return status ? answer : status.error().message;
}

TEST_P(StoreTest, AnswersQueriesAsText) {
  auto& rows = open<TimestampedNumbers>(
      Stores::persistent_timestamped_key_value<std::string, std::int64_t>("store")->with_caching_enabled());
  rows.put("a", {1, 10});
  commit(1);
  rows.put("\"b\"", {2, 20});
  EXPECT_EQ(asked(rows, {}), R"("\"b\""=2;"a"=1;)");
  EXPECT_EQ(asked(rows, {}, 1), R"("\"b\""=2;)");
  EXPECT_EQ(asked(rows, {.key = "a"}), R"("a"=1;)");
  EXPECT_EQ(asked(rows, {.key = "c"}), "");
}

TEST_P(StoreTest, AnswersQueriesOfWindows) {
  auto& store = open<Windows>(windows());
  store.put("a", 1, 0);
  store.put("a", 2, 10'000);
  commit(2);
  store.put("b", 3, 10'000);
  EXPECT_EQ(asked(store, {.key = "a"}), R"("a"@0=1;"a"@10000=2;)");
  EXPECT_EQ(asked(store, {.key = "a", .window_from = 1}), R"("a"@10000=2;)");
  EXPECT_EQ(asked(store, {.window_from = 10'000, .window_to = 10'000}), R"("a"@10000=2;"b"@10000=3;)");
}

TEST_P(StoreTest, SaysWhichKeysItHasWhereAQueryHasNone) {
  auto& store =
      open<KeyValueStore<std::int32_t, std::string>>(Stores::persistent_key_value<std::int32_t, std::string>("store"));
  store.put(-7, "x");
  EXPECT_EQ(asked(store, {.key = "-7"}), R"(-7="x";)");
  EXPECT_THAT(asked(store, {.key = "seven"}), testing::HasSubstr("'seven' is no number from -2147483648"));
}

TEST_P(StoreTest, WindowsExpireAndLateWritesAreCounted) {
  auto& store = open<Windows>(windows());
  store.put("k", 1, 10'000);
  commit(1);
  store.put("k", 2, 1'000'000);
  commit(2);
  EXPECT_EQ(store.fetch("k", 1'000'000), 2);
  std::vector<std::int64_t> starts;
  for (const auto& row : store.fetch("k", 0, 2'000'000)) starts.push_back(row.key);
  EXPECT_EQ(starts.back(), 1'000'000);
  store.put("k", 3, 20'000);
  commit(3);
  EXPECT_EQ(expired_, 1);
}

TEST_P(StoreTest, SessionsBehaveLikeAMapUnderRandomOperations) {
  auto& store = open<Sessions>(sessions());
  std::map<Windowed<std::string>, std::int64_t> model;
  std::mt19937 random(7);
  for (int i = 0; i < 2000; ++i) {
    // "k" is a prefix of other keys; starts and ends lie over several segments, none of them expires.
    const std::string key = random() % 4 == 0 ? "k" : "k" + std::to_string(random() % 5);
    const auto start = static_cast<std::int64_t>(random() % 150'000);
    const Windowed<std::string> session{key, {start, start + static_cast<std::int64_t>(random() % 50'000)}};
    switch (random() % 8) {
      case 0:
        if (model.empty()) break;
        store.remove(model.begin()->first);
        model.erase(model.begin());
        break;
      case 1: {
        const auto found = model.find(session);
        ASSERT_EQ(store.fetch_session(key, session.window.start, session.window.end),
                  found == model.end() ? std::nullopt : std::optional(found->second));
        break;
      }
      case 2: {
        std::map<Windowed<std::string>, std::int64_t> overlapping;
        for (const auto& [of, value] : model) {
          if (of.key == key && of.window.end >= start && of.window.start <= session.window.end) overlapping[of] = value;
        }
        ASSERT_EQ(contents(store.find_sessions(key, start, session.window.end)), overlapping);
        ASSERT_EQ(contents(store.backward_find_sessions(key, start, session.window.end)), overlapping);
        break;
      }
      case 3:
        if (random() % 10 == 0) commit(i);
        break;
      default: store.put(session, i); model[session] = i;
    }
  }
  const std::optional<std::string> open_end;
  EXPECT_EQ(contents(store.fetch(open_end, open_end)), model);
  commit(2000);
  EXPECT_EQ(contents(store.fetch(open_end, open_end)), model);

  auto& reopened = open<Sessions>(sessions());
  restore_from(0);
  EXPECT_EQ(contents(reopened.fetch(open_end, open_end)), model);
}

TEST_P(StoreTest, SessionsExpireByTheirEndAndLateWritesAreCounted) {
  auto& store = open<Sessions>(sessions());
  store.put({"k", {10'000, 20'000}}, 1);
  store.put({"k", {10'000, 1'000'000}}, 2);
  commit(1);
  std::vector<std::int64_t> ends;
  for (const auto& row : store.fetch("k")) ends.push_back(row.key.window.end);
  EXPECT_EQ(ends.back(), 1'000'000);
  store.put({"k", {15'000, 25'000}}, 3);
  commit(2);
  EXPECT_EQ(expired_, 1);
}

TEST_P(StoreTest, VersionsAreValidFromTheirTimeUntilTheNextInWhateverOrderTheyCome) {
  using Versions = VersionedKeyValueStore<std::string, std::int64_t>;
  constexpr std::int64_t kHistoryMs = 30'000, kLateMs = 10'000;
  const auto builder = [] {
    return Stores::persistent_versioned_key_value<std::string, std::int64_t>("store", std::chrono::seconds(30));
  };
  auto* store = &open<Versions>(builder());
  std::map<std::string, std::map<std::int64_t, std::optional<std::int64_t>>> model;
  const auto as_of = [&](const std::string& key, std::int64_t time) -> std::optional<std::int64_t> {
    const auto behind = model[key].upper_bound(time);
    return behind == model[key].begin() ? std::nullopt : std::prev(behind)->second;
  };
  const auto value = [](const std::optional<VersionedRecord<std::int64_t>>& version) {
    return version ? std::optional(version->value) : std::nullopt;
  };
  std::mt19937 random(11);
  std::int64_t now = 0;
  for (int i = 0; i < 3000; ++i) {
    now += static_cast<std::int64_t>(random() % 40);
    const std::string key = "k" + std::to_string(random() % 4);
    const std::int64_t time = std::max<std::int64_t>(0, now - static_cast<std::int64_t>(random() % kLateMs));
    if (random() % 3 > 0) {
      if (model[key].contains(time)) continue;
      const auto written = random() % 5 == 0 ? std::nullopt : std::optional<std::int64_t>(i);
      const VersionedPut put = store->put(key, written, time);
      ASSERT_TRUE(put.stored);
      model[key][time] = written;
      const auto next = model[key].upper_bound(time);
      ASSERT_EQ(put.is_latest(), next == model[key].end());
      if (!put.is_latest()) {
        ASSERT_EQ(put.valid_to->ms(), next->first);
      }
    } else {
      ASSERT_EQ(value(store->get(key, time)), as_of(key, time)) << "as of " << time;
      ASSERT_EQ(value(store->get(key)), as_of(key, std::numeric_limits<std::int64_t>::max()));
    }
    if (random() % 200 == 0) commit(static_cast<std::int64_t>(changelog_.rows.size()));
  }
  const auto check_all = [&] {
    for (const auto& [key, versions] : model) {
      for (const auto& [time, written] : versions) {
        if (time < now - kHistoryMs) continue;
        EXPECT_EQ(value(store->get(key, time)), written) << key << " as of " << time;
      }
      std::vector<std::int64_t> of_the_last_second, expected;
      for (const auto& version : store->history(key, now - 1'000, now)) of_the_last_second.push_back(version.value);
      if (const auto then = as_of(key, now - 1'000)) expected.push_back(*then);
      for (auto at = versions.upper_bound(now - 1'000); at != versions.end() && at->first <= now; ++at) {
        if (at->second) expected.push_back(*at->second);
      }
      EXPECT_EQ(of_the_last_second, expected) << key;
    }
  };
  check_all();
  store = &open<Versions>(builder());
  restore_from(0);
  check_all();
}

TEST_P(StoreTest, VersionsOlderThanTheHistoryAreRefusedAndForgotten) {
  using Versions = VersionedKeyValueStore<std::string, std::int64_t>;
  auto& store = open<Versions>(
      Stores::persistent_versioned_key_value<std::string, std::int64_t>("store", std::chrono::seconds(30)));
  store.put("k", 1, 1'000);
  store.put("k", 2, 2'000);
  store.put("other", 3, 100'000);
  EXPECT_FALSE(store.put("k", 4, 69'999).stored);
  EXPECT_EQ(expired_, 1);
  EXPECT_TRUE(store.put("k", 5, 70'000).stored);
  EXPECT_FALSE(store.get("k", 1'500)) << "further back than the history";
  EXPECT_EQ(store.get("other", 200'000)->value, 3);
}

TEST_P(StoreTest, WindowsThatAreReadByTimeComeInOrderOfTime) {
  StoreBuilderPtr by_time = windows();
  by_time->description().order = RowOrder::kByTime;
  auto& store = open<Windows>(by_time);
  std::vector<std::pair<std::int64_t, std::string>> expected;
  std::mt19937 random(5);
  for (int i = 0; i < 200; ++i) {
    const std::string key = "k" + std::to_string(random() % 20);
    const auto start = static_cast<std::int64_t>(random() % 100) * 1'000;
    store.put(key, i, start);
    expected.emplace_back(start, key);
    if (i == 100) commit(1);
  }
  store.put("gone", 1, 5'000);
  store.put("gone", std::optional<std::int64_t>(), 5'000);
  std::sort(expected.begin(), expected.end());
  expected.erase(std::unique(expected.begin(), expected.end()), expected.end());
  std::vector<std::pair<std::int64_t, std::string>> found, within;
  auto all = store.fetch_all(0, 200'000);
  while (const auto* row = all.next()) found.emplace_back(row->key.window.start, row->key.key);
  EXPECT_EQ(found, expected);
  auto some = store.fetch_all(20'000, 30'000);
  while (const auto* row = some.next()) within.emplace_back(row->key.window.start, row->key.key);
  std::erase_if(found, [](const auto& row) { return row.first < 20'000 || row.first > 30'000; });
  EXPECT_EQ(within, found);
}

TEST_P(StoreTest, SessionsAreFoundByTheirEnd) {
  StoreBuilderPtr by_end = sessions();
  by_end->description().order = RowOrder::kByTimeAndKey;
  auto& store = open<Sessions>(by_end);
  for (std::int64_t end = 0; end < 100'000; end += 1'000) {
    store.put({"k" + std::to_string(end % 7), {end / 2, end}}, end);
    if (end == 50'000) commit(1);
  }
  store.remove({"k" + std::to_string(31'000 % 7), {15'500, 31'000}});
  std::vector<std::int64_t> ends;
  auto found = store.find_sessions(30'000, 33'000);
  while (const auto* row = found.next()) ends.push_back(row->key.window.end);
  EXPECT_THAT(ends, ElementsAre(30'000, 32'000, 33'000));
}

TEST_P(StoreTest, CacheKeepsTheLastWriteOfAKeyAndItsContext) {
  if (GetParam().cache_bytes == 0) GTEST_SKIP() << "there is no cache";
  auto& store = open<Numbers>(numbers());
  std::vector<std::string> heard;
  ASSERT_TRUE(store.set_flush_listener(
      [&](const std::string& key, const std::int64_t* value, const std::int64_t* old) {
        heard.push_back(key + "=" + (value ? std::to_string(*value) : "-") + " was " +
                        (old ? std::to_string(*old) : "-") + " at " + std::to_string(context_.timestamp));
      },
      true));
  store.put("a", 1);
  context_.timestamp = 200;
  store.put("b", 2);
  context_.timestamp = 300;
  store.put("a", 3);
  EXPECT_THAT(changelog_.rows, IsEmpty());
  state_->flush();
  EXPECT_THAT(heard, ElementsAre("b=2 was - at 200", "a=3 was - at 300"));
  EXPECT_EQ(changelog_.rows.size(), 2u);
  heard.clear();
  store.write("a", nullptr);
  store.write("never", nullptr);
  state_->flush();
  EXPECT_THAT(heard, ElementsAre("a=- was 3 at 300"));
}

TEST_P(StoreTest, EvictionFlushesAllDirtyRowsAndKeepsTheBudget) {
  if (GetParam().cache_bytes == 0) GTEST_SKIP() << "there is no cache";
  cache_.bytes_max = 500;
  auto& store = open<Numbers>(numbers());
  for (int i = 0; i < 50; ++i) {
    store.put("key" + std::to_string(i), i);
    EXPECT_LE(cache_.bytes_used, 500);
  }
  EXPECT_GT(changelog_.rows.size(), 40u);
  EXPECT_EQ(changelog_.rows[0].key, "key0");
  EXPECT_EQ(contents(store.all()).size(), 50u);
}

INSTANTIATE_TEST_SUITE_P(
    Backends, StoreTest,
    testing::Values(Setup{"disk", true, false, 0}, Setup{"disk_cached", true, false, 10 << 20},
                    Setup{"disk_small_cache", true, false, 900}, Setup{"memory_backend", false, false, 0},
                    Setup{"memory_store", false, true, 0}, Setup{"memory_store_cached", false, true, 10 << 20},
                    Setup{"own_tables", true, false, 0, true}, Setup{"own_tables_cached", true, false, 10 << 20, true}),
    [](const auto& setup) { return std::string(setup.param.name); });

TEST(LruTable, ForgetsTheLeastRecentlyUsedRow) {
  LruTable table(2);
  Bytes value;
  table.put("a", "1");
  table.put("b", "2");
  ASSERT_TRUE(table.get("a", value));
  table.put("c", "3");
  EXPECT_FALSE(table.get("b", value));
  EXPECT_TRUE(table.get("a", value));
}

TEST(StateBackend, SaysWhoElseHasTheDirectoryOpen) {
  const auto directory = std::filesystem::temp_directory_path() / "leat-backend-locked";
  std::filesystem::remove_all(directory);
  const StateMemory memory(1 << 20, 1 << 20);
  auto first = StateBackend::open(directory.string(), memory);
  ASSERT_TRUE(first.ok()) << first.error().message;
  auto second = StateBackend::open(directory.string(), memory);
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(second.error().message, testing::HasSubstr(directory.string()));
  first.value().reset();
  std::filesystem::remove_all(directory);
}

TEST(StateBackend, DiscardTakesBackWritesAndDropsSinceTheLastInstall) {
  const auto directory = std::filesystem::temp_directory_path() / "leat-backend-discard";
  std::filesystem::remove_all(directory);
  const StateMemory memory(1 << 20, 1 << 20);
  auto backend = std::move(StateBackend::open(directory.string(), memory)).value();
  backend->table("t").put("kept", "1");
  backend->table("t").put("deleted later", "2");
  ASSERT_TRUE(backend->install({}).ok());
  backend->table("t").put("kept", "changed");
  backend->table("t").put("deleted later", std::nullopt);
  backend->table("t").put("new", "3");
  backend->drop_table("t");
  EXPECT_THAT(backend->table_names(), IsEmpty());
  backend->discard_uncommitted();
  Bytes value;
  ASSERT_TRUE(backend->table("t").get("kept", value));
  EXPECT_EQ(value, "1");
  EXPECT_TRUE(backend->table("t").get("deleted later", value));
  EXPECT_FALSE(backend->table("t").get("new", value));
  EXPECT_EQ(backend->uncommitted_bytes(), 0u);
  backend.reset();
  std::filesystem::remove_all(directory);
}

TEST(StateBackend, ManyCommitsReachTheDiskAndAreReadBack) {
  const auto directory = std::filesystem::temp_directory_path() / "leat-backend-many";
  std::filesystem::remove_all(directory);
  const StateMemory memory(1 << 20, 1 << 20);
  {
    auto backend = std::move(StateBackend::open(directory.string(), memory)).value();
    for (std::int64_t i = 0; i < 40; ++i) {
      for (int k = 0; k < 100; ++k) backend->table("t").put("key" + std::to_string(k), std::string(3000, 'a' + i % 26));
      ASSERT_TRUE(backend->install({{"changelog", i * 100'000}}).ok());
      if (i % 7 == 3) backend->table("t").put("key1", "never committed"), backend->discard_uncommitted();
    }
  }
  auto backend = std::move(StateBackend::open(directory.string(), memory)).value();
  EXPECT_EQ(backend->changelog_offsets().at("changelog"), 3'900'000);
  Bytes value;
  ASSERT_TRUE(backend->table("t").get("key1", value));
  EXPECT_EQ(value, std::string(3000, 'a' + 39 % 26));
  backend.reset();
  std::filesystem::remove_all(directory);
}

TEST(StateBackend, ExpiredSegmentsLeaveTheDisk) {
  const auto directory = std::filesystem::temp_directory_path() / "leat-backend-segments";
  std::filesystem::remove_all(directory);
  const StateMemory memory(1 << 20, 1 << 20);
  {
    auto backend = std::move(StateBackend::open(directory.string(), memory)).value();
    auto rows = detail::WindowRows::segmented({"store", 100, 60, false}, *backend);
    EXPECT_TRUE(rows->put("k", 0, "v"));
    ASSERT_TRUE(backend->install({}).ok());
    EXPECT_THAT(backend->table_names(), ElementsAre("store.0"));
    EXPECT_TRUE(rows->put("k", 600, "v"));
    EXPECT_FALSE(rows->put("k", 60, "late"));
    ASSERT_TRUE(backend->install({{"changelog", 12}}).ok());
    EXPECT_THAT(backend->table_names(), ElementsAre("store.600"));
  }
  auto backend = std::move(StateBackend::open(directory.string(), memory)).value();
  EXPECT_THAT(backend->table_names(), ElementsAre("store.600"));
  EXPECT_EQ(backend->changelog_offsets().at("changelog"), 12);
  backend.reset();
  std::filesystem::remove_all(directory);
}

TEST(StateBackend, TakesRocksDbsOwnOptionsByTheirNames) {
  EXPECT_TRUE(
      check_rocksdb_options({{"write_buffer_size", "4M"}, {"max_open_files", "20"}, {"block_size", "16K"}}).ok());
  for (const auto& [name, value] : std::map<std::string, std::string>{
           {"write_bufer_size", "4M"}, {"max_open_files", "few"}, {"compression", "strong"}}) {
    const Status refused = check_rocksdb_options({{name, value}});
    ASSERT_FALSE(refused.ok()) << name;
    EXPECT_THAT(refused.error().message, testing::HasSubstr("rocksdb." + name + "=" + value));
  }
  const auto directory = std::filesystem::temp_directory_path() / "leat-backend-options";
  std::filesystem::remove_all(directory);
  {
    const StateMemory memory(1 << 20, 1 << 20,
                             {{"write_buffer_size", "123456"}, {"compaction_style", "kCompactionStyleUniversal"}});
    const auto backend = StateBackend::open(directory.string(), memory);
    ASSERT_TRUE(backend.ok()) << backend.error().message;
    (*backend)->table("t").put("k", "v");
    ASSERT_TRUE((*backend)->install({{"c", 1}}).ok());
  }
  std::string options;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (!entry.path().filename().string().starts_with("OPTIONS")) continue;
    std::ifstream file(entry.path());
    options.assign(std::istreambuf_iterator<char>(file), {});
  }
  EXPECT_THAT(options, testing::HasSubstr("write_buffer_size=123456"));
  EXPECT_THAT(options, testing::HasSubstr("compaction_style=kCompactionStyleUniversal"));
  std::filesystem::remove_all(directory);
}

TEST(StateBackend, SaysThatADirectoryIsOpenAlready) {
  const auto directory = std::filesystem::temp_directory_path() / "leat-state-opened-twice";
  std::filesystem::remove_all(directory);
  const StateMemory memory(1 << 20, 1 << 20);
  auto first = StateBackend::open(directory.string(), memory);
  ASSERT_TRUE(first.ok()) << first.error().message;
  const auto second = StateBackend::open(directory.string(), memory);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().kind, ErrorKind::kAlreadyExists) << second.error().message;
  first->reset();
  EXPECT_TRUE(StateBackend::open(directory.string(), memory).ok());
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace leat
