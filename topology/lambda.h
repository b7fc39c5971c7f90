// How the lambdas of the DSL are called. A lambda takes what it needs: (key, value) or (value), by reference, by value
// or as a view; a parameter that is a std::optional sees null, any other one never does. What it returns is the next
// value: a std::string_view becomes a std::string, a std::optional may be null.
#pragma once

#include <concepts>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "topology/node.h"

namespace leat::detail {

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
inline constexpr bool kIsOptional = IsOptional<std::decay_t<T>>::value;

/// T, or what a std::optional<T> holds.
template <class T>
struct NonNull {
  using type = T;
};
template <class T>
struct NonNull<std::optional<T>> {
  using type = T;
};
template <class T>
using NonNullOf = typename NonNull<std::decay_t<T>>::type;

/// What is kept of a lambda's result: views and literals become strings.
template <class T>
using Kept = std::conditional_t<
    std::is_same_v<T, std::string_view> || std::is_same_v<T, const char*> || std::is_same_v<T, char*>, std::string, T>;
template <class T>
using ResultOf = Kept<NonNullOf<T>>;

// The declared parameters of a callable, where it has one signature only; generic lambdas have none.
template <class Signature>
struct MemberParameters;
#define LEAT_MEMBER_PARAMETERS(...)                     \
  template <class R, class C, class... A>               \
  struct MemberParameters<R (C::*)(A...) __VA_ARGS__> { \
    using type = std::tuple<A...>;                      \
  };
LEAT_MEMBER_PARAMETERS()
LEAT_MEMBER_PARAMETERS(const)
LEAT_MEMBER_PARAMETERS(noexcept)
LEAT_MEMBER_PARAMETERS(const noexcept)
#undef LEAT_MEMBER_PARAMETERS

template <class F>
struct Parameters {
  using type = void;
};
template <class F>
requires requires { &F::operator(); }
struct Parameters<F> {
  using type = typename MemberParameters<decltype(&F::operator())>::type;
};
template <class R, class... A>
struct Parameters<R (*)(A...)> {
  using type = std::tuple<A...>;
};

/// The type that parameter I of F declares; `Given` for generic lambdas.
template <class F, std::size_t I, class Given, class = typename Parameters<F>::type>
struct ParameterOf {
  using type = std::tuple_element_t<I, typename Parameters<F>::type>;
};
template <class F, std::size_t I, class Given>
struct ParameterOf<F, I, Given, void> {
  using type = Given;
};
template <class F, std::size_t I, class Given>
using Parameter = typename ParameterOf<F, I, Given>::type;

/// The argument for a parameter declared as P: a std::optional where P is one, else the value itself.
template <class P, class T>
decltype(auto) argument(const T* value) {
  if constexpr (kIsOptional<P> && !kIsOptional<T>) {
    return value ? std::decay_t<P>(*value) : std::decay_t<P>();
  } else {
    return (*value);
  }
}

[[noreturn]] void null_key_met(const RecordContext& context);

/// How F is called with a key and a value.
template <class F, class K, class V>
struct KeyValueCall {
  using Function = std::decay_t<F>;
  static constexpr bool kTakesValue = std::is_invocable_v<Function&, const V&>;
  static constexpr bool kTakesKeyAndValue = std::is_invocable_v<Function&, const K&, const V&>;
  static constexpr bool kCallable = kTakesValue || kTakesKeyAndValue;

  using KeyParameter = Parameter<Function, 0, const K&>;
  static constexpr auto value_parameter() {
    if constexpr (kTakesKeyAndValue) {
      return std::type_identity<Parameter<Function, 1, const V&>>{};
    } else {
      return std::type_identity<Parameter<Function, 0, const V&>>{};
    }
  }
  using ValueParameter = typename decltype(value_parameter())::type;
  static constexpr bool kSeesNullKey = !kTakesKeyAndValue || kIsOptional<KeyParameter>;
  static constexpr bool kSeesNullValue = kIsOptional<ValueParameter>;

  /// Whether the lambda may be called: it sees nulls, or there is a value.
  static bool sees(const V* value) { return kSeesNullValue || value != nullptr; }

