// Who wants to know how far stores are hears of it.
#include "application_fixture.h"

namespace leat {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::int64_t kStart = 1'700'000'000'000;

class Restores : public StateRestoreListener {
 public:
  void on_restore_start(const RestoreProgress& now) override {
    EXPECT_EQ(now.restored, 0);
    started.push_back(now);
  }
  void on_batch_restored(const RestoreProgress& now) override {
    restored[now.changelog] += now.batch_restored;
    EXPECT_EQ(now.restored, restored[now.changelog]);
    EXPECT_LE(now.offset, now.ending_offset);
    EXPECT_GT(now.bytes, 0);
    EXPECT_TRUE(now.left().has_value());
  }
  void on_restore_end(const RestoreProgress& now) override {
    EXPECT_EQ(now.remaining(), 0);
    ended.push_back(now);
    if (throws) throw std::runtime_error("nobody listens");
  }
  void on_restore_suspended(const RestoreProgress&) override { ++suspended; }

  std::vector<RestoreProgress> started, ended;
  std::map<TopicPartition, std::int64_t> restored;
  int suspended = 0;
  bool throws = false;
};

class Standbys : public StandbyUpdateListener {
 public:
  void on_update_start(const StandbyProgress& now) override { followed.insert(now.task); }
  void on_batch_loaded(const StandbyProgress& now) override { loaded += now.batch_size; }
  void on_update_suspended(const StandbyProgress& now, Reason reason) override {
    if (reason == Reason::kPromoted) promoted.insert(now.task);
  }
  std::set<std::string> followed, promoted;
  std::int64_t loaded = 0;
};

class RestoreListener : public Application {
 protected:
  RestoreListener() {
    StreamsBuilder builder;
    builder.stream<std::string, std::string>("words").group_by_key().count(
        Materialized::as("counts").with_caching_disabled());
    compute(builder.build());
    restore_listener_ = &restores_;
    standby_listener_ = &standbys_;
  }
  void say_words() {
    std::vector<Line> lines;
    for (int i = 0; i < 100; ++i) lines.push_back({"word-" + std::to_string(i), "", kStart + i});
    produce("words", lines);
    run_for(2s);
  }
  Restores restores_;
  Standbys standbys_;
};

TEST_F(RestoreListener, HearsOfEveryChangelogFromItsStartToItsEnd) {
  start("one");
  run_until_settled();
  EXPECT_THAT(restores_.started, IsEmpty()) << "there is nothing to restore";
  say_words();
  hosts_.back()->kill();
  hosts_.clear();
  start("two");
  run_until_settled();
  std::int64_t records = 0, offsets = 0;
  for (const auto& [changelog, count] : restores_.restored) records += count;
  for (const RestoreProgress& each : restores_.started) offsets += each.total();
  EXPECT_EQ(records, 100);
  EXPECT_EQ(restores_.started.size(), restores_.ended.size());
  EXPECT_EQ(restores_.started.size(), restores_.restored.size());
  EXPECT_GT(offsets, records) << "markers of transactions take offsets too";
  EXPECT_EQ(restores_.ended.front().store, "counts");
  EXPECT_THAT(restores_.ended.front().changelog.topic, HasSubstr("app-counts-changelog"));
  EXPECT_EQ(restores_.suspended, 0);
}

TEST_F(RestoreListener, WhatItThrowsEndsTheThread) {
  start("one");
  run_until_settled();
  say_words();
  hosts_.back()->kill();
  hosts_.clear();
  restores_.throws = true;
  auto& two = start("two");
  run_until([&] { return two.threads().front()->state() == StreamThread::State::kDead; });
  EXPECT_THAT(two.threads().front()->error()->message, HasSubstr("the restore listener failed: nobody listens"));
}

TEST_F(RestoreListener, HearsOfStandbysAndOfTheirPromotion) {
  StreamsConfig with = config();
  with.num_standby_replicas = 1;
  auto& one = start("one", with);
  auto& two = start("two", with);
  run_until_settled();
  run_until([&] { return standbys_.followed.size() == kPartitions; });
  say_words();
  EXPECT_EQ(standbys_.loaded, 100);
  EXPECT_THAT(standbys_.promoted, IsEmpty());
  const auto of_one = one.active_tasks();
  one.kill();
  run_until([&] { return two.active_tasks().size() == kPartitions; });
  std::set<std::string> names;
  for (const TaskId& id : of_one) names.insert(id.to_string());
  EXPECT_EQ(standbys_.promoted, names);
}

/// A thread beside it reads them too; one hears of them.
TEST_F(RestoreListener, HearsOfGlobalStores) {
  make_topic("places");
  StreamsBuilder builder;
  builder.global_table<std::string, std::string>("places", Materialized::as("places-known"));
  builder.stream<std::string, std::string>("words").group_by_key().count(Materialized::as("counts"));
  compute(builder.build());
  std::vector<Line> lines;
  for (int i = 0; i < 100; ++i) lines.push_back({"place-" + std::to_string(i), "somewhere", kStart});
  produce("places", lines);
  auto with = config();
  with.num_stream_threads = 2;
  Application::start("one", with);
  run_until_settled();
  std::int64_t all = 0;
  for (const RestoreProgress& each : restores_.ended) {
    EXPECT_EQ(each.store, "places-known");
    EXPECT_EQ(each.restored, each.total());
    all += each.restored;
  }
  EXPECT_EQ(all, 100);
  EXPECT_EQ(restores_.started.size(), restores_.ended.size());
  EXPECT_EQ(restores_.suspended, 0);
}

}  // namespace
}  // namespace leat
