// StateDirectory: STATE_DIR/APPLICATION_ID, where the tasks of one process keep their stores.
//
//   STATE_DIR/word-count/.lock                            held by the process that works here
//   STATE_DIR/word-count/kafka-streams-process-metadata   {"processId":"..."}: whose state this is, over restarts
//   STATE_DIR/word-count/0_3/                             task 0_3
//   STATE_DIR/word-count/global-1/                        the global stores of the first stream thread
//
// The names and the process file are Kafka's (org.apache.kafka.streams.processor.internals.StateDirectory).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/random.h"
#include "base/uuid.h"
#include "streams/assignor/task_id.h"

namespace leat {

class StateDirectory {
 public:
  /// Makes the directory where it is missing, locks it for this process, and reads or draws its process id. Fails with
  /// kAlreadyExists while another process works here. `files` must outlive the result.
  static Result<std::unique_ptr<StateDirectory>> open(Files& files, Random& random, const std::string& state_dir,
                                                      const std::string& application_id);

  const Uuid& process_id() const { return process_id_; }
  /// The path of a task's directory; whoever opens stores in it makes it.
  std::string of_task(const TaskId& task) const { return path_ + "/" + task.to_string(); }
  /// Where a stream thread (1, 2, ...) keeps its copy of the global stores.
  std::string of_global(int thread) const { return path_ + "/global-" + std::to_string(thread); }
  /// Tasks that have a directory here: state that an assignor should use.
  std::vector<TaskId> tasks() const;

 private:
  StateDirectory(Files& files, std::string path) : files_(files), path_(std::move(path)) {}
  Status read_or_draw_process_id(Random& random);

  Files& files_;
  std::string path_;
  std::unique_ptr<File> lock_;
  Uuid process_id_;
};

}  // namespace leat
