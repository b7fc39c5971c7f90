#include "state/window_rows.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <vector>

#include "base/serde.h"

namespace leat::detail {

void append_window_key(BytesView key, std::int64_t start, std::int32_t sequence, Bytes& out) {
  out.append(key);
  append_big_endian(static_cast<std::uint64_t>(start), out);
  append_big_endian(static_cast<std::uint32_t>(sequence), out);
}

WindowKeyView parse_window_key(BytesView bytes) {
  const std::size_t key_bytes = bytes.size() - kWindowKeySuffixBytes;
  return {bytes.substr(0, key_bytes),
          static_cast<std::int64_t>(read_big_endian<std::uint64_t>(bytes.data() + key_bytes))};
}

RowSpan row_bounds(const WindowSpan& span) {
  constexpr std::int32_t kLastSequence = std::numeric_limits<std::int32_t>::max();
  RowSpan rows;
  rows.reverse = span.reverse;
  if (span.from_key) {
    // A longer key with an early start may sort below key and start: with several keys the bound is without the start.
    append_window_key(*span.from_key, span.one_key() ? std::max<std::int64_t>(span.from, 0) : 0, 0,
                      rows.from.emplace());
  }
  if (!span.to_key) return rows;
  Bytes suffix;
  append_window_key({}, span.to, kLastSequence, suffix);
  BytesView key = *span.to_key;
  if (!span.one_key()) {
    std::size_t kept = 0;
    while (kept < key.size() &&
           (kept < 1 || static_cast<unsigned char>(key[kept]) >= static_cast<unsigned char>(suffix[0]))) {
      ++kept;
    }
    key = key.substr(0, kept);
  }
  rows.to.emplace(key);
  rows.to->append(suffix);
  return rows;
}

KeySpan key_span(const WindowSpan& span) {
  const auto time = [](std::int64_t ms) { return static_cast<std::uint64_t>(std::max<std::int64_t>(ms, 0)); };
  return {.key = *span.from_key,
          .from = {time(span.from), 0},
          .to = {time(span.to), std::numeric_limits<std::int32_t>::max()},
          .times_bytes = kWindowKeySuffixBytes,
          .reverse = span.reverse};
}

namespace {

class NoRows final : public WindowCursor {
 public:
  bool next(BytesView&, std::int64_t&, BytesView&) override { return false; }
};

/// Sequence numbers of duplicates count up and wrap within the positive integers.
class Sequence {
 public:
  std::int32_t next() { return at_ = static_cast<std::int32_t>((static_cast<std::uint32_t>(at_) + 1) & 0x7fffffffu); }
  std::int32_t at() const { return at_; }

 private:
  std::int32_t at_ = 0;
};

class SegmentedRows final : public WindowRows {
 public:
  SegmentedRows(WindowRowsOptions options, RowTables& backend) : options_(std::move(options)), backend_(backend) {
    const std::string prefix = options_.name + ".";
    for (const std::string& name : backend_.table_names()) {
      if (!name.starts_with(prefix)) continue;
      std::int64_t first = 0;
      const char* end = name.data() + name.size();
      if (std::from_chars(name.data() + prefix.size(), end, first).ptr != end) continue;
      open(first / options_.segment_interval_ms);
    }
  }

  bool put(BytesView key, std::int64_t start, std::optional<BytesView> value) override {
    if (!value && options_.retain_duplicates) return true;
    if (options_.retain_duplicates) sequence_.next();
    stream_time_ = std::max(stream_time_, start);
    const std::int64_t first_live = segment_of(stream_time_ - options_.retention_ms);
    const std::int64_t segment = segment_of(start);
    const bool live = segment >= first_live;
    if (live) {
      row_key_.clear();
      append_window_key(key, start, sequence_.at(), row_key_);
      const Segment tables = open(segment);
      tables.rows->put(row_key_, value);
      if (tables.times) note_time(*tables.times, key, start, value.has_value());
    }
    while (!segments_.empty() && segments_.begin()->first < first_live) {
      backend_.drop_table(table_name(segments_.begin()->first));
      if (options_.by_time()) backend_.drop_table(times_name(segments_.begin()->first));
      segments_.erase(segments_.begin());
    }
    return live;
  }

