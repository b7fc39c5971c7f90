// Cluster: the brokers behind `bootstrap.servers`, as producers, consumers and admins see them. Keeps connections,
// knows versions, leaders and coordinators, and finds them again when they move.
//
//   cluster.call_leader<wire::ListOffsetsRequest, wire::ListOffsetsResponse>({"orders", 3}, request, reply);
//
// Lives on one loop. Calls are answered once: with the response, with kUnavailable when a connection breaks or a
// request takes longer than `request_timeout`, or with kClosed when the cluster goes. It does not try again by itself:
// who called knows whether that is safe. Destroying it, which no reply may do, answers everything that is open.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/world.h"
#include "broker/wire/api_table.h"
#include "broker/wire/channel.h"
#include "broker/wire/error_code.h"
#include "broker/wire/header.h"
#include "broker/wire/messages/api_versions.h"
#include "broker/wire/messages/find_coordinator.h"
#include "broker/wire/messages/metadata.h"
#include "broker/wire/topic_partition.h"

namespace leat::client {

/// `host:port,host:port`, as in bootstrap.servers.
Result<std::vector<Endpoint>> parse_bootstrap_servers(std::string_view text);

struct ClusterConfig {
  std::vector<Endpoint> bootstrap;
  std::string client_id = "leat";
  Duration request_timeout = std::chrono::seconds(30);
  Duration retry_backoff = std::chrono::milliseconds(50);
};

enum class CoordinatorType : std::int8_t { kGroup = 0, kTransaction = 1 };

/// What is known of a topic. Partitions are counted from 0; -1 is a partition without a leader.
struct TopicMetadata {
  wire::ErrorCode error = wire::ErrorCode::kNone;
  Uuid id;
  std::vector<std::int32_t> leaders;
  /// The brokers that have each partition.
  std::vector<std::vector<std::int32_t>> replicas;
};

/// One broker: its connection, made when it is needed, and the versions that it speaks.
class Node {
 public:
  Node(World world, wire::Connector& connector, const ClusterConfig& config, Endpoint at);
  ~Node();

  /// Sends a request in the highest version that both sides speak, at most `version_max`.
  template <class Request, class Response>
  void call(Request request, OneShot<Result<Response>> reply, int version_max = 99) {
    when_ready([this, request = std::move(request), version_max, reply = std::move(reply)](Status ready) mutable {
      if (!ready) return reply(ready.error());
      const auto version = version_for(Request::kTraits, version_max);
      if (!version) return reply(version.error());
      send(Request::kTraits.api, *version, wire::encode(request, *version),
           [version = *version, reply = std::move(reply)](Result<Buf> body) mutable {
             body ? reply(wire::decode<Response>(*body, version)) : reply(body.error());
           });
    });
  }

  const Endpoint& at() const { return at_; }
  /// Whether a request would go out at once.
  bool ready() const { return state_ == State::kReady && channel_->open(); }
  /// When it was last found to be unreachable or silent; nothing since it answered.
  const std::optional<Instant>& failed_at() const { return failed_at_; }
  /// After a first answered call: the finalized level of a feature, or 0.
  std::int16_t finalized_feature(const std::string& feature) const;
  void when_ready(OneShot<Status> ready);

 private:
  struct Call;
  void connect();
  void drop_channel();
  void negotiate();
  void fail(const Error& why);
  Result<int> version_for(const wire::MessageTraits& request, int version_max) const;
  void send(wire::ApiKey key, int version, BufChain body, OneShot<Result<Buf>> reply);

  World world_;
  wire::Connector& connector_;
  const ClusterConfig& config_;
  Endpoint at_;
  std::unique_ptr<wire::Channel> channel_;
  enum class State { kIdle, kConnecting, kReady } state_ = State::kIdle;
  std::optional<Instant> failed_at_;
  std::vector<OneShot<Status>> waiting_;
  std::map<std::int16_t, std::pair<std::int16_t, std::int16_t>> versions_;
  std::map<std::string, std::int16_t> features_;
  std::int32_t next_correlation_id_ = 1;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

class Cluster {
 public:
  /// `connector` must outlive the cluster.
  Cluster(World world, wire::Connector& connector, ClusterConfig config);
  ~Cluster();

  World& world() { return world_; }
  const ClusterConfig& config() const { return config_; }

