// Transactional ids that nobody uses any more (transactional.id.expiration.ms): with their transaction ended, or none
// ever begun, they go when nothing has changed for so long. A producer that comes back later hears
// INVALID_PRODUCER_ID_MAPPING, and begins anew.
#include "base/log.h"
#include "broker/coordinator/transaction_coordinator.h"

namespace leat::coordinator {

namespace {

/// Far below what a batch may have, whatever the ids are like.
constexpr std::size_t kTombstoneBytesMax = 256 * 1024;

}  // namespace

void TransactionCoordinator::expire(std::int64_t silence_ms) {
  if (runtime_.offline()) return;
  const std::int64_t now_ms = world_.loop.wall_clock_ms();
  std::vector<InternalRecord> tombstones;
  std::size_t bytes = 0;
  for (const auto& [id, transaction] : transactions_) {
    const bool idle = transaction.state == TransactionState::kEmpty || transaction.ended();
    if (!idle || transaction.writes_under_way > 0 || transaction.producer_id < 0) continue;
    if (now_ms - transaction.update_timestamp_ms < silence_ms || bytes > kTombstoneBytesMax) continue;
    tombstones.push_back(transaction.tombstone());
    bytes += tombstones.back().key->size();
  }
  if (tombstones.empty()) return;
  log_line(LogLevel::kInfo, "transactions", "transactional ids are forgotten",
           {{"count", std::to_string(tombstones.size())}});
  // What does not fit, or is refused, is found again the next time.
  runtime_.write(std::move(tombstones), [](Status) {});
}

void TransactionCoordinator::forget(const wire::RecordView& tombstone) {
  const auto id = Transaction::id_of(tombstone);
  if (!id) return;
  const auto found = transactions_.find(*id);
  if (found == transactions_.end()) return;
  if (found->second.timeout) world_.loop.cancel(*found->second.timeout);
  transactions_.erase(found);
}

}  // namespace leat::coordinator
