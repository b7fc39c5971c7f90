// Committed offsets: plain and in transactions, by table and by random histories against a small model.
#include <random>

#include "tests/broker/coordinator/groups_fixture.h"

namespace leat::coordinator {
namespace {

using wire::ErrorCode;

TEST_F(GroupsTest, AStagedOffsetIsSeenWhenItsTransactionCommits) {
  ASSERT_TRUE(commit(0, 5, {7, 0}));
  EXPECT_EQ(committed(0), -1);
  EXPECT_TRUE(groups->offsets().has_pending("g", {"orders", 0}));
  kill_and_start();
  EXPECT_TRUE(groups->offsets().has_pending("g", {"orders", 0})) << "after a replay too";
  ASSERT_TRUE(end_transaction(7, true));
  EXPECT_EQ(committed(0), 5);
  EXPECT_FALSE(groups->offsets().has_pending("g"));
  ASSERT_TRUE(commit(0, 9, {7, 0}));
  ASSERT_TRUE(end_transaction(7, false));
  EXPECT_EQ(committed(0), 5);
  EXPECT_NE(groups->find("g"), nullptr) << "a group that has nothing but offsets";
}

TEST_F(GroupsTest, APlainCommitBehindAStagedOffsetIsTheNewerOne) {
  ASSERT_TRUE(commit(0, 5, {7, 0}));
  ASSERT_TRUE(commit(0, 6));
  ASSERT_TRUE(end_transaction(7, true));
  EXPECT_EQ(committed(0), 6);
  kill_and_start();
  EXPECT_EQ(committed(0), 6);
}

TEST_F(GroupsTest, AMarkerThatIsWrittenTwiceChangesNothing) {
  ASSERT_TRUE(commit(0, 5, {7, 0}));
  ASSERT_TRUE(end_transaction(7, true));
  ASSERT_TRUE(commit(0, 8));
  ASSERT_TRUE(end_transaction(7, true));
  EXPECT_EQ(committed(0), 8);
}

TEST_F(GroupsTest, AGroupIsRemovedWithItsOffsets) {
  ASSERT_TRUE(commit(0, 5));
  const auto remove = [&] {
    return said(answer<ErrorCode>([&](OneShot<ErrorCode> reply) { groups->remove("g", std::move(reply)); }));
  };
  EXPECT_EQ(remove(), "NONE");
  EXPECT_EQ(committed(0), -1);
  EXPECT_EQ(remove(), "GROUP_ID_NOT_FOUND");
  kill_and_start();
  EXPECT_EQ(groups->find("g"), nullptr);
  EXPECT_EQ(committed(0), -1);
  two_members();
  EXPECT_EQ(remove(), "NON_EMPTY_GROUP");
}

/// (group, partition) -> offset, and what each producer has staged.
struct Model {
  std::map<std::pair<std::string, int>, std::int64_t> committed;
  /// With the number of the write, as the later of two stays.
  std::map<std::pair<std::string, int>, int> written;
  struct Staged {
    std::int64_t offset;
    int number;
  };
  std::map<std::int64_t, std::map<std::pair<std::string, int>, Staged>> staged;
};

class OffsetsModel : public GroupsTest, public testing::WithParamInterface<int> {
 protected:
  OffsetsModel() : GroupsTest(static_cast<std::uint64_t>(GetParam())), engine_(GetParam()) {}
  std::size_t below(std::size_t bound) { return engine_() % bound; }

  void step(int number) {
    const std::string group = below(2) ? "g" : "h";
    const int partition = static_cast<int>(below(4));
    const std::pair key(group, partition);
    const auto producer = static_cast<std::int64_t>(10 + below(3));
    switch (below(10)) {
      case 0:
      case 1:
      case 2:
        ASSERT_TRUE(commit(partition, number, {}, group));
        model.committed[key] = number;
        model.written[key] = number;
        return;
      case 3:
      case 4:
      case 5:
        ASSERT_TRUE(commit(partition, number, {producer, 0}, group));
        model.staged[producer][key] = {number, number};
        return;
      case 6:
      case 7: {
        const bool committed_it = below(3) > 0;
        ASSERT_TRUE(end_transaction(producer, committed_it));
        for (const auto& [at, offset] : model.staged[producer]) {
          if (!committed_it || (model.committed.contains(at) && model.written[at] > offset.number)) continue;
          model.committed[at] = offset.offset;
          model.written[at] = offset.number;
        }
        model.staged.erase(producer);
        return;
      }
      case 8: {
        std::shared_ptr<std::optional<Status>> slot;
        groups->remove_offsets(group, {{"orders", partition}}, into(slot));
        told_status(slot);
        model.committed.erase(key);
        return;
      }
      default: below(2) ? power_loss_and_start() : kill_and_start();
    }
  }
  void told_status(const std::shared_ptr<std::optional<Status>>& slot) {
    ASSERT_TRUE(sim.run_until([&] { return slot->has_value(); }, 10s));
    ASSERT_TRUE((*slot)->ok());
  }
  void expect_same() {
    for (const std::string group : {"g", "h"})
      for (int partition = 0; partition < 4; ++partition) {
        const auto expected = model.committed.find({group, partition});
        ASSERT_EQ(committed(partition, group), expected == model.committed.end() ? -1 : expected->second)
            << group << " " << partition;
        const bool pending = std::any_of(model.staged.begin(), model.staged.end(), [&](const auto& each) {
          return each.second.contains({group, partition});
        });
        ASSERT_EQ(groups->offsets().has_pending(group, {"orders", partition}), pending) << group << " " << partition;
      }
  }

  std::mt19937_64 engine_;
  Model model;
};

TEST_P(OffsetsModel, SaysWhatTheModelSays) {
  for (int i = 1; i <= 300 && !HasFatalFailure(); ++i) {
    SCOPED_TRACE("step " + std::to_string(i));
    step(i);
    expect_same();
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, OffsetsModel, testing::Range(1, 21));

}  // namespace
}  // namespace leat::coordinator
