// Buf: a slice of a reference-counted block of bytes; BufChain: several of them, in order.
//
// The produce body that a connection read, the tail cache of a partition, the body of a fetch reply and the batch in
// a consumer's hands are slices of the same block: nothing is copied on the way. A block may be written only while
// one Buf refers to it (a connection filling its frame, a partition stamping offsets before anyone else sees them);
// from the moment it is shared it is immutable. Counting is atomic, so slices may cross loops.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace leat {

class Buf {
 public:
  Buf() = default;
  /// A new block of `size` bytes, uninitialised.
  static Buf allocate(std::size_t size);
  /// A new block that holds a copy of `bytes`.
  static Buf copy_of(BytesView bytes);

  Buf(const Buf& other) noexcept : block_(other.block_), data_(other.data_), size_(other.size_) { retain(); }
  Buf(Buf&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)),
        data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  Buf& operator=(Buf other) noexcept {
    std::swap(block_, other.block_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Buf() { release(); }

  const char* data() const { return data_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  BytesView view() const { return {data_, size_}; }
  operator BytesView() const { return view(); }

  bool operator==(const Buf& other) const { return view() == other.view(); }

  /// The bytes, to be written. Requires that nobody shares the block (see the head of this file).
  char* mutable_data() { return data_; }

  /// The part [offset, offset + size) of this slice, sharing the block. Requires that it lies inside.
  Buf slice(std::size_t offset, std::size_t size) const;
  Buf slice(std::size_t offset) const { return slice(offset, size_ - offset); }

  /// Whether this is the only Buf that refers to the block.
  bool unique() const;

 private:
  struct Block {
    std::atomic<std::uint32_t> references{1};
  };

  void retain() const {
    if (block_) block_->references.fetch_add(1, std::memory_order_relaxed);
  }
  void release();

  Block* block_ = nullptr;
  char* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Slices to be written one behind the other (a gathered write). Empty slices are not kept.
class BufChain {
 public:
  BufChain() = default;
  BufChain(Buf buf) { append(std::move(buf)); }
  BufChain(std::initializer_list<Buf> bufs) {
    for (const Buf& buf : bufs) append(buf);
  }

  void append(Buf buf) {
    if (buf.empty()) return;
    size_ += buf.size();
    slices_.push_back(std::move(buf));
  }
  void append(BufChain chain) {
    for (Buf& buf : chain.slices_) append(std::move(buf));
  }

  const std::vector<Buf>& slices() const { return slices_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  void clear() {
    slices_.clear();
    size_ = 0;
  }

  bool operator==(const BufChain& other) const { return size_ == other.size_ && flatten() == other.flatten(); }

  /// One contiguous Buf: the slice itself where there is one, else a copy.
  Buf flatten() const;

 private:
  std::vector<Buf> slices_;
  std::size_t size_ = 0;
};

}  // namespace leat
