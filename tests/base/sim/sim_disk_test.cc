#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/sim/sim_world.h"

namespace leat::sim {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

constexpr std::size_t kSector = 512;

SimOptions small_sectors() {
  SimOptions options;
  options.sector_bytes = kSector;
  return options;
}

/// One host whose disk is written, taken the power, and looked at again.
struct DiskTest : testing::Test {
  explicit DiskTest(std::uint64_t seed = 1) : sim(seed, small_sectors()) {}

  Files& files() { return sim.process("host").files; }
  std::unique_ptr<File> open(const std::string& path) { return files().open(path, OpenMode::kCreate).value(); }
  Bytes content(const std::string& path) { return read_file(files(), path).value(); }
  /// Writes and syncs a file and its name.
  void store(const std::string& path, BytesView bytes) { ASSERT_TRUE(write_file_atomically(files(), path, bytes)); }

  SimWorld sim;
};

TEST_F(DiskTest, ReadsWhatWasWrittenLast) {
  auto file = open("f");
  ASSERT_TRUE(file->write_at(0, {Buf::copy_of("hello "), Buf::copy_of("world")}));
  ASSERT_TRUE(file->write_at(6, Buf::copy_of("there")));
  EXPECT_EQ(content("f"), "hello there");
  ASSERT_TRUE(file->truncate(5));
  EXPECT_EQ(content("f"), "hello");
}

TEST_F(DiskTest, KillKeepsWhatWasWritten) {
  ASSERT_TRUE(open("f")->write_at(0, Buf::copy_of("unsynced")));
  sim.kill("host");
  EXPECT_EQ(content("f"), "unsynced");
}

TEST_F(DiskTest, PowerLossKeepsWhatWasSynced) {
  for (int round = 0; round < 50; ++round) {
    store("f", Bytes(3000, 'a'));
    ASSERT_TRUE(open("f")->write_at(3000, Buf::copy_of(Bytes(3000, 'b'))));
    sim.power_loss("host");
    ASSERT_GE(content("f").size(), 3000u);
    ASSERT_EQ(content("f").substr(0, 3000), Bytes(3000, 'a'));
  }
}

TEST_F(DiskTest, PowerLossKeepsDropsTearsAndReordersUnsyncedSectors) {
  int kept = 0, dropped = 0, torn = 0, reordered = 0, shorter = 0;
  for (int round = 0; round < 100; ++round) {
    store("f", Bytes(4 * kSector, 'a'));
    ASSERT_TRUE(open("f")->write_at(0, Buf::copy_of(Bytes(5 * kSector, 'b'))));
    sim.power_loss("host");
    const Bytes after = content("f");
    shorter += after.size() < 5 * kSector;
    bool one_dropped = false;
    for (std::size_t sector = 0; sector < 4; ++sector) {
      const Bytes bytes = after.substr(sector * kSector, kSector);
      const bool all_old = bytes == Bytes(kSector, 'a');
      const bool all_new = bytes == Bytes(kSector, 'b');
      ASSERT_EQ(bytes.find_first_not_of("ab"), Bytes::npos);
      kept += all_new;
      dropped += all_old;
      torn += !all_old && !all_new;
      reordered += all_new && one_dropped;
      one_dropped |= all_old;
    }
  }
  EXPECT_GT(kept, 50);
  EXPECT_GT(dropped, 50);
  EXPECT_GT(torn, 20);
  EXPECT_GT(reordered, 20);
  EXPECT_GT(shorter, 20);
}

TEST_F(DiskTest, ASyncCoversWhatWasWrittenBeforeItWasAskedFor) {
  std::set<std::string> seen;
  for (int round = 0; round < 40; ++round) {
    store("f", Bytes(kSector, 'a'));
    auto file = open("f");
    bool synced = false;
    ASSERT_TRUE(file->write_at(0, Buf::copy_of(Bytes(kSector, 'b'))));
    file->sync([&](Status status) { synced = status.ok(); });
    ASSERT_TRUE(file->write_at(0, Buf::copy_of(Bytes(kSector, 'c'))));
    ASSERT_FALSE(synced);
    ASSERT_TRUE(sim.run_until([&] { return synced; }, 1s));
    sim.power_loss("host");
    ASSERT_EQ(content("f").find('a'), Bytes::npos);
    seen.insert(content("f").substr(0, 1));
  }
  EXPECT_THAT(seen, ElementsAre("b", "c"));
}

TEST_F(DiskTest, ASyncUnderWayMayBeLostAndItsReplyIsNeverHeard) {
  auto file = open("f");
  int replies = 0;
  ASSERT_TRUE(file->write_at(0, Buf::copy_of("x")));
  file->sync([&](Status status) { replies += status.ok(); });
  sim.power_loss("host");
  sim.run_for(1s);
  EXPECT_EQ(replies, 0);
}

TEST_F(DiskTest, NamesNeedASyncOfTheirDirectory) {
  int found = 0, renamed = 0;
  for (int round = 0; round < 60; ++round) {
    const std::string directory = "d" + std::to_string(round);
    ASSERT_TRUE(files().make_directories(directory));
    ASSERT_TRUE(open(directory + "/synced")->sync_now());
    ASSERT_TRUE(files().sync_directory(directory));
    ASSERT_TRUE(open(directory + "/fresh")->sync_now());
    ASSERT_TRUE(files().rename(directory + "/synced", directory + "/renamed"));
    sim.power_loss("host");
    found += files().exists(directory + "/fresh");
    ASSERT_NE(files().exists(directory + "/synced"), files().exists(directory + "/renamed"));
    renamed += files().exists(directory + "/renamed");
  }
  EXPECT_GT(found, 10);
  EXPECT_LT(found, 50);
  EXPECT_GT(renamed, 10);
  EXPECT_LT(renamed, 50);
}

TEST_F(DiskTest, ARenameReplacesAtomicallyAndDirectoriesMoveWithTheirContent) {
  ASSERT_TRUE(files().make_directories("/data/topic-0"));
  store("/data/topic-0/log", "content");
  ASSERT_TRUE(files().rename("/data/topic-0", "/data/topic-0.delete"));
  ASSERT_TRUE(files().sync_directory("/data"));
  sim.power_loss("host");
  EXPECT_THAT(files().list("/data").value(), ElementsAre("topic-0.delete"));
  EXPECT_EQ(content("/data/topic-0.delete/log"), "content");
  ASSERT_TRUE(files().remove_directory("/data/topic-0.delete"));
  EXPECT_THAT(files().list("/data").value(), ElementsAre());
}

TEST_F(DiskTest, TheNthOperationFailsAndAllAfterItWhereAsked) {
  auto file = open("f");
  sim.disk("host").fail_operation(2);
  EXPECT_TRUE(file->write_at(0, Buf::copy_of("a")));
  const Status second = file->write_at(1, Buf::copy_of("b"));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::kIo);
  EXPECT_TRUE(file->write_at(1, Buf::copy_of("c")));
  sim.disk("host").fail_operations_from(2);
  EXPECT_TRUE(file->sync_now());
  EXPECT_FALSE(file->sync_now());
  EXPECT_FALSE(file->write_at(0, Buf::copy_of("d")));
  sim.disk("host").clear_faults();
  EXPECT_TRUE(file->write_at(0, Buf::copy_of("d")));
}

