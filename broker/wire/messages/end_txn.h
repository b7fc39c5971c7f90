// EndTxn (26), versions 0 to 5: commits or aborts. Version 5 (KIP-890) raises the epoch and returns it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct EndTxnRequest {
  static constexpr MessageTraits kTraits{
      .name = "EndTxnRequest", .api = ApiKey::kEndTxn, .version_min = 0, .version_max = 5, .flexible_since = 3};

  std::string transactional_id;
  std::int64_t producer_id = 0;
  std::int16_t producer_epoch = 0;
  bool committed = false;

  bool operator==(const EndTxnRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.transactional_id, "transactionalId");
    visit(self.producer_id, "producerId");
    visit(self.producer_epoch, "producerEpoch");
    visit(self.committed, "committed");
  }
};

struct EndTxnResponse {
  static constexpr MessageTraits kTraits{
      .name = "EndTxnResponse", .api = ApiKey::kEndTxn, .version_min = 0, .version_max = 5, .flexible_since = 3};

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;

  bool operator==(const EndTxnResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.error_code, "errorCode");
    visit(self.producer_id, "producerId", since(5));
    visit(self.producer_epoch, "producerEpoch", since(5));
  }
};

}  // namespace leat::wire
