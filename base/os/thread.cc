#include "base/os/thread.h"

#include <pthread.h>

#include <thread>

namespace leat::os {

struct Thread::Running {
  std::thread thread;
};

Thread::Thread(std::string name, std::function<void()> body)
    : running_(new Running{std::thread([name = std::move(name), body = std::move(body)] {
        ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str());
        body();
      })}) {}

Thread::~Thread() { running_->thread.join(); }

std::uint64_t this_thread_id() { return static_cast<std::uint64_t>(::pthread_self()); }

}  // namespace leat::os
