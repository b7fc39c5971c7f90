#include "base/table_memory.h"

#include <sys/mman.h>

#include <cstdlib>

#include "base/check.h"

namespace leat {

namespace {
constexpr std::size_t kHugePageBytes = 2 * 1024 * 1024;
constexpr std::size_t kLineBytes = 64;
}  // namespace

void* allocate_table(std::size_t bytes) {
  void* table = nullptr;
  const bool huge = bytes >= kHugePageBytes;
  if (huge) bytes = (bytes + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes;
  LEAT_CHECK(posix_memalign(&table, huge ? kHugePageBytes : kLineBytes, bytes) == 0, "out of memory");
  // Advice: where it is not taken, the pages are small ones.
  if (huge) madvise(table, bytes, MADV_HUGEPAGE);
  return table;
}

void free_table(void* table, std::size_t /*bytes*/) { std::free(table); }

}  // namespace leat
