// Memory for tables that are read at random, and what is built on it.
//
// From 2 MiB on such memory lies on huge pages, where the system has them: a read of a table that is larger than the
// processor's caches else costs two misses, one of them for the page's address.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace leat {

/// Uninitialised memory, aligned to 64 bytes at least. Never null.
void* allocate_table(std::size_t bytes);
void free_table(void* table, std::size_t bytes);

/// Fetches an object into the processor's caches.
template <class T>
void prefetch(const T& object) {
  const char* const bytes = reinterpret_cast<const char*>(&object);
  for (std::size_t at = 0; at < sizeof(T); at += 64) __builtin_prefetch(bytes + at);
}

/// For containers of the standard library.
template <class T>
struct TableAllocator {
  using value_type = T;
  TableAllocator() = default;
  template <class U>
  TableAllocator(const TableAllocator<U>&) {}

  T* allocate(std::size_t count) { return static_cast<T*>(allocate_table(count * sizeof(T))); }
  void deallocate(T* table, std::size_t count) { free_table(table, count * sizeof(T)); }
  bool operator==(const TableAllocator&) const { return true; }
};

/// A vector whose elements stay where they are: each chunk is as large as all before it, the first has kFirst.
template <class T, std::size_t kFirst = 32>
class StableVector {
 public:
  StableVector() = default;
  StableVector(const StableVector&) = delete;
  StableVector& operator=(const StableVector&) = delete;
  ~StableVector() { clear(); }

  friend void swap(StableVector& a, StableVector& b) {
    a.chunks_.swap(b.chunks_);
    std::swap(a.size_, b.size_);
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](std::size_t index) { return *at(index); }
  const T& operator[](std::size_t index) const { return *at(index); }

  T& emplace_back() {
    const std::size_t chunk = chunk_of(size_);
    if (chunk == chunks_.size()) chunks_.push_back(static_cast<T*>(allocate_table(elements_of(chunk) * sizeof(T))));
    T* added = new (chunks_[chunk] + (size_ - first_of(chunk))) T();
    ++size_;
    return *added;
  }
  void clear() {
    for (std::size_t i = 0; i < size_; ++i) at(i)->~T();
    for (std::size_t chunk = 0; chunk < chunks_.size(); ++chunk)
      free_table(chunks_[chunk], elements_of(chunk) * sizeof(T));
    chunks_.clear();
    size_ = 0;
  }

 private:
  static_assert(alignof(T) <= 64);

  // Chunk 0 has kFirst elements, chunk n > 0 as many as there are before it: kFirst << (n - 1).
  static std::size_t chunk_of(std::size_t index) { return static_cast<std::size_t>(std::bit_width(index / kFirst)); }
  static std::size_t first_of(std::size_t chunk) { return chunk == 0 ? 0 : kFirst << (chunk - 1); }
  static std::size_t elements_of(std::size_t chunk) { return chunk == 0 ? kFirst : kFirst << (chunk - 1); }

  T* at(std::size_t index) const {
    const std::size_t chunk = chunk_of(index);
    return chunks_[chunk] + (index - first_of(chunk));
  }

  std::vector<T*> chunks_;
  std::size_t size_ = 0;
};

}  // namespace leat
