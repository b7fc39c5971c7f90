#include "base/os/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace leat::os {

namespace {

ExitStatus decode(int status) {
  if (WIFSIGNALED(status)) return {.code = 0, .signal = WTERMSIG(status)};
  return {.code = WEXITSTATUS(status), .signal = 0};
}

}  // namespace

std::string ExitStatus::to_string() const {
  return signal != 0 ? "killed by signal " + std::to_string(signal) : "exit code " + std::to_string(code);
}

Result<ChildProcess> ChildProcess::spawn(const std::vector<std::string>& arguments) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const auto failed = [&](int error) {
    return Error{ErrorKind::kUnavailable, "cannot start " + arguments.front() + ": " + std::strerror(error)};
  };
  // A failed exec reports its errno through a pipe that a successful one closes.
  int report[2];
  if (::pipe2(report, O_CLOEXEC) != 0) return failed(errno);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(1);  // the parent died before the line above
    ::execv(argv.front(), argv.data());
    const int error = errno;
    [[maybe_unused]] const auto written = ::write(report[1], &error, sizeof(error));
    ::_exit(127);
  }
  ::close(report[1]);
  int error = pid < 0 ? errno : 0;
  if (pid > 0 && ::read(report[0], &error, sizeof(error)) <= 0) error = 0;
  ::close(report[0]);
  if (pid > 0 && error != 0) ::waitpid(pid, nullptr, 0);
  if (error != 0) return failed(error);
  return ChildProcess(pid);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), ended_(std::move(other.ended_)) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(ended_, other.ended_);
  return *this;
}

ChildProcess::~ChildProcess() {
  if (pid_ < 0 || ended_) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::optional<ExitStatus> ChildProcess::poll_exit() {
  int status = 0;
  if (pid_ >= 0 && !ended_ && ::waitpid(pid_, &status, WNOHANG) == pid_) ended_ = decode(status);
  return ended_;
}

void ChildProcess::signal(int number) {
  if (pid_ >= 0 && !poll_exit()) ::kill(pid_, number);
}

std::string own_executable() {
  char path[4096];
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof(path));
  return size > 0 ? std::string(path, static_cast<std::size_t>(size)) : std::string();
}

}  // namespace leat::os
