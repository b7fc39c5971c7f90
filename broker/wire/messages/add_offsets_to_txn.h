// AddOffsetsToTxn (25), versions 0 to 4: adds a group's offsets to a transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct AddOffsetsToTxnRequest {
  static constexpr MessageTraits kTraits{.name = "AddOffsetsToTxnRequest",
                                         .api = ApiKey::kAddOffsetsToTxn,
                                         .version_min = 0,
                                         .version_max = 4,
                                         .flexible_since = 3};

  std::string transactional_id;
  std::int64_t producer_id = 0;
  std::int16_t producer_epoch = 0;
  std::string group_id;

  bool operator==(const AddOffsetsToTxnRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.transactional_id, "transactionalId");
    visit(self.producer_id, "producerId");
    visit(self.producer_epoch, "producerEpoch");
    visit(self.group_id, "groupId");
  }
};

struct AddOffsetsToTxnResponse {
  static constexpr MessageTraits kTraits{.name = "AddOffsetsToTxnResponse",
                                         .api = ApiKey::kAddOffsetsToTxn,
                                         .version_min = 0,
                                         .version_max = 4,
                                         .flexible_since = 3};

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;

  bool operator==(const AddOffsetsToTxnResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.error_code, "errorCode");
  }
};

}  // namespace leat::wire
