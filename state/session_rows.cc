#include "state/session_rows.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include "base/serde.h"

namespace leat::detail {

void append_session_key(BytesView key, Window session, Bytes& out) {
  out.append(key);
  append_big_endian(static_cast<std::uint64_t>(session.end), out);
  append_big_endian(static_cast<std::uint64_t>(session.start), out);
}

SessionKeyView parse_session_key(BytesView bytes) {
  const char* times = bytes.data() + bytes.size() - kSessionKeySuffixBytes;
  return {bytes.substr(0, bytes.size() - kSessionKeySuffixBytes),
          {static_cast<std::int64_t>(read_big_endian<std::uint64_t>(times + 8)),
           static_cast<std::int64_t>(read_big_endian<std::uint64_t>(times))}};
}

RowSpan session_bounds(const SessionSpan& span) {
  constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max();
  RowSpan rows;
  rows.reverse = span.reverse;
  if (span.from_key) {
    const std::int64_t end = span.one_key() ? std::max<std::int64_t>(span.earliest_end, 0) : 0;
    append_session_key(*span.from_key, {0, end}, rows.from.emplace());
  }
  if (!span.to_key) return rows;
  Bytes suffix;
  append_session_key({}, {span.latest_start, kLast}, suffix);
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
  rows.to_included = true;
  return rows;
}

KeySpan key_span(const SessionSpan& span) {
  constexpr std::uint64_t kLast = std::numeric_limits<std::int64_t>::max();
  return {.key = *span.from_key,
          .from = {static_cast<std::uint64_t>(std::max<std::int64_t>(span.earliest_end, 0)), 0},
          .to = {kLast, static_cast<std::uint64_t>(span.latest_start)},
          .times_bytes = kSessionKeySuffixBytes,
          .reverse = span.reverse};
}

namespace {

class SegmentedSessions final : public SessionRows {
 public:
  SegmentedSessions(std::string name, std::int64_t retention_ms, std::int64_t segment_interval_ms, bool by_time,
                    RowTables& backend)
      : name_(std::move(name)),
        retention_ms_(retention_ms),
        interval_ms_(segment_interval_ms),
        by_time_(by_time),
        backend_(backend) {
    const std::string prefix = name_ + ".";
    for (const std::string& table : backend_.table_names()) {
      if (!table.starts_with(prefix)) continue;
      std::int64_t first = 0;
      const char* end = table.data() + table.size();
      if (std::from_chars(table.data() + prefix.size(), end, first).ptr != end) continue;
      open(first / interval_ms_);
    }
  }

  bool put(BytesView row_key, std::optional<BytesView> value) override {
    const std::int64_t end = parse_session_key(row_key).session.end;
    stream_time_ = std::max(stream_time_, end);
    const std::int64_t first_live = (stream_time_ - retention_ms_) / interval_ms_;
    const bool live = end / interval_ms_ >= first_live;
    if (live) put_into(open(end / interval_ms_), row_key, value);
    while (!segments_.empty() && segments_.begin()->first < first_live) {
      backend_.drop_table(table_name(segments_.begin()->first));
      if (by_time_) backend_.drop_table(times_name(segments_.begin()->first));
      segments_.erase(segments_.begin());
    }
    return live;
  }

  void remove(BytesView row_key) override {
    const std::int64_t end = parse_session_key(row_key).session.end;
    stream_time_ = std::max(stream_time_, end);
    const auto segment = segments_.find(end / interval_ms_);
    if (segment != segments_.end()) put_into(segment->second, row_key, std::nullopt);
  }

  bool get(BytesView row_key, Bytes& value) override {
    const std::int64_t end = parse_session_key(row_key).session.end;
    if (end < first_live_end()) return false;
    const auto segment = segments_.find(end / interval_ms_);
    return segment != segments_.end() && segment->second.rows->get(row_key, value);
  }

  void expect(BytesView row_key, Comes comes) override {
    const auto segment = segments_.find(parse_session_key(row_key).session.end / interval_ms_);
    if (segment != segments_.end()) segment->second.rows->expect(row_key, comes);
  }
  void expect_key(BytesView key, std::int64_t time, Comes comes) override {
    const auto segment = segments_.find(time / interval_ms_);
    if (segment != segments_.end()) segment->second.rows->expect_key(key, comes);
  }

