#include "state/versioned_rows.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <stdexcept>

#include "base/serde.h"

namespace leat::detail {

namespace {
constexpr std::size_t kTimeBytes = 8;

std::int64_t time_of_latest(BytesView row) {
  return static_cast<std::int64_t>(read_big_endian<std::uint64_t>(row.data()));
}
}  // namespace

/// A store's name has no slash, so neither table can be another store's.
VersionedRows::VersionedRows(std::string name, std::int64_t history_ms, std::int64_t segment_interval_ms,
                             RowTables& backend)
    : name_(std::move(name)),
      history_ms_(history_ms),
      interval_ms_(segment_interval_ms),
      backend_(backend),
      latest_(backend.table(name_ + "/latest")) {
  const std::string prefix = name_ + "/ended.";
  for (const std::string& table : backend_.table_names()) {
    if (!table.starts_with(prefix)) continue;
    std::int64_t first = 0;
    const char* end = table.data() + table.size();
    if (std::from_chars(table.data() + prefix.size(), end, first).ptr != end) continue;
    segments_[segment_of(first)] = &backend_.table(table);
  }
}

std::string VersionedRows::segment_name(std::int64_t segment) const {
  return name_ + "/ended." + std::to_string(segment * interval_ms_);
}

RowTable* VersionedRows::live_segment(std::int64_t segment) {
  if (segment < segment_of(stream_time_ - history_ms_)) return nullptr;
  RowTable*& table = segments_[segment];
  if (!table) table = &backend_.table(segment_name(segment));
  return table;
}

void VersionedRows::drop_expired() {
  while (!segments_.empty() && segments_.begin()->first < segment_of(stream_time_ - history_ms_)) {
    backend_.drop_table(segment_name(segments_.begin()->first));
    segments_.erase(segments_.begin());
  }
}

std::optional<VersionRow> VersionedRows::read(RowTable& segment, BytesView key) {
  if (!segment.get(key, bytes_)) return std::nullopt;
  auto row = VersionRow::parse(bytes_);
  if (!row) throw std::runtime_error("store " + name_ + ": " + row.error().message);
  return std::move(*row);
}

void VersionedRows::write_latest(BytesView key, std::optional<BytesView> value, std::int64_t time) {
  if (!value) return latest_.put(key, std::nullopt);
  Bytes row;
  append_big_endian(static_cast<std::uint64_t>(time), row);
  row.append(*value);
  latest_.put(key, row);
}

void VersionedRows::retire(RowTable& segment, BytesView key, std::optional<BytesView> value, std::int64_t from,
                           std::int64_t to) {
  auto row = read(segment, key);
  if (row) {
    row->insert_as_latest(from, to, value);
  } else {
    row = VersionRow(value, from, to);
  }
  write(segment, key, *row);
}

VersionedRows::Put VersionedRows::put(BytesView key, std::optional<BytesView> value, std::int64_t time) {
  if (time < stream_time_ - history_ms_) return {};
  stream_time_ = std::max(stream_time_, time);
  drop_expired();
  std::optional<std::int64_t> found;
  Bytes latest;
  if (latest_.get(key, latest)) {
    const std::int64_t latest_time = time_of_latest(latest);
    if (time >= latest_time) {
      if (time > latest_time) {
        RowTable* segment = live_segment(segment_of(time));
        if (segment) retire(*segment, key, BytesView(latest).substr(kTimeBytes), latest_time, time);
      }
      write_latest(key, value, time);
      return {true, std::nullopt};
    }
    found = latest_time;
  }
  if (auto done = put_into_segments(key, value, time, found)) return *done;
  return put_in_front_of(key, value, time, found);
}

std::optional<VersionedRows::Put> VersionedRows::put_into_segments(BytesView key, std::optional<BytesView> value,
                                                                   std::int64_t time,
                                                                   std::optional<std::int64_t>& found) {
  for (auto at = segments_.end(); at != segments_.begin();) {
    --at;
    if (at->first < segment_of(time)) break;
    auto row = read(*at->second, key);
    if (!row) continue;
    if (row->next() <= time) break;
    if (row->first() <= time) return Put{true, put_into_row(at->first, std::move(*row), key, value, time)};
    if (row->first() < stream_time_ - history_ms_) return Put{};
    found = row->first();
  }
  return std::nullopt;
}

std::int64_t VersionedRows::put_into_row(std::int64_t segment, VersionRow row, BytesView key,
                                         std::optional<BytesView> value, std::int64_t time) {
  const std::size_t index = row.find(time);
  const VersionRow::Version found = row.versions()[index];
  const std::int64_t valid_to = row.end_of(index);
  if (found.from == time) {
    row.update(index, time, value);
  } else if (segment_of(time) == segment) {
    // The new version takes the later part of the one that was found.
    row.insert(index, time, value);
  } else {
    // What was found ends now, and with that belongs to an older segment.
    if (RowTable* older = live_segment(segment_of(time))) retire(*older, key, found.value, found.from, time);
    row.update(index, time, value);
  }
  write(*segments_.at(segment), key, row);
  return valid_to;
}

VersionedRows::Put VersionedRows::put_in_front_of(BytesView key, std::optional<BytesView> value, std::int64_t time,
                                                  std::optional<std::int64_t> found) {
  if (!found && value) {
    write_latest(key, value, time);
    return {true, std::nullopt};
  }
  RowTable* segment = live_segment(segment_of(found.value_or(time)));
  if (!segment) return {};
  auto row = read(*segment, key);
  if (!found) {
    // The latest version is a deletion, which is known by where what was before it ends.
    if (!row) {
      row = VersionRow(std::nullopt, time, time);
    } else if (row->next() != time) {
      row->insert_as_latest(row->next(), time, std::nullopt);
    }
  } else if (!row) {
    row = VersionRow(value, time, *found);
  } else if (row->next() <= time) {
    row->insert_as_latest(time, *found, value);
  } else {
    row->insert_as_earliest(time, value);
  }
  write(*segment, key, *row);
  return {true, found};
}

std::optional<VersionedRows::Version> VersionedRows::latest(BytesView key) {
  if (!latest_.get(key, bytes_)) return std::nullopt;
  return Version{bytes_.substr(kTimeBytes), time_of_latest(bytes_), std::nullopt};
}

std::optional<VersionedRows::Version> VersionedRows::as_of(BytesView key, std::int64_t time) {
  auto newest = latest(key);
  if (newest && newest->from <= time) return newest;
  if (time < stream_time_ - history_ms_) return std::nullopt;
  for (auto at = segments_.end(); at != segments_.begin();) {
    --at;
    if (at->first < segment_of(time)) break;
    const auto row = read(*at->second, key);
    if (!row) continue;
    if (row->next() <= time) return std::nullopt;
    if (row->first() > time) continue;
    const std::size_t index = row->find(time);
    const VersionRow::Version& found = row->versions()[index];
    if (!found.value) return std::nullopt;
    return Version{*found.value, found.from, row->end_of(index)};
  }
  return std::nullopt;
}

std::vector<VersionedRows::Version> VersionedRows::history(BytesView key, std::int64_t from, std::int64_t to) {
  std::vector<Version> versions;
  if (to >= stream_time_ - history_ms_) {
    for (const auto& [segment, table] : segments_) {
      // As in Kafka a version that ended in a segment behind `to` is not looked for.
      if (segment > segment_of(to)) break;
      const auto row = read(*table, key);
      if (!row) continue;
      for (std::size_t index = row->versions().size(); index-- > 0;) {
        const VersionRow::Version& each = row->versions()[index];
        const std::int64_t end = row->end_of(index);
        if (each.value && each.from <= to && end > from) versions.push_back({*each.value, each.from, end});
      }
    }
  }
  auto newest = latest(key);
  if (newest && newest->from <= to) versions.push_back(std::move(*newest));
  return versions;
}

std::set<Bytes> VersionedRows::keys() {
  std::set<Bytes> keys;
  const auto add = [&](RowTable& table) {
    const auto rows = table.scan({});
    BytesView key, value;
    while (rows->next(key, value)) keys.emplace(key);
  };
  add(latest_);
  for (const auto& [segment, table] : segments_) add(*table);
  return keys;
}

}  // namespace leat::detail
