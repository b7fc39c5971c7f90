// Random lives of a few transactional ids, by seed, against what must hold for each producer whatever happens between:
// no epoch has two owners, a transaction has one outcome, a commit that was answered is whole, what was fenced stays
// fenced; and a replay of the log gives the state that was there before.
#include <random>

#include "tests/broker/coordinator/transactions_fixture.h"

namespace leat::coordinator {
namespace {

using wire::ErrorCode;

/// A producer as it sees itself, and what it has heard.
struct Producer {
  int number = 0;
  std::string id;
  ProducerReply known;            ///< its producer id and epoch
  std::set<TopicPartition> open;  ///< additions that were answered, of the transaction that is open
  int version = 2;
};

class TransactionModel : public TransactionsTest, public testing::WithParamInterface<int> {
 protected:
  TransactionModel() : TransactionsTest(static_cast<std::uint64_t>(GetParam())), engine_(GetParam()) {}

  std::size_t below(std::size_t bound) { return engine_() % bound; }

  /// An epoch belongs to the producer that was told of it. The version of the protocol does not change within a life.
  void own(Producer& producer, const ProducerReply& told) {
    const auto key = std::pair(told.producer_id, told.producer_epoch);
    const auto [found, is_new] = owners_.try_emplace(key, producer.number);
    ASSERT_TRUE(is_new || found->second == producer.number)
        << said(told) << " of producer " << found->second << " was given to producer " << producer.number;
    const auto newest = newest_.find(producer.id);
    ASSERT_TRUE(newest == newest_.end() || newest->second <= producer.number || !is_new)
        << "producer " << producer.number << " was fenced by " << newest->second << " and got a new epoch";
    producer.known = told;
    producer.open.clear();
  }

  void begin_life(Producer& producer) {
    const auto told = init(ProducerClaim{producer.id, -1, -1}, 2'000 + static_cast<int>(below(3'000)));
    if (told.error != ErrorCode::kNone) return;
    producer.number = ++lives_;
    producer.version = below(3) == 0 ? 1 : 2;
    own(producer, told);
    newest_[producer.id] = producer.number;
  }

  void ask_for_epoch(Producer& producer) {
    const auto told = init(claim_of(producer.known, producer.id), 5'000);
    if (told.error == ErrorCode::kNone) own(producer, told);
  }

  void add_some(Producer& producer) {
    std::vector<int> partitions;
    for (std::size_t n = below(3) + 1; n > 0; --n) partitions.push_back(static_cast<int>(below(5)));
    const auto error = add(producer.known, partitions, static_cast<std::int16_t>(producer.version), producer.id);
    if (error != ErrorCode::kNone) return;
    ASSERT_GE(producer.number, newest_[producer.id]) << "a fenced producer added partitions";
    for (const int partition : partitions) producer.open.insert(orders(partition));
  }

  void end_it(Producer& producer, bool commit) {
    const std::size_t before = around.markers.size();
    const auto was_open = producer.open;
    const auto told = end(producer.known, commit, producer.version, producer.id);
    if (told.error != ErrorCode::kNone) {
      // It may have been decided all the same, by a timeout, or by an answer that a crash swallowed.
      if (told.error != ErrorCode::kConcurrentTransactions) producer.open.clear();
      return;
    }
    ASSERT_GE(producer.number, newest_[producer.id]) << "a fenced producer ended a transaction";
    std::set<TopicPartition> ended;
    for (std::size_t i = before; i < around.markers.size(); ++i)
      if (around.markers[i].producer_id == producer.known.producer_id && around.markers[i].commit == commit)
        ended.insert(around.markers[i].partition);
    // Of an end that is sent again the markers lie further back.
    for (const auto& marker : around.markers)
      if (marker.producer_id == producer.known.producer_id && marker.commit == commit &&
          marker.producer_epoch >= producer.known.producer_epoch)
        ended.insert(marker.partition);
    for (const auto& partition : was_open)
      ASSERT_TRUE(ended.contains(partition)) << partition.to_string() << " was left open by an end that was answered";
    if (producer.version == 2) return own(producer, told);
    producer.open.clear();
  }

  /// Version 2: all markers of one producer id and epoch say the same.
  void expect_one_outcome() {
    std::map<std::pair<std::int64_t, std::int16_t>, bool> outcomes;
    for (const auto& marker : around.markers) {
      if (version_1_ids_.contains(marker.producer_id)) continue;
      const auto [found, is_new] = outcomes.try_emplace({marker.producer_id, marker.producer_epoch}, marker.commit);
      ASSERT_TRUE(is_new || found->second == marker.commit)
          << marker.producer_id << "/" << marker.producer_epoch << " was committed and aborted";
    }
  }

  void step(std::vector<Producer>& producers) {
    Producer& producer = producers[below(producers.size())];
    if (producer.version == 1) version_1_ids_.insert(producer.known.producer_id);
    if (producer.number == 0) return begin_life(producer);
    switch (below(16)) {
      case 0: return begin_life(producer);
      case 1: return ask_for_epoch(producer);
      case 2: return sim.run_for(std::chrono::milliseconds(below(4'000)));
      case 3: around.failures = static_cast<int>(below(4)); return;
      case 4: return power_loss_and_start();
      case 5: {
        around.failures = 0;
        sim.run_for(7s);  // whatever is open is aborted by then, and its markers are written
        const std::string before = hard_state(*coordinator);
        kill_and_start();
        EXPECT_EQ(hard_state(*coordinator), before) << "a replay gives another state";
        return;
      }
      case 6:
      case 7: return end_it(producer, false);
      case 8:
      case 9:
      case 10:
      case 11: return end_it(producer, true);
      default: return add_some(producer);
    }
  }

  std::mt19937_64 engine_;
  int lives_ = 0;
  std::map<std::pair<std::int64_t, std::int16_t>, int> owners_;
  /// The latest life of each transactional id.
  std::map<std::string, int> newest_;
  std::set<std::int64_t> version_1_ids_;
};

TEST_P(TransactionModel, HoldsWhatWasPromised) {
  // Two producers compete for the first id.
  std::vector<Producer> producers(3);
  for (std::size_t i = 0; i < producers.size(); ++i) producers[i].id = i < 2 ? "shared" : "alone";
  for (int i = 0; i < 400 && !HasFatalFailure(); ++i) {
    SCOPED_TRACE("step " + std::to_string(i));
    step(producers);
  }
  sim.run_for(10s);
  expect_one_outcome();
  for (const auto& [id, each] : coordinator->transactions())
    EXPECT_NE(each.state, TransactionState::kOngoing) << id << " is open for ever";
}

INSTANTIATE_TEST_SUITE_P(Seeds, TransactionModel, testing::Range(1, 41));

}  // namespace
}  // namespace leat::coordinator
