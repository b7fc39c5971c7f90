// The standard streams of the process as a Terminal. One in a process: it takes SIGINT, SIGTERM and SIGPIPE over.
#pragma once

#include <string>

#include "base/terminal.h"

namespace leat::os {

class ProcessTerminal : public Terminal {
 public:
  ProcessTerminal();
  ~ProcessTerminal() override { flush(); }

  void out(std::string_view text) override;
  void err(std::string_view text) override;
  void flush() override;
  bool listened_to() const override { return !broken_; }
  Input read(Duration wait_at_most) override;
  bool interactive() const override;
  bool interrupted() const override;

 private:
  std::string buffered_;
  bool broken_ = false;
};

}  // namespace leat::os
