// StoreAccess: how code on any thread asks the stores of a running application. A question goes to the loops of the
// stream threads, which call back with every instance of the store that they have; there are no locks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/function.h"
#include "base/loop.h"
#include "base/result.h"
#include "state/position.h"
#include "state/state_store.h"
#include "streams/whereabouts.h"

namespace leat {

using WhereaboutsPtr = std::shared_ptr<const Whereabouts>;

/// One instance of a store, on the loop of its thread; not to be kept.
struct LocalStore {
  enum class Role {
    kActive,
    kRestoring,  ///< an active task that has not caught up yet
    kStandby,
  };
  StateStore& store;
  /// -1: a global store.
  std::int32_t partition = -1;
  Role role = Role::kActive;
  /// How far the inputs of its task are.
  Position position;
  /// The stream thread that has it, from 0 on. Different threads answer at the same time.
  std::size_t thread = 0;
  Loop& loop;
};

struct StoreQuestion {
  std::string store;
  /// Empty: all that are here.
  std::set<std::int32_t> partitions;
  CacheReads reads = CacheReads::kLook;
  /// Called on the stream threads, also at the same time; what it throws is the error of the answer.
  std::function<void(const LocalStore&)> look;
};

/// What is here of a store that was asked, and where the rest is.
struct StoreSeen {
  std::map<std::int32_t, LocalStore::Role> partitions;
  WhereaboutsPtr whereabouts;
};

/// How far a store here is behind its changelog, in offsets (org.apache.kafka.streams.LagInfo).
struct LagInfo {
  std::int64_t current_offset_position = 0;
  std::int64_t end_offset_position = 0;
  std::int64_t offset_lag = 0;
  bool operator==(const LagInfo&) const = default;
};
/// By store and partition.
using StoreLags = std::map<std::string, std::map<std::int32_t, LagInfo>>;

class StoreAccess {
 public:
  virtual ~StoreAccess() = default;

  virtual std::size_t thread_count() const = 0;
  /// `done` is called when every thread has answered, on one of them or on the caller's. Errors: kNotFound (no such
  /// store in the topology), kUnavailable (the application is not running, or no thread of it lives), kUser (a serde
  /// or `look` threw).
  virtual void ask(StoreQuestion question, OneShot<Result<StoreSeen>> done) const = 0;
  /// Where everything is, as the first thread that lives knows it.
  virtual void whereabouts(OneShot<Result<WhereaboutsPtr>> done) const = 0;
  /// Of all stores with changelogs that are here; the ends of the changelogs are asked of the brokers.
  virtual void lags(OneShot<Result<StoreLags>> done) const = 0;

  // The same with waiting, for any thread: kTimeout where no answer came in time; `look` may still be called then.
  Result<StoreSeen> ask_and_wait(StoreQuestion question) const;
  Result<WhereaboutsPtr> whereabouts_and_wait() const;
  Result<StoreLags> lags_and_wait() const;
};

/// Why `partitions` of a store cannot all be read here (empty: why nothing of it can); each error says who has them.
/// `stale`: standbys and tasks that are being restored will do.
Status check_readable(const std::string& store, const std::set<std::int32_t>& partitions, bool stale,
                      const StoreSeen& seen);
/// Whether an instance may be read.
inline bool readable(const LocalStore& local, bool stale) { return stale || local.role == LocalStore::Role::kActive; }

}  // namespace leat
