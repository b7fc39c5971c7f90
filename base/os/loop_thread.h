// LoopThread: a thread with a world of its own, whose loop it runs until it is destroyed.
//
//   os::LoopThread thread("broker");
//   std::unique_ptr<Broker> broker;
//   thread.run([&] { broker = std::make_unique<Broker>(thread.world(), config); });
//   ...
//   thread.run([&] { broker.reset(); });      // what lives on a loop is destroyed on it
#pragma once

#include <string>

#include "base/os/real_world.h"
#include "base/os/thread.h"

namespace leat::os {

class LoopThread {
 public:
  /// `name` is what top and debuggers show, up to 15 characters.
  explicit LoopThread(const std::string& name, Duration spin = std::chrono::microseconds(50));
  /// Stops the loop and joins the thread. Tasks not run by then are dropped. Not on the thread itself.
  ~LoopThread();
  LoopThread(const LoopThread&) = delete;

  World world() { return world_.world(); }
  RealLoop& loop() { return world_.loop(); }

  /// Runs `task` on the loop and waits until it has run. From other threads only.
  void run(Loop::Task task);

 private:
  RealWorld world_;
  Thread thread_;
};

}  // namespace leat::os
