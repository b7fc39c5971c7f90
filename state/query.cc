#include "state/query.h"

namespace leat {

std::string_view name(FailureReason reason) {
  switch (reason) {
    case FailureReason::kUnknownQueryType: return "UNKNOWN_QUERY_TYPE";
    case FailureReason::kNotActive: return "NOT_ACTIVE";
    case FailureReason::kNotUpToBound: return "NOT_UP_TO_BOUND";
    case FailureReason::kNotPresent: return "NOT_PRESENT";
    case FailureReason::kDoesNotExist: return "DOES_NOT_EXIST";
    case FailureReason::kStoreException: return "STORE_EXCEPTION";
  }
  return "STORE_EXCEPTION";
}

}  // namespace leat
