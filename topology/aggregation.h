// From the lambdas of count, reduce and aggregate to an Aggregation without their types.
#pragma once

#include <utility>

#include "topology/aggregate_nodes.h"

namespace leat::detail {

/// Puts what a lambda returned into `to`; false where it is an empty optional.
template <class R, class T>
bool keep(R&& result, T& to) {
  if constexpr (kIsOptional<R>) {
    if (!result) return false;
    to = *std::forward<R>(result);
  } else {
    to = std::forward<R>(result);
  }
  return true;
}

/// The value type of an initial value or of a function that makes it.
template <class Initial>
auto initial_type() {
  if constexpr (std::is_invocable_v<Initial&>) {
    return std::type_identity<ResultOf<std::invoke_result_t<Initial&>>>{};
  } else {
    return std::type_identity<ResultOf<Initial>>{};
  }
}
template <class Initial>
using InitialValue = typename decltype(initial_type<Initial>())::type;

template <class VA, class Initial>
CopyFunction<bool(VA&)> make_initial(Initial initial) {
  return [initial = std::move(initial)](VA& result) mutable {
    if constexpr (std::is_invocable_v<Initial&>) {
      return keep(initial(), result);
    } else {
      result = initial;
      return true;
    }
  };
}

/// How an aggregator is called: (key, value, aggregate) or (value, aggregate).
template <class F, class K, class V, class VA>
struct AggregatorCall {
  static constexpr bool kTakesKey = std::is_invocable_v<F&, const K&, const V&, const VA&>;
  static constexpr bool kCallable = kTakesKey || std::is_invocable_v<F&, const V&, const VA&>;
  using ValueParameter = Parameter<F, kTakesKey ? 1 : 0, const V&>;
  using AggregateParameter = Parameter<F, kTakesKey ? 2 : 1, const VA&>;
  static constexpr bool kSeesNullValue = kIsOptional<ValueParameter>;

  static decltype(auto) call(F& f, const K& key, const V* value, const VA* aggregate) {
    if constexpr (kTakesKey) {
      return f(key, argument<ValueParameter>(value), argument<AggregateParameter>(aggregate));
    } else {
      return f(argument<ValueParameter>(value), argument<AggregateParameter>(aggregate));
    }
  }
};

template <class F, class K, class V, class VA>
concept AggregatesInto = AggregatorCall<F, K, V, VA>::kCallable;

template <class K, class V, class VA, class Initial, class F>
Aggregation<K, V, VA> make_aggregation(Initial initial, F aggregator) {
  using Call = AggregatorCall<F, K, V, VA>;
  return {make_initial<VA>(std::move(initial)),
          [f = std::move(aggregator)](const K& key, const V* value, const VA* old, VA& result,
                                      const RecordContext&) mutable {
            if constexpr (!kIsOptional<typename Call::AggregateParameter>) {
              if (!old) throw ProcessingError("the initializer returned null, but the aggregator takes no null");
            }
            return keep(Call::call(f, key, value, old), result);
          },
          Call::kSeesNullValue};
}

template <class F, class V>
concept Reduces = std::is_invocable_v<F&, const V&, const V&> &&
    std::is_same_v<ResultOf<std::invoke_result_t<F&, const V&, const V&>>, V>;

template <class K, class V, class F>
Aggregation<K, V, V> make_reduction(F reducer) {
  using First = Parameter<F, 0, const V&>;
  using Second = Parameter<F, 1, const V&>;
  return {[](V&) { return false; },
          [f = std::move(reducer)](const K&, const V* value, const V* old, V& result, const RecordContext&) mutable {
            if (!old) {
              if (value) result = *value;
              return value != nullptr;
            }
            return keep(f(argument<First>(old), argument<Second>(value)), result);
          },
          kIsOptional<Second>};
}

template <class K, class V>
Aggregation<K, V, std::int64_t> make_count() {
  return {[](std::int64_t& result) {
            result = 0;
            return true;
          },
          [](const K&, const V*, const std::int64_t* old, std::int64_t& result, const RecordContext&) {
            result = *old + 1;
            return true;
          },
          true};
}

}  // namespace leat::detail
