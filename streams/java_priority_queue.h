// JavaPriorityQueue: a binary heap that breaks ties as java.util.PriorityQueue does. Which of two records with one
// timestamp is processed first is visible in the output, so the order among equals is part of being Kafka's twin.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace leat::detail {

/// `Before(a, b)`: whether a comes strictly before b.
template <class T, class Before>
class JavaPriorityQueue {
 public:
  explicit JavaPriorityQueue(Before before = {}) : before_(std::move(before)) {}

  bool empty() const { return heap_.empty(); }
  std::size_t size() const { return heap_.size(); }
  const T& peek() const { return heap_.front(); }
  void clear() { heap_.clear(); }

  void offer(T item) {
    heap_.push_back(std::move(item));
    std::size_t at = heap_.size() - 1;
    T moved = std::move(heap_[at]);
    while (at > 0) {
      const std::size_t parent = (at - 1) / 2;
      if (!before_(moved, heap_[parent])) break;
      heap_[at] = std::move(heap_[parent]);
      at = parent;
    }
    heap_[at] = std::move(moved);
  }

  T poll() {
    T first = std::move(heap_.front());
    T last = std::move(heap_.back());
    heap_.pop_back();
    const std::size_t count = heap_.size();
    if (count == 0) return first;
    std::size_t at = 0;
    while (at < count / 2) {
      std::size_t child = 2 * at + 1;
      if (child + 1 < count && before_(heap_[child + 1], heap_[child])) ++child;
      if (!before_(heap_[child], last)) break;
      heap_[at] = std::move(heap_[child]);
      at = child;
    }
    heap_[at] = std::move(last);
    return first;
  }

 private:
  std::vector<T> heap_;
  Before before_;
};

}  // namespace leat::detail
