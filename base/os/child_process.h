// ChildProcess: a worker process that this one starts, watches and ends.
//
//   LEAT_ASSIGN_OR_RETURN(auto worker, os::ChildProcess::spawn({os::own_executable(), "run", "--worker"}));
//   if (auto status = worker.poll_exit()) restart(*status);
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace leat::os {

/// How a process ended: exit code, or the signal that killed it.
struct ExitStatus {
  int code = 0;
  int signal = 0;
  std::string to_string() const;
};

/// Owns one child: a child still running when its owner goes is killed and reaped.
class ChildProcess {
 public:
  /// Starts `arguments[0]` with the rest; stdout and stderr are shared with this process. The child gets SIGTERM when
  /// this process dies, so that no worker outlives its supervisor.
  static Result<ChildProcess> spawn(const std::vector<std::string>& arguments);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess();

  int pid() const { return pid_; }
  /// How it ended, or nothing while it runs.
  std::optional<ExitStatus> poll_exit();
  /// Sends a signal; nothing happens once it has ended.
  void signal(int number);

 private:
  explicit ChildProcess(int pid) : pid_(pid) {}

  int pid_ = -1;
  std::optional<ExitStatus> ended_;
};

/// Absolute path of the program that is running.
std::string own_executable();

}  // namespace leat::os
