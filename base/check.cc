#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace leat {

void check_failed(const char* expression, const char* file, int line, std::string_view why) {
  std::fprintf(stderr, "%s:%d: check failed: %s%s%.*s\n", file, line, expression, why.empty() ? "" : ": ",
               static_cast<int>(why.size()), why.data());
  std::fflush(stderr);
  std::abort();
}

}  // namespace leat
