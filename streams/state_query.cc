#include "streams/state_query.h"

#include <fmt/format.h>

#include "streams/store_view.h"

namespace leat::detail {

Error wrong_type_of_store(const std::string& store) {
  return {ErrorKind::kInvalidArgument,
          "store '" + store + "' is of another type than it was asked for: the kind, or the type of keys or values"};
}

std::optional<QueryRefusal> refuse(const LocalStore& local, const PositionBound& bound, bool active_required) {
  const std::string what = "partition " + std::to_string(local.partition) + " of store '" + local.store.name() + "' ";
  if (active_required) {
    if (local.role == LocalStore::Role::kActive) return std::nullopt;
    return QueryRefusal{FailureReason::kNotActive,
                        what + (local.role == LocalStore::Role::kStandby ? "is a standby here" : "is being restored")};
  }
  if (bound.is_reached(local.position, local.partition)) return std::nullopt;
  return QueryRefusal{FailureReason::kNotUpToBound, what + "is not yet where the position bound wants it"};
}

QueryRefusal not_here(const std::string& store, std::int32_t partition, const StoreSeen& seen) {
  const Status why = check_readable(store, {partition}, true, seen);
  if (why) return {FailureReason::kNotPresent, "partition " + std::to_string(partition) + " has just come"};
  const bool never = why.error().kind == ErrorKind::kInvalidArgument;
  return {never ? FailureReason::kDoesNotExist : FailureReason::kNotPresent, why.error().message};
}

std::string execution_line(std::string_view query, const LocalStore& local, Instant since) {
  return fmt::format("{} of partition {} of store '{}' by stream thread {} in {} ns", query, local.partition,
                     local.store.name(), local.thread + 1, (local.loop.now() - since).count());
}

}  // namespace leat::detail