  static decltype(auto) call(Function& function, const K* key, const V* value, const RecordContext& context) {
    if constexpr (kTakesKeyAndValue) {
      if constexpr (!kSeesNullKey) {
        if (!key) null_key_met(context);
      }
      return function(argument<KeyParameter>(key), argument<ValueParameter>(value));
    } else {
      return function(argument<ValueParameter>(value));
    }
  }

  static constexpr auto result() {
    if constexpr (kTakesKeyAndValue) {
      return std::type_identity<std::invoke_result_t<Function&, const K&, const V&>>{};
    } else if constexpr (kTakesValue) {
      return std::type_identity<std::invoke_result_t<Function&, const V&>>{};
    } else {
      return std::type_identity<void>{};
    }
  }
  using Result = typename decltype(result())::type;
};

/// Keeps what a mapper returned and lends it: null for an empty optional.
template <class Result>
class Lent {
 public:
  using Value = ResultOf<Result>;
  explicit Lent(Result&& result) : result_(std::forward<Result>(result)) {}
  const Value* get() const {
    if constexpr (kIsOptional<Result>) {
      return result_ ? &*result_ : nullptr;
    } else {
      return &result_;
    }
  }

 private:
  using Held = std::conditional_t<kIsOptional<Result>, std::optional<Value>, Value>;
  Held result_;
};

/// Same for a mapper's result of any type.
template <class R>
Lent<std::decay_t<R>> lend(R&& result) {
  return Lent<std::decay_t<R>>(std::decay_t<R>(std::forward<R>(result)));
}

template <class T>
struct IsKeyValue : std::false_type {};
template <class K, class V>
struct IsKeyValue<KeyValue<K, V>> : std::true_type {
  using Key = K;
  using Value = V;
};
template <class A, class B>
struct IsKeyValue<std::pair<A, B>> : std::true_type {
  using Key = A;
  using Value = B;
};

template <class A, class B>
const A& key_of(const KeyValue<A, B>& pair) {
  return pair.key;
}
template <class A, class B>
const B& value_of(const KeyValue<A, B>& pair) {
  return pair.value;
}
template <class A, class B>
const A& key_of(const std::pair<A, B>& pair) {
  return pair.first;
}
template <class A, class B>
const B& value_of(const std::pair<A, B>& pair) {
  return pair.second;
}

/// A pointer to what `value` holds, null for an empty optional. Views are kept in `scratch`.
template <class T>
const ResultOf<T>* pointer_to(const T& value, ResultOf<T>& scratch) {
  if constexpr (kIsOptional<T>) {
    return value ? pointer_to(*value, scratch) : nullptr;
  } else if constexpr (std::is_same_v<T, ResultOf<T>>) {
    return &value;
  } else {
    scratch = value;
    return &scratch;
  }
}

// The concepts below are named so that a compiler's message about them reads as a sentence.

template <class F, class K, class V>
concept TakesKeyAndValueOrValue = KeyValueCall<F, K, V>::kCallable;

template <class F, class K, class V>
concept PredicateOfKeyAndValueOrValue =
    TakesKeyAndValueOrValue<F, K, V> && std::convertible_to < typename KeyValueCall<F, K, V>::Result,
bool > ;

template <class F, class K, class V>
concept MapsKeyAndValueOrValue =
    TakesKeyAndValueOrValue<F, K, V> && !std::is_void_v<typename KeyValueCall<F, K, V>::Result>;

template <class F, class K, class V>
concept MapsToKeyValue =
    MapsKeyAndValueOrValue<F, K, V> && IsKeyValue<NonNullOf<typename KeyValueCall<F, K, V>::Result>>::value;

template <class R>
concept Range = requires(R& range) {
  std::begin(range);
  std::end(range);
};
template <Range R>
using RangeValue = std::decay_t<decltype(*std::begin(std::declval<R&>()))>;

template <class F, class K, class V>
concept MapsToRange = MapsKeyAndValueOrValue<F, K, V> && Range<std::decay_t<typename KeyValueCall<F, K, V>::Result>>;

template <class F, class K, class V>
using MappedValue = ResultOf<typename KeyValueCall<F, K, V>::Result>;
template <class F, class K, class V>
using MappedRange = ResultOf<RangeValue<std::decay_t<typename KeyValueCall<F, K, V>::Result>>>;

}  // namespace leat::detail