  bool get(BytesView key, std::int64_t start, Bytes& value) override {
    if (start < first_live_start()) return false;
    const auto segment = segments_.find(segment_of(start));
    if (segment == segments_.end()) return false;
    row_key_.clear();
    append_window_key(key, start, sequence_.at(), row_key_);
    return segment->second.rows->get(row_key_, value);
  }

  std::unique_ptr<WindowCursor> fetch(const WindowSpan& asked) override;

  void expect(BytesView row_key, std::int64_t start, Comes comes) override {
    const auto segment = segments_.find(segment_of(start));
    if (segment != segments_.end()) segment->second.rows->expect(row_key, comes);
  }
  void expect_key(BytesView key, std::int64_t time, Comes comes) override {
    const auto segment = segments_.find(segment_of(time));
    if (segment != segments_.end()) segment->second.rows->expect_key(key, comes);
  }

  bool before(const WindowSpan& span, const WindowKeyView& a, const WindowKeyView& b) const override {
    if (segment_of(a.start) != segment_of(b.start)) return segment_of(a.start) < segment_of(b.start);
    if (times_order(span)) return a.start != b.start ? a.start < b.start : a.key < b.key;
    Bytes left, right;
    append_window_key(a.key, a.start, 0, left);
    append_window_key(b.key, b.start, 0, right);
    return left < right;
  }

 private:
  friend class SegmentCursor;
  friend class TimesCursor;

  struct Segment {
    RowTable* rows = nullptr;
    RowTable* times = nullptr;  ///< start, key -> nothing; only where it is by_time
  };

  std::int64_t segment_of(std::int64_t time) const { return time / options_.segment_interval_ms; }
  std::string table_name(std::int64_t segment) const {
    return options_.name + "." + std::to_string(segment * options_.segment_interval_ms);
  }
  const Segment& open(std::int64_t segment) {
    Segment& tables = segments_[segment];
    if (!tables.rows) {
      tables.rows = &backend_.table(table_name(segment));
      if (options_.by_time()) tables.times = &backend_.table(times_name(segment));
    }
    return tables;
  }
  /// A store's name has no slash.
  std::string times_name(std::int64_t segment) const {
    return options_.name + "/times." + std::to_string(segment * options_.segment_interval_ms);
  }
  /// Notes that there is a row of this start, or that there is none any more.
  void note_time(RowTable& times, BytesView key, std::int64_t start, bool present) {
    time_key_.clear();
    append_big_endian(static_cast<std::uint64_t>(start), time_key_);
    time_key_.append(key);
    times.put(time_key_, present ? std::optional<BytesView>(BytesView()) : std::nullopt);
  }
  bool times_order(const WindowSpan& span) const {
    if (options_.order == RowOrder::kByTime) return !span.one_key();
    return options_.by_time() && !span.from_key && !span.to_key;
  }
  std::int64_t first_live_start() const { return stream_time_ - options_.retention_ms + (options_.by_time() ? 0 : 1); }

  WindowRowsOptions options_;
  RowTables& backend_;
  std::map<std::int64_t, Segment> segments_;
  Sequence sequence_;
  std::int64_t stream_time_ = -1;
  Bytes row_key_, time_key_;
};

/// Segment by segment; a segment that is dropped meanwhile is skipped.
class SegmentCursor final : public WindowCursor {
 public:
  SegmentCursor(SegmentedRows& rows, WindowSpan span) : rows_(rows), span_(std::move(span)) {
    first_ = rows_.segment_of(std::max<std::int64_t>(span_.from, 0));
    last_ = rows_.segment_of(span_.to);
  }

  bool next(BytesView& key, std::int64_t& start, BytesView& value) override {
    for (;;) {
      if (!cursor_ || !rows_.segments_.contains(current_)) {
        if (!open_next()) return false;
      }
      BytesView row_key;
      if (!cursor_->next(row_key, value)) {
        cursor_.reset();
        continue;
      }
      const WindowKeyView row = parse_window_key(row_key);
      if (!span_.holds(row.key, row.start)) continue;
      key = row.key;
      start = row.start;
      return true;
    }
  }

