#include "topology/printed.h"

#include <cstdio>

namespace leat {

Printed Printed::to_sys_out() {
  return to([](const std::string& line) {
    const std::string ended = line + "\n";
    // One call for one line, so that those of several threads do not mix.
    std::fwrite(ended.data(), 1, ended.size(), stdout);
  });
}

}  // namespace leat
