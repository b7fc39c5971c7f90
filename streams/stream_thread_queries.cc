// What a stream thread answers to those who ask about its stores.
#include "broker/client/offsets.h"
#include "streams/stream_thread.h"

namespace leat {

namespace {

constexpr auto kEndsDeadline = std::chrono::seconds(5);
constexpr std::int64_t kLatest = -1;

}  // namespace

Result<StoreSeen> StreamThread::look(const StoreQuestion& question, std::size_t as_thread) {
  StoreSeen seen;
  seen.whereabouts = whereabouts();
  const ReadingCaches reading(cache_budget_, question.reads);
  const auto show = [&](StateStore& store, std::int32_t partition, LocalStore::Role role, Position position) {
    seen.partitions[partition] = role;
    question.look({store, partition, role, std::move(position), as_thread, world_.loop});
  };
  try {
    for (const auto& [id, running] : tasks_) {
      if (!question.partitions.empty() && !question.partitions.contains(id.partition)) continue;
      StateStore* store = running.task->state().find(question.store);
      if (store == nullptr) continue;
      const auto role = running.restored ? LocalStore::Role::kActive : LocalStore::Role::kRestoring;
      show(*store, id.partition, role, running.task->position());
      LEAT_RETURN_IF_ERROR(running.task->state().status());
    }
    for (const auto& [id, standby] : standbys_) {
      if (!question.partitions.empty() && !question.partitions.contains(id.partition)) continue;
      if (StateStore* store = standby->state().find(question.store))
        show(*store, id.partition, LocalStore::Role::kStandby, {});
    }
    // Global stores are complete when the thread becomes a member.
    if (StateStore* global = global_store(question.store))
      show(*global, -1, membership_ ? LocalStore::Role::kActive : LocalStore::Role::kRestoring, {});
  } catch (const std::exception& error) {
    return Error{ErrorKind::kUser, "store '" + question.store + "' cannot be read: " + error.what()};
  }
  return seen;
}

WhereaboutsPtr StreamThread::whereabouts() const {
  const TaskShare* const share = membership_ ? &membership_->share() : nullptr;
  const std::uint64_t of = share ? share->number + share->hosts_number : 0;
  if (!whereabouts_ || whereabouts_of_ != of) {
    whereabouts_of_ = of;
    whereabouts_ = share ? std::make_shared<const Whereabouts>(
                               process_.plan, share->partitions_by_host, share->standby_partitions_by_host,
                               share->partition_counts.empty() ? partition_counts_ : share->partition_counts)
                         : std::make_shared<const Whereabouts>(process_.plan);
  }
  return whereabouts_;
}

void StreamThread::lags(OneShot<Result<StoreLags>> done) {
  struct Local {
    std::string store;
    /// Nothing: a task that runs has what its changelog has.
    std::optional<std::int64_t> position;
  };
  std::map<TopicPartition, Local> stores;
  std::set<TopicPartition> changelogs;
  for (const auto& [id, running] : tasks_)
    for (const TaskState::Changelog& changelog : running.task->state().changelogs()) {
      const TopicPartition name{changelog.topic, id.partition};
      Local& local = stores[name];
      local.store = changelog.store->name();
      changelogs.insert(name);
      if (running.restored) continue;
      const auto reading = restorer_->position(name);
      local.position = reading ? reading : changelog.next_offset.value_or(0);
    }
  for (const auto& [id, standby] : standbys_)
    for (const TaskState::Changelog& changelog : standby->state().changelogs()) {
      const TopicPartition name{changelog.topic, id.partition};
      const auto position = standby_updater_->position(name);
      stores[name] = {changelog.store->name(), position ? position : changelog.next_offset.value_or(0)};
      changelogs.insert(name);
    }
  if (changelogs.empty()) return done(StoreLags());
  constexpr bool kDecidedOnly = false;
  client::list_offsets(*cluster_, changelogs, kLatest, kDecidedOnly, world_.loop.now() + kEndsDeadline,
                       [stores = std::move(stores),
                        done = std::move(done)](Result<std::map<TopicPartition, std::int64_t>> ends) mutable {
                         if (!ends) return done(ends.error().in("the ends of the changelogs"));
                         StoreLags lags;
                         for (const auto& [changelog, local] : stores) {
                           const std::int64_t end = ends->at(changelog);
                           const std::int64_t at = std::min(local.position.value_or(end), end);
                           lags[local.store][changelog.partition] = {at, end, end - at};
                         }
                         done(std::move(lags));
                       });
}

}  // namespace leat
