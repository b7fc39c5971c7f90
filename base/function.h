// MoveFunction<R(Args...)>: a callable that owns its captures and is moved, not copied (std::move_only_function
// comes with C++23 only). OneShot<T>: a reply that is given exactly once.
//
//   void stat(const std::string& path, OneShot<Result<FileStat>> reply);
//   ...
//   reply(FileStat{...});          // a second call is a programmer's error
//
// A OneShot<Result<T>> that is destroyed without having been called answers with ErrorKind::kClosed: whoever waits
// is never left hanging, on shutdown either.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "base/result.h"

namespace leat {

template <class Signature>
class MoveFunction;

template <class R, class... Args>
class MoveFunction<R(Args...)> {
 public:
  MoveFunction() = default;
  MoveFunction(std::nullptr_t) {}
  template <class F>
  requires(!std::is_same_v<std::decay_t<F>, MoveFunction> && std::is_invocable_r_v<R, std::decay_t<F>&, Args...>)
      MoveFunction(F&& callable) {
    using Callable = std::decay_t<F>;
    if constexpr (fits<Callable>) {
      new (storage_) Callable(std::forward<F>(callable));
      operations_ = &kInline<Callable>;
    } else {
      new (storage_) Callable*(new Callable(std::forward<F>(callable)));
      operations_ = &kHeap<Callable>;
    }
  }
  MoveFunction(MoveFunction&& other) noexcept { take(other); }
  MoveFunction& operator=(MoveFunction&& other) noexcept {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  ~MoveFunction() { reset(); }

  explicit operator bool() const { return operations_ != nullptr; }

  R operator()(Args... args) {
    LEAT_CHECK(operations_ != nullptr, "an empty MoveFunction was called");
    return operations_->call(storage_, std::forward<Args>(args)...);
  }

 private:
  static constexpr std::size_t kInlineBytes = 6 * sizeof(void*);
  template <class F>
  static constexpr bool fits = sizeof(F) <= kInlineBytes &&
                               alignof(F) <= alignof(std::max_align_t) && std::is_nothrow_move_constructible_v<F>;

  struct Operations {
    R (*call)(void*, Args&&...);
    void (*move)(void* from, void* to) noexcept;
    void (*destroy)(void*) noexcept;
  };
  template <class F>
  static constexpr Operations kInline{
      [](void* at, Args&&... args) -> R { return (*static_cast<F*>(at))(std::forward<Args>(args)...); },
      [](void* from, void* to) noexcept {
        new (to) F(std::move(*static_cast<F*>(from)));
        static_cast<F*>(from)->~F();
      },
      [](void* at) noexcept { static_cast<F*>(at)->~F(); }};
  template <class F>
  static constexpr Operations kHeap{
      [](void* at, Args&&... args) -> R { return (**static_cast<F**>(at))(std::forward<Args>(args)...); },
      [](void* from, void* to) noexcept { new (to) F*(*static_cast<F**>(from)); },
      [](void* at) noexcept { delete *static_cast<F**>(at); }};

  void take(MoveFunction& other) noexcept {
    operations_ = std::exchange(other.operations_, nullptr);
    if (operations_) operations_->move(other.storage_, storage_);
  }
  void reset() noexcept {
    if (operations_) std::exchange(operations_, nullptr)->destroy(storage_);
  }

  const Operations* operations_ = nullptr;
  alignas(std::max_align_t) std::byte storage_[kInlineBytes];
};

template <class T>
struct IsResult : std::false_type {};
template <class T>
struct IsResult<Result<T>> : std::true_type {};

template <class T>
class OneShot {
 public:
  OneShot() = default;
  template <class F>
  requires(!std::is_same_v<std::decay_t<F>, OneShot> && std::is_invocable_v<std::decay_t<F>&, T>) OneShot(F&& callable)
      : function_(std::forward<F>(callable)) {}
  OneShot(OneShot&&) noexcept = default;
  OneShot& operator=(OneShot&& other) noexcept {
    if (this != &other) {
      abandon();
      function_ = std::move(other.function_);
    }
    return *this;
  }
  ~OneShot() { abandon(); }

  /// Whether the reply is still to be given.
  explicit operator bool() const { return static_cast<bool>(function_); }

  /// Forgets the reply without giving it: who waited for it is gone. What the callable holds is destroyed.
  void discard() { function_ = {}; }

  void operator()(T value) {
    LEAT_CHECK(static_cast<bool>(function_), "a OneShot was called twice, or was empty");
    MoveFunction<void(T)> function = std::move(function_);
    function(std::move(value));
  }

 private:
  void abandon() {
    if constexpr (IsResult<T>::value) {
      if (function_) (*this)(Error{ErrorKind::kClosed, "the request was dropped because its owner was closed"});
    }
  }

  MoveFunction<void(T)> function_;
};

}  // namespace leat
