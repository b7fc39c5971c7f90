#include "broker/client/cluster.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace leat::client {

using wire::ErrorCode;

Result<std::vector<Endpoint>> parse_bootstrap_servers(std::string_view text) {
  std::vector<Endpoint> endpoints;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    const std::size_t colon = part.rfind(':');
    Endpoint endpoint;
    const char* const end = part.data() + part.size();
    bool good = colon != std::string_view::npos && colon > 0;
    if (good) {
      const auto [stopped, problem] = std::from_chars(part.data() + colon + 1, end, endpoint.port);
      good = problem == std::errc{} && stopped == end && endpoint.port > 0;
    }
    if (!good)
      return Error{ErrorKind::kInvalidArgument,
                   "bootstrap.servers: '" + std::string(part) + "' is not host:port, such as localhost:9092"};
    endpoint.host = part.substr(0, colon);
    endpoints.push_back(std::move(endpoint));
  }
  if (endpoints.empty()) return Error{ErrorKind::kInvalidArgument, "bootstrap.servers is empty; give host:port"};
  return endpoints;
}

/// A request under way: answered by its response or by its timer, whichever comes first.
struct Node::Call {
  OneShot<Result<Buf>> reply;
  std::optional<TimerId> timer;
};

Node::Node(World world, wire::Connector& connector, const ClusterConfig& config, Endpoint at)
    : world_(world), connector_(connector), config_(config), at_(std::move(at)) {}

Node::~Node() {
  alive_.reset();
  channel_.reset();
}

std::int16_t Node::finalized_feature(const std::string& feature) const {
  const auto found = features_.find(feature);
  return found == features_.end() ? std::int16_t{0} : found->second;
}

void Node::when_ready(OneShot<Status> ready) {
  if (this->ready()) return ready({});
  waiting_.push_back(std::move(ready));
  if (state_ != State::kConnecting) connect();
}

void Node::connect() {
  drop_channel();
  state_ = State::kConnecting;
  connector_.connect(at_, [this, alive = std::weak_ptr<bool>(alive_)](Result<std::unique_ptr<wire::Channel>> channel) {
    if (alive.expired()) return;
    if (!channel) return fail(channel.error());
    channel_ = std::move(*channel);
    negotiate();
  });
}

/// Ends the channel later: this may run inside of one of its replies.
void Node::drop_channel() {
  state_ = State::kIdle;
  if (!channel_) return;
  world_.loop.post([gone = std::shared_ptr<wire::Channel>(std::move(channel_))] {});
}

void Node::negotiate() {
  wire::ApiVersionsRequest request;
  request.client_software_name = "leat";
  request.client_software_version = "0.1.0";
  constexpr int kVersion = 3;
  send(wire::ApiKey::kApiVersions, kVersion, wire::encode(request, kVersion), [this](Result<Buf> body) {
    if (!body) return fail(body.error());
    const auto response = wire::decode<wire::ApiVersionsResponse>(*body, kVersion);
    if (!response) return fail(response.error());
    if (response->error_code != ErrorCode::kNone)
      return fail(wire::kafka_error(response->error_code, "asking " + at_.to_string() + " for its versions"));
    versions_.clear();
    for (const auto& api : response->api_keys) versions_[api.api_key] = {api.min_version, api.max_version};
    for (const auto& feature : response->finalized_features) features_[feature.name] = feature.max_version_level;
    state_ = State::kReady;
    failed_at_.reset();
    for (auto& ready : std::exchange(waiting_, {})) ready({});
  });
}

void Node::fail(const Error& why) {
  state_ = State::kIdle;
  failed_at_ = world_.loop.now();
  for (auto& ready : std::exchange(waiting_, {})) ready(why);
}

Result<int> Node::version_for(const wire::MessageTraits& request, int version_max) const {
  const auto found = versions_.find(static_cast<std::int16_t>(request.api));
  if (found != versions_.end()) {
    const int version = std::min({version_max, request.version_max, static_cast<int>(found->second.second)});
    if (version >= std::max(request.version_min, static_cast<int>(found->second.first))) return version;
  }
  return Error{ErrorKind::kUnavailable, "broker " + at_.to_string() + " does not speak a version of " +
                                            std::string(request.name) +
                                            " that this client knows; Apache Kafka 4.0 or newer is needed"};
}

