// The value of a control record that ends a transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct EndTxnMarker {
  static constexpr MessageTraits kTraits{
      .name = "EndTxnMarker", .api = ApiKey::kNone, .version_min = 0, .version_max = 0};

  std::int32_t coordinator_epoch = 0;

  bool operator==(const EndTxnMarker&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.coordinator_epoch, "coordinatorEpoch");
  }
};

}  // namespace leat::wire
