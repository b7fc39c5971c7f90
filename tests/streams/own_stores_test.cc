// Stores of the program's own: suppliers of the DSL's stores, tables and StateStores of one's own, and what they see.
#include "application_fixture.h"
#include "state/queries.h"
#include "state/stores.h"
#include "streams/topology_test_driver.h"
#include "topology/streams_builder.h"

namespace leat {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;
using testing::Pair;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr std::int64_t kStart = 1'700'000'000'000;

/// Tables in memory that count how often they are asked.
class CountedTables final : public RowTables {
 public:
  explicit CountedTables(int& made) { ++made; }
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

TEST(StoreSupplierTest, TablesOfOnesOwnKeepTheRowsOfEveryKindOfStore) {
  int made = 0;
  const auto tables = [&made]() -> std::unique_ptr<RowTables> { return std::make_unique<CountedTables>(made); };
  StreamsBuilder builder;
  auto grouped = builder.stream<std::string, std::string>("in").group_by_key();
  grouped.count(Materialized::as(StoreSuppliers::key_value_store("n", tables)));
  grouped.windowed_by(TimeWindows::of_size_with_no_grace(10s))
      .count(Materialized::as(StoreSuppliers::window_store("w", 20s, 10s, false, tables)));
  grouped.windowed_by(SessionWindows::of_inactivity_gap_with_no_grace(5s))
      .count(Materialized::as(StoreSuppliers::session_store("s", 20s, tables)));
  builder.table<std::string, std::string>(
      "t", Materialized::as(StoreSuppliers::versioned_key_value_store("v", 60s, tables)));
  TopologyTestDriver driver{builder.build()};
  EXPECT_EQ(made, 4);
  auto in = driver.input_topic<std::string, std::string>("in");
  auto t = driver.input_topic<std::string, std::string>("t");
  for (const int second : {1, 2, 12}) in.pipe_input("k", "v", Timestamp(second * 1000));
  t.pipe_input("k", "old", 1s);
  t.pipe_input("k", "new", 2s);
  EXPECT_EQ((driver.key_value_store<std::string, std::int64_t>("n").get("k")), 3);
  auto& windows = driver.store<TimestampedWindowStore<std::string, std::int64_t>>("w");
  EXPECT_EQ(windows.fetch("k", 0)->value, 2);
  EXPECT_EQ(windows.fetch("k", 10'000)->value, 1);
  EXPECT_THAT((driver.store<SessionStore<std::string, std::int64_t>>("s").fetch_session("k", 1000, 2000)), Optional(2));
  auto& versions = driver.store<VersionedKeyValueStore<std::string, std::string>>("v");
  EXPECT_EQ(versions.get("k")->value, "new");
  EXPECT_EQ(versions.get("k", Timestamp(1500))->value, "old");
  for (const char* store : {"n", "w", "s", "v"}) EXPECT_FALSE(driver.store<StateStore>(store).persistent()) << store;
}

TEST(StoreSupplierTest, ASupplierOfAnotherKindIsRefusedWithBothNamed) {
  StreamsBuilder builder;
  builder.stream<std::string, std::string>("in").group_by_key().count(
      Materialized::as(StoreSuppliers::in_memory_session_store("n", 20s)));
  const auto plan = builder.build().plan({.application_id = "app"});
  ASSERT_FALSE(plan.ok());
  EXPECT_THAT(plan.error().message,
              HasSubstr("store n: a session store is supplied where a key-value store is needed"));
}

TEST(StoreSupplierTest, SuppliersOfAJoinMustFitItsWindowsAndBeTwo) {
  const auto problem = [](const StreamJoined& joined) {
    StreamsBuilder builder;
    builder.stream<std::string, std::string>("a")
        .join(
            builder.stream<std::string, std::string>("b"),
            [](const std::string& x, const std::string& y) { return x + y; },
            JoinWindows::of_time_difference_and_grace(5s, 1s), joined)
        .to("out");
    const auto plan = builder.build().plan({.application_id = "app"});
    return plan.ok() ? std::string() : plan.error().message;
  };
  const auto kept = [](const std::string& name, std::chrono::seconds retention, bool duplicates = true) {
    return StoreSuppliers::in_memory_window_store(name, retention, 10s, duplicates);
  };
  EXPECT_EQ(problem(StreamJoined{}.with_this_store_supplier(kept("a", 11s)).with_other_store_supplier(kept("b", 11s))),
            "");
  EXPECT_THAT(problem(StreamJoined{}.with_this_store_supplier(kept("a", 10s))),
              HasSubstr("store a is supplied for windows of 10000 ms, kept for 10000 ms; the join needs 10000 ms, kept "
                        "for 11000 ms"));
  EXPECT_THAT(problem(StreamJoined{}.with_other_store_supplier(kept("b", 11s, false))),
              HasSubstr("retains duplicates"));
  EXPECT_THAT(
      problem(StreamJoined{}.with_this_store_supplier(kept("a", 11s)).with_other_store_supplier(kept("a", 11s))),
      HasSubstr("both stores of a join are named a"));
}

TEST(StoreSupplierTest, TheBuildersSuppliersAreAskedForEveryStoreThatSaysNothing) {
  std::vector<std::string> asked;
  BuilderOptions options;
  options.store_suppliers = [&](const DslStoreParams& params) {
    asked.push_back(params.name + " " + std::to_string(static_cast<int>(params.kind)) + " " +
                    std::to_string(params.retention_ms));
    StoreSupplier supplier;
    supplier.in_memory = params.kind == StoreSupplier::Kind::kWindow;
    return supplier;
  };
  StreamsBuilder builder(options);
  auto grouped = builder.stream<std::string, std::string>("in").group_by_key();
  grouped.count(Materialized::as("n"));
  grouped.count(Materialized::as("said").in_memory_store());
  grouped.windowed_by(TimeWindows::of_size_and_grace(10s, 2s)).count(Materialized::as("w"));
  grouped.windowed_by(SessionWindows::of_inactivity_gap_with_no_grace(5s)).count(Materialized::as("s"));
  TopologyTestDriver driver{builder.build()};
  EXPECT_THAT(asked, ElementsAre("n 0 0", "w 1 12000", "s 2 5000"));
  EXPECT_FALSE(driver.store<StateStore>("w").persistent());
  EXPECT_FALSE(driver.store<StateStore>("said").persistent());
  EXPECT_TRUE(driver.store<StateStore>("n").persistent());
}

/// A set of words, in memory, with a changelog; counts what it is told.
class Seen final : public StateStore {
 public:
  explicit Seen(std::string name) : StateStore(std::move(name)) {}
  bool persistent() const override { return false; }
  Status open(const StoreContext& context) override {
    context_ = context;
    return {};
  }
  bool add(const std::string& word) {
    if (!words_.insert(word).second) return false;
    context_.log_change(word, "");
    return true;
  }
  Status restore(const ChangelogRecord& record) override {
    words_.insert(std::string(record.key));
    ++restored;
    return {};
  }
  void flush() override { ++flushed; }
  Status committed(std::optional<std::int64_t> offset) override {
    if (offset) committed_offset = offset;
    ++commits;
    return {};
  }
  void close() override {}

  StoreContext context_;
  std::set<std::string> words_;
  int restored = 0, flushed = 0, commits = 0;
  std::optional<std::int64_t> committed_offset;
};

/// Lets every word pass once.
class Once : public Processor<std::string, std::string, std::string, std::string> {
 public:
  static std::vector<StoreBuilderPtr> stores() { return {Stores::custom<Seen>("seen")}; }
  void init(Context& context) override { seen_ = context.store<Seen>("seen"); }
  void process(const Record<std::string, std::string>& record) override {
    if (seen_->add(record.value)) forward(record);
  }

 private:
  Seen* seen_ = nullptr;
};

TEST(OwnStore, AProcessorsClassBringsItAndItSeesItsContext) {
  StreamsBuilder builder;
  builder.stream<std::string, std::string>("in").process<Once>().to("out");
  TopologyTestDriver driver{builder.build(), {.application_id = "app", .app_configs = {{"size", "3"}}}};
  auto in = driver.input_topic<std::string, std::string>("in");
  in.pipe_input("k", "a", 1s);
  in.pipe_input("k", "a", 2s);
  in.pipe_input("k", "b", 3s);
  EXPECT_THAT((driver.output_topic<std::string, std::string>("out").read_values_to_list()), ElementsAre("a", "b"));
  auto& store = driver.store<Seen>("seen");
  EXPECT_EQ(store.context_.application_id, "app");
  EXPECT_EQ(store.context_.task_id, "0_0");
  EXPECT_EQ(store.context_.app_configs->at("size"), "3");
  EXPECT_GT(store.flushed, 0);
  EXPECT_EQ(store.commits, store.flushed);
  EXPECT_EQ(store.committed_offset, 2);
  const auto logged = driver.output_topic<std::string, std::string>("app-seen-changelog").read_records_to_list();
  ASSERT_THAT(logged, SizeIs(2));
  EXPECT_EQ(logged[1].key, "b");
  EXPECT_EQ(logged[1].timestamp.ms(), 3000);
}

TEST(OwnStore, ASupplierOfProcessorsBringsItTooInBothApis) {
  struct Make {
    std::unique_ptr<Once> operator()() const { return std::make_unique<Once>(); }
    std::vector<StoreBuilderPtr> stores() const { return {Stores::custom<Seen>("seen")}; }
  };
  Topology topology;
  topology.add_source<std::string, std::string>("in", "in").add_processor("once", Make{}, "in");
  EXPECT_THAT(topology.describe(), HasSubstr("Processor: once (stores: [seen])"));
  StreamsBuilder builder;
  builder.stream<std::string, std::string>("in").process(Make{});
  EXPECT_THAT(builder.build().describe(), HasSubstr("(stores: [seen])"));
}

using HeaderWindows = WindowStore<std::string, ValueTimestampHeaders<std::string>>;

/// Keeps each record in the window that its time is in.
struct KeepWindows : Processor<std::string, std::string> {
  static std::vector<StoreBuilderPtr> stores() {
    return {Stores::persistent_timestamped_window_with_headers<std::string, std::string>("w", 60s, 10s)};
  }
  void process(const Record<std::string, std::string>& record) override {
    const std::int64_t time = record.timestamp.ms();
    ValueTimestampHeaders<std::string> row{record.value, time, record.headers};
    context().store<HeaderWindows>("w")->put(record.key, row, time / 10'000 * 10'000);
  }
};

TEST(WindowStoresWithHeaders, KeepThemInRowsAndInTheChangelog) {
  Topology topology;
  topology.add_source<std::string, std::string>("in", "in").add_processor<KeepWindows>("keep", "in");
  TopologyTestDriver driver{topology, {.application_id = "app"}};
  driver.input_topic<std::string, std::string>("in").pipe_input("k", "v", Timestamp(12'345),
                                                                Headers{{"who", Bytes("ann")}});
  const auto row = driver.store<HeaderWindows>("w").fetch("k", 10'000);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->value, "v");
  EXPECT_EQ(row->timestamp, 12'345);
  EXPECT_EQ(row->headers, (Headers{{"who", Bytes("ann")}}));
  const auto logged = driver.take_sent();
  ASSERT_THAT(logged, SizeIs(1));
  EXPECT_EQ(logged[0].headers, row->headers);
  TopologyTestDriver next{topology, {.application_id = "app"}};
  auto& restored = next.store<HeaderWindows>("w");
  ASSERT_TRUE(restored.restore({*logged[0].key, *logged[0].value, *logged[0].timestamp, &logged[0].headers}).ok());
  const auto again = restored.fetch("k", 10'000);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->value, "v");
  EXPECT_EQ(again->timestamp, 12'345);
  EXPECT_EQ(again->headers, row->headers);
}

class OwnStores : public Application {};

TEST_F(OwnStores, AreRestoredFromTheirChangelogsByTheNextHost) {
  StreamsBuilder builder;
  builder.stream<std::string, std::string>("in").process<Once>().to("out");
  compute(builder.build());
  make_topic("out");
  ApplicationHost& first = start("host-1");
  run_until_settled();
  produce("in", {{"k", "a", kStart}, {"k", "b", kStart}});
  run_until([&] { return values_of("out").size() == 2; });
  run_for(1s);
  first.kill();
  start("host-2");
  produce("in", {{"k", "b", kStart}, {"k", "c", kStart}});
  run_until([&] { return values_of("out").size() == 3; });
  run_for(2s);
  EXPECT_THAT(values_of("out"), ElementsAre("a", "b", "c")) << "b was seen by the first host";
}

/// Rows are where the first letter of their key says (left), or the last (right).
class ForeignKeysByPartitioner : public Application {
 protected:
  void compute_join(std::size_t copies) {
    StreamsBuilder builder;
    const TableJoined::Partitioner<std::string> by_first = [](std::string_view, const std::string* key,
                                                              std::int32_t count) {
      return Partitions(std::vector<std::int32_t>{key->front() % count});
    };
    const TableJoined::Partitioner<std::string> by_last = [copies](std::string_view, const std::string* key,
                                                                   std::int32_t count) {
      return Partitions(std::vector<std::int32_t>(copies, key->back() % count));
    };
    auto right = builder.table<std::string, std::string>("right");
    builder.table<std::string, std::string>("left")
        .join(
            right, [](const std::string& value) { return value; },
            [](const std::string& of_left, const std::string& of_right) { return of_left + "=" + of_right; },
            TableJoined{}.with_partitioners<std::string, std::string>(by_first, by_last))
        .to_stream()
        .to("out");
    compute(builder.build());
    make_topic("out");
  }
  void put_left(const std::string& key, const std::string& foreign) {
    produce("left", {{.key = key, .value = foreign, .timestamp = kStart, .partition = key.front() % kPartitions}});
  }
  void put_right(const std::string& key, const std::string& value) {
    produce("right", {{.key = key, .value = value, .timestamp = kStart, .partition = key.back() % kPartitions}});
  }
};

TEST_F(ForeignKeysByPartitioner, QuestionsAndAnswersFindTheirPartitions) {
  compute_join(1);
  auto config = this->config();
  config.commit_interval_ms = 50ms;
  start("host", config);
  run_until_settled();
  std::vector<std::string> expected;
  for (const char letter : {'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'}) {
    const std::string foreign = std::string("x") + letter;
    put_right(foreign, std::string(1, letter));
    put_left(std::string(1, letter) + "1", foreign);
    put_left(std::string(1, letter) + "2", foreign);
    for (int i = 0; i < 2; ++i) expected.push_back(foreign + "=" + letter);
  }
  run_until([&] { return values_of("out").size() >= expected.size(); });
  run_for(1s);
  EXPECT_THAT(values_of("out"), testing::UnorderedElementsAreArray(expected));
}

TEST_F(ForeignKeysByPartitioner, SeveralPartitionsAreRefused) {
  compute_join(2);
  auto config = this->config();
  config.commit_interval_ms = 50ms;
  ApplicationHost& host = start("host", config);
  run_until_settled();
  put_left("a1", "xa");
  run_until([&] { return host.threads()[0]->state() == StreamThread::State::kDead; });
  ASSERT_TRUE(host.threads()[0]->error());
  EXPECT_THAT(host.threads()[0]->error()->message, HasSubstr("a partitioner of TableJoined chose 2 partitions"));
}

}  // namespace
}  // namespace leat
