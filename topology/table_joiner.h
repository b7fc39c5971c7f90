// From the lambda that joins two tables to a TableJoiner, which takes missing rows as null.
#pragma once

#include <functional>
#include <type_traits>
#include <utility>

#include "topology/aggregation.h"

namespace leat::detail {

/// Fills `result`; false: null. A missing row is null.
template <class V1, class V2, class VR>
using TableJoiner = CopyFunction<bool(const V1* mine, const V2* other, VR& result)>;

/// What a joiner of tables makes of its arguments; a lambda that must see missing rows takes them as std::optional.
template <class F, class V1, class V2>
using TableJoinResult = ResultOf<std::invoke_result_t<F&, const V1&, const V2&>>;

template <class F, class V1, class V2, class VR>
TableJoiner<V1, V2, VR> table_joiner(F joiner) {
  using Mine = Parameter<F, 0, const V1&>;
  using Other = Parameter<F, 1, const V2&>;
  return [f = std::move(joiner)](const V1* mine, const V2* other, VR& result) mutable {
    return keep(f(argument<Mine>(mine), argument<Other>(other)), result);
  };
}

}  // namespace leat::detail
