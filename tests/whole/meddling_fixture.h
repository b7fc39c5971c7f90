// What a planted bug is made of: channels that change frames on their way, and files that do not keep their promises.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/world.h"
#include "broker/wire/channel.h"
#include "broker/wire/codec.h"
#include "broker/wire/header.h"

namespace leat::whole {

/// Changes of frames; an empty function, or an empty answer, leaves them as they are.
struct Meddling {
  std::function<std::optional<wire::Frame>(const wire::ParsedRequest&)> request;
  /// Of the request as its sender wrote it, and the response that came.
  std::function<std::optional<wire::Frame>(const wire::RequestHeader&, const Buf& frame)> response;
};

/// A connector whose channels meddle.
std::unique_ptr<wire::Connector> meddling(std::unique_ptr<wire::Connector> under, Meddling meddling);

/// The request with its body changed.
template <class Request, class Change>
std::optional<wire::Frame> changed_request(const wire::ParsedRequest& request, Change change) {
  if (request.header.api_key != static_cast<std::int16_t>(Request::kTraits.api)) return {};
  auto body = wire::decode<Request>(request.body, request.header.api_version);
  if (!body) return {};
  change(*body);
  return wire::request_frame(Request::kTraits.api, request.header.api_version, request.header.correlation_id,
                             request.header.client_id, wire::encode(*body, request.header.api_version));
}

/// The response's body, where it is one to this kind of request.
template <class Response>
std::optional<Response> response_body(const wire::RequestHeader& header, const Buf& frame) {
  if (header.api_key != static_cast<std::int16_t>(Response::kTraits.api)) return {};
  const auto body = wire::parse_response(frame, Response::kTraits.api, header.api_version, header.correlation_id);
  if (!body) return {};
  auto response = wire::decode<Response>(*body, header.api_version);
  return response ? std::optional(std::move(*response)) : std::nullopt;
}

template <class Response>
wire::Frame response_frame(const wire::RequestHeader& header, const Response& response) {
  return wire::response_frame(Response::kTraits.api, header.api_version, header.correlation_id,
                              wire::encode(response, header.api_version));
}

/// Files that say they have synced what `skips` names, and have not.
std::unique_ptr<Files> unsynced_files(World world, std::function<bool(const std::string& path)> skips);

}  // namespace leat::whole
