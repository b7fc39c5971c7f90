// VersionRow: the versions of one key that ended within one segment, as one row of bytes in Kafka's format:
//
//   next (8)   when the newest version of the row ended
//   first (8)  when the oldest one began
//   begin (8) and size (4; -1: deleted) of each version, newest first
//   values, oldest version first
//
// A version ends where the next one begins. A row of one deletion that begins and ends at the same time marks a key
// whose latest version is a deletion with nothing before it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace leat::detail {

class VersionRow {
 public:
  struct Version {
    std::int64_t from = 0;
    std::optional<Bytes> value;
  };

  /// A row of one version.
  VersionRow(std::optional<BytesView> value, std::int64_t from, std::int64_t to);
  /// kCorrupt where these are not the bytes of a row.
  static Result<VersionRow> parse(BytesView bytes);
  Bytes encode() const;

  std::int64_t next() const { return next_; }
  std::int64_t first() const { return versions_.back().from; }
  /// Newest first.
  const std::vector<Version>& versions() const { return versions_; }
  std::int64_t end_of(std::size_t index) const { return index == 0 ? next_ : versions_[index - 1].from; }
  /// The version that is valid at a time within [first, next).
  std::size_t find(std::int64_t time) const;

  /// Adds a version behind all others. A gap in front of it becomes a deletion; versions that would overlap are cut.
  void insert_as_latest(std::int64_t from, std::int64_t to, std::optional<BytesView> value);
  /// Adds a version in front of all others, up to where the first one begins.
  void insert_as_earliest(std::int64_t from, std::optional<BytesView> value);
  /// Adds a version that begins within the one at `index`, which ends there.
  void insert(std::size_t index, std::int64_t from, std::optional<BytesView> value);
  /// Another beginning and value for the version at `index`.
  void update(std::size_t index, std::int64_t from, std::optional<BytesView> value);

 private:
  VersionRow() = default;
  bool is_mark() const { return versions_.size() == 1 && versions_[0].from == next_; }
  static Version version(std::int64_t from, std::optional<BytesView> value);

  std::int64_t next_ = 0;
  std::vector<Version> versions_;
};

}  // namespace leat::detail