 private:
  /// Opens the next of the segments from first_ to last_, which are those that are ahead.
  bool open_next() {
    const auto& segments = rows_.segments_;
    if (first_ > last_) return false;
    auto segment = span_.reverse ? segments.upper_bound(last_) : segments.lower_bound(first_);
    if (span_.reverse) {
      if (segment == segments.begin()) return false;
      --segment;
    }
    if (segment == segments.end() || segment->first < first_ || segment->first > last_) return false;
    current_ = segment->first;
    (span_.reverse ? last_ : first_) = span_.reverse ? current_ - 1 : current_ + 1;
    RowTable& rows = *segment->second.rows;
    cursor_ = span_.one_key() ? rows.scan_key(key_span(span_)) : rows.scan(row_bounds(span_));
    return true;
  }

  SegmentedRows& rows_;
  WindowSpan span_;
  std::int64_t first_ = 0;
  std::int64_t last_ = 0;
  std::int64_t current_ = 0;
  std::unique_ptr<RowCursor> cursor_;
};

/// By start: what the times tables hold, segment by segment.
class TimesCursor final : public WindowCursor {
 public:
  TimesCursor(SegmentedRows& rows, WindowSpan span) : rows_(rows), span_(std::move(span)) {
    const std::int64_t from = std::max<std::int64_t>(span_.from, 0);
    for (const auto& [segment, table] : rows_.segments_) {
      if (segment >= rows_.segment_of(from) && segment <= rows_.segment_of(span_.to)) ahead_.push_back(segment);
    }
    if (!span_.reverse) std::reverse(ahead_.begin(), ahead_.end());
    bounds_.reverse = span_.reverse;
    append_big_endian(static_cast<std::uint64_t>(from), bounds_.from.emplace());
    append_big_endian(static_cast<std::uint64_t>(span_.to), bounds_.to.emplace());
    bounds_.to = prefix_end(*bounds_.to);
    bounds_.to_included = false;
  }

  bool next(BytesView& key, std::int64_t& start, BytesView& value) override {
    constexpr std::size_t kStartBytes = 8;
    for (;;) {
      BytesView time_key, nothing;
      while (!cursor_ || !rows_.segments_.count(segment_) || !cursor_->next(time_key, nothing)) {
        if (ahead_.empty()) return false;
        segment_ = ahead_.back();
        ahead_.pop_back();
        const auto segment = rows_.segments_.find(segment_);
        cursor_ = segment != rows_.segments_.end() ? segment->second.times->scan(bounds_) : nullptr;
      }
      start = static_cast<std::int64_t>(read_big_endian<std::uint64_t>(time_key.data()));
      key = time_key.substr(kStartBytes);
      if (!span_.holds(key, start)) continue;
      row_key_.clear();
      append_window_key(key, start, 0, row_key_);
      if (!rows_.segments_.at(segment_).rows->get(row_key_, value_)) continue;
      value = value_;
      return true;
    }
  }

 private:
  SegmentedRows& rows_;
  WindowSpan span_;
  RowSpan bounds_;
  std::vector<std::int64_t> ahead_;
  std::int64_t segment_ = 0;
  std::unique_ptr<RowCursor> cursor_;
  Bytes row_key_, value_;
};

std::unique_ptr<WindowCursor> SegmentedRows::fetch(const WindowSpan& asked) {
  WindowSpan span = asked;
  span.from = std::max(span.from, first_live_start());
  if (span.to < span.from || span.keys_reversed()) return std::make_unique<NoRows>();
  if (times_order(span)) return std::make_unique<TimesCursor>(*this, std::move(span));
  return std::make_unique<SegmentCursor>(*this, std::move(span));
}

class ExactRows final : public WindowRows {
 public:
  explicit ExactRows(WindowRowsOptions options) : options_(std::move(options)) {}

