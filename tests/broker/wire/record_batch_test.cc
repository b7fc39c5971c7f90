// Record batches: Kafka's own, and random ones by seed, whole, cut and damaged.
#include "broker/wire/record_batch.h"

#include <limits>

#include "base/big_endian.h"
#include "base/varint.h"
#include "tests/broker/wire/wire_fixture.h"

namespace leat::wire {
namespace {

using conformance::from_hex;
using simdjson::dom::array;
using simdjson::dom::element;

constexpr std::size_t kInflatedBytesMax = 1024 * 1024;

/// A record that owns its bytes.
struct Owned {
  std::int64_t offset = 0;
  std::int64_t timestamp = 0;
  std::optional<Bytes> key;
  std::optional<Bytes> value;
  std::vector<std::pair<Bytes, std::optional<Bytes>>> headers;
  bool operator==(const Owned&) const = default;
};

std::optional<BytesView> view(const std::optional<Bytes>& bytes) {
  return bytes ? std::optional<BytesView>(*bytes) : std::nullopt;
}
std::optional<Bytes> owned(std::optional<BytesView> bytes) {
  return bytes ? std::optional<Bytes>(*bytes) : std::nullopt;
}

std::vector<RecordHeader> headers_of(const Owned& record) {
  std::vector<RecordHeader> headers;
  for (const auto& [key, value] : record.headers) headers.push_back({key, view(value)});
  return headers;
}

/// All records, or nothing where one is malformed.
std::optional<std::vector<Owned>> read(const BatchView& batch, const Buf& owner) {
  auto cursor = RecordCursor::open(batch, owner, kInflatedBytesMax);
  if (!cursor) return std::nullopt;
  std::vector<Owned> records;
  for (RecordView record; cursor->next(record);) {
    Owned copy{record.offset, record.timestamp, owned(record.key), owned(record.value), {}};
    std::vector<RecordHeader> headers;
    if (!record.headers(headers)) return std::nullopt;
    for (const RecordHeader& header : headers) copy.headers.emplace_back(header.key, owned(header.value));
    records.push_back(std::move(copy));
  }
  if (!cursor->ok()) return std::nullopt;
  return records;
}

std::optional<Bytes> maybe_bytes(Draw& draw) {
  if (draw.one_in(5)) return std::nullopt;
  return draw.bytes(draw.below(draw.one_in(10) ? 5'000 : 40));
}

std::vector<Owned> random_records(Draw& draw) {
  std::vector<Owned> records(draw.below(40) + 1);
  for (std::size_t i = 0; i < records.size(); ++i) {
    Owned& record = records[i];
    record.offset = static_cast<std::int64_t>(i);
    record.timestamp =
        draw.one_in(4) ? draw.any_int64() : 1'700'000'000'000 + static_cast<std::int64_t>(draw.below(9'999));
    record.key = maybe_bytes(draw);
    record.value = maybe_bytes(draw);
    for (std::size_t n = draw.one_in(3) ? draw.below(5) : 0; n > 0; --n)
      record.headers.emplace_back(draw.bytes(draw.below(10)), maybe_bytes(draw));
  }
  return records;
}

Buf build(const std::vector<Owned>& records, const BatchAttributes& attributes) {
  BatchBuilder builder;
  for (const Owned& record : records) {
    const auto headers = headers_of(record);
    builder.append(record.timestamp, view(record.key), view(record.value), headers);
  }
  return builder.seal(attributes);
}

/// The batch with other bytes for its records, length and checksum right.
Bytes with_records(const Buf& batch, BytesView records, std::int32_t count) {
  Bytes bytes = Bytes(batch.view().substr(0, BatchView::kHeaderBytes)) + Bytes(records);
  store_big_endian<std::int32_t>(bytes.data() + 8, static_cast<std::int32_t>(bytes.size() - BatchView::kOverheadBytes));
  store_big_endian<std::int32_t>(bytes.data() + 57, count);
  BatchStamp(bytes.data()).seal(bytes.size());
  return bytes;
}

class EveryBatchCodec : public testing::TestWithParam<Codec> {};
INSTANTIATE_TEST_SUITE_P(RecordBatch, EveryBatchCodec,
                         testing::Values(Codec::kNone, Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd),
                         [](const auto& param) { return std::string(name(param.param)); });

TEST_P(EveryBatchCodec, GivesBackRandomRecords) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Draw draw(seed);
    const auto records = random_records(draw);
    const BatchAttributes attributes{.codec = GetParam(),
                                     .transactional = draw.one_in(2),
                                     .producer_id = draw.any_int64(),
                                     .producer_epoch = static_cast<std::int16_t>(draw.below(30'000)),
                                     .base_sequence = static_cast<std::int32_t>(draw.below(1'000'000))};
    const Buf block = build(records, attributes);
    const auto batch = BatchView::parse(block.view());
    ASSERT_TRUE(batch) << "seed " << seed;
    EXPECT_EQ(batch->size(), block.size());
    EXPECT_TRUE(batch->crc_matches());
    EXPECT_EQ(batch->record_count(), static_cast<std::int32_t>(records.size()));
    EXPECT_EQ(batch->last_offset(), static_cast<std::int64_t>(records.size()) - 1);
    EXPECT_EQ(batch->producer_id(), attributes.producer_id);
    EXPECT_EQ(batch->producer_epoch(), attributes.producer_epoch);
    EXPECT_EQ(batch->base_sequence(), attributes.base_sequence);
    EXPECT_EQ(batch->transactional(), attributes.transactional);
    EXPECT_EQ(batch->codec_number(), static_cast<int>(GetParam()));
    EXPECT_EQ(batch->max_timestamp(),
              std::max_element(records.begin(), records.end(), [](const Owned& a, const Owned& b) {
                return a.timestamp < b.timestamp;
              })->timestamp);
    ASSERT_EQ(read(*batch, block), records) << "seed " << seed;
  }
}

TEST_P(EveryBatchCodec, IsNoBatchWhereverItIsCut) {
  Draw draw(2);
  const Buf block = build(random_records(draw), {.codec = GetParam()});
  for (std::size_t size = 0; size < block.size(); ++size) {
    const auto batch = BatchView::parse(Buf::copy_of(block.view().substr(0, size)).view());
    ASSERT_FALSE(batch) << size;
    ASSERT_EQ(batch.error().kind, ErrorKind::kNotFound) << "less than a batch, not a broken one";
  }
}

TEST_P(EveryBatchCodec, SurvivesAnyDamageToItsRecords) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Draw draw(seed);
    Bytes damaged(build(random_records(draw), {.codec = GetParam()}).view());
    for (std::size_t n = draw.below(3) + 1; n > 0; --n)
      damaged[draw.below(damaged.size())] = static_cast<char>(draw.below(256));
    const Buf block = Buf::copy_of(damaged);
    const auto batch = BatchView::parse(block.view());
    if (!batch) continue;
    EXPECT_NO_FATAL_FAILURE(read(*batch, block));
  }
}

TEST(RecordBatch, NoticesEveryFlippedBitBehindTheChecksum) {
  Draw draw(8);
  const Bytes good(build(random_records(draw), {}).view());
  for (std::size_t i = 17; i < good.size(); ++i) {
    Bytes bad = good;
    bad[i] = static_cast<char>(bad[i] ^ (1 << draw.below(8)));
    EXPECT_FALSE(BatchView::parse(bad)->crc_matches()) << i;
  }
}

TEST(RecordBatch, RefusesRecordsThatAreCutAnywhere) {
  Draw draw(9);
  const auto records = random_records(draw);
  const Buf good = build(records, {});
  const BytesView section = BatchView::parse(good.view())->records_section();
  for (std::size_t size = 0; size < section.size(); ++size) {
    const Buf cut =
        Buf::copy_of(with_records(good, section.substr(0, size), static_cast<std::int32_t>(records.size())));
    const auto batch = BatchView::parse(cut.view());
    ASSERT_TRUE(batch && batch->crc_matches()) << "a producer may send a good checksum over nonsense";
    EXPECT_EQ(read(*batch, cut), std::nullopt) << size;
  }
  const Buf surplus = Buf::copy_of(with_records(good, Bytes(section) + "x", static_cast<std::int32_t>(records.size())));
  EXPECT_EQ(read(*BatchView::parse(surplus.view()), surplus), std::nullopt) << "bytes behind the last record";
  const Buf more = Buf::copy_of(with_records(good, section, static_cast<std::int32_t>(records.size()) + 1));
  EXPECT_EQ(read(*BatchView::parse(more.view()), more), std::nullopt) << "a record too few";
}

TEST(RecordBatch, TellsOddHeadersApart) {
  Draw draw(1);
  const Bytes good(build(random_records(draw), {}).view());
  const auto with = [&](std::size_t at, std::int32_t number) {
    Bytes bytes = good;
    store_big_endian(bytes.data() + at, number);
    return BatchView::parse(bytes);
  };
  for (const std::int32_t length : {-1, 0, 13, std::numeric_limits<std::int32_t>::min()})
    EXPECT_EQ(with(8, length).error().kind, ErrorKind::kCorrupt) << length;
  EXPECT_EQ(with(8, 14).error().kind, ErrorKind::kCorrupt) << "shorter than a header";
  EXPECT_EQ(with(8, std::numeric_limits<std::int32_t>::max()).error().kind, ErrorKind::kNotFound);
  Bytes old = good;
  old[16] = 1;
  EXPECT_EQ(BatchView::parse(old).error().message, "a batch of format version 1, not 2");
  Bytes codec = good;
  BatchStamp(codec.data()).attributes(7);
  EXPECT_FALSE(RecordCursor::open(*BatchView::parse(codec), Buf::copy_of(codec), kInflatedBytesMax));
}

TEST(RecordBatch, WrapsWhereNumbersOfTheWireOverflow) {
  BatchBuilder builder;
  builder.append(std::numeric_limits<std::int64_t>::max(), "k", "v");
  builder.append(std::numeric_limits<std::int64_t>::min(), "k", "v");
  Buf block = builder.seal({.base_sequence = std::numeric_limits<std::int32_t>::max()});
  BatchStamp(block.mutable_data()).base_offset(std::numeric_limits<std::int64_t>::max());
  const auto batch = BatchView::parse(block.view());
  EXPECT_EQ(batch->last_sequence(), 0) << "sequences go from 2^31 - 1 to 0";
  EXPECT_EQ(batch->last_offset(), std::numeric_limits<std::int64_t>::min());
  const auto records = read(*batch, block);
  EXPECT_EQ(records->at(0).timestamp, std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(records->at(1).timestamp, std::numeric_limits<std::int64_t>::min());
}

TEST(RecordBatch, AppendTimeIsThatOfEveryRecord) {
  BatchBuilder builder;
  builder.append(100, "k", "v");
  builder.append(300, "k", "v");
  Buf block = builder.seal({});
  BatchStamp stamp(block.mutable_data());
  stamp.attributes(8);
  stamp.max_timestamp(5'000);
  stamp.seal(block.size());
  const auto records = read(*BatchView::parse(block.view()), block);
  ASSERT_EQ(records->size(), 2u);
  for (const Owned& record : *records) EXPECT_EQ(record.timestamp, 5'000);
}

TEST(RecordBatch, KeepsTheGapsThatCompactionLeaves) {
  BatchBuilder builder;
  builder.append(1, "a", "1", {}, 3);
  builder.append(1, "b", "2", {}, 90);
  const Buf block = builder.seal({});
  const auto records = read(*BatchView::parse(block.view()), block);
  EXPECT_EQ(records->at(0).offset, 3);
  EXPECT_EQ(records->at(1).offset, 90);
  EXPECT_EQ(BatchView::parse(block.view())->last_offset_delta(), 90);
}

TEST(RecordBatch, NeverOutgrowsWhatItForetold) {
  Draw draw(12);
  BatchBuilder builder;
  builder.append(0, std::nullopt, std::nullopt);
  for (const Owned& record : random_records(draw)) {
    const std::size_t before = builder.size();
    const auto headers = headers_of(record);
    builder.append(record.timestamp, view(record.key), view(record.value), headers);
    EXPECT_LE(builder.size() - before, BatchBuilder::record_bytes_max(view(record.key), view(record.value), headers));
  }
}

TEST(RecordBatch, EndsATransactionAsKafkaDoes) {
  for (const bool commit : {true, false}) {
    const Buf block = end_transaction_marker(commit, 77, 3, 5, 1'700'000'000'000);
    const auto batch = BatchView::parse(block.view());
    EXPECT_TRUE(batch->control() && batch->transactional() && batch->crc_matches());
    auto cursor = RecordCursor::open(*batch, block, kInflatedBytesMax);
    RecordView record;
    ASSERT_TRUE(cursor->next(record));
    EXPECT_EQ(control_type(record), commit ? ControlType::kCommit : ControlType::kAbort);
    EXPECT_EQ(to_hex(*record.value), "000000000005");
  }
}

// ---- Kafka's own batches

std::optional<Bytes> hex_or_null(element value) {
  std::string_view hex;
  if (value.get(hex)) return std::nullopt;
  return from_hex(hex);
}

Owned recorded(element json) {
  Owned record{
      number(json, "offset"), number(json, "timestamp"), hex_or_null(json["key"]), hex_or_null(json["value"]), {}};
  for (element header : array(json["headers"])) {
    array pair = header;
    record.headers.emplace_back(std::string_view(pair.at(0)), hex_or_null(pair.at(1)));
  }
  return record;
}

void expect_header(const BatchView& batch, element json) {
  EXPECT_EQ(batch.base_offset(), number(json, "baseOffset"));
  EXPECT_EQ(batch.last_offset(), number(json, "lastOffset"));
  EXPECT_EQ(static_cast<std::int64_t>(batch.size()), number(json, "sizeInBytes"));
  EXPECT_EQ(batch.leader_epoch(), number(json, "partitionLeaderEpoch"));
  EXPECT_EQ(batch.crc(), number(json, "crc"));
  EXPECT_TRUE(batch.crc_matches());
  EXPECT_EQ(batch.attributes(), number(json, "attributes"));
  EXPECT_EQ(batch.last_offset_delta(), number(json, "lastOffsetDelta"));
  EXPECT_EQ(batch.base_timestamp(), number(json, "baseTimestampField"));
  EXPECT_EQ(batch.record_count(), number(json, "count"));
  EXPECT_EQ(batch.max_timestamp(), number(json, "maxTimestamp"));
  EXPECT_EQ(batch.producer_id(), number(json, "producerId"));
  EXPECT_EQ(batch.producer_epoch(), number(json, "producerEpoch"));
  EXPECT_EQ(batch.base_sequence(), number(json, "baseSequence"));
  EXPECT_TRUE(batch.base_sequence() < 0 || batch.last_sequence() == number(json, "lastSequence"));
}

/// Whether a builder can say this batch: it takes the first record's timestamp for the base and has no odd attributes.
bool buildable(const BatchView& batch, const std::vector<Owned>& records) {
  return !records.empty() && batch.base_timestamp() == records.front().timestamp && batch.attributes() < 64 &&
         !batch.log_append_time() && batch.last_offset() == records.back().offset;
}

TEST(RecordBatch, ReadsKafkasBatchesAndBuildsTheSameBytes) {
  int built = 0;
  for_each_recorded("batches/valid.jsonl", [&](element line) {
    const std::string what = text(line, "name");
    SCOPED_TRACE(what);
    const Buf block = Buf::copy_of(from_hex(text(line, "hex")));
    BytesView rest = block.view();
    for (element json : array(line["batches"])) {
      const auto batch = BatchView::parse(rest);
      ASSERT_TRUE(batch) << batch.error().message;
      rest.remove_prefix(batch->size());
      expect_header(*batch, json);
      std::vector<Owned> expected;
      for (element record : array(json["records"])) expected.push_back(recorded(record));
      ASSERT_EQ(read(*batch, block), expected);
      if (!bool(line["exact"]) || !buildable(*batch, expected)) continue;
      BatchBuilder builder;
      for (const Owned& record : expected) {
        const auto headers = headers_of(record);
        builder.append(record.timestamp, view(record.key), view(record.value), headers,
                       static_cast<std::int32_t>(record.offset - batch->base_offset()));
      }
      Buf mine = builder.seal({.transactional = batch->transactional(),
                               .control = batch->control(),
                               .producer_id = batch->producer_id(),
                               .producer_epoch = batch->producer_epoch(),
                               .base_sequence = batch->base_sequence()});
      BatchStamp(mine.mutable_data()).base_offset(batch->base_offset());
      BatchStamp(mine.mutable_data()).leader_epoch(batch->leader_epoch());
      EXPECT_EQ(to_hex(mine.view()), to_hex(batch->bytes()));
      ++built;
    }
    EXPECT_TRUE(rest.empty());
  });
  EXPECT_GT(built, 10);
}

}  // namespace
}  // namespace leat::wire
