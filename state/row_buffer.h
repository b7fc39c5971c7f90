// RowBuffer: rows of a table in memory, above those on the disk: what the disk has not got yet, with what it takes to
// give up the writes of a commit that fails, and what it has got and is kept to be read.
//
//   put           pending
//   commit()      committed, unsaved: to be written to the disk
//   saved()       on the disk; stays readable here, until forget()
//   discard()     pending rows are again what the last commit left
//
// Rows are found by hash; their order, and which rows a key has, are made up when somebody walks them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/short_bytes.h"
#include "base/table_memory.h"
#include "state/hash_index.h"
#include "state/row_table.h"
#include "state/rows_of_key.h"
#include "state/sorted_index.h"

namespace leat::detail {

class RowBuffer {
 public:
  /// Keys and values of windowed counts and the like have their place in the row.
  using RowBytes = ShortBytes<24>;

  struct Row {
    RowBytes key;
    std::uint32_t hash = 0;
    /// False: nothing is known of it here.
    bool there = false;
    bool has_value = false;  ///< else it is deleted
    bool pending = false;    ///< newer than the last commit
    bool unsaved = false;    ///< committed and not on the disk
    /// Whether a commit left something; of a pending row it is in `before_`.
    bool has_committed = false;
    RowBytes value;
  };

  /// The row of a key, null where the buffer does not know it.
  const Row* find(BytesView key) const {
    const std::uint32_t index = lookup(key, table_hash(key));
    return index == HashIndex::kNone || !rows_[index].there ? nullptr : &rows_[index];
  }
  /// As in RowTable.
  void expect(BytesView row_key, Comes comes) const {
    const std::uint32_t hash = table_hash(row_key);
    if (comes == Comes::kSoon) return places_.fetch_place(hash);
    const std::uint32_t index = places_.guess(hash);
    if (index == HashIndex::kNone) return;
    comes == Comes::kNear ? prefetch(rows_[index]) : rows_[index].value.fetch_far();
  }
  void expect_key(BytesView key, Comes comes) const {
    by_key_.expect(key, comes, [](const Row* row) { prefetch(*row); });
  }
  /// Writes a row, or its deletion.
  void put(BytesView key, std::optional<BytesView> value);

  void commit();
  void discard();
  /// The disk has all that was committed. Requires that nothing is pending.
  void saved();
  /// Requires that nothing is pending or unsaved.
  void forget();

  std::size_t size() const { return rows_.size(); }
  /// Estimates: of what is to be saved, of what is pending, of what all rows take in memory.
  std::size_t unsaved_bytes() const { return unsaved_bytes_; }
  std::size_t pending_bytes() const { return pending_bytes_; }
  std::size_t memory_bytes() const { return rows_.size() * kMemoryPerRow + far_bytes_; }

  /// The rows in the order of their keys, also those of which nothing is known.
  using Ordered = SortedIndex<const Row*>;
  const Ordered& ordered();
  /// The same rows by the keys that their row keys begin with. Requires that all end in `times_bytes` of times.
  using ByKey = RowsOfKey<const Row*>;
  const ByKey& by_key(std::size_t times_bytes);
  /// Those that are to be saved, in the order of their keys.
  std::vector<const Row*> unsaved() const;

 private:
  static constexpr std::size_t kBytesPerRow = 128;
  static constexpr std::size_t kMemoryPerRow = sizeof(Row) + 64;

  std::uint32_t lookup(BytesView key, std::uint32_t hash) const {
    return places_.find(hash, [&](std::uint32_t index) { return rows_[index].key == key; });
  }
  std::uint32_t index_for(BytesView key);
  void set_value(Row& row, BytesView value);
  void drop_dead_rows();
  void drop_orders();
  template <class Indexes>
  std::vector<const Row*> sorted(const Indexes& indexes) const;

  StableVector<Row> rows_;
  HashIndex places_;
  std::vector<std::uint32_t> pending_;
  /// What the last commit left of pending rows; their values lie in `before_values_`.
  struct Before {
    std::uint32_t index;
    bool has_value;
    std::size_t at;
    std::size_t size;
  };
  std::vector<Before> before_;
  Bytes before_values_;
  std::vector<std::uint32_t> unsaved_;
  // Of the first so many rows; the others are added when somebody walks.
  Ordered ordered_;
  std::size_t ordered_size_ = 0;
  ByKey by_key_;
  std::size_t by_key_size_ = 0;
  std::size_t dead_ = 0;
  std::size_t unsaved_bytes_ = 0;
  std::size_t pending_bytes_ = 0;
  std::size_t far_bytes_ = 0;
};

}  // namespace leat::detail