void Node::send(wire::ApiKey key, int version, BufChain body, OneShot<Result<Buf>> reply) {
  const std::int32_t correlation_id = next_correlation_id_++;
  auto call = std::make_shared<Call>();
  call->reply = std::move(reply);
  call->timer = world_.loop.call_at(world_.loop.now() + config_.request_timeout,
                                    [this, alive = std::weak_ptr<bool>(alive_), call] {
                                      call->timer.reset();
                                      if (!call->reply) return;
                                      auto late = std::move(call->reply);
                                      // Answers come in the order of the calls: behind this one nothing will.
                                      if (!alive.expired()) {
                                        failed_at_ = world_.loop.now();
                                        drop_channel();
                                      }
                                      late(Error{ErrorKind::kTimeout, "no answer within the request timeout"});
                                    });
  channel_->call(
      wire::request_frame(key, version, correlation_id, config_.client_id, std::move(body)),
      [call, key, version, correlation_id, loop = &world_.loop,
       alive = std::weak_ptr<bool>(alive_)](Result<wire::Frame> frame) {
        if (call->timer) loop->cancel(*call->timer);
        call->timer.reset();
        if (!call->reply) return;
        if (!frame) {
          // Only the connection was given up, not the client: another try may help.
          const bool given_up = frame.error().kind == ErrorKind::kClosed && !alive.expired();
          return call->reply(given_up ? Error{ErrorKind::kUnavailable, "the connection was given up"} : frame.error());
        }
        call->reply(wire::parse_response(frame->flatten(), key, version, correlation_id));
      });
}

Cluster::Cluster(World world, wire::Connector& connector, ClusterConfig config)
    : world_(world), connector_(connector), config_(std::move(config)) {
  LEAT_CHECK(!config_.bootstrap.empty(), "a cluster needs bootstrap servers");
  for (const Endpoint& endpoint : config_.bootstrap)
    bootstrap_.push_back(std::make_unique<Node>(world_, connector_, config_, endpoint));
}

Cluster::~Cluster() {
  alive_.reset();
  fetching_.clear();
  dedicated_.clear();
  nodes_.clear();
  bootstrap_.clear();
}

/// Of those not tried: one that is connected, or else the one whose failure is longest ago; bootstrap servers last.
Node* Cluster::best_node(const std::vector<Endpoint>& tried) {
  Node* best = nullptr;
  const auto consider = [&](Node& node) {
    if (std::find(tried.begin(), tried.end(), node.at()) != tried.end()) return;
    const auto rank = [](const Node& each) {
      return std::pair(!each.ready(), each.failed_at().value_or(Instant::min()));
    };
    if (best == nullptr || rank(node) < rank(*best)) best = &node;
  };
  for (auto& [id, node] : nodes_) consider(*node);
  if (best != nullptr) return best;
  for (auto& node : bootstrap_) consider(*node);
  return best;
}

void Cluster::with_any_node(std::vector<Endpoint> tried, OneShot<Result<Node*>> found) {
  Node* const node = best_node(tried);
  LEAT_CHECK(node != nullptr, "there is a broker to be tried");
  tried.push_back(node->at());
  node->when_ready([this, alive = std::weak_ptr<bool>(alive_), node, tried = std::move(tried),
                    found = std::move(found)](Status ready) mutable {
    if (alive.expired()) return found(Error{ErrorKind::kClosed, "the client was closed"});
    if (ready) return found(node);
    if (best_node(tried) == nullptr) return found(ready.error());
    with_any_node(std::move(tried), std::move(found));
  });
}

/// Makes sure of a node at an address. One that has moved is ended later: this may run inside of its reply.
Node& Cluster::place(std::unique_ptr<Node>& node, const Endpoint& at) {
  if (node && node->at() == at) return *node;
  if (node) world_.loop.post([gone = std::shared_ptr<Node>(std::move(node))] {});
  node = std::make_unique<Node>(world_, connector_, config_, at);
  return *node;
}

Node& Cluster::dedicated(Purpose purpose, std::int32_t id, const Endpoint& at) {
  return place(dedicated_[{purpose, id}], at);
}

/// At once, and not from the loop: the loop, and the connector, may end before it came to that. Fetchers tell nobody
/// anything from inside of a reply, so none of them goes from there.
void Cluster::give_back_lane(std::uint32_t lane) {
  constexpr std::int32_t kFirst = std::numeric_limits<std::int32_t>::min();
  fetching_.erase(fetching_.lower_bound({lane, kFirst}), fetching_.lower_bound({lane + 1, kFirst}));
}

Node* Cluster::find_node(std::int32_t id) {
  const auto found = nodes_.find(id);
  return found == nodes_.end() ? nullptr : found->second.get();
}

