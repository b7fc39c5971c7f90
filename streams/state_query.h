// StateQueryRequest<R> and StateQueryResult<R>: a query of state/queries.h put to the partitions of a store, and their
// answers (KIP-796).
//
//   auto request = leat::StateQueryRequest<>::in_store("counts")
//                      .with_query(leat::KeyQuery<std::string, std::int64_t>::with_key("to"))
//                      .with_partitions({2})
//                      .with_position_bound(leat::PositionBound::at(written));      // read what one has just written
//   auto answer = streams.query(request);
//   if (!answer) return report(answer.error());
//   if (const auto* only = answer->only_partition_result(); only && only->is_success()) use(only->result());
#pragma once

#include <concepts>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/loop.h"
#include "state/query.h"
#include "streams/store_access.h"

namespace leat {

/// A Query<R> is one whose answer is a QueryResult<R>.
template <class R = void>
struct StateQueryRequest {
  std::string store_name;
  std::shared_ptr<const Query<R>> query;
  /// Empty: all that are here.
  std::set<std::int32_t> partitions;
  PositionBound position_bound = PositionBound::unbounded();
  /// Refuse answers from standbys and from tasks that are being restored. The position bound is not looked at then.
  bool active_required = false;
  bool execution_info = false;

  StateQueryRequest with_all_partitions() const { return with_partitions({}); }
  StateQueryRequest with_partitions(std::set<std::int32_t> numbers) const {
    StateQueryRequest same = *this;
    same.partitions = std::move(numbers);
    return same;
  }
  StateQueryRequest with_position_bound(PositionBound bound) const {
    StateQueryRequest same = *this;
    same.position_bound = std::move(bound);
    return same;
  }
  StateQueryRequest require_active() const {
    StateQueryRequest same = *this;
    same.active_required = true;
    return same;
  }
  StateQueryRequest enable_execution_info() const {
    StateQueryRequest same = *this;
    same.execution_info = true;
    return same;
  }
};

/// Where a request begins.
template <>
struct StateQueryRequest<void> {
  std::string store_name;

  static StateQueryRequest in_store(std::string store) { return {std::move(store)}; }

  template <class Asked>
  auto with_query(Asked query) const {
    return with(std::make_shared<const Asked>(std::move(query)));
  }

 private:
  template <class R>
  StateQueryRequest<R> with_shared(std::shared_ptr<const Query<R>> query) const {
    return {store_name, std::move(query)};
  }
  template <class R>
  static R result_of(const Query<R>&);
  template <class Asked>
  auto with(std::shared_ptr<const Asked> query) const {
    return with_shared<decltype(result_of(*query))>(std::move(query));
  }
};

template <class R>
class StateQueryResult {
 public:
  using PartitionResults = std::map<std::int32_t, QueryResult<R>>;

  const PartitionResults& partition_results() const { return partitions_; }
  /// The answer of the only partition that was asked; null where there are several, or none.
  const QueryResult<R>* only_partition_result() const {
    return partitions_.size() == 1 ? &partitions_.begin()->second : nullptr;
  }
  /// How far the inputs are that the answers know of: the bound of a later query that is to see as much.
  Position position() const {
    Position position;
    for (const auto& [partition, result] : partitions_) position.merge(result.position());
    return position;
  }

  void add_result(std::int32_t partition, QueryResult<R> result) {
    partitions_.insert_or_assign(partition, std::move(result));
  }
  template <class Results>
  void add_results(Results results) {
    partitions_.merge(std::move(results));
  }

 private:
  PartitionResults partitions_;
};

namespace detail {

struct QueryRefusal {
  FailureReason reason;
  std::string message;
};
/// Whether an instance may not answer, and why.
std::optional<QueryRefusal> refuse(const LocalStore& local, const PositionBound& bound, bool active_required);
/// Why an instance that was asked for has not answered.
QueryRefusal not_here(const std::string& store, std::int32_t partition, const StoreSeen& seen);
std::string execution_line(std::string_view query, const LocalStore& local, Instant since);

template <class R>
QueryResult<R> answer(const StateQueryRequest<R>& request, const LocalStore& local) {
  using Answer = QueryResult<R>;
  const Instant since = local.loop.now();
  Answer result = [&] {
    if (local.partition < 0)
      return Answer::for_failure(FailureReason::kUnknownQueryType,
                                 "store '" + request.store_name + "' is a global one; those are read with store()");
    if (auto refusal = refuse(local, request.position_bound, request.active_required))
      return Answer::for_failure(refusal->reason, std::move(refusal->message));
    try {
      return request.query->run(local.store);
    } catch (const std::exception& error) {
      return Answer::for_failure(FailureReason::kStoreException, error.what());
    }
  }();
  result.set_position(local.position);
  if (request.execution_info) result.add_execution_info(execution_line(request.query->name(), local, since));
  return result;
}

template <class R>
using ByThread = std::vector<typename StateQueryResult<R>::PartitionResults>;

template <class R>
StoreQuestion question_of(const StateQueryRequest<R>& request, std::shared_ptr<ByThread<R>> by_thread) {
  StoreQuestion question;
  question.store = request.store_name;
  question.partitions = request.partitions;
  question.reads = request.query->skips_cache() ? CacheReads::kSkip : CacheReads::kLook;
  question.look = [by_thread = std::move(by_thread), request](const LocalStore& local) {
    (*by_thread)[local.thread].insert_or_assign(local.partition, answer(request, local));
  };
  return question;
}

template <class R>
Result<StateQueryResult<R>> conclude(const StateQueryRequest<R>& request, ByThread<R>& by_thread,
                                     const Result<StoreSeen>& seen) {
  if (!seen) return seen.error();
  StateQueryResult<R> answers;
  for (auto& part : by_thread) answers.add_results(std::move(part));
  for (const std::int32_t partition : request.partitions) {
    if (answers.partition_results().contains(partition)) continue;
    QueryRefusal refusal = not_here(request.store_name, partition, *seen);
    answers.add_result(partition, QueryResult<R>::for_failure(refusal.reason, std::move(refusal.message)));
  }
  return answers;
}

}  // namespace detail

/// Puts the request to the stores; `done` gets a Result<StateQueryResult<R>> on one of their threads. Errors as those
/// of StoreAccess::ask; what single partitions have against it stands in their results.
template <class R, class Done>
void ask(const StoreAccess& access, const StateQueryRequest<R>& request, Done done) {
  auto by_thread = std::make_shared<detail::ByThread<R>>(access.thread_count());
  access.ask(detail::question_of(request, by_thread),
             [by_thread, request, done = std::move(done)](Result<StoreSeen> seen) mutable {
               done(detail::conclude(request, *by_thread, seen));
             });
}
/// The same with waiting.
template <class R>
Result<StateQueryResult<R>> ask_and_wait(const StoreAccess& access, const StateQueryRequest<R>& request) {
  auto by_thread = std::make_shared<detail::ByThread<R>>(access.thread_count());
  const auto seen = access.ask_and_wait(detail::question_of(request, by_thread));
  return detail::conclude(request, *by_thread, seen);
}

}  // namespace leat
