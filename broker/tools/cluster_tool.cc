// kafka-cluster: the id of a cluster and where its brokers are.
#include <fmt/format.h>

#include <algorithm>

#include "broker/tools/tools.h"
#include "broker/wire/messages/describe_cluster.h"
#include "broker/wire/messages/unregister_broker.h"

namespace leat::tools {

namespace {

using wire::ErrorCode;

constexpr OptionSpec kOptions[] = {
    kBootstrapServer,
    kCommandConfig,
    {"config", Takes::kValue, "file", "older name of --command-config"},
    {"id", Takes::kValue, "id", "unregister: the broker"},
    {"include-fenced-brokers", Takes::kNothing, "", "list-endpoints: fenced brokers too"},
};

Result<int> list_endpoints(Session& session, bool fenced) {
  wire::DescribeClusterRequest request;
  request.include_fenced_brokers = fenced;
  const auto cluster = session.ask<wire::DescribeClusterRequest, wire::DescribeClusterResponse>(request);
  if (!cluster) return cluster.error();
  std::size_t host_width = std::string_view("HOST").size(), rack_width = 10;
  for (const auto& each : cluster->brokers) {
    host_width = std::max(host_width, each.host.size());
    rack_width = std::max(rack_width, each.rack.value_or("null").size());
  }
  const auto row = [&](std::string_view id, std::string_view host, std::string_view port, std::string_view rack,
                       std::string_view state, std::string_view type) {
    session.terminal().out(fmt::format("{:<10} {:<{}} {:<10} {:<{}} {:<10} {:<15}\n", id, host, host_width, port, rack,
                                       rack_width, state, type));
  };
  row("ID", "HOST", "PORT", "RACK", "STATE", "ENDPOINT_TYPE");
  for (const auto& each : cluster->brokers)
    row(std::to_string(each.broker_id), each.host, std::to_string(each.port), each.rack.value_or("null"),
        each.is_fenced ? "fenced" : "unfenced", "broker");
  return 0;
}

Result<int> unregister(Session& session, std::int32_t id) {
  wire::UnregisterBrokerRequest request;
  request.broker_id = id;
  const auto response = session.ask<wire::UnregisterBrokerRequest, wire::UnregisterBrokerResponse>(request);
  if (!response) return response.error();
  if (response->error_code != ErrorCode::kNone)
    return Error{ErrorKind::kKafka, explain(response->error_code, response->error_message)};
  session.terminal().out(fmt::format("Broker {} is no longer registered.\n", id));
  return 0;
}

Result<int> work(const Surroundings& surroundings, const Options& options) {
  const std::string command = options.words().empty() ? "" : options.words()[0];
  if (command != "cluster-id" && command != "unregister" && command != "list-endpoints")
    return Error{
        ErrorKind::kInvalidArgument,
        fmt::format("invalid choice: '{}' (choose from 'cluster-id', 'unregister', 'list-endpoints')", command)};
  if (command == "unregister") LEAT_RETURN_IF_ERROR(options.require({"id"}));
  LEAT_ASSIGN_OR_RETURN(const auto id, options.number("id", 0, INT32_MAX));
  LEAT_ASSIGN_OR_RETURN(const Settings settings, settings_of(surroundings, options, {"config", "command-config"}));
  LEAT_ASSIGN_OR_RETURN(const auto session, Session::connect(surroundings, settings));
  if (command == "list-endpoints") return list_endpoints(*session, options.has("include-fenced-brokers"));
  if (command == "unregister") return unregister(*session, static_cast<std::int32_t>(*id));
  LEAT_ASSIGN_OR_RETURN(const auto known, session->metadata(std::set<std::string>{}));
  surroundings.terminal.out(known.cluster_id
                                ? fmt::format("Cluster ID: {}\n", *known.cluster_id)
                                : std::string("No cluster ID found. The Kafka version is probably too old.\n"));
  return 0;
}

}  // namespace

const Tool kClusterTool{"kafka-cluster", "cluster-id, list-endpoints, unregister", kOptions, work};

}  // namespace leat::tools