const TopicMetadata* Cluster::topic(const std::string& name) const {
  const auto found = topics_.find(name);
  return found == topics_.end() ? nullptr : &found->second;
}

std::int32_t Cluster::leader_of(const TopicPartition& partition) const {
  const TopicMetadata* metadata = topic(partition.topic);
  if (metadata == nullptr || static_cast<std::size_t>(partition.partition) >= metadata->leaders.size()) return -1;
  return metadata->leaders[static_cast<std::size_t>(partition.partition)];
}

std::set<std::string> Cluster::racks_of(const TopicPartition& partition) const {
  std::set<std::string> racks;
  const TopicMetadata* metadata = topic(partition.topic);
  if (metadata == nullptr || static_cast<std::size_t>(partition.partition) >= metadata->replicas.size()) return racks;
  for (const std::int32_t broker : metadata->replicas[static_cast<std::size_t>(partition.partition)]) {
    const auto rack = racks_.find(broker);
    racks.insert(rack == racks_.end() ? "" : rack->second);
  }
  return racks;
}

void Cluster::refresh(const std::set<std::string>& topics, bool create, OneShot<Status> done) {
  wire::MetadataRequest request;
  request.allow_auto_topic_creation = create;
  if (!topics.empty()) {
    request.topics.emplace();
    for (const std::string& name : topics) request.topics->emplace_back().name = name;
  }
  constexpr int kVersionMax = 12;
  call_any<wire::MetadataRequest, wire::MetadataResponse>(
      std::move(request),
      [this, alive = std::weak_ptr<bool>(alive_), topics,
       done = std::move(done)](Result<wire::MetadataResponse> response) mutable {
        if (alive.expired()) return done(Error{ErrorKind::kClosed, "the client was closed"});
        if (!response) return done(response.error());
        for (const auto& broker : response->brokers) {
          const Endpoint at{broker.host, static_cast<std::uint16_t>(broker.port)};
          place(nodes_[broker.node_id], at);
          racks_[broker.node_id] = broker.rack.value_or("");
        }
        if (topics.empty()) topics_.clear();
        for (const auto& topic : response->topics) {
          TopicMetadata& metadata = topics_[topic.name.value_or("")];
          metadata = {.error = topic.error_code, .id = topic.topic_id, .leaders = {}, .replicas = {}};
          for (const auto& partition : topic.partitions) {
            const auto index = static_cast<std::size_t>(partition.partition_index);
            if (metadata.leaders.size() <= index) metadata.leaders.resize(index + 1, -1);
            metadata.leaders[index] = partition.leader_id;
            metadata.replicas.resize(metadata.leaders.size());
            metadata.replicas[index] = partition.replica_nodes;
          }
        }
        done({});
      },
      kVersionMax);
}

void Cluster::forget_coordinator(CoordinatorType type, const std::string& key) { coordinators_.erase({type, key}); }

void Cluster::with_coordinator(CoordinatorType type, const std::string& key, Purpose purpose,
                               OneShot<Result<Node*>> found) {
  if (const auto known = coordinators_.find({type, key}); known != coordinators_.end())
    if (Node* node = find_node(known->second)) return found(&dedicated(purpose, known->second, node->at()));
  wire::FindCoordinatorRequest request;
  request.key_type = static_cast<std::int8_t>(type);
  request.coordinator_keys = {key};
  request.key = key;
  call_any<wire::FindCoordinatorRequest, wire::FindCoordinatorResponse>(
      std::move(request), [this, alive = std::weak_ptr<bool>(alive_), type, key, purpose,
                           found = std::move(found)](Result<wire::FindCoordinatorResponse> response) mutable {
        if (alive.expired()) return found(Error{ErrorKind::kClosed, "the client was closed"});
        if (!response) return found(response.error());
        if (response->coordinators.empty())
          return found(Error{ErrorKind::kCorrupt, "a coordinator answer without a coordinator"});
        const auto& coordinator = response->coordinators.front();
        if (coordinator.error_code != ErrorCode::kNone)
          return found(wire::kafka_error(coordinator.error_code, "looking for the coordinator of '" + key + "'"));
        const Endpoint at{coordinator.host, static_cast<std::uint16_t>(coordinator.port)};
        place(nodes_[coordinator.node_id], at);
        coordinators_[{type, key}] = coordinator.node_id;
        found(&dedicated(purpose, coordinator.node_id, at));
      });
}

}  // namespace leat::client
