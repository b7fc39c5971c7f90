// StoreGatherer: the rows of a store from all members of the application, as JSON. A key is asked of the member that
// has its partition; a scan, and a key that is not there (a partitioner of the application's own may have put it
// elsewhere), of all of them. Lives on the loop of its world.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/http.h"
#include "streams/store_access.h"

namespace leat {

struct GatherRequest {
  std::string store;
  StoreQuery query;
  std::int64_t rows_max = 1000;
  /// Of this process only.
  bool local = false;
  /// For a key: standbys and tasks that are being restored will do where its owner has no answer.
  bool stale = false;
};

struct GatheredRows {
  std::vector<std::string> rows;  ///< JSON objects
  /// Members that did not answer.
  std::set<std::string> unreachable;
};

class StoreGatherer {
 public:
  /// All of it outlives the gatherer.
  StoreGatherer(World world, const Plan& plan, const StoreAccess& stores)
      : world_(world), plan_(plan), stores_(stores) {}
  ~StoreGatherer() { alive_.reset(); }

  /// `self`: where this process answers. Errors: kInvalidArgument (a key that is none of the store's), kNotFound (no
  /// such store), kUnavailable.
  void gather(GatherRequest request, const Endpoint& self, OneShot<Result<GatheredRows>> done);
  /// The bytes of a key that somebody typed.
  Result<Bytes> key_of_text(const std::string& store, const std::string& text) const;

 private:
  struct Gathering;
  using GatheringPtr = std::shared_ptr<Gathering>;

  void ask_rest(const GatheringPtr& gathering);
  void ask_here(const GatheringPtr& gathering);
  void ask_there(const GatheringPtr& gathering, const HostInfo& member);
  void one_came(const GatheringPtr& gathering);

  World world_;
  const Plan& plan_;
  const StoreAccess& stores_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace leat
