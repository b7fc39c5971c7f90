#include "base/buf.h"

#include <bit>
#include <cstdlib>
#include <cstring>
#include <new>

#include "base/check.h"

namespace leat {

namespace {

// Blocks of records are large, live briefly and are freed by another thread than made them: through malloc each one is
// mapped, faulted in page by page and unmapped again, which costs more than filling it. So those that are freed are
// kept for the next of their size: four sizes per doubling, up to kKeptBytesMax in all. A place is taken and left with
// one exchange.
constexpr std::size_t kPooledBytesMin = 32 * 1024;
constexpr std::size_t kPooledBytesMax = 4 * 1024 * 1024;
constexpr std::size_t kKeptBytesMax = 32 * 1024 * 1024;
constexpr int kSizesPerDoubling = 4;
constexpr int kFirstBits = 16;  // the doubling that ends with 2 * kPooledBytesMin
constexpr int kSizeClasses = 7 * kSizesPerDoubling;
constexpr int kPlaces = 8;
constinit std::atomic<void*> kept[kSizeClasses][kPlaces] = {};
constinit std::atomic<std::size_t> kept_bytes{0};

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kPools = false;  // a use after the end shall be seen
#else
constexpr bool kPools = true;
#endif

std::size_t bytes_of(int size_class) {
  const std::size_t half = kPooledBytesMin << (size_class / kSizesPerDoubling);
  return half + half / kSizesPerDoubling * static_cast<std::size_t>(size_class % kSizesPerDoubling + 1);
}

/// The smallest size of which a block of `bytes` can be; -1: it is not pooled.
int size_class_of(std::size_t bytes) {
  if (!kPools || bytes <= kPooledBytesMin || bytes > kPooledBytesMax) return -1;
  const int bits = std::bit_width(bytes - 1);
  const std::size_t half = std::size_t{1} << (bits - 1);
  const std::size_t step = half / kSizesPerDoubling;
  return (bits - kFirstBits) * kSizesPerDoubling + static_cast<int>((bytes - half + step - 1) / step) - 1;
}

void* take_kept(int size_class) {
  for (std::atomic<void*>& place : kept[size_class]) {
    if (place.load(std::memory_order_relaxed) == nullptr) continue;
    if (void* block = place.exchange(nullptr, std::memory_order_acquire)) {
      kept_bytes.fetch_sub(bytes_of(size_class), std::memory_order_relaxed);
      return block;
    }
  }
  return nullptr;
}

/// In front of each block: the size of which it is, -1 where it is not kept.
struct alignas(8) Prefix {
  int size_class;
};

bool keep(void* block, int size_class) {
  const std::size_t bytes = bytes_of(size_class);
  if (kept_bytes.fetch_add(bytes, std::memory_order_relaxed) + bytes <= kKeptBytesMax) {
    for (std::atomic<void*>& place : kept[size_class]) {
      void* nothing = nullptr;
      if (place.compare_exchange_strong(nothing, block, std::memory_order_release, std::memory_order_relaxed))
        return true;
    }
  }
  kept_bytes.fetch_sub(bytes, std::memory_order_relaxed);
  return false;
}

}  // namespace

Buf Buf::allocate(std::size_t size) {
  Buf buf;
  if (size == 0) return buf;
  constexpr std::size_t kOverhead = sizeof(Prefix) + alignof(Prefix);
  static_assert(sizeof(Block) <= alignof(Prefix));
  const int size_class = size_class_of(kOverhead + size);
  void* memory = size_class < 0 ? nullptr : take_kept(size_class);
  if (memory == nullptr) memory = std::malloc(size_class < 0 ? kOverhead + size : bytes_of(size_class));
  LEAT_CHECK(memory != nullptr, "out of memory");
  buf.block_ = new (static_cast<Prefix*>(memory) + 1) Block;
  *static_cast<Prefix*>(memory) = {size_class};
  buf.data_ = static_cast<char*>(memory) + kOverhead;
  buf.size_ = size;
  return buf;
}

Buf Buf::copy_of(BytesView bytes) {
  Buf buf = allocate(bytes.size());
  if (!bytes.empty()) std::memcpy(buf.data_, bytes.data(), bytes.size());
  return buf;
}

Buf Buf::slice(std::size_t offset, std::size_t size) const {
  LEAT_CHECK(offset <= size_ && size <= size_ - offset, "slice outside of its Buf");
  Buf part(*this);
  part.data_ += offset;
  part.size_ = size;
  return part;
}

bool Buf::unique() const { return block_ && block_->references.load(std::memory_order_acquire) == 1; }

void Buf::release() {
  if (block_ && block_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    block_->~Block();
    Prefix* memory = reinterpret_cast<Prefix*>(block_) - 1;
    const int size_class = memory->size_class;
    if (size_class < 0 || !keep(memory, size_class)) std::free(memory);
  }
}

Buf BufChain::flatten() const {
  if (slices_.empty()) return {};
  if (slices_.size() == 1) return slices_.front();
  Buf whole = Buf::allocate(size_);
  char* to = whole.mutable_data();
  for (const Buf& slice : slices_) {
    std::memcpy(to, slice.data(), slice.size());
    to += slice.size();
  }
  return whole;
}

}  // namespace leat
