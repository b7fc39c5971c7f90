#include "broker/server/dispatcher.h"

#include <algorithm>
#include <array>

#include "broker/server/admin_handlers.h"
#include "broker/server/authentication.h"
#include "broker/server/authorization.h"
#include "broker/server/handlers.h"
#include "broker/wire/api_table.h"

namespace leat::server {

using wire::ApiKey;

namespace {

struct Route {
  ApiKey key;
  void (*serve)(Broker&, RequestContext, wire::ParsedRequest, OneShot<Result<Reply>>);
};

/// acks=0 has no response. An error has no other way to be told than to close the connection.
void answer_nothing(const wire::ProduceResponse& response, OneShot<Result<Reply>>& reply) {
  for (const auto& topic : response.responses)
    for (const auto& partition : topic.partition_responses)
      if (partition.error_code != wire::ErrorCode::kNone)
        return reply(Error{ErrorKind::kKafka, "a batch produced with acks=0 to " + topic.name + " failed with " +
                                                  std::string(wire::name(partition.error_code))});
  reply(Reply());
}
template <class Response>
void answer_nothing(const Response&, OneShot<Result<Reply>>& reply) {
  reply(Reply());
}

std::size_t bytes_of(const wire::FetchResponse& response) {
  std::size_t bytes = 0;
  for (const auto& topic : response.responses)
    for (const auto& partition : topic.partitions) bytes += partition.records ? partition.records->size() : 0;
  return bytes;
}

/// The time that the loop spends in a request's handler.
struct Effort {
  Instant began;
  /// Once the handler has returned; its reply may come before or after that.
  std::optional<Duration> spent = {};
};

/// Counts what a client takes, and lets it wait behind the response where that is too much. Requests whose responses
/// have no place to say so (those of authentication and between brokers) are free, as they are in Kafka.
template <class Response>
OneShot<Response> limited(Broker& broker, const RequestContext& context, std::size_t request_bytes,
                          std::shared_ptr<Effort> effort, OneShot<Response> reply) {
  return [&broker, alive = broker.alive(), user = context.user, client_id = context.client.client_id,
          muted_until = context.muted_until, request_bytes, effort = std::move(effort),
          reply = std::move(reply)](Response response) mutable {
    if (alive.expired()) return reply(std::move(response));
    ClientQuotas& quotas = broker.client_quotas();
    const Instant now = broker.world().loop.now();
    const double effort_percent =
        std::chrono::duration<double>(effort->spent.value_or(now - effort->began)).count() * 100;
    Duration wait = quotas.record(user, client_id, QuotaKind::kRequest, effort_percent, now);
    if constexpr (std::is_same_v<Response, wire::ProduceResponse>)
      wait = std::max(wait, quotas.record(user, client_id, QuotaKind::kProduce, double(request_bytes), now));
    if constexpr (std::is_same_v<Response, wire::FetchResponse>)
      wait = std::max(wait, quotas.record(user, client_id, QuotaKind::kFetch, double(bytes_of(response)), now));
    // The handler may have made it wait, too.
    *muted_until = std::max(*muted_until, now + wait);
    response.throttle_time_ms =
        static_cast<std::int32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(*muted_until - now).count());
    reply(std::move(response));
  };
}

/// Lets through what the client may do.
template <class Request, class Response>
void guard(Broker& broker, const RequestContext& context, Request request, OneShot<Response> reply) {
  const Access access(broker, context);
  if constexpr (requires { authorize(access, request); }) {
    Gate<Response> gate = authorize(access, request);
    if (gate.refused) return reply(std::move(*gate.refused));
    if (!gate.complete) return handle(broker, context, std::move(request), std::move(reply));
    handle(
        broker, context, std::move(request),
        OneShot<Response>([complete = std::move(gate.complete), reply = std::move(reply)](Response response) mutable {
          complete(response);
          reply(std::move(response));
        }));
  }
  // A dropped reply closes the connection.
}

template <class Request, class Response>
void serve(Broker& broker, RequestContext context, wire::ParsedRequest parsed, OneShot<Result<Reply>> reply) {
  const int version = context.version;
  auto request = wire::decode<Request>(parsed.body, version);
  if (!request) return reply(request.error());
  const std::int32_t correlation_id = parsed.header.correlation_id;
  bool wants_reply = true;
  if constexpr (std::is_same_v<Request, wire::ProduceRequest>) wants_reply = request->acks != 0;
  // The block of the request belongs to the handler alone from here on: a produced batch is stamped in place. (Not `=
  // {}`: in a template clang 14 forgets to destroy the temporary, and the block leaks.)
  [[maybe_unused]] const std::size_t request_bytes = parsed.body.size();
  parsed.body = Buf();
  OneShot<Response> encoded([version, correlation_id, wants_reply,
                             reply = std::move(reply)](Response response) mutable {
    if (!wants_reply) return answer_nothing(response, reply);
    reply(Reply(wire::response_frame(Request::kTraits.api, version, correlation_id, wire::encode(response, version))));
  });
  std::shared_ptr<Effort> effort;
  if constexpr (requires(Response response) { response.throttle_time_ms; })
    if (context.muted_until) {
      effort = std::make_shared<Effort>(Effort{broker.world().loop.now()});
      encoded = limited(broker, context, request_bytes, effort, std::move(encoded));
    }
  if (context.guarded) {
    guard<Request, Response>(broker, context, std::move(*request), std::move(encoded));
  } else {
    handle(broker, context, std::move(*request), std::move(encoded));
  }
  if (effort) effort->spent = broker.world().loop.now() - effort->began;
}

template <class Request, class Response>
constexpr Route route() {
  return {Request::kTraits.api, &serve<Request, Response>};
}

constexpr Route kRoutes[] = {
    route<wire::ProduceRequest, wire::ProduceResponse>(),
    route<wire::FetchRequest, wire::FetchResponse>(),
    route<wire::ListOffsetsRequest, wire::ListOffsetsResponse>(),
    route<wire::OffsetForLeaderEpochRequest, wire::OffsetForLeaderEpochResponse>(),
    route<wire::DeleteRecordsRequest, wire::DeleteRecordsResponse>(),
    route<wire::ApiVersionsRequest, wire::ApiVersionsResponse>(),
    route<wire::MetadataRequest, wire::MetadataResponse>(),
    route<wire::DescribeClusterRequest, wire::DescribeClusterResponse>(),
    route<wire::DescribeTopicPartitionsRequest, wire::DescribeTopicPartitionsResponse>(),
    route<wire::FindCoordinatorRequest, wire::FindCoordinatorResponse>(),
    route<wire::CreateTopicsRequest, wire::CreateTopicsResponse>(),
    route<wire::DeleteTopicsRequest, wire::DeleteTopicsResponse>(),
    route<wire::CreatePartitionsRequest, wire::CreatePartitionsResponse>(),
    route<wire::DescribeConfigsRequest, wire::DescribeConfigsResponse>(),
    route<wire::AlterConfigsRequest, wire::AlterConfigsResponse>(),
    route<wire::IncrementalAlterConfigsRequest, wire::IncrementalAlterConfigsResponse>(),
    route<wire::JoinGroupRequest, wire::JoinGroupResponse>(),
    route<wire::SyncGroupRequest, wire::SyncGroupResponse>(),
    route<wire::HeartbeatRequest, wire::HeartbeatResponse>(),
    route<wire::LeaveGroupRequest, wire::LeaveGroupResponse>(),
    route<wire::DescribeGroupsRequest, wire::DescribeGroupsResponse>(),
    route<wire::ListGroupsRequest, wire::ListGroupsResponse>(),
    route<wire::DeleteGroupsRequest, wire::DeleteGroupsResponse>(),
    route<wire::ConsumerGroupHeartbeatRequest, wire::ConsumerGroupHeartbeatResponse>(),
    route<wire::ConsumerGroupDescribeRequest, wire::ConsumerGroupDescribeResponse>(),
    route<wire::StreamsGroupHeartbeatRequest, wire::StreamsGroupHeartbeatResponse>(),
    route<wire::StreamsGroupDescribeRequest, wire::StreamsGroupDescribeResponse>(),
    route<wire::OffsetCommitRequest, wire::OffsetCommitResponse>(),
    route<wire::OffsetFetchRequest, wire::OffsetFetchResponse>(),
    route<wire::OffsetDeleteRequest, wire::OffsetDeleteResponse>(),
    route<wire::InitProducerIdRequest, wire::InitProducerIdResponse>(),
    route<wire::AddPartitionsToTxnRequest, wire::AddPartitionsToTxnResponse>(),
    route<wire::AddOffsetsToTxnRequest, wire::AddOffsetsToTxnResponse>(),
    route<wire::EndTxnRequest, wire::EndTxnResponse>(),
    route<wire::WriteTxnMarkersRequest, wire::WriteTxnMarkersResponse>(),
    route<wire::TxnOffsetCommitRequest, wire::TxnOffsetCommitResponse>(),
    route<wire::DescribeProducersRequest, wire::DescribeProducersResponse>(),
    route<wire::DescribeTransactionsRequest, wire::DescribeTransactionsResponse>(),
    route<wire::ListTransactionsRequest, wire::ListTransactionsResponse>(),
    route<wire::DescribeClientQuotasRequest, wire::DescribeClientQuotasResponse>(),
    route<wire::AlterClientQuotasRequest, wire::AlterClientQuotasResponse>(),
    route<wire::AlterReplicaLogDirsRequest, wire::AlterReplicaLogDirsResponse>(),
    route<wire::DescribeLogDirsRequest, wire::DescribeLogDirsResponse>(),
    route<wire::ElectLeadersRequest, wire::ElectLeadersResponse>(),
    route<wire::AlterPartitionReassignmentsRequest, wire::AlterPartitionReassignmentsResponse>(),
    route<wire::ListPartitionReassignmentsRequest, wire::ListPartitionReassignmentsResponse>(),
    route<wire::DescribeQuorumRequest, wire::DescribeQuorumResponse>(),
    route<wire::UnregisterBrokerRequest, wire::UnregisterBrokerResponse>(),
    route<wire::AddRaftVoterRequest, wire::AddRaftVoterResponse>(),
    route<wire::RemoveRaftVoterRequest, wire::RemoveRaftVoterResponse>(),
    route<wire::UpdateFeaturesRequest, wire::UpdateFeaturesResponse>(),
    route<wire::GetTelemetrySubscriptionsRequest, wire::GetTelemetrySubscriptionsResponse>(),
    route<wire::PushTelemetryRequest, wire::PushTelemetryResponse>(),
    route<wire::ListConfigResourcesRequest, wire::ListConfigResourcesResponse>(),
    route<wire::SaslHandshakeRequest, wire::SaslHandshakeResponse>(),
    route<wire::SaslAuthenticateRequest, wire::SaslAuthenticateResponse>(),
    route<wire::DescribeUserScramCredentialsRequest, wire::DescribeUserScramCredentialsResponse>(),
    route<wire::AlterUserScramCredentialsRequest, wire::AlterUserScramCredentialsResponse>(),
    route<wire::DescribeAclsRequest, wire::DescribeAclsResponse>(),
    route<wire::CreateAclsRequest, wire::CreateAclsResponse>(),
    route<wire::DeleteAclsRequest, wire::DeleteAclsResponse>(),
    route<wire::CreateDelegationTokenRequest, wire::CreateDelegationTokenResponse>(),
    route<wire::RenewDelegationTokenRequest, wire::RenewDelegationTokenResponse>(),
    route<wire::ExpireDelegationTokenRequest, wire::ExpireDelegationTokenResponse>(),
    route<wire::DescribeDelegationTokenRequest, wire::DescribeDelegationTokenResponse>(),
};

/// Served, but not listed, as Kafka does where no exporter is configured: clients that saw them would begin to poll.
constexpr bool is_listed(ApiKey key) {
  return key != ApiKey::kGetTelemetrySubscriptions && key != ApiKey::kPushTelemetry;
}

constexpr auto kServed = [] {
  constexpr auto kCount =
      std::count_if(std::begin(kRoutes), std::end(kRoutes), [](const Route& each) { return is_listed(each.key); });
  std::array<ApiKey, kCount> keys{};
  auto at = keys.begin();
  for (const Route& each : kRoutes)
    if (is_listed(each.key)) *at++ = each.key;
  std::sort(keys.begin(), keys.end());
  return keys;
}();

/// An ApiVersions request of a version that we do not know is answered in version 0, so that the client learns what we
/// do know (KIP-511).
wire::Frame unsupported_api_versions(std::int32_t correlation_id) {
  wire::ApiVersionsResponse response;
  response.error_code = wire::ErrorCode::kUnsupportedVersion;
  const wire::Api* api = wire::find_api(static_cast<std::int16_t>(ApiKey::kApiVersions));
  auto& listed = response.api_keys.emplace_back();
  listed.api_key = static_cast<std::int16_t>(ApiKey::kApiVersions);
  listed.min_version = api->advertised_min;
  listed.max_version = api->advertised_max;
  return wire::response_frame(ApiKey::kApiVersions, 0, correlation_id, wire::encode(response, 0));
}

}  // namespace

