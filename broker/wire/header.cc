#include "broker/wire/header.h"

#include "base/big_endian.h"
#include "base/varint.h"
#include "broker/wire/api_table.h"

namespace leat::wire {

namespace {

constexpr std::size_t kRequestHeaderBytesMin = 8;

/// Skips a tag section whose content nobody here knows. Null where it is cut off.
const char* skip_tags(const char* at, const char* end) {
  std::uint32_t left = 0;
  at = read_unsigned_varint(at, end, left);
  for (; at != nullptr && left > 0; --left) {
    std::uint32_t tag = 0;
    std::uint32_t size = 0;
    at = read_unsigned_varint(at, end, tag);
    if (at != nullptr) at = read_unsigned_varint(at, end, size);
    if (at != nullptr) at = size <= static_cast<std::size_t>(end - at) ? at + size : nullptr;
  }
  return at;
}

Error cut_off() { return {ErrorKind::kCorrupt, "the header of a frame is cut off"}; }

Buf rest_from(const Buf& frame, const char* at) { return frame.slice(static_cast<std::size_t>(at - frame.data())); }

}  // namespace

Result<ParsedRequest> parse_request(const Buf& frame) {
  if (frame.size() < kRequestHeaderBytesMin) return cut_off();
  ParsedRequest parsed;
  RequestHeader& header = parsed.header;
  BigEndianReader reader(frame.view());
  header.api_key = reader.read<std::int16_t>();
  header.api_version = reader.read<std::int16_t>();
  header.correlation_id = reader.read<std::int32_t>();
  const Api* api = find_api(header.api_key);
  if (api == nullptr) return parsed;
  const auto client_id_size = reader.read<std::int16_t>();
  if (client_id_size >= 0) header.client_id = reader.read_bytes(static_cast<std::size_t>(client_id_size));
  if (!reader.ok()) return cut_off();
  const char* at = reader.rest().data();
  const char* end = frame.data() + frame.size();
  // An ApiVersions request of a version that nobody knows yet has the newest header.
  if (api->request_header_version(header.api_version) == 2) at = skip_tags(at, end);
  if (at == nullptr) return cut_off();
  if (api->has_version(header.api_version)) parsed.body = rest_from(frame, at);
  return parsed;
}

Result<Buf> parse_response(const Buf& frame, ApiKey key, int version, std::int32_t correlation_id) {
  if (frame.size() < sizeof(std::int32_t)) return cut_off();
  if (load_big_endian<std::int32_t>(frame.data()) != correlation_id)
    return Error{ErrorKind::kCorrupt, "a response answers another request than the one that was sent first"};
  const char* at = frame.data() + sizeof(std::int32_t);
  if (find_api(static_cast<std::int16_t>(key))->response_header_version(version) == 1)
    at = skip_tags(at, frame.data() + frame.size());
  if (at == nullptr) return cut_off();
  return rest_from(frame, at);
}

Frame request_frame(ApiKey key, int version, std::int32_t correlation_id, std::optional<std::string_view> client_id,
                    BufChain body) {
  Bytes header;
  append_big_endian<std::int16_t>(header, static_cast<std::int16_t>(key));
  append_big_endian<std::int16_t>(header, static_cast<std::int16_t>(version));
  append_big_endian<std::int32_t>(header, correlation_id);
  append_big_endian<std::int16_t>(header, client_id ? static_cast<std::int16_t>(client_id->size()) : -1);
  if (client_id) header += *client_id;
  if (find_api(static_cast<std::int16_t>(key))->request_header_version(version) == 2) header.push_back(0);
  Frame frame(Buf::copy_of(header));
  frame.append(std::move(body));
  return frame;
}

Frame response_frame(ApiKey key, int version, std::int32_t correlation_id, BufChain body) {
  Bytes header;
  append_big_endian<std::int32_t>(header, correlation_id);
  if (find_api(static_cast<std::int16_t>(key))->response_header_version(version) == 1) header.push_back(0);
  Frame frame(Buf::copy_of(header));
  frame.append(std::move(body));
  return frame;
}

std::optional<int> version_of(BytesView versioned) {
  if (versioned.size() < sizeof(std::int16_t)) return std::nullopt;
  return load_big_endian<std::int16_t>(versioned.data());
}

}  // namespace leat::wire