  void find(const SessionSpan& asked, const Visit& visit) override {
    SessionSpan span = asked;
    span.earliest_end = std::max(span.earliest_end, first_live_end());
    if (span.keys_reversed()) return;
    const auto read = [&](RowTable& table) {
      const auto cursor = span.one_key() ? table.scan_key(key_span(span)) : table.scan(session_bounds(span));
      BytesView key, value;
      while (cursor->next(key, value)) {
        const SessionKeyView session = parse_session_key(key);
        if (span.holds(session)) visit(session, key, value);
      }
    };
    const auto first = segments_.lower_bound(std::max<std::int64_t>(span.earliest_end, 0) / interval_ms_);
    if (!span.reverse) {
      for (auto at = first; at != segments_.end(); ++at) read(*at->second.rows);
    } else {
      for (auto at = segments_.end(); at != first;) read(*(--at)->second.rows);
    }
  }

  void find_ended(std::int64_t earliest_end, std::int64_t latest_end, std::vector<SessionRow>& rows) override {
    RowSpan bounds;
    append_big_endian(static_cast<std::uint64_t>(earliest_end), bounds.from.emplace());
    Bytes last;
    append_big_endian(static_cast<std::uint64_t>(latest_end), last);
    bounds.to = prefix_end(last);
    bounds.to_included = false;
    for (auto at = segments_.lower_bound(earliest_end / interval_ms_); at != segments_.end(); ++at) {
      if (at->first > latest_end / interval_ms_) break;
      const auto cursor = at->second.times->scan(bounds);
      BytesView time_key, nothing;
      while (cursor->next(time_key, nothing)) {
        SessionRow row{Bytes(time_key.substr(kSessionKeySuffixBytes)), {}};
        row.key.append(time_key.substr(0, kSessionKeySuffixBytes));
        if (at->second.rows->get(row.key, row.value)) rows.push_back(std::move(row));
      }
    }
  }

  bool before(BytesView a, BytesView b) const override {
    const std::int64_t left = parse_session_key(a).session.end / interval_ms_;
    const std::int64_t right = parse_session_key(b).session.end / interval_ms_;
    return left != right ? left < right : a < b;
  }

 private:
  struct Segment {
    RowTable* rows = nullptr;
    RowTable* times = nullptr;  ///< end, start, key -> nothing; only where it is by_time
  };

  std::string table_name(std::int64_t segment) const { return name_ + "." + std::to_string(segment * interval_ms_); }
  /// A store's name has no slash.
  std::string times_name(std::int64_t segment) const {
    return name_ + "/times." + std::to_string(segment * interval_ms_);
  }
  const Segment& open(std::int64_t segment) {
    Segment& tables = segments_[segment];
    if (!tables.rows) {
      tables.rows = &backend_.table(table_name(segment));
      if (by_time_) tables.times = &backend_.table(times_name(segment));
    }
    return tables;
  }
  void put_into(const Segment& tables, BytesView row_key, std::optional<BytesView> value) {
    tables.rows->put(row_key, value);
    if (!tables.times) return;
    time_key_.assign(row_key.substr(row_key.size() - kSessionKeySuffixBytes));
    time_key_.append(row_key.substr(0, row_key.size() - kSessionKeySuffixBytes));
    tables.times->put(time_key_, value ? std::optional<BytesView>(BytesView()) : std::nullopt);
  }
  std::int64_t first_live_end() const { return stream_time_ - retention_ms_ + 1; }

  std::string name_;
  std::int64_t retention_ms_;
  std::int64_t interval_ms_;
  bool by_time_;
  RowTables& backend_;
  std::map<std::int64_t, Segment> segments_;
  std::int64_t stream_time_ = -1;
  Bytes time_key_;
};

class ExactSessions final : public SessionRows {
 public:
  explicit ExactSessions(std::int64_t retention_ms) : retention_ms_(retention_ms) {}

