// ListTransactions (66), versions 0 to 2: all transactions, filtered.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct ListTransactionsRequest {
  static constexpr MessageTraits kTraits{.name = "ListTransactionsRequest",
                                         .api = ApiKey::kListTransactions,
                                         .version_min = 0,
                                         .version_max = 2,
                                         .flexible_since = 0};

  std::vector<std::string> state_filters;
  std::vector<std::int64_t> producer_id_filters;
  std::int64_t duration_filter = -1;
  std::optional<std::string> transactional_id_pattern;

  bool operator==(const ListTransactionsRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.state_filters, "stateFilters");
    visit(self.producer_id_filters, "producerIdFilters");
    visit(self.duration_filter, "durationFilter", since(1));
    visit(self.transactional_id_pattern, "transactionalIdPattern", since(2).nullable(2));
  }
};

struct ListTransactionsResponse {
  static constexpr MessageTraits kTraits{.name = "ListTransactionsResponse",
                                         .api = ApiKey::kListTransactions,
                                         .version_min = 0,
                                         .version_max = 2,
                                         .flexible_since = 0};

  struct TransactionState {
    std::string transactional_id;
    std::int64_t producer_id = 0;
    std::string transaction_state;

    bool operator==(const TransactionState&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.transactional_id, "transactionalId");
      visit(self.producer_id, "producerId");
      visit(self.transaction_state, "transactionState");
    }
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::vector<std::string> unknown_state_filters;
  std::vector<TransactionState> transaction_states;

  bool operator==(const ListTransactionsResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.error_code, "errorCode");
    visit(self.unknown_state_filters, "unknownStateFilters");
    visit(self.transaction_states, "transactionStates");
  }
};

}  // namespace leat::wire
