// StoreFigures: what is done to a store, counted on its loop.
#pragma once

#include "base/metrics.h"

namespace leat {

struct StoreFigures {
  Counter puts;
  Counter deletes;
  Counter gets;
  Counter fetches;  ///< reads of several rows of a key, or of several keys
  Counter flushes;
  Counter restored;
  /// Reads that came to the record cache, and those that it answered.
  Counter cache_reads;
  Counter cache_hits;
  std::int64_t open_iterators = 0;

  void turn() {
    for (Counter* each : {&puts, &deletes, &gets, &fetches, &flushes, &restored, &cache_reads, &cache_hits})
      each->turn();
  }
};

/// One iterator, for as long as it lives.
class OpenIterator {
 public:
  explicit OpenIterator(StoreFigures& figures) : figures_(figures) {
    figures_.fetches.add();
    ++figures_.open_iterators;
  }
  ~OpenIterator() { --figures_.open_iterators; }
  OpenIterator(const OpenIterator&) = delete;

 private:
  StoreFigures& figures_;
};

}  // namespace leat
