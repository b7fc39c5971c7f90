#include "base/buf.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include "base/check.h"

namespace leat {

Buf Buf::allocate(std::size_t size) {
  Buf buf;
  if (size == 0) return buf;
  void* memory = std::malloc(sizeof(Block) + size);
  LEAT_CHECK(memory != nullptr, "out of memory");
  buf.block_ = new (memory) Block;
  buf.data_ = static_cast<char*>(memory) + sizeof(Block);
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
    std::free(block_);
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
