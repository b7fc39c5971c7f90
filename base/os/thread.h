// Thread: a thread with a name, joined when its owner goes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace leat::os {

class Thread {
 public:
  /// `name` is shown by top and debuggers, up to 15 characters.
  Thread(std::string name, std::function<void()> body);
  ~Thread();

 private:
  struct Running;
  std::unique_ptr<Running> running_;
};

/// Tells the threads that live apart; never 0.
std::uint64_t this_thread_id();

}  // namespace leat::os
