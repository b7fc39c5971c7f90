// CHECK: a programmer's error stops the process, in release builds too.
//
//   LEAT_CHECK(position <= size);
//   LEAT_CHECK(!called_, "a OneShot was called twice");
//
// Operating errors (a full disk, a closed connection, bad input) are never checked this way: they are values,
// see base/result.h.
#pragma once

#include <string_view>

namespace leat {

/// Prints the failed expression, its place and `why` to stderr and aborts.
[[noreturn]] void check_failed(const char* expression, const char* file, int line, std::string_view why = {});

}  // namespace leat

#define LEAT_CHECK(condition, ...)    \
  (__builtin_expect(!!(condition), 1) \
       ? (void)0                      \
       : ::leat::check_failed(#condition, __FILE__, __LINE__ __VA_OPT__(, ) __VA_ARGS__))