TEST_F(DiskTest, AFullDiskTakesOverwritesOnly) {
  store("f", Bytes(100, 'a'));
  sim.disk("host").set_capacity_bytes(120);
  auto file = open("f");
  EXPECT_TRUE(file->write_at(90, Buf::copy_of("twenty-two more bytes.")));
  const Status status = file->write_at(100, Buf::copy_of(Bytes(50, 'b')));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::kNoSpace);
  EXPECT_TRUE(file->write_at(0, Buf::copy_of(Bytes(100, 'c'))));
}

TEST_F(DiskTest, AReadOnlyDiskIsRead) {
  store("f", "x");
  sim.disk("host").set_read_only(true);
  EXPECT_EQ(content("f"), "x");
  EXPECT_FALSE(files().open("g", OpenMode::kCreate));
  EXPECT_FALSE(files().remove("f"));
}

TEST_F(DiskTest, PagesOfAFailedSyncNeverBecomeDurable) {
  store("f", "old");
  auto file = open("f");
  ASSERT_TRUE(file->write_at(0, Buf::copy_of("new")));
  sim.disk("host").set_syncs_fail(true);
  EXPECT_FALSE(file->sync_now());
  sim.disk("host").clear_faults();
  EXPECT_TRUE(file->sync_now());
  EXPECT_EQ(content("f"), "new");
  sim.power_loss("host");
  EXPECT_EQ(content("f"), "old");
}

TEST_F(DiskTest, ALockIsHeldByOneProcessAndEndsWithIt) {
  auto held = files().lock("lock").value();
  const auto second = files().lock("lock");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::kAlreadyExists);
  sim.kill("host");
  auto again = files().lock("lock");
  EXPECT_TRUE(again);
  held.reset();  // of the process that ended: takes nothing from its successor
  EXPECT_FALSE(files().lock("lock"));
}

TEST_F(DiskTest, AProcessThatEndedCannotWriteToTheDiskThatSurvived) {
  auto file = open("f");
  Files& old = files();
  sim.kill("host");
  EXPECT_EQ(file->write_at(0, Buf::copy_of("ghost")).error().kind, ErrorKind::kClosed);
  EXPECT_FALSE(old.remove("f"));
  EXPECT_EQ(content("f"), "");
}

TEST_F(DiskTest, AFileReplacedAtomicallyIsTheOldOrTheNewOneAtEveryPointOfFailure) {
  for (std::uint64_t point = 1; point < 8; ++point) {
    for (int round = 0; round < 10; ++round) {
      store("f", "the old content");
      sim.disk("host").fail_operations_from(point);
      const bool done = write_file_atomically(files(), "f", "the new content").ok();
      sim.disk("host").clear_faults();
      sim.power_loss("host");
      const Bytes after = content("f");
      ASSERT_TRUE(after == "the new content" || (!done && after == "the old content")) << point << " " << after;
    }
  }
}

}  // namespace
}  // namespace leat::sim
