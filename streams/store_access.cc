#include "streams/store_access.h"

#include <chrono>
#include <future>

namespace leat {

namespace {

constexpr auto kAnswerDeadline = std::chrono::seconds(10);

std::string owner_of(const std::string& store, std::int32_t partition, const StoreSeen& seen) {
  if (!seen.whereabouts) return "";
  const auto owner = seen.whereabouts->for_partition(store, partition);
  return owner ? "; " + owner->active_host.host + ":" + std::to_string(owner->active_host.port) + " has it" : "";
}

Error not_readable(const std::string& store, std::int32_t partition, const StoreSeen& seen) {
  const std::string what = "partition " + std::to_string(partition) + " of store '" + store + "' ";
  const auto count = seen.whereabouts ? seen.whereabouts->partition_count(store) : std::nullopt;
  if (count && (partition < 0 || partition >= *count))
    return {ErrorKind::kInvalidArgument,
            what + "does not exist: the store has the partitions 0 to " + std::to_string(*count - 1)};
  const auto here = seen.partitions.find(partition);
  if (here == seen.partitions.end())
    return {ErrorKind::kUnavailable, what + "is not here" + owner_of(store, partition, seen)};
  const bool standby = here->second == LocalStore::Role::kStandby;
  return {ErrorKind::kUnavailable, what +
                                       (standby ? "is here as a standby only" + owner_of(store, partition, seen)
                                                : std::string("is being restored")) +
                                       "; whoever enables stale stores may read it"};
}

template <class T, class Ask>
Result<T> wait_for(const std::string& what, Ask ask) {
  auto answer = std::make_shared<std::promise<Result<T>>>();
  auto answered = answer->get_future();
  ask(OneShot<Result<T>>([answer](Result<T> result) { answer->set_value(std::move(result)); }));
  if (answered.wait_for(kAnswerDeadline) == std::future_status::ready) return answered.get();
  return Error{ErrorKind::kTimeout, "the stream threads did not answer in time: " + what};
}

}  // namespace

Result<StoreSeen> StoreAccess::ask_and_wait(StoreQuestion question) const {
  const std::string what = "a query of store '" + question.store + "'";
  return wait_for<StoreSeen>(what, [&](auto done) { ask(std::move(question), std::move(done)); });
}

Result<WhereaboutsPtr> StoreAccess::whereabouts_and_wait() const {
  return wait_for<WhereaboutsPtr>("where the stores are", [&](auto done) { whereabouts(std::move(done)); });
}

Result<StoreLags> StoreAccess::lags_and_wait() const {
  return wait_for<StoreLags>("how far the stores are", [&](auto done) { lags(std::move(done)); });
}

Status check_readable(const std::string& store, const std::set<std::int32_t>& partitions, bool stale,
                      const StoreSeen& seen) {
  const auto fit = [&](std::int32_t partition) {
    const auto here = seen.partitions.find(partition);
    return here != seen.partitions.end() && (stale || here->second == LocalStore::Role::kActive);
  };
  for (const std::int32_t partition : partitions)
    if (!fit(partition)) return not_readable(store, partition, seen);
  if (!partitions.empty()) return {};
  for (const auto& [partition, role] : seen.partitions)
    if (fit(partition)) return {};
  if (!seen.partitions.empty()) return not_readable(store, seen.partitions.begin()->first, seen);
  std::string owners;
  if (seen.whereabouts)
    for (const StreamsMetadata& each : seen.whereabouts->for_store(store))
      owners += (owners.empty() ? "; these have some: " : ", ") + each.host_info.host + ":" +
                std::to_string(each.host_info.port);
  return Error{ErrorKind::kUnavailable, "no partition of store '" + store + "' is here now" + owners};
}

}  // namespace leat
