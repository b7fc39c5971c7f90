// InitProducerId (22), versions 0 to 6: gives an idempotent or transactional producer its id and epoch. Version 3:
// KIP-360.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct InitProducerIdRequest {
  static constexpr MessageTraits kTraits{.name = "InitProducerIdRequest",
                                         .api = ApiKey::kInitProducerId,
                                         .version_min = 0,
                                         .version_max = 6,
                                         .flexible_since = 2};

  std::optional<std::string> transactional_id;
  std::int32_t transaction_timeout_ms = 0;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
  bool enable2_pc = false;
  bool keep_prepared_txn = false;

  bool operator==(const InitProducerIdRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.transactional_id, "transactionalId", always().nullable(0));
    visit(self.transaction_timeout_ms, "transactionTimeoutMs");
    visit(self.producer_id, "producerId", since(3));
    visit(self.producer_epoch, "producerEpoch", since(3));
    visit(self.enable2_pc, "enable2Pc", since(6));
    visit(self.keep_prepared_txn, "keepPreparedTxn", since(6));
  }
};

struct InitProducerIdResponse {
  static constexpr MessageTraits kTraits{.name = "InitProducerIdResponse",
                                         .api = ApiKey::kInitProducerId,
                                         .version_min = 0,
                                         .version_max = 6,
                                         .flexible_since = 2};

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = 0;
  std::int64_t ongoing_txn_producer_id = -1;
  std::int16_t ongoing_txn_producer_epoch = -1;

  bool operator==(const InitProducerIdResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.error_code, "errorCode");
    visit(self.producer_id, "producerId");
    visit(self.producer_epoch, "producerEpoch");
    visit(self.ongoing_txn_producer_id, "ongoingTxnProducerId", since(6));
    visit(self.ongoing_txn_producer_epoch, "ongoingTxnProducerEpoch", since(6));
  }
};

}  // namespace leat::wire
