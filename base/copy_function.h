// CopyFunction<R(Args...)>: a callable that is copied with its captures, like std::function, but made of three small
// functions instead of a dozen: a program of the DSL has hundreds of callables, and they were half of what a compiler
// had to do with it.
//
//   CopyFunction<bool(int)> even = [](int number) { return number % 2 == 0; };
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "base/check.h"

namespace leat {

template <class Signature>
class CopyFunction;

template <class R, class... Args>
class CopyFunction<R(Args...)> {
 public:
  CopyFunction() = default;
  CopyFunction(std::nullptr_t) {}
  template <class F>
  requires(!std::is_same_v<F, CopyFunction>) CopyFunction(F callable)
      : callable_(new F(std::move(callable))), call_(&call<F>), manage_(&manage<F>) {}
  CopyFunction(const CopyFunction& other) : call_(other.call_), manage_(other.manage_) {
    if (other.callable_) callable_ = manage_(other.callable_, true);
  }
  CopyFunction(CopyFunction&& other) noexcept
      : callable_(std::exchange(other.callable_, nullptr)), call_(other.call_), manage_(other.manage_) {}
  CopyFunction& operator=(CopyFunction other) noexcept {
    std::swap(callable_, other.callable_);
    std::swap(call_, other.call_);
    std::swap(manage_, other.manage_);
    return *this;
  }
  ~CopyFunction() {
    if (callable_) manage_(callable_, false);
  }

  explicit operator bool() const { return callable_ != nullptr; }

  R operator()(Args... args) const {
    LEAT_CHECK(callable_ != nullptr, "an empty CopyFunction was called");
    return call_(callable_, static_cast<Args&&>(args)...);
  }

 private:
  template <class F>
  static R call(void* callable, Args... args) {
    return (*static_cast<F*>(callable))(static_cast<Args&&>(args)...);
  }
  /// A copy of the callable; or destroys it.
  template <class F>
  static void* manage(void* callable, bool copy) {
    F* typed = static_cast<F*>(callable);
    if (copy) return new F(*typed);
    delete typed;
    return nullptr;
  }

  void* callable_ = nullptr;
  R (*call_)(void*, Args...) = nullptr;
  void* (*manage_)(void*, bool) = nullptr;
};

}  // namespace leat