  /// Any broker that lets us connect; one after the other is tried.
  template <class Request, class Response>
  void call_any(Request request, OneShot<Result<Response>> reply, int version_max = 99) {
    with_any_node({},
                  [request = std::move(request), version_max, reply = std::move(reply)](Result<Node*> node) mutable {
                    if (!node) return reply(node.error());
                    (*node)->template call<Request, Response>(std::move(request), std::move(reply), version_max);
                  });
  }
  template <class Request, class Response>
  void call_node(std::int32_t node, Request request, OneShot<Result<Response>> reply, int version_max = 99) {
    Node* found = find_node(node);
    if (found == nullptr)
      return reply(Error{ErrorKind::kUnavailable, "broker " + std::to_string(node) + " is not known"});
    found->template call<Request, Response>(std::move(request), std::move(reply), version_max);
  }
  /// Who fetches has a lane, with connections of its own: fetches are parked by the broker, and what is behind them
  /// waits, be it another's fetch. To be given back.
  std::uint32_t take_lane() { return ++lanes_; }
  void give_back_lane(std::uint32_t lane);
  template <class Request, class Response>
  void call_fetching(std::int32_t node, std::uint32_t lane, Request request, OneShot<Result<Response>> reply,
                     int version_max = 99) {
    Node* found = find_node(node);
    if (found == nullptr)
      return reply(Error{ErrorKind::kUnavailable, "broker " + std::to_string(node) + " is not known"});
    place(fetching_[{lane, node}], found->at())
        .template call<Request, Response>(std::move(request), std::move(reply), version_max);
  }
  /// The coordinator of a key; looked up first where it is not known. After an answer that says NOT_COORDINATOR (or no
  /// answer) call `forget_coordinator`.
  template <class Request, class Response>
  void call_coordinator(CoordinatorType type, const std::string& key, Request request, OneShot<Result<Response>> reply,
                        int version_max = 99) {
    with_coordinator(type, key, type == CoordinatorType::kGroup ? Purpose::kGroup : Purpose::kTransaction,
                     [request = std::move(request), version_max, reply = std::move(reply)](Result<Node*> node) mutable {
                       if (!node) return reply(node.error());
                       (*node)->template call<Request, Response>(std::move(request), std::move(reply), version_max);
                     });
  }
  /// The same for joining a group and what comes with it: such requests are parked by the broker, and commits and
  /// heartbeats do not wait behind them.
  template <class Request, class Response>
  void call_rebalance(const std::string& group_id, Request request, OneShot<Result<Response>> reply) {
    with_coordinator(CoordinatorType::kGroup, group_id, Purpose::kRebalance,
                     [request = std::move(request), reply = std::move(reply)](Result<Node*> node) mutable {
                       if (!node) return reply(node.error());
                       (*node)->template call<Request, Response>(std::move(request), std::move(reply));
                     });
  }
  void forget_coordinator(CoordinatorType type, const std::string& key);

  /// Expires with the cluster: for timers of who borrows it.
  std::weak_ptr<bool> alive() const { return alive_; }

  /// Null where nothing is known yet: ask with `refresh`.
  const TopicMetadata* topic(const std::string& name) const;
  std::int32_t leader_of(const TopicPartition& partition) const;
  const std::map<std::string, TopicMetadata>& topics() const { return topics_; }
  /// The racks (broker.rack) of the brokers that have a partition, "" for one without; empty where nothing is known.
  std::set<std::string> racks_of(const TopicPartition& partition) const;
  /// Asks for these topics (none: all) anew. Topics that are not there are told as such, not made, unless `create`.
  void refresh(const std::set<std::string>& topics, bool create, OneShot<Status> done);

 private:
  enum class Purpose { kGroup, kRebalance, kTransaction };

  Node* best_node(const std::vector<Endpoint>& tried);
  void with_any_node(std::vector<Endpoint> tried, OneShot<Result<Node*>> found);
  Node& place(std::unique_ptr<Node>& node, const Endpoint& at);
  Node& dedicated(Purpose purpose, std::int32_t id, const Endpoint& at);
  void with_coordinator(CoordinatorType type, const std::string& key, Purpose purpose, OneShot<Result<Node*>> found);
  Node* find_node(std::int32_t id);

  World world_;
  wire::Connector& connector_;
  ClusterConfig config_;
  std::vector<std::unique_ptr<Node>> bootstrap_;
  std::map<std::int32_t, std::unique_ptr<Node>> nodes_;
  std::map<std::pair<Purpose, std::int32_t>, std::unique_ptr<Node>> dedicated_;
  std::map<std::pair<std::uint32_t, std::int32_t>, std::unique_ptr<Node>> fetching_;  ///< by lane
  std::uint32_t lanes_ = 0;
  std::map<std::string, TopicMetadata> topics_;
  std::map<std::int32_t, std::string> racks_;
  std::map<std::pair<CoordinatorType, std::string>, std::int32_t> coordinators_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace leat::client
