#include "broker/wire/record_batch.h"

#include <algorithm>
#include <cstring>

#include "base/big_endian.h"
#include "base/crc32c.h"
#include "base/varint.h"

namespace leat::wire {

namespace {

constexpr std::size_t kLengthAt = 8;
constexpr std::size_t kLeaderEpochAt = 12;
constexpr std::size_t kMagicAt = 16;
constexpr std::size_t kCrcAt = 17;
constexpr std::size_t kAttributesAt = 21;
constexpr std::size_t kLastOffsetDeltaAt = 23;
constexpr std::size_t kBaseTimestampAt = 27;
constexpr std::size_t kMaxTimestampAt = 35;
constexpr std::size_t kProducerIdAt = 43;
constexpr std::size_t kProducerEpochAt = 51;
constexpr std::size_t kBaseSequenceAt = 53;
constexpr std::size_t kCountAt = 57;
/// A length field below this cannot hold epoch, magic and checksum.
constexpr std::int32_t kLengthMin = 14;
constexpr std::size_t kRecordBytesMax = 5 + 1 + 10 + 5 + 5 + 5 + 5;

/// What came over the wire may be any number: sums and differences wrap, as in Java.
std::int64_t wrapping_sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
std::int64_t wrapping_difference(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

/// read_varint with the lengths that records mostly have, one byte or two, in line.
[[gnu::always_inline]] inline const char* read_short_varint(const char* at, const char* end, std::int32_t& value) {
  if (end - at >= 2) {
    const auto first = static_cast<unsigned char>(at[0]), second = static_cast<unsigned char>(at[1]);
    if (first < 0x80) {
      value = unzigzag(std::uint32_t{first});
      return at + 1;
    }
    if (second < 0x80) {
      value = unzigzag(std::uint32_t{first & 0x7fu} | std::uint32_t{second} << 7);
      return at + 2;
    }
  }
  return read_varint(at, end, value);
}

/// Reads a length and that many bytes; a negative length is null.
[[gnu::always_inline]] inline bool read_nullable(const char*& at, const char* end, std::optional<BytesView>& bytes) {
  std::int32_t size = 0;
  at = read_short_varint(at, end, size);
  if (at == nullptr) return false;
  if (size < 0) {
    bytes.reset();
    return true;
  }
  if (size > end - at) return false;
  bytes = BytesView(at, static_cast<std::size_t>(size));
  at += size;
  return true;
}

[[gnu::always_inline]] inline char* write_nullable(char* at, std::optional<BytesView> bytes) {
  if (!bytes) return write_varint(at, -1);
  at = write_varint(at, static_cast<std::int32_t>(bytes->size()));
  if (!bytes->empty()) std::memcpy(at, bytes->data(), bytes->size());
  return at + bytes->size();
}

std::size_t nullable_size(std::optional<BytesView> bytes) {
  return bytes ? varint_size(static_cast<std::int32_t>(bytes->size())) + bytes->size() : 1;
}

}  // namespace

bool RecordView::next_header(BytesView& rest, RecordHeader& header) {
  const char* at = rest.data();
  const char* end = at + rest.size();
  std::optional<BytesView> key;
  if (!read_nullable(at, end, key) || !key || !read_nullable(at, end, header.value)) return false;
  header.key = *key;
  rest.remove_prefix(static_cast<std::size_t>(at - rest.data()));
  return true;
}

Result<BatchView> BatchView::parse(BytesView bytes) {
  if (bytes.size() <= kMagicAt) return Error{ErrorKind::kNotFound, "less than a batch"};
  const auto length = load_big_endian<std::int32_t>(bytes.data() + kLengthAt);
  if (length < kLengthMin) return Error{ErrorKind::kCorrupt, "a batch of impossible length " + std::to_string(length)};
  if (bytes[kMagicAt] != kMagic)
    return Error{ErrorKind::kCorrupt, "a batch of format version " + std::to_string(bytes[kMagicAt]) + ", not 2"};
  const std::size_t size = kOverheadBytes + static_cast<std::size_t>(length);
  if (bytes.size() < size) return Error{ErrorKind::kNotFound, "less than a batch"};
  if (size < kHeaderBytes) return Error{ErrorKind::kCorrupt, "a batch that is shorter than its header"};
  return BatchView(bytes.substr(0, size));
}

std::int64_t BatchView::base_offset() const { return load_big_endian<std::int64_t>(bytes_.data()); }
std::int32_t BatchView::leader_epoch() const { return load_big_endian<std::int32_t>(bytes_.data() + kLeaderEpochAt); }
std::uint32_t BatchView::crc() const { return load_big_endian<std::uint32_t>(bytes_.data() + kCrcAt); }
std::int16_t BatchView::attributes() const { return load_big_endian<std::int16_t>(bytes_.data() + kAttributesAt); }
std::int64_t BatchView::last_offset() const { return wrapping_sum(base_offset(), last_offset_delta()); }
std::int32_t BatchView::last_offset_delta() const {
  return load_big_endian<std::int32_t>(bytes_.data() + kLastOffsetDeltaAt);
}
std::int64_t BatchView::base_timestamp() const {
  return load_big_endian<std::int64_t>(bytes_.data() + kBaseTimestampAt);
}
std::int64_t BatchView::max_timestamp() const { return load_big_endian<std::int64_t>(bytes_.data() + kMaxTimestampAt); }
std::int64_t BatchView::producer_id() const { return load_big_endian<std::int64_t>(bytes_.data() + kProducerIdAt); }
std::int16_t BatchView::producer_epoch() const {
  return load_big_endian<std::int16_t>(bytes_.data() + kProducerEpochAt);
}
std::int32_t BatchView::base_sequence() const { return load_big_endian<std::int32_t>(bytes_.data() + kBaseSequenceAt); }
std::int32_t BatchView::record_count() const { return load_big_endian<std::int32_t>(bytes_.data() + kCountAt); }

std::int32_t BatchView::last_sequence() const {
  if (base_sequence() == kNoSequence) return kNoSequence;
  return static_cast<std::int32_t>((static_cast<std::int64_t>(base_sequence()) + last_offset_delta()) & 0x7fffffff);
}

bool BatchView::crc_matches() const { return crc32c(bytes_.substr(kAttributesAt)) == crc(); }

Result<RecordCursor> RecordCursor::open(const BatchView& batch, Buf owner, std::size_t inflated_bytes_max) {
  RecordCursor cursor;
  BytesView records = batch.records_section();
  if (batch.codec_number() != 0) {
    if (batch.codec_number() > static_cast<int>(Codec::kZstd))
      return Error{ErrorKind::kCorrupt,
                   "records are compressed with unknown codec " + std::to_string(batch.codec_number())};
    LEAT_ASSIGN_OR_RETURN(cursor.owner_,
                          decompress(static_cast<Codec>(batch.codec_number()), records, inflated_bytes_max));
    records = cursor.owner_.view();
  } else {
    cursor.owner_ = std::move(owner);
  }
  cursor.at_ = records.data();
  cursor.end_ = records.data() + records.size();
  cursor.base_offset_ = batch.base_offset();
  cursor.base_timestamp_ = batch.base_timestamp();
  if (batch.log_append_time()) cursor.append_timestamp_ = batch.max_timestamp();
  cursor.left_ = batch.record_count();
  return cursor;
}

bool RecordCursor::next(RecordView& record) {
  if (left_ <= 0 || !ok_) return false;
  --left_;
  std::int32_t size = 0;
  const char* at = read_short_varint(at_, end_, size);
  if (at == nullptr || size < 1 || size > end_ - at) return ok_ = false;
  const char* end = at + size;
  ++at;  // attributes of a record are unused
  std::int64_t timestamp_delta = 0;
  std::int32_t offset_delta = 0;
  at = read_varlong(at, end, timestamp_delta);
  if (at != nullptr) at = read_short_varint(at, end, offset_delta);
  if (at == nullptr || !read_nullable(at, end, record.key) || !read_nullable(at, end, record.value)) return ok_ = false;
  at = read_varint(at, end, record.header_count);
  if (at == nullptr || record.header_count < 0 || record.header_count > end - at) return ok_ = false;
  if (record.header_count == 0 && at != end) return ok_ = false;
  record.raw_headers = BytesView(at, static_cast<std::size_t>(end - at));
  record.offset = wrapping_sum(base_offset_, offset_delta);
  record.timestamp =
      append_timestamp_ == kNoTimestamp ? wrapping_sum(base_timestamp_, timestamp_delta) : append_timestamp_;
  at_ = end;
  return true;
}

BatchBuilder::BatchBuilder(std::size_t bytes_expected) : bytes_expected_(bytes_expected) {}

std::size_t BatchBuilder::record_bytes_max(std::optional<BytesView> key, std::optional<BytesView> value,
                                           std::span<const RecordHeader> headers) {
  std::size_t bytes = kRecordBytesMax + (key ? key->size() : 0) + (value ? value->size() : 0);
  for (const RecordHeader& header : headers)
    bytes += 10 + header.key.size() + (header.value ? header.value->size() : 0);
  return bytes;
}

char* BatchBuilder::room(std::size_t bytes) {
  if (block_.size() - size_ < bytes) {
    Buf larger = Buf::allocate(std::max({block_.size() * 2, size_ + bytes, bytes_expected_}));
    if (size_ > 0) std::memcpy(larger.mutable_data(), block_.data(), size_);
    block_ = std::move(larger);
  }
  return block_.mutable_data() + size_;
}

void BatchBuilder::begin_record(std::int64_t timestamp) {
  if (count_ == 0) {
    room(BatchView::kHeaderBytes);
    size_ = BatchView::kHeaderBytes;
    base_timestamp_ = given_base_timestamp_.value_or(timestamp);
    max_timestamp_ = timestamp;
  }
  max_timestamp_ = std::max(max_timestamp_, timestamp);
}

void BatchBuilder::append(std::int64_t timestamp, std::optional<BytesView> key, std::optional<BytesView> value,
                          std::span<const RecordHeader> headers, std::int32_t offset_delta) {
  begin_record(timestamp);
  if (offset_delta < 0) offset_delta = last_offset_delta_ + 1;
  const std::int64_t timestamp_delta = wrapping_difference(timestamp, base_timestamp_);
  std::size_t size = 1 + varlong_size(timestamp_delta) + varint_size(offset_delta) + nullable_size(key) +
                     nullable_size(value) + varint_size(static_cast<std::int32_t>(headers.size()));
  for (const RecordHeader& header : headers) size += nullable_size(header.key) + nullable_size(header.value);
  char* const begin = room(kVarintBytesMax + size);
  char* at = write_varint(begin, static_cast<std::int32_t>(size));
  *at++ = 0;
  at = write_varlong(at, timestamp_delta);
  at = write_varint(at, offset_delta);
  at = write_nullable(at, key);
  at = write_nullable(at, value);
  at = write_varint(at, static_cast<std::int32_t>(headers.size()));
  for (const RecordHeader& header : headers) {
    at = write_nullable(at, header.key);
    at = write_nullable(at, header.value);
  }
  size_ += static_cast<std::size_t>(at - begin);
  last_offset_delta_ = offset_delta;
  ++count_;
}

void BatchBuilder::append(const RecordView& record, std::int32_t offset_delta) {
  std::vector<RecordHeader> headers;
  record.headers(headers);
  append(record.timestamp, record.key, record.value, headers, offset_delta);
}

Buf BatchBuilder::seal(const BatchAttributes& attributes) {
  LEAT_CHECK(count_ > 0, "a batch needs a record");
  Buf batch = block_.slice(0, size_);
  if (attributes.codec != Codec::kNone)
    batch = compress(attributes.codec, batch.view().substr(BatchView::kHeaderBytes), BatchView::kHeaderBytes);
  char* at = batch.mutable_data();
  std::memset(at, 0, BatchView::kHeaderBytes);
  at[kMagicAt] = BatchView::kMagic;
  BatchStamp stamp(at);
  stamp.length(batch.size());
  stamp.leader_epoch(-1);
  stamp.attributes(static_cast<std::int16_t>(static_cast<int>(attributes.codec) | (attributes.transactional ? 16 : 0) |
                                             (attributes.control ? 32 : 0)));
  stamp.last_offset_delta(last_offset_delta_);
  stamp.base_timestamp(base_timestamp_);
  stamp.max_timestamp(max_timestamp_);
  stamp.record_count(count_);
  stamp.producer(attributes.producer_id, attributes.producer_epoch, attributes.base_sequence);
  stamp.seal(batch.size());
  block_ = {};
  size_ = 0;
  count_ = 0;
  last_offset_delta_ = -1;
  given_base_timestamp_.reset();
  max_timestamp_ = kNoTimestamp;
  return batch;
}

void BatchStamp::base_offset(std::int64_t offset) { store_big_endian(at_, offset); }
void BatchStamp::length(std::size_t batch_bytes) {
  store_big_endian(at_ + kLengthAt, static_cast<std::int32_t>(batch_bytes - BatchView::kOverheadBytes));
}
void BatchStamp::leader_epoch(std::int32_t epoch) { store_big_endian(at_ + kLeaderEpochAt, epoch); }
void BatchStamp::attributes(std::int16_t attributes) { store_big_endian(at_ + kAttributesAt, attributes); }
void BatchStamp::last_offset_delta(std::int32_t delta) { store_big_endian(at_ + kLastOffsetDeltaAt, delta); }
void BatchStamp::base_timestamp(std::int64_t timestamp) { store_big_endian(at_ + kBaseTimestampAt, timestamp); }
void BatchStamp::record_count(std::int32_t count) { store_big_endian(at_ + kCountAt, count); }
void BatchStamp::max_timestamp(std::int64_t timestamp) { store_big_endian(at_ + kMaxTimestampAt, timestamp); }
void BatchStamp::producer(std::int64_t id, std::int16_t epoch, std::int32_t base_sequence) {
  store_big_endian(at_ + kProducerIdAt, id);
  store_big_endian(at_ + kProducerEpochAt, epoch);
  store_big_endian(at_ + kBaseSequenceAt, base_sequence);
}
void BatchStamp::seal(std::size_t batch_bytes) {
  store_big_endian(at_ + kCrcAt, crc32c(BytesView(at_, batch_bytes).substr(kAttributesAt)));
}

Buf end_transaction_marker(bool commit, std::int64_t producer_id, std::int16_t producer_epoch,
                           std::int32_t coordinator_epoch, std::int64_t timestamp) {
  Bytes key, value;
  append_big_endian<std::int16_t>(key, 0);  // version
  append_big_endian<std::int16_t>(key, static_cast<std::int16_t>(commit ? ControlType::kCommit : ControlType::kAbort));
  append_big_endian<std::int16_t>(value, 0);  // version
  append_big_endian<std::int32_t>(value, coordinator_epoch);
  BatchBuilder builder(128);
  builder.append(timestamp, key, value);
  return builder.seal(
      {.transactional = true, .control = true, .producer_id = producer_id, .producer_epoch = producer_epoch});
}

ControlType control_type(const RecordView& record) {
  if (!record.key || record.key->size() < 4) return ControlType::kUnknown;
  const auto type = load_big_endian<std::int16_t>(record.key->data() + 2);
  return type == 0 || type == 1 ? static_cast<ControlType>(type) : ControlType::kUnknown;
}

}  // namespace leat::wire
