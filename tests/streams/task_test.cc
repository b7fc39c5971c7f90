#include "streams/task.h"

#include <algorithm>
#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "streams/commit_metadata.h"
#include "topology/streams_builder.h"

namespace leat {
namespace {

using testing::ElementsAre;

TEST(JavaPriorityQueue, ComesInOrderAndBreaksTiesAsJavaDoes) {
  struct ByFirst {
    bool operator()(const std::pair<int, char>& a, const std::pair<int, char>& b) const { return a.first < b.first; }
  };
  detail::JavaPriorityQueue<std::pair<int, char>, ByFirst> queue;
  for (const char name : {'a', 'b', 'c', 'd'}) queue.offer({1, name});
  std::string order;
  while (!queue.empty()) order += queue.poll().second;
  EXPECT_EQ(order, "adcb");  // what java.util.PriorityQueue answers
}

class Outputs final : public RecordCollector {
 public:
  void send(const Outgoing& record) override { values.emplace_back(record.value.value_or("null")); }
  std::int32_t partition_count(std::string_view) override { return 1; }
  void send_when_known(const Outgoing& record, Choose) override { send(record); }
  std::vector<std::string> values;
};

class TaskTest : public testing::Test {
 protected:
  TaskTest() { make(50); }

  void make(std::int64_t max_task_idle_ms) {
    StreamsBuilder builder;
    builder.stream<std::string, std::string>({"a", "b"}).to("out");
    plan_ = std::make_unique<Plan>(std::move(builder.build().plan({"app", 0})).value());
    Task::Options options;
    options.application_id = "app";
    options.wall_clock_ms = [this] { return now_ms_; };
    options.max_task_idle_ms = max_task_idle_ms;
    task_ = std::make_unique<Task>(options, plan_->instantiate(0), StateBackend::in_memory(), outputs_);
    for (const char* topic : {"a", "b"}) EXPECT_TRUE(task_->add_partition({topic, 0}).ok());
    EXPECT_TRUE(task_->open().ok());
    EXPECT_TRUE(task_->start().ok());
  }

  /// One batch with a record per timestamp; values are topic and timestamp.
  void add(const std::string& topic, const std::vector<std::int64_t>& timestamps) {
    wire::BatchBuilder builder;
    for (const std::int64_t timestamp : timestamps) builder.append(timestamp, "k", topic + std::to_string(timestamp));
    Buf block = builder.seal({});
    wire::BatchStamp(block.mutable_data()).base_offset(next_[topic]);
    next_[topic] += static_cast<std::int64_t>(timestamps.size());
    ASSERT_TRUE(task_->add_batch({topic, 0}, wire::BatchView::trusted(block), block).ok());
  }

