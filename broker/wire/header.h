// Headers: what stands in front of a message in its frame.
//
//   request   int16 key, int16 version, int32 correlation id, nullable string client id, [v2: tag section], body
//   response  int32 correlation id, [v1: tag section], body
//
// The client id keeps its two-byte length in the flexible header too. Which header a version has says the table of
// requests (api_table.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/buf.h"
#include "base/result.h"
#include "broker/wire/api_key.h"
#include "broker/wire/channel.h"
#include "broker/wire/codec.h"

namespace leat::wire {

struct RequestHeader {
  /// As on the wire: may be a key that is not in the table.
  std::int16_t api_key = 0;
  std::int16_t api_version = 0;
  std::int32_t correlation_id = 0;
  std::optional<std::string> client_id;
};

/// A request taken out of its frame; `body` shares the frame's block.
struct ParsedRequest {
  RequestHeader header;
  Buf body;
};

/// kCorrupt where the header is cut off. The body of a request that is not in the table, or in a version outside of it,
/// is left empty, as its header's form is not known.
Result<ParsedRequest> parse_request(const Buf& frame);

/// The body behind a response header, or kCorrupt; `correlation_id` must be the request's.
Result<Buf> parse_response(const Buf& frame, ApiKey key, int version, std::int32_t correlation_id);

/// A frame of header and encoded body.
Frame request_frame(ApiKey key, int version, std::int32_t correlation_id, std::optional<std::string_view> client_id,
                    BufChain body);
Frame response_frame(ApiKey key, int version, std::int32_t correlation_id, BufChain body);

/// Internal records and group metadata carry their version in front.
template <class Message>
Bytes encode_versioned(const Message& message, int version) {
  Bytes bytes{static_cast<char>(version >> 8), static_cast<char>(version)};
  encode_to(bytes, message, version);
  return bytes;
}

/// The version in front of a versioned record, or nothing where there is none.
std::optional<int> version_of(BytesView versioned);

template <class Message>
Result<Message> decode_versioned(BytesView versioned) {
  const auto version = version_of(versioned);
  if (!version) return Error{ErrorKind::kCorrupt, "a record without a version"};
  return decode<Message>(Buf::copy_of(versioned.substr(2)), *version);
}

/// The same for what members of a group tell each other: a version of the future is read as the newest we know, as
/// Kafka does. What it has more stands behind.
template <class Message>
Result<Message> decode_versioned_or_newer(BytesView versioned) {
  const auto version = version_of(versioned);
  if (!version) return Error{ErrorKind::kCorrupt, "a record without a version"};
  return decode<Message>(Buf::copy_of(versioned.substr(2)),
                         *version > Message::kTraits.version_max ? Message::kTraits.version_max : *version);
}

}  // namespace leat::wire
