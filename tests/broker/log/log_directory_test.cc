#include "broker/log/log_directory.h"

#include "tests/broker/log/log_fixture.h"

namespace leat::log {

using testing::HasSubstr;
using testing::SizeIs;

class LogDirectoryTest : public LogFixture {
 protected:
  void start(std::int32_t node_id = 1) {
    auto opened = LogDirectory::open(world(), kRoot, node_id);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    directory_ = std::move(*opened);
  }
  void open_log(const Uuid& topic_id = {1, 2}) {
    auto opened = directory_->open_log(kPartition, topic_id, config_);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    log_ = std::move(*opened);
  }
  void stop() {
    ASSERT_TRUE(log_->close().ok());
    ASSERT_TRUE(directory_
                    ->checkpoint({.recovery_points = {{kPartition, log_->durable_offset()}},
                                  .log_starts = {{kPartition, log_->log_start_offset()}}})
                    .ok());
    ASSERT_TRUE(directory_->mark_clean().ok());
    log_.reset();
    directory_.reset();
  }

  const TopicPartition kPartition{"orders", 0};
  std::unique_ptr<LogDirectory> directory_;
};

TEST_F(LogDirectoryTest, KeepsItsIdentity) {
  start();
  const std::string cluster = directory_->cluster_id();
  EXPECT_THAT(cluster, SizeIs(22));
  directory_.reset();
  start();
  EXPECT_EQ(directory_->cluster_id(), cluster);
}

TEST_F(LogDirectoryTest, RefusesASecondBroker) {
  start();
  const auto second = LogDirectory::open(world(), kRoot, 1);
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(second.error().message, HasSubstr("another broker works in log.dirs=/data"));
}

TEST_F(LogDirectoryTest, RefusesTheDirectoryOfAnotherNode) {
  start(1);
  directory_.reset();
  const auto other = LogDirectory::open(world(), kRoot, 2);
  ASSERT_FALSE(other.ok());
  EXPECT_THAT(other.error().message, HasSubstr("node.id=1"));
}

TEST_F(LogDirectoryTest, IsCleanOnceAfterACleanStop) {
  start();
  EXPECT_FALSE(directory_->was_clean());
  open_log();
  batches(3);
  stop();
  EXPECT_EQ(disk_.content("/data/recovery-point-offset-checkpoint"), "0\n1\norders 0 3\n");
  start();
  EXPECT_TRUE(directory_->was_clean());
  open_log();
  EXPECT_THAT(records(), SizeIs(3));
  log_.reset();
  directory_.reset();
  disk_.crash();
  start();
  EXPECT_FALSE(directory_->was_clean());
}

TEST_F(LogDirectoryTest, RemembersARaisedLogStart) {
  start();
  open_log();
  batches(5);
  ASSERT_TRUE(log().delete_before(2).ok());
  stop();
  start();
  open_log();
  EXPECT_EQ(log().log_start_offset(), 2);
}

TEST_F(LogDirectoryTest, RecoversFromTheStartWhereACheckpointIsHalfThere) {
  start();
  open_log();
  batches(5);
  stop();
  disk_.content("/data/recovery-point-offset-checkpoint") = "0\n2\norders 0 3\n";
  disk_.content("/data/log-start-offset-checkpoint") = "nonsense";
  start();
  open_log();
  EXPECT_THAT(records(), SizeIs(5));
}

TEST_F(LogDirectoryTest, SetsAsideThePartitionOfADeletedTopicOfTheSameName) {
  start();
  open_log({1, 2});
  batches(5);
  log_.reset();
  open_log({3, 4});
  EXPECT_EQ(log().log_end_offset(), 0);
  EXPECT_TRUE(disk_.exists("/data/orders-0." + Uuid{1, 2}.to_base64() + "-stray"));
}

TEST_F(LogDirectoryTest, RemovesOnlyTheDirectoryOfTheTopicThatWasDeleted) {
  start();
  open_log({3, 4});
  log_.reset();
  ASSERT_TRUE(directory_->remove_log(kPartition, {1, 2}).ok());
  EXPECT_TRUE(disk_.exists(kDirectory));
  ASSERT_TRUE(directory_->remove_log(kPartition, {3, 4}).ok());
  EXPECT_FALSE(disk_.exists(kDirectory));
}

}  // namespace leat::log