  std::int64_t now_ms_ = 0;
  Outputs outputs_;
  std::map<std::string, std::int64_t> next_;
  std::unique_ptr<Plan> plan_;
  std::unique_ptr<Task> task_;
};

TEST_F(TaskTest, TakesTheLowestTimestampAmongTheHeads) {
  make(-1);
  add("a", {1, 5, 6});
  add("b", {2, 3, 9});
  ASSERT_EQ(task_->process(100).value(), 6);
  EXPECT_THAT(outputs_.values, ElementsAre("a1", "b2", "b3", "a5", "a6", "b9"));
  EXPECT_EQ(task_->stream_time(), 9);
}

TEST_F(TaskTest, StopsWhereAPartitionRunsEmptyOfWhichMoreMayCome) {
  add("a", {1, 5, 6});
  add("b", {2, 3, 9});
  task_->set_position({"a", 0}, 3, 1);
  EXPECT_EQ(task_->process(100).value(), 5);
  EXPECT_FALSE(task_->ready(0));
  add("a", {7});
  EXPECT_EQ(task_->process(100).value(), 1);
  EXPECT_THAT(outputs_.values, ElementsAre("a1", "b2", "b3", "a5", "a6", "a7"));
}

TEST_F(TaskTest, ProcessesNoMoreThanAsked) {
  add("a", {1, 2, 3});
  EXPECT_EQ(task_->process(2).value(), 2);
  EXPECT_EQ(task_->buffered({"a", 0}), 1);
}

TEST_F(TaskTest, WaitsForAnEmptyPartitionUntilItIsIdleLongEnough) {
  add("a", {1});
  EXPECT_FALSE(task_->ready(0)) << "nothing is known of b";
  task_->set_position({"b", 0}, 0, 3);
  EXPECT_FALSE(task_->ready(0)) << "b has records to fetch";
  task_->set_position({"b", 0}, 0, 0);
  EXPECT_FALSE(task_->ready(0)) << "max.task.idle.ms begins";
  EXPECT_FALSE(task_->ready(49));
  EXPECT_TRUE(task_->ready(50));
}

TEST_F(TaskTest, WaitsForNobodyWhereIdlingIsSwitchedOff) {
  make(-1);
  EXPECT_FALSE(task_->ready(0)) << "there is no record at all";
  add("a", {5});
  task_->set_position({"b", 0}, 0, 3);
  EXPECT_TRUE(task_->ready(0)) << "although b has records to fetch";
}

TEST_F(TaskTest, CommitsTheHeadOfTheQueueWithThePartitionTime) {
  add("a", {7, 5, 9});
  ASSERT_TRUE(task_->process(2).ok());
  ASSERT_TRUE(task_->prepare_commit().ok());
  const auto offsets = task_->committable();
  ASSERT_EQ(offsets.size(), 1u);
  EXPECT_EQ(offsets.at({"a", 0}).offset, 2);
  EXPECT_EQ(CommitMetadata::decode(offsets.at({"a", 0}).metadata).partition_time, 7);
}

TEST(Task, GoesOnBehindTheWindowsThatItPutOutBeforeARestart) {
  StreamsBuilder builder;
  builder.stream<std::string, std::string>("a")
      .group_by_key()
      .windowed_by(TimeWindows::of_size_with_no_grace(std::chrono::milliseconds(10)))
      .emit_strategy(EmitStrategy::on_window_close())
      .count(Materialized::as("counts").in_memory_store())
      .to_stream()
      .to("out");
  const Plan plan = std::move(builder.build().plan({"app", 0, 0})).value();
  Outputs outputs;
  const auto run = [&](const std::string& committed) {
    Task::Options options;
    options.wall_clock_ms = [] { return 0; };
    Task task(options, plan.instantiate_all(), StateBackend::in_memory(), outputs);
    EXPECT_TRUE(task.add_partition({"a", 0}).ok());
    task.set_committed_metadata({"a", 0}, committed);
    EXPECT_TRUE(task.open().ok());
    EXPECT_TRUE(task.start().ok());
    // The second record closes the window of the first.
    wire::BatchBuilder batch;
    for (const std::int64_t time : {5, 15}) batch.append(time, "k", "v", {});
    Buf block = batch.seal({});
    EXPECT_TRUE(task.add_batch({"a", 0}, wire::BatchView::trusted(block), block).ok());
    EXPECT_TRUE(task.process(10).ok());
    return task.committable().at({"a", 0}).metadata;
  };
  const std::string committed = run("");
  EXPECT_EQ(CommitMetadata::decode(committed).processors.at("counts"), 15);
  const std::size_t put_out = outputs.values.size();
  EXPECT_EQ(run(committed), committed);
  EXPECT_EQ(outputs.values.size() - put_out, 2u) << "two changelog records, and no window that was put out before";
}

TEST_F(TaskTest, CommitsBehindControlRecordsWhenTheQueueIsEmpty) {
  add("a", {1});
  task_->set_position({"a", 0}, 2, 0);
  ASSERT_TRUE(task_->process(10).ok());
  EXPECT_EQ(task_->committable().at({"a", 0}).offset, 2);
}

TEST_F(TaskTest, FailsOnANegativeTimestampAndSaysWhatToDo) {
  wire::BatchBuilder builder;
  builder.append(-1, "k", "v");
  Buf block = builder.seal({});
  const Status added = task_->add_batch({"a", 0}, wire::BatchView::trusted(block), block);
  ASSERT_FALSE(added.ok());
  EXPECT_THAT(added.error().message, testing::HasSubstr("negative timestamp"));
}

}  // namespace
}  // namespace leat
