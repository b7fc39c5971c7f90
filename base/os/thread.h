// Thread: a thread with a name, joined when its owner goes.
#pragma once

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

}  // namespace leat::os
