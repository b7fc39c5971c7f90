#include "topology/suppress_buffer.h"

#include "base/serde.h"

namespace leat::detail {

namespace {

constexpr std::uint32_t kNull = 0xffffffff;
constexpr std::uint32_t kSameAsPrior = 0xfffffffe;

/// Characters as Java counts them: UTF-16 units.
std::int64_t utf16_units(std::string_view text) {
  std::int64_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    units += (byte & 0xc0) != 0x80;
    units += byte >= 0xf0;
  }
  return units;
}

/// What a row counts for in the buffer: Kafka's estimate.
std::int64_t size_of(const Bytes& key, const SuppressBuffer::Row& row) {
  std::int64_t size = 8 + static_cast<std::int64_t>(key.size());
  if (row.prior) size += row.prior->size();
  if (row.old_value && row.old_value != row.prior) size += row.old_value->size();
  if (row.new_value) size += row.new_value->size();
  size += 8 + 8 + 4 + utf16_units(row.metadata.topic);
  for (const Header& header : row.headers) {
    size += utf16_units(header.name) + (header.value ? static_cast<std::int64_t>(header.value->size()) : 0);
  }
  return size;
}

void append_sized(const std::optional<Bytes>& bytes, Bytes& out) {
  append_big_endian<std::uint32_t>(bytes ? static_cast<std::uint32_t>(bytes->size()) : kNull, out);
  if (bytes) out.append(*bytes);
}

/// Reads big-endian numbers and sized bytes; fails once, at the end.
class Reader {
 public:
  explicit Reader(BytesView bytes) : bytes_(bytes) {}
  template <class Unsigned>
  Unsigned number() {
    if (bytes_.size() < sizeof(Unsigned)) return failed_ = true, Unsigned{0};
    const Unsigned value = read_big_endian<Unsigned>(bytes_.data());
    bytes_.remove_prefix(sizeof(Unsigned));
    return value;
  }
  std::optional<Bytes> sized() { return of_size(number<std::uint32_t>()); }
  std::optional<Bytes> of_size(std::uint32_t size) {
    if (size == kNull) return std::nullopt;
    if (size > bytes_.size()) return failed_ = true, std::nullopt;
    Bytes taken(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
    return taken;
  }
  bool failed() const { return failed_; }
  bool at_end() const { return bytes_.empty(); }
  BytesView rest() const { return bytes_; }

 private:
  BytesView bytes_;
  bool failed_ = false;
};

/// The record context: as all versions but the first have it.
void read_context(Reader& reader, SuppressBuffer::Row& row) {
  row.timestamp = static_cast<std::int64_t>(reader.number<std::uint64_t>());
  row.metadata.offset = static_cast<std::int64_t>(reader.number<std::uint64_t>());
  row.metadata.topic = reader.sized().value_or("");
  row.metadata.partition = static_cast<std::int32_t>(reader.number<std::uint32_t>());
  const auto headers = reader.number<std::uint32_t>();
  for (std::uint32_t i = 0; headers != kNull && i < headers && !reader.failed(); ++i) {
    std::string name = reader.sized().value_or("");
    row.headers.add(std::move(name), reader.sized());
  }
}

/// The change as versions before 3 have it: the old value, then the new one.
void read_change(Reader& reader, SuppressBuffer::Row& row) {
  row.old_value = reader.sized();
  row.new_value = reader.sized();
}

Error ends_early(BytesView bytes) {
  return {ErrorKind::kCorrupt, "a record of a suppress changelog ends early: " + to_hex(bytes)};
}

using TimedRow = std::pair<std::int64_t, SuppressBuffer::Row>;

/// Version 0 (Kafka 2.1): the time, and the change. Version 1 (2.2, 2.3): the context in between. Neither knows what
/// was there before the row was held back; the row that is held already does.
Result<TimedRow> read_version_0_or_1(int version, const ChangelogRecord& record, const SuppressBuffer::Row* held) {
  Reader reader(*record.value);
  SuppressBuffer::Row row;
  const auto time = static_cast<std::int64_t>(reader.number<std::uint64_t>());
  if (version == 0) {
    row.timestamp = record.timestamp;
    if (record.headers) row.headers = *record.headers;
    read_change(reader, row);
  } else {
    read_context(reader, row);
    const auto change = reader.sized();
    Reader parts(change ? BytesView(*change) : BytesView());
    read_change(parts, row);
    if (parts.failed()) return ends_early(*record.value);
  }
  if (reader.failed()) return ends_early(*record.value);
  row.prior = held ? held->prior : row.old_value;
  return TimedRow{time, std::move(row)};
}

/// Version 2 (2.4): context, change, the value before, time.
Result<TimedRow> read_version_2(BytesView bytes) {
  Reader reader(bytes);
  SuppressBuffer::Row row;
  read_context(reader, row);
  const auto change = reader.sized();
  Reader parts(change ? BytesView(*change) : BytesView());
  read_change(parts, row);
  row.prior = reader.sized();
  const auto time = static_cast<std::int64_t>(reader.number<std::uint64_t>());
  if (reader.failed() || parts.failed() || !parts.at_end() || !reader.at_end()) return ends_early(bytes);
  return TimedRow{time, std::move(row)};
}

}  // namespace

Bytes serialize_suppressed(const SuppressBuffer::Row& row, std::int64_t time) {
  Bytes out;
  append_big_endian(static_cast<std::uint64_t>(row.timestamp), out);
  append_big_endian(static_cast<std::uint64_t>(row.metadata.offset), out);
  append_sized(row.metadata.topic, out);
  append_big_endian(static_cast<std::uint32_t>(row.metadata.partition), out);
  append_big_endian(static_cast<std::uint32_t>(row.headers.size()), out);
  for (const Header& header : row.headers) {
    append_sized(header.name, out);
    append_sized(header.value, out);
  }
  append_sized(row.prior, out);
  if (row.old_value && row.old_value == row.prior) {
    append_big_endian(kSameAsPrior, out);
  } else {
    append_sized(row.old_value, out);
  }
  append_sized(row.new_value, out);
  append_big_endian(static_cast<std::uint64_t>(time), out);
  return out;
}

Result<std::pair<std::int64_t, SuppressBuffer::Row>> read_suppressed(BytesView bytes) {
  Reader reader(bytes);
  SuppressBuffer::Row row;
  read_context(reader, row);
  row.prior = reader.sized();
  const auto old_size = reader.number<std::uint32_t>();
  row.old_value = old_size == kSameAsPrior ? row.prior : reader.of_size(old_size);
  row.new_value = reader.sized();
  const auto time = static_cast<std::int64_t>(reader.number<std::uint64_t>());
  if (reader.failed()) return ends_early(bytes);
  return std::pair{time, std::move(row)};
}

Result<std::pair<std::int64_t, SuppressBuffer::Row>> read_suppressed(const ChangelogRecord& record,
                                                                     const SuppressBuffer::Row* held) {
  int version = 0;
  if (record.headers)
    for (const Header& header : *record.headers)
      if (header.name == "v" && header.value && header.value->size() == 1) version = (*header.value)[0];
  switch (version) {
    case 0:
    case 1: return read_version_0_or_1(version, record, held);
    case 2: {
      // Kafka 2.4 and 2.5.0 wrote version 3 under this number.
      auto read = read_version_2(*record.value);
      return read.ok() ? std::move(read) : read_suppressed(*record.value);
    }
    case 3: return read_suppressed(*record.value);
    default:
      return Error{ErrorKind::kCorrupt, "a record of a suppress changelog has version " + std::to_string(version) +
                                            "; 0 to 3 are known: was it written by a newer release?"};
  }
}

Status SuppressBuffer::open(const StoreContext& context) {
  context_ = context;
  return {};
}

void SuppressBuffer::close() {
  rows_.clear();
  times_.clear();
  dirty_.clear();
  bytes_ = 0;
}

void SuppressBuffer::insert(std::int64_t time, const Bytes& key, Row row) {
  const auto known = times_.find(key);
  const Place place{known == times_.end() ? time : known->second, key};
  bytes_ += size_of(key, row);
  if (known == times_.end()) {
    times_.emplace(key, time);
    rows_.emplace(place, std::move(row));
  } else {
    Row& held = rows_.at(place);
    bytes_ -= size_of(key, held);
    held = std::move(row);
  }
}

Status SuppressBuffer::restore(const ChangelogRecord& record) {
  const Bytes key(record.key);
  if (!record.value) {
    const auto known = times_.find(key);
    if (known == times_.end()) return {};
    const auto row = rows_.find({known->second, key});
    bytes_ -= size_of(key, row->second);
    rows_.erase(row);
    times_.erase(known);
    return {};
  }
  auto read = read_suppressed(record, find(record.key));
  if (!read.ok()) return read.error().in("restoring " + name());
  insert(read->first, key, std::move(read->second));
  return {};
}

void SuppressBuffer::put(std::int64_t time, BytesView key, std::optional<Bytes> old_value,
                         std::optional<Bytes> new_value, const RecordContext& context) {
  Row row;
  const Row* held = find(key);
  row.prior = held ? held->prior : old_value;
  row.old_value = std::move(old_value);
  row.new_value = std::move(new_value);
  row.timestamp = context.timestamp;
  if (context.metadata) row.metadata = *context.metadata;
  if (context.headers) row.headers = *context.headers;
  const Bytes owned(key);
  insert(time, owned, std::move(row));
  if (context_.collector) dirty_.insert(owned);
}

const SuppressBuffer::Row* SuppressBuffer::find(BytesView key) const {
  const auto known = times_.find(key);
  return known == times_.end() ? nullptr : &rows_.at({known->second, known->first});
}

void SuppressBuffer::evict_while(const std::function<bool()>& again,
                                 const std::function<void(BytesView key, Row& row)>& emit) {
  while (!rows_.empty() && again()) {
    const auto oldest = rows_.begin();
    emit(oldest->first.second, oldest->second);
    if (context_.collector) dirty_.insert(oldest->first.second);
    bytes_ -= size_of(oldest->first.second, oldest->second);
    times_.erase(oldest->first.second);
    rows_.erase(oldest);
  }
}

void SuppressBuffer::flush() {
  if (!context_.collector) return;
  static const Headers kVersion3{{"v", Bytes("\x03", 1)}};
  for (const Bytes& key : dirty_) {
    RecordCollector::Outgoing record;
    record.topic = context_.changelog_topic;
    record.partition = context_.partition;
    record.key = key;
    record.from = name();
    Bytes value;
    const auto known = times_.find(key);
    if (known != times_.end()) {
      value = serialize_suppressed(rows_.at({known->second, key}), known->second);
      record.value = value;
      record.headers = &kVersion3;
    }
    context_.collector->send(record);
  }
  dirty_.clear();
}

}  // namespace leat::detail
