#include "base/os/loop_thread.h"

#include <pthread.h>

#include <future>

#include "base/check.h"

namespace leat::os {

LoopThread::LoopThread(const std::string& name, Duration spin) : world_(spin) {
  thread_ = std::thread([this, name] {
    ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str());
    world_.loop().run();
  });
}

LoopThread::~LoopThread() {
  LEAT_CHECK(std::this_thread::get_id() != thread_.get_id(), "a LoopThread cannot join itself");
  world_.loop().stop();
  thread_.join();
}

void LoopThread::run(Loop::Task task) {
  LEAT_CHECK(std::this_thread::get_id() != thread_.get_id(), "waiting on a loop for itself");
  std::promise<void> done;
  world_.loop().post([&] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

}  // namespace leat::os
