// Messages: what Kafka's classes read and write, cut and damaged in every way.
#include "broker/wire/header.h"
#include "broker/wire/messages/api_versions.h"
#include "broker/wire/messages/heartbeat.h"
#include "broker/wire/messages/join_group.h"
#include "broker/wire/messages/metadata.h"
#include "broker/wire/messages/offset_commit.h"
#include "broker/wire/records/consumer_protocol.h"
#include "broker/wire/records/metadata_records.h"
#include "broker/wire/records/transaction_records.h"
#include "tests/broker/wire/wire_fixture.h"
#include "tests/conformance/message_codecs.h"

namespace leat::wire {
namespace {

using conformance::from_hex;
using conformance::message_codecs;
using simdjson::dom::element;
using testing::ElementsAre;
using testing::HasSubstr;

template <class Message>
Result<Message> decode_hex(std::string_view hex, int version) {
  return decode<Message>(Buf::copy_of(from_hex(hex)), version);
}

TEST(Codec, RefusesEveryRecordedMessageWhereverItIsCut) {
  int cuts = 0;
  for_each_recorded_message([&](const std::string& name, int version, const Bytes& body) {
    const auto codec = message_codecs().at(name);
    ASSERT_TRUE(codec(Buf::copy_of(body), version)) << name;
    for (std::size_t size = 0; size < body.size(); ++size, ++cuts) {
      // A block of its own size, so that a reader that goes one byte too far is caught by the sanitizer.
      const auto cut = codec(Buf::copy_of(BytesView(body).substr(0, size)), version);
      ASSERT_FALSE(cut) << name << " v" << version << ": " << size << " of " << body.size() << " bytes";
      ASSERT_EQ(cut.error().kind, ErrorKind::kCorrupt);
      ASSERT_THAT(cut.error().message, HasSubstr(name + " of version " + std::to_string(version)));
    }
  });
  EXPECT_GT(cuts, 10'000);
}

TEST(Codec, IgnoresWhatStandsBehindABody) {
  for_each_recorded_message([&](const std::string& name, int version, const Bytes& body) {
    const auto codec = message_codecs().at(name);
    const auto plain = codec(Buf::copy_of(body), version);
    const auto surplus = codec(Buf::copy_of(body + "\xff\xff"), version);
    ASSERT_TRUE(surplus) << name;
    EXPECT_EQ(surplus->json, plain->json);
  });
}

TEST(Codec, SurvivesAnyFlippedByteAndStaysStable) {
  Draw draw(11);
  for_each_recorded_message([&](const std::string& name, int version, const Bytes& body) {
    if (body.empty()) return;
    for (int i = 0; i < 8; ++i) {
      Bytes damaged = body;
      damaged[draw.below(damaged.size())] = static_cast<char>(draw.below(256));
      const auto codec = message_codecs().at(name);
      const auto first = codec(Buf::copy_of(damaged), version);
      if (!first) continue;
      // What we have understood we can say, and understand again.
      const auto second = codec(Buf::copy_of(first->encoded), version);
      ASSERT_TRUE(second) << name << " v" << version << " " << to_hex(damaged);
      ASSERT_EQ(second->encoded, first->encoded) << name << " v" << version << " " << to_hex(damaged);
    }
  });
}

TEST(Codec, DecidesOddBytesAsKafkaDoes) {
  simdjson::dom::parser parser;
  for_each_recorded("decoder-edges.jsonl", [&](element line) {
    const std::string what = text(line, "what");
    // Kafka puts U+FFFD in place of what is no UTF-8; here texts stay as they came.
    if (what == "invalid UTF-8") return;
    const std::string name = text(line, "name") + (text(line, "dir") == "request" ? "Request" : "Response");
    const auto replayed =
        message_codecs().at(name)(Buf::copy_of(from_hex(text(line, "hex"))), static_cast<int>(number(line, "v")));
    element json;
    if (line["json"].get(json)) {
      EXPECT_FALSE(replayed) << what;
      return;
    }
    ASSERT_TRUE(replayed) << what;
    EXPECT_EQ(conformance::first_difference(json, parser.parse(replayed->json)), "") << what;
    const std::string canonical = text(line, "canonical");
    EXPECT_TRUE(canonical.empty() || to_hex(replayed->encoded) == canonical)
        << what << ": " << to_hex(replayed->encoded);
  });
}

TEST(Codec, ReadsAndWritesInternalRecordsAsKafkaDoes) {
  simdjson::dom::parser parser;
  int compared = 0;
  for (const char* file : {"internal-records/consumer-offsets.jsonl", "internal-records/transaction-state.jsonl",
                           "internal-records/consumer-protocol.jsonl"})
    for_each_recorded(file, [&](element line) {
      const auto codec = message_codecs().find(text(line, "name"));
      if (codec == message_codecs().end()) return;
      // Keys begin with the type of the record, values and the consumer protocol with their version.
      const Bytes body = from_hex(text(line, "hex")).substr(2);
      const auto replayed = codec->second(Buf::copy_of(body), static_cast<int>(number(line, "v")));
      ASSERT_TRUE(replayed) << text(line, "hex");
      ++compared;
      if (text(line, "case") == "tags") return;
      EXPECT_EQ(conformance::first_difference(line["json"], parser.parse(replayed->json)), "") << text(line, "hex");
      EXPECT_EQ(to_hex(replayed->encoded), to_hex(body));
    });
  EXPECT_GT(compared, 300);
}

TEST(Codec, TakesEveryNegativeLengthForNull) {
  for (const char* hex : {"ffffffff", "fffffffe", "80000000"})
    EXPECT_EQ(decode_hex<MetadataRequest>(hex, 1)->topics, std::nullopt) << hex;
  // Compact: length + 1 as an unsigned varint, which is an int32 to Kafka all the same.
  for (const char* topics : {"00", "ffffffff0f", "8180808008"})
    EXPECT_EQ(decode_hex<MetadataRequest>(std::string(topics) + "00000000", 9)->topics, std::nullopt) << topics;
  EXPECT_FALSE(decode_hex<ApiVersionsRequest>("ffffffff0f0200", 3)) << "a null where none may be";
}

TEST(Codec, RefusesCountsBeyondTheirBytesWithoutTakingMemory) {
  for (const char* hex : {"7fffffff", "00000002", "00010000"}) EXPECT_FALSE(decode_hex<MetadataRequest>(hex, 1)) << hex;
  for (const char* hex : {"8080808008000000", "ffffffff07000000", "06000000"})
    EXPECT_FALSE(decode_hex<MetadataRequest>(hex, 9)) << hex;
  EXPECT_FALSE(decode_hex<MetadataRequest>("ffffffffff0f", 9)) << "a varint of six bytes";
}

TEST(Codec, RefusesTextsThatKafkaRefusesForTheirLength) {
  ApiVersionsRequest longest;
  longest.client_software_name = std::string(0x7fff, 'n');
  longest.client_software_version = "1";
  EXPECT_EQ(decode<ApiVersionsRequest>(encode(longest, 3).flatten(), 3)->client_software_name.size(), 0x7fffu);
  Bytes longer;
  longer += from_hex("818002");  // 0x8001: 32768 bytes
  longer += std::string(0x8000, 'n') + from_hex("020000");
  EXPECT_FALSE(decode<ApiVersionsRequest>(Buf::copy_of(longer), 3));
}

TEST(Codec, CutsATextThatHasNoLengthOnTheWire) {
  HeartbeatRequest request;
  request.group_id = std::string(70'000, 'g');
  request.member_id = "m";
  for (const int version : {0, 4}) {
    const auto read = decode<HeartbeatRequest>(encode(request, version).flatten(), version);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->group_id.size(), 0x7fffu);
    EXPECT_EQ(read->member_id, "m");
  }
}

TEST(Codec, SkipsUnknownTagsWhereverTheyStand) {
  HeartbeatRequest request;
  request.group_id = "g";
  request.generation_id = 3;
  request.member_id = "m";
  Bytes body;
  encode_to(body, request, 4);
  ASSERT_EQ(body.back(), '\0') << "the empty tag section";
  body.pop_back();
  body += from_hex(
      "02"
      "0502abcd"
      "feffffff0700");  // tags 5 and 2147483646, the second one empty
  const auto read = decode<HeartbeatRequest>(Buf::copy_of(body), 4);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->member_id, "m");
  Bytes again;
  encode_to(again, *read, 4);
  EXPECT_THAT(to_hex(again), testing::EndsWith("6d0000")) << "and does not write them back";
}

TEST(Codec, WritesATaggedFieldOnlyWhereItDiffersFromItsDefault) {
  TransactionLogValue value;
  Bytes plain, tagged;
  encode_to(plain, value, 1);
  value.client_transaction_version = 2;
  value.previous_producer_id = 7;
  encode_to(tagged, value, 1);
  EXPECT_EQ(plain.back(), '\0');
  EXPECT_THAT(to_hex(tagged), testing::EndsWith("02"
                                                "0008"
                                                "0000000000000007"
                                                "0202"
                                                "0002"))
      << "in the order of tags";
  EXPECT_EQ(decode<TransactionLogValue>(Buf::copy_of(tagged), 1)->previous_producer_id, 7);
  Bytes older;
  encode_to(older, value, 0);
  EXPECT_EQ(decode<TransactionLogValue>(Buf::copy_of(older), 0)->previous_producer_id, -1) << "version 0 has no tags";
}

TEST(Codec, TellsOfALeaderWhoseIdIsZero) {
  PartitionChangeRecord record;
  const std::size_t unchanged = encode(record, 0).size();
  record.leader = 0;
  const BufChain bytes = encode(record, 0);
  EXPECT_GT(bytes.size(), unchanged) << "zero is not the default";
  const auto read = decode<PartitionChangeRecord>(bytes.flatten(), 0);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->leader, 0);
}

TEST(Codec, HasNoOtherVersionsThanTheSchema) {
  for (const int version : {-1, 5, 32767}) {
    const auto read = decode<HeartbeatRequest>(Buf::copy_of("whatever"), version);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().message, "HeartbeatRequest has no version " + std::to_string(version));
  }
}