  bool put(BytesView key, std::int64_t start, std::optional<BytesView> value) override {
    expire();
    stream_time_ = std::max(stream_time_, start);
    if (start <= stream_time_ - options_.retention_ms) return false;
    if (value) {
      if (options_.retain_duplicates) sequence_.next();
      windows_[start].put(row_key(key), value);
    } else if (!options_.retain_duplicates) {
      const auto window = windows_.find(start);
      if (window == windows_.end()) return true;
      window->second.put(key, std::nullopt);
      if (window->second.approximate_count() == 0) windows_.erase(window);
    }
    return true;
  }

  bool get(BytesView key, std::int64_t start, Bytes& value) override {
    expire();
    if (start <= stream_time_ - options_.retention_ms) return false;
    const auto window = windows_.find(start);
    return window != windows_.end() && window->second.get(key, value);
  }

  std::unique_ptr<WindowCursor> fetch(const WindowSpan& asked) override;

  bool before(const WindowSpan&, const WindowKeyView& a, const WindowKeyView& b) const override {
    return a.start != b.start ? a.start < b.start : a.key < b.key;
  }

 private:
  friend class ExactCursor;

  BytesView row_key(BytesView key) {
    if (!options_.retain_duplicates) return key;
    row_key_.assign(key);
    append_big_endian(static_cast<std::uint32_t>(sequence_.at()), row_key_);
    return row_key_;
  }
  void expire() {
    while (!windows_.empty() && windows_.begin()->first <= stream_time_ - options_.retention_ms) {
      windows_.erase(windows_.begin());
    }
  }

  WindowRowsOptions options_;
  std::map<std::int64_t, MemoryTable> windows_;
  Sequence sequence_;
  std::int64_t stream_time_ = -1;
  Bytes row_key_;
};

class ExactCursor final : public WindowCursor {
 public:
  ExactCursor(ExactRows& rows, WindowSpan span) : rows_(rows), span_(std::move(span)) {}

  bool next(BytesView& key, std::int64_t& start, BytesView& value) override {
    for (;;) {
      if (!cursor_ || !rows_.windows_.count(*at_)) {
        if (!open_next()) return false;
      }
      if (!cursor_->next(key, value)) {
        cursor_.reset();
        continue;
      }
      if (rows_.options_.retain_duplicates) key.remove_suffix(4);
      start = *at_;
      if (span_.holds(key, start)) return true;
    }
  }

 private:
  bool open_next() {
    const auto& windows = rows_.windows_;
    auto next = windows.end();
    if (!span_.reverse) {
      next = at_ ? windows.upper_bound(*at_) : windows.lower_bound(span_.from);
    } else {
      const auto above = at_ ? windows.lower_bound(*at_) : windows.upper_bound(span_.to);
      if (above != windows.begin()) next = std::prev(above);
    }
    if (next == windows.end() || next->first < span_.from || next->first > span_.to) return false;
    at_ = next->first;
    RowSpan rows;
    rows.reverse = span_.reverse;
    rows.from = span_.from_key;
    if (!rows_.options_.retain_duplicates) rows.to = span_.to_key;
    cursor_ = rows_.windows_.at(*at_).scan(std::move(rows));
    return true;
  }

  ExactRows& rows_;
  WindowSpan span_;
  std::optional<std::int64_t> at_;
  std::unique_ptr<RowCursor> cursor_;
};

std::unique_ptr<WindowCursor> ExactRows::fetch(const WindowSpan& asked) {
  expire();
  WindowSpan span = asked;
  span.from = std::max(span.from, stream_time_ - options_.retention_ms + 1);
  if (span.to < span.from || span.keys_reversed()) return std::make_unique<NoRows>();
  return std::make_unique<ExactCursor>(*this, std::move(span));
}

}  // namespace

std::unique_ptr<WindowRows> WindowRows::segmented(WindowRowsOptions options, RowTables& backend) {
  return std::make_unique<SegmentedRows>(std::move(options), backend);
}
std::unique_ptr<WindowRows> WindowRows::exact(WindowRowsOptions options) {
  return std::make_unique<ExactRows>(std::move(options));
}

}  // namespace leat::detail