  bool put(BytesView row_key, std::optional<BytesView> value) override {
    expire();
    const SessionKeyView row = parse_session_key(row_key);
    stream_time_ = std::max(stream_time_, row.session.end);
    if (row.session.end <= stream_time_ - retention_ms_) return false;
    if (value) {
      ends_[row.session.end][{Bytes(row.key), row.session.start}].assign(*value);
    } else {
      remove(row_key);
    }
    return true;
  }

  void remove(BytesView row_key) override {
    const SessionKeyView row = parse_session_key(row_key);
    const auto end = ends_.find(row.session.end);
    if (end == ends_.end()) return;
    end->second.erase({Bytes(row.key), row.session.start});
    if (end->second.empty()) ends_.erase(end);
  }

  bool get(BytesView row_key, Bytes& value) override {
    expire();
    const SessionKeyView row = parse_session_key(row_key);
    if (row.session.end <= stream_time_ - retention_ms_) return false;
    const auto end = ends_.find(row.session.end);
    if (end == ends_.end()) return false;
    const auto found = end->second.find({Bytes(row.key), row.session.start});
    if (found == end->second.end()) return false;
    value = found->second;
    return true;
  }

  void find(const SessionSpan& span, const Visit& visit) override {
    expire();
    if (span.keys_reversed()) return;
    Bytes row_key;
    const auto read = [&](std::int64_t end, const Starts& starts) {
      auto at = span.from_key ? starts.lower_bound({*span.from_key, std::numeric_limits<std::int64_t>::min()})
                              : starts.begin();
      auto last = at;
      while (last != starts.end() && (!span.to_key || last->first.first <= *span.to_key)) ++last;
      const auto show = [&](const Starts::value_type& row) {
        const SessionKeyView session{row.first.first, {row.first.second, end}};
        if (!span.holds(session)) return;
        row_key.clear();
        append_session_key(session.key, session.session, row_key);
        visit(session, row_key, row.second);
      };
      if (!span.reverse) std::for_each(at, last, show);
      while (span.reverse && last != at) show(*--last);
    };
    const auto first = ends_.lower_bound(span.earliest_end);
    if (!span.reverse) {
      for (auto end = first; end != ends_.end(); ++end) read(end->first, end->second);
    } else {
      for (auto end = ends_.end(); end != first; --end) read(std::prev(end)->first, std::prev(end)->second);
    }
  }

  void find_ended(std::int64_t earliest_end, std::int64_t latest_end, std::vector<SessionRow>& rows) override {
    expire();
    for (auto end = ends_.lower_bound(earliest_end); end != ends_.end() && end->first <= latest_end; ++end) {
      for (const auto& [key, value] : end->second) {
        rows.push_back({{}, value});
        append_session_key(key.first, {key.second, end->first}, rows.back().key);
      }
    }
  }

  bool before(BytesView a, BytesView b) const override {
    const SessionKeyView x = parse_session_key(a), y = parse_session_key(b);
    return std::tie(x.session.end, x.key, x.session.start) < std::tie(y.session.end, y.key, y.session.start);
  }

 private:
  using Starts = std::map<std::pair<Bytes, std::int64_t>, Bytes>;

  void expire() {
    while (!ends_.empty() && ends_.begin()->first <= stream_time_ - retention_ms_) ends_.erase(ends_.begin());
  }

  std::int64_t retention_ms_;
  /// By end; then key and start.
  std::map<std::int64_t, Starts> ends_;
  std::int64_t stream_time_ = -1;
};

}  // namespace

std::unique_ptr<SessionRows> SessionRows::segmented(std::string name, std::int64_t retention_ms,
                                                    std::int64_t segment_interval_ms, bool by_time,
                                                    RowTables& backend) {
  return std::make_unique<SegmentedSessions>(std::move(name), retention_ms, segment_interval_ms, by_time, backend);
}
std::unique_ptr<SessionRows> SessionRows::exact(std::int64_t retention_ms) {
  return std::make_unique<ExactSessions>(retention_ms);
}

}  // namespace leat::detail