TEST(Codec, WritesANullAsTheEmptyValueWhereAVersionHasNone) {
  MetadataRequest everything;
  everything.topics = std::nullopt;
  EXPECT_EQ(to_hex(encode(everything, 0).flatten()), "00000000");
  EXPECT_EQ(to_hex(encode(everything, 1).flatten()), "ffffffff");
}

TEST(Codec, RefusesAVersionedRecordWithoutItsVersion) {
  EXPECT_EQ(version_of(""), std::nullopt);
  EXPECT_EQ(version_of(BytesView("\0", 1)), std::nullopt);
  EXPECT_EQ(version_of(BytesView("\0\1", 2)), 1);
  EXPECT_FALSE(decode_versioned<TransactionLogValue>("x"));
  EXPECT_FALSE(decode_versioned<TransactionLogValue>(BytesView("\0\x9", 2)));
}

TEST(Codec, ReadsASubscriptionOfTheFutureAsTheNewestItKnows) {
  ConsumerProtocolSubscription subscription;
  subscription.topics = {"orders"};
  subscription.rack_id = "r";
  Bytes bytes = encode_versioned(subscription, 3);
  EXPECT_EQ(*decode_versioned_or_newer<ConsumerProtocolSubscription>(bytes), subscription);
  bytes[1] = 9;
  bytes += "what version 9 has more";
  const auto read = decode_versioned_or_newer<ConsumerProtocolSubscription>(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, subscription);
  bytes[0] = '\xff';
  EXPECT_FALSE(decode_versioned_or_newer<ConsumerProtocolSubscription>(bytes)) << "a negative version";
}

}  // namespace
}  // namespace leat::wire
