#include "tests/broker/coordinator/transactions_fixture.h"

namespace leat::coordinator {
namespace {

class TransactionExpiry : public TransactionsTest {
 protected:
  void expire() {
    coordinator->expire(60'000);
    settle();
  }
  bool there(const std::string& id = "t") const { return coordinator->transactions().contains(id); }
};

TEST_F(TransactionExpiry, AnIdGoesWhenItsLastTransactionEndedLongAgo) {
  auto producer = init();
  add(producer, {1});
  producer = end(producer, true);
  sim.run_for(59s);
  expire();
  EXPECT_TRUE(there());
  sim.run_for(1s);
  expire();
  EXPECT_FALSE(there());
  EXPECT_EQ(said(add(producer, {1})), "INVALID_PRODUCER_ID_MAPPING");
  EXPECT_EQ(said(init()), "1001/0") << "whoever comes back begins anew";
}

TEST_F(TransactionExpiry, WhatHasExpiredIsGoneAfterACrashToo) {
  init();
  sim.run_for(61s);
  expire();
  power_loss_and_start();
  EXPECT_FALSE(there());
}

TEST_F(TransactionExpiry, AnIdThatCameBackStaysAfterACrash) {
  init();
  sim.run_for(61s);
  expire();
  const auto again = init();
  power_loss_and_start();
  EXPECT_EQ(said(add(again, {1})), "NONE");
}

TEST_F(TransactionExpiry, AnOpenTransactionKeepsItsId) {
  add(init(ProducerClaim{"t", -1, -1}, 600'000), {1});
  sim.run_for(120s);
  expire();
  EXPECT_EQ(state(), "Ongoing");
}

TEST_F(TransactionExpiry, AnEndWhoseMarkersAreNotWrittenKeepsItsId) {
  const auto producer = init();
  add(producer, {1});
  around.hold = true;
  std::shared_ptr<std::optional<ProducerReply>> ended;
  coordinator->end(claim_of(producer), true, true, into(ended));
  sim.run_for(120s);
  expire();
  EXPECT_EQ(state(), "PrepareCommit");
  around.release();
  settle();
  EXPECT_EQ(state(), "CompleteCommit");
}

}  // namespace
}  // namespace leat::coordinator
