// Result<T>: a value, or an Error that says what was tried, on what, and what the reader can do.
//
//   Result<int> port = parse_port(text);
//   if (!port) return port.error();
//   listen(*port);
//
//   LEAT_ASSIGN_OR_RETURN(auto file, files.open(path, OpenMode::kRead));
//   LEAT_RETURN_IF_ERROR(file->truncate(0));
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/check.h"

namespace leat {

/// What kind of operating error it is; protocol errors carry their Kafka code beside it (`Error::kafka_code`).
enum class ErrorKind {
  kInvalidArgument,  ///< the caller's input or configuration is wrong
  kNotFound,
  kAlreadyExists,
  kCorrupt,      ///< bytes that fail their checksum or their grammar
  kIo,           ///< the disk refused
  kNoSpace,      ///< the disk is full
  kUnavailable,  ///< the peer cannot be reached or went away; trying again may help
  kTimeout,
  kClosed,  ///< the object is shutting down
  kFenced,  ///< a newer instance took over; trying again cannot help
  kKafka,   ///< the broker answered with an error code
  kUser,    ///< user code (a lambda, a serde, a handler) failed
};

std::string_view name(ErrorKind kind);

/// An operating error. `message` is for people: it names the thing and the way out.
struct Error {
  ErrorKind kind = ErrorKind::kInvalidArgument;
  std::string message;
  /// Kafka's protocol error code where one is known, else 0.
  int kafka_code = 0;

  /// The same error with `context` (what was being done) in front of the message.
  Error in(std::string_view context) const { return {kind, std::string(context) + ": " + message, kafka_code}; }
};

/// A value or an Error. Reading the wrong side is a programmer's error.
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & {
    LEAT_CHECK(ok(), error().message);
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    LEAT_CHECK(ok(), error().message);
    return *std::get_if<0>(&state_);
  }
  T&& value() && { return std::move(value()); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const {
    LEAT_CHECK(!ok(), "error() of a Result that holds a value");
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, Error> state_;
};

/// Success, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : error_(std::move(error)), ok_(false) {}

  bool ok() const { return ok_; }
  explicit operator bool() const { return ok_; }
  const Error& error() const {
    LEAT_CHECK(!ok_, "error() of a Result that holds a value");
    return error_;
  }

 private:
  Error error_;
  bool ok_ = true;
};

using Status = Result<void>;

}  // namespace leat

#define LEAT_CONCAT_INNER(a, b) a##b
#define LEAT_CONCAT(a, b) LEAT_CONCAT_INNER(a, b)

/// Returns the Error of a failed expression from the enclosing function.
#define LEAT_RETURN_IF_ERROR(expression)                                                \
  do {                                                                                  \
    if (auto leat_status = (expression); !leat_status.ok()) return leat_status.error(); \
  } while (false)

/// Declares or assigns `target` from a Result, or returns its Error from the enclosing function.
#define LEAT_ASSIGN_OR_RETURN(target, expression) \
  LEAT_ASSIGN_OR_RETURN_INNER(LEAT_CONCAT(leat_result_, __LINE__), target, expression)
#define LEAT_ASSIGN_OR_RETURN_INNER(result, target, expression) \
  auto result = (expression);                                   \
  if (!result.ok()) return result.error();                      \
  target = std::move(result).value()
