// Query<R>: a question to one store, answered on the store's thread; QueryResult<R>: the answer of one partition
// (KIP-796). The questions that stores of Leat understand are in queries.h; a store of one's own is asked by a query of
// one's own:
//
//   class Smallest : public leat::Query<std::int64_t> {
//     leat::QueryResult<std::int64_t> run(leat::StateStore& store) const override {
//       auto* tree = dynamic_cast<MyTree*>(&store);
//       return tree ? Result::for_result(tree->smallest()) : unknown_type(store);
//     }
//   };
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "state/position.h"
#include "state/state_store.h"

namespace leat {

/// Why a partition gave no answer (org.apache.kafka.streams.query.FailureReason).
enum class FailureReason {
  kUnknownQueryType,  ///< stores of that kind do not know the query
  kNotActive,         ///< an active task was required, and here is a standby or a task that is being restored
  kNotUpToBound,      ///< the store is not as far as the position bound; ask again, or ask another instance
  kNotPresent,        ///< the partition is not here
  kDoesNotExist,      ///< the store has no such partition
  kStoreException,    ///< the store failed
};
std::string_view name(FailureReason reason);

template <class R>
class QueryResult {
 public:
  static QueryResult for_result(R result) {
    QueryResult answer;
    answer.result_ = std::move(result);
    return answer;
  }
  static QueryResult for_failure(FailureReason reason, std::string message) {
    QueryResult answer;
    answer.reason_ = reason;
    answer.message_ = std::move(message);
    return answer;
  }

  bool is_success() const { return result_.has_value(); }
  bool is_failure() const { return !is_success(); }
  /// Of a success only.
  const R& result() const {
    LEAT_CHECK(is_success(), message_);
    return *result_;
  }
  /// Of a failure only.
  FailureReason failure_reason() const { return reason_; }
  const std::string& failure_message() const { return message_; }

  /// How far the inputs are that the answer knows of.
  const Position& position() const { return position_; }
  void set_position(Position position) { position_ = std::move(position); }
  /// What was done and how long it took, where the request asked for it.
  const std::vector<std::string>& execution_info() const { return execution_info_; }
  void add_execution_info(std::string line) { execution_info_.push_back(std::move(line)); }

 private:
  QueryResult() = default;

  std::optional<R> result_;
  FailureReason reason_ = FailureReason::kStoreException;
  std::string message_;
  Position position_;
  std::vector<std::string> execution_info_;
};

template <class R>
class Query {
 public:
  using Result = QueryResult<R>;
  virtual ~Query() = default;

  /// On the loop of the store's thread; the store must not be kept.
  virtual Result run(StateStore& store) const = 0;
  /// Whether what the record cache holds back is not to be seen.
  virtual bool skips_cache() const { return false; }
  /// For messages: "KeyQuery".
  virtual std::string_view name() const { return "query"; }

 protected:
  Result unknown_type(const StateStore& store) const {
    return Result::for_failure(FailureReason::kUnknownQueryType,
                               "store '" + store.name() + "' holds other things than this " + std::string(name()) +
                                   " asks for: its kind, or the types of its keys or values");
  }
};

}  // namespace leat