std::span<const ApiKey> served_apis() { return kServed; }

void dispatch(Broker& broker, const Buf& frame, const Peer& peer, OneShot<Result<Reply>> reply) {
  if (peer.authentication != nullptr && peer.authentication->wants_bare_token()) {
    auto answer = peer.authentication->authenticate(frame.view());
    if (!answer) return reply(answer.error());
    return reply(Reply(wire::Frame(Buf::copy_of(*answer))));
  }
  auto parsed = wire::parse_request(frame);
  if (!parsed) return reply(parsed.error());
  const wire::RequestHeader& header = parsed->header;
  const auto* found = std::find_if(std::begin(kRoutes), std::end(kRoutes), [&](const Route& each) {
    return static_cast<std::int16_t>(each.key) == header.api_key;
  });
  if (found == std::end(kRoutes))
    return reply(
        Error{ErrorKind::kCorrupt, "request with api key " + std::to_string(header.api_key) + ", which is not served"});
  const wire::Api* api = wire::find_api(header.api_key);
  if (!api->has_version(header.api_version)) {
    if (found->key == ApiKey::kApiVersions) return reply(Reply(unsupported_api_versions(header.correlation_id)));
    return reply(Error{ErrorKind::kCorrupt, std::string(api->name) + " request of version " +
                                                std::to_string(header.api_version) + ", which is not served"});
  }
  if (peer.authentication != nullptr && !peer.authentication->admits(found->key))
    return reply(
        Error{ErrorKind::kCorrupt,
              std::string(api->name) + (peer.authentication->expired()
                                            ? " request after its user's time was over (connections.max.reauth.ms)"
                                            : " request before authentication")});
  RequestContext context{.version = header.api_version,
                         .client = {.client_id = header.client_id.value_or(""), .host = peer.host},
                         .listener = peer.listener,
                         .authentication = peer.authentication,
                         .user = peer.user};
  if (peer.authentication != nullptr && peer.authentication->done()) context.user = peer.authentication->user();
  if (broker.client_quotas().any()) context.muted_until = peer.muted_until;
  context.guarded = broker.authorizer().enabled() && !peer.trusted && !broker.authorizer().is_super(context.user);
  found->serve(broker, std::move(context), std::move(*parsed), std::move(reply));
}

}  // namespace leat::server
