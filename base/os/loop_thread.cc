#include "base/os/loop_thread.h"

#include <future>

namespace leat::os {

LoopThread::LoopThread(const std::string& name, Duration spin)
    : world_(spin), thread_(name, [this] { world_.loop().run(); }) {}

LoopThread::~LoopThread() { world_.loop().stop(); }

void LoopThread::run(Loop::Task task) {
  std::promise<void> done;
  world_.loop().post([&] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

}  // namespace leat::os
