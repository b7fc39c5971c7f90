// Frames: the headers of every request in every version.
#include "broker/wire/header.h"

#include "base/big_endian.h"
#include "broker/wire/api_table.h"
#include "tests/broker/wire/wire_fixture.h"

namespace leat::wire {
namespace {

using conformance::from_hex;
using simdjson::dom::element;

constexpr std::size_t kLengthBytes = 4;

TEST(Header, IsKafkasForEveryRequestAndVersion) {
  int written = 0;
  for_each_recorded("headers.jsonl", [&](element line) {
    const Api* api = find_api(static_cast<std::int16_t>(number(line, "api")));
    const int version = static_cast<int>(number(line, "v"));
    if (api == nullptr || !api->has_version(static_cast<std::int16_t>(version))) return;
    SCOPED_TRACE(std::string(api->name) + " v" + std::to_string(version) + " " + text(line, "dir"));
    const Buf frame = Buf::copy_of(from_hex(text(line, "hex")).substr(kLengthBytes));
    const Buf body = Buf::copy_of(from_hex(text(line, "body")));
    const auto id = static_cast<std::int32_t>(number(line["header"], "correlationId"));
    // Some headers carry tags that nobody knows: they are read, and never written.
    element tags;
    const bool plain = line["unknownTags"].get(tags) || simdjson::dom::array(tags).size() == 0;
    written += plain;
    if (text(line, "dir") == "request") {
      EXPECT_EQ(api->request_header_version(version), number(line, "headerVersion"));
      const auto parsed = parse_request(frame);
      ASSERT_TRUE(parsed);
      EXPECT_EQ(parsed->header.correlation_id, id);
      EXPECT_EQ(parsed->header.client_id.value_or(""), text(line["header"], "clientId"));
      EXPECT_EQ(parsed->body, body);
      const Frame mine = request_frame(api->key, version, id, parsed->header.client_id, body);
      EXPECT_TRUE(!plain || mine.flatten() == frame) << to_hex(mine.flatten()) << "\n" << to_hex(frame);
    } else {
      EXPECT_EQ(api->response_header_version(version), number(line, "headerVersion"));
      const auto parsed = parse_response(frame, api->key, version, id);
      ASSERT_TRUE(parsed);
      EXPECT_EQ(*parsed, body);
      const Frame mine = response_frame(api->key, version, id, body);
      EXPECT_TRUE(!plain || mine.flatten() == frame) << to_hex(mine.flatten()) << "\n" << to_hex(frame);
    }
  });
  EXPECT_GT(written, 150);
}

TEST(Header, IsRefusedWhereverItIsCut) {
  const Bytes plain(request_frame(ApiKey::kMetadata, 1, 5, "client", {}).flatten().view());
  // A flexible one with two tags that nobody knows.
  Bytes flexible(request_frame(ApiKey::kMetadata, 9, 5, "client", {}).flatten().view());
  flexible.pop_back();
  flexible += from_hex(
      "02"
      "0103aabbcc"
      "0900");
  for (const Bytes& header : {plain, flexible}) {
    EXPECT_TRUE(parse_request(Buf::copy_of(header)));
    for (std::size_t size = 0; size < header.size(); ++size) {
      const auto parsed = parse_request(Buf::copy_of(BytesView(header).substr(0, size)));
      ASSERT_FALSE(parsed) << size;
      EXPECT_EQ(parsed.error().kind, ErrorKind::kCorrupt);
    }
  }
  EXPECT_EQ(parse_request(Buf::copy_of(flexible + "body"))->body.view(), "body") << "tags are skipped";
}

TEST(Header, HasNoClientIdOrAnEmptyOne) {
  EXPECT_EQ(parse_request(request_frame(ApiKey::kHeartbeat, 4, 1, std::nullopt, {}).flatten())->header.client_id,
            std::nullopt);
  EXPECT_EQ(parse_request(request_frame(ApiKey::kHeartbeat, 4, 1, "", {}).flatten())->header.client_id, "");
}

TEST(Header, OfAnUnknownVersionOrKeyLeavesTheBodyUntouched) {
  // ApiVersions of the future: the newest header, so that it can be answered with the versions there are.
  Bytes future(request_frame(ApiKey::kApiVersions, 4, 9, "c", BufChain(Buf::copy_of("?"))).flatten().view());
  future[3] = 99;
  const auto parsed = parse_request(Buf::copy_of(future));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->header.api_version, 99);
  EXPECT_EQ(parsed->header.correlation_id, 9);
  EXPECT_TRUE(parsed->body.empty());
  Bytes unknown = from_hex(
      "7fff"
      "0000"
      "0000002a");
  EXPECT_EQ(parse_request(Buf::copy_of(unknown))->header.correlation_id, 42);
}

TEST(Header, OfAResponseMustAnswerTheRequest) {
  const Buf frame = response_frame(ApiKey::kHeartbeat, 4, 7, BufChain(Buf::copy_of("b"))).flatten();
  EXPECT_EQ(parse_response(frame, ApiKey::kHeartbeat, 4, 7)->view(), "b");
  EXPECT_FALSE(parse_response(frame, ApiKey::kHeartbeat, 4, 8));
  for (std::size_t size = 0; size < frame.size() - 1; ++size)
    EXPECT_FALSE(parse_response(frame.slice(0, size), ApiKey::kHeartbeat, 4, 7)) << size;
  // ApiVersions is answered with the oldest header: the client does not know yet what the broker speaks.
  EXPECT_EQ(find_api(18)->response_header_version(4), 0);
  EXPECT_EQ(find_api(18)->request_header_version(4), 2);
}

}  // namespace
}  // namespace leat::wire
