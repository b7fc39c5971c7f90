// Terminal: where a program for people reads and writes: the streams of the process (base/os/process_terminal.h), or
// strings in tests.
#pragma once

#include <string>
#include <string_view>

#include "base/loop.h"

namespace leat {

class Terminal {
 public:
  virtual ~Terminal() = default;

  /// Results. May be kept back until `flush`.
  virtual void out(std::string_view text) = 0;
  virtual void err(std::string_view text) = 0;
  virtual void flush() = 0;
  /// False once nobody reads what `out` writes (a pipe whose reader is gone).
  virtual bool listened_to() const = 0;

  struct Input {
    std::string bytes;
    bool ended = false;
  };
  /// What has been typed or piped since the last call, waiting up to `wait_at_most` for something to come.
  virtual Input read(Duration wait_at_most) = 0;
  /// Whether a person sits at both ends, who wants a prompt.
  virtual bool interactive() const = 0;
  /// True once the user asked the program to end (SIGINT, SIGTERM).
  virtual bool interrupted() const = 0;
};

}  // namespace leat
