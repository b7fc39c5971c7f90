#include "base/os/process_terminal.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>

namespace leat::os {

namespace {

constexpr std::size_t kOutBytesMax = 64 * 1024;
constexpr std::size_t kInBytesMax = 64 * 1024;

volatile sig_atomic_t interrupts = 0;

/// The second signal ends a program that does not come to its end by itself.
void on_signal(int signal) {
  if (interrupts) _exit(128 + signal);
  interrupts = 1;
}

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

ProcessTerminal::ProcessTerminal() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

void ProcessTerminal::out(std::string_view text) {
  buffered_.append(text);
  if (buffered_.size() >= kOutBytesMax) flush();
}

void ProcessTerminal::err(std::string_view text) {
  flush();
  (void)write_all(STDERR_FILENO, text);
}

void ProcessTerminal::flush() {
  if (!broken_ && !write_all(STDOUT_FILENO, buffered_)) broken_ = true;
  buffered_.clear();
}

Terminal::Input ProcessTerminal::read(Duration wait_at_most) {
  pollfd in{STDIN_FILENO, POLLIN, 0};
  const auto wait_ms = std::chrono::duration_cast<std::chrono::milliseconds>(wait_at_most).count();
  if (::poll(&in, 1, static_cast<int>(wait_ms)) <= 0) return {};
  Input input;
  input.bytes.resize(kInBytesMax);
  const ssize_t size = ::read(STDIN_FILENO, input.bytes.data(), input.bytes.size());
  input.bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  input.ended = size == 0 || (size < 0 && errno != EINTR && errno != EAGAIN);
  return input;
}

bool ProcessTerminal::interactive() const { return ::isatty(STDIN_FILENO) && ::isatty(STDOUT_FILENO); }

bool ProcessTerminal::interrupted() const { return interrupts != 0; }

}  // namespace leat::os
