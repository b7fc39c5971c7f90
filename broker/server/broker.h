// Broker: everything behind the frames. Owns the log directory, topics and coordinators; answers requests; listens.
//
// Lives on one loop, in the real world or a simulated one. Sessions (TCP) and the loopback give it frames; a frame
// leads to a handler (handlers.h), which replies once, perhaps later.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <vector>

#include "base/world.h"
#include "broker/coordinator/group_coordinator.h"
#include "broker/coordinator/transaction_coordinator.h"
#include "broker/log/log_cleaner.h"
#include "broker/server/authorizer.h"
#include "broker/server/broker_config.h"
#include "broker/server/client_quotas.h"
#include "broker/server/fetch_sessions.h"
#include "broker/server/listeners.h"
#include "broker/server/nodes.h"
#include "broker/server/request_statistics.h"
#include "broker/server/topics.h"
#include "broker/wire/header.h"

namespace leat::server {

class Authentication;
class Monitor;

/// Where coordinators keep what they know.
inline const std::string kOffsetsTopic = "__consumer_offsets";
inline const std::string kTransactionsTopic = "__transaction_state";

/// Who is at the other end of a connection, and what it is told.
struct Peer {
  std::string host;
  /// Who it is, unless `authentication` says so.
  std::string user = "ANONYMOUS";
  /// Where the connection came in. Outlives it.
  const Listening* listener = nullptr;
  /// Null where nobody has to authenticate. Lives with the connection.
  Authentication* authentication = nullptr;
  /// Until when the connection's next request has to wait; null where nobody makes it wait.
  std::shared_ptr<Instant> muted_until;
  /// The process that the broker is part of: it may do everything.
  bool trusted = false;
};

/// What a handler knows of the request beside its body.
struct RequestContext {
  int version = 0;
  coordinator::ClientIdentity client;
  /// Where the connection came in.
  const Listening* listener = nullptr;
  Authentication* authentication = nullptr;
  /// Who asks.
  std::string user = "ANONYMOUS";
  /// Null where no limit can hold the client back.
  std::shared_ptr<Instant> muted_until;
  /// Whether there is an authorizer that has to be asked.
  bool guarded = false;
  bool authenticated() const { return user != "ANONYMOUS"; }
  /// The node that was asked.
  std::int32_t node() const { return listener->node; }
};

/// A response frame; nothing for a request that has none (acks=0).
using Reply = std::optional<wire::Frame>;

class Broker : public coordinator::TransactionSurroundings {
 public:
  /// Recovers the log directory. The broker answers `handle` from then on, and listens after `listen`.
  static Result<std::unique_ptr<Broker>> open(World world, const BrokerConfig& config);
  ~Broker() override;

  /// Opens the listeners of the config, and the one for metrics.
  Status listen();
  const Listeners& listeners() const { return listeners_; }
  Listeners& listeners() { return listeners_; }
  const std::deque<Listening>& listening() const { return listeners_.all(); }
  /// Where metrics are served, if they are.
  std::optional<Endpoint> monitored_at() const;
  /// Where clients in this process come in.
  const Listening& loopback() const { return loopback_; }

  const Nodes& nodes() const { return nodes_; }
  /// Ends a node's connections and hands what it leads over to others, or brings it back. Nothing where that is so.
  Status stop_node(std::int32_t id);
  Status start_node(std::int32_t id);

  /// Answers one request frame. An error means that the connection must be closed without an answer.
  void handle(const Buf& frame, const Peer& peer, OneShot<Result<Reply>> reply);

  /// Ends the listeners and sessions, and closes all logs so that the next start needs no recovery.
  Status shut_down();

  World& world() { return world_; }
  /// Expires with the broker: for what the loop still holds then (timers, posted tasks).
  std::weak_ptr<bool> alive() const { return alive_; }
  const BrokerConfig& config() const { return config_; }
  const std::string& cluster_id() const { return directory_->cluster_id(); }
  Topics& topics() { return *topics_; }
  const Settings& settings() const { return topics_->settings(); }
  const Authorizer& authorizer() const { return *authorizer_; }
  ClientQuotas& client_quotas() { return *client_quotas_; }
  FetchSessions& fetch_sessions() { return fetch_sessions_; }
  RequestStatistics& request_statistics() { return request_statistics_; }
  /// When it was opened.
  Instant began() const { return began_; }

  /// Makes the internal topics on first use, then runs `then` (with an error where that fails).
  void ensure_coordinators(bool for_transactions, OneShot<Status> then);
  /// Null until the internal topic is there.
  coordinator::GroupCoordinator* groups_of(const std::string& group_id);
  coordinator::TransactionCoordinator* transactions_of(const std::string& transactional_id);
  const std::vector<std::unique_ptr<coordinator::GroupCoordinator>>& group_coordinators() const { return groups_; }
  const std::vector<std::unique_ptr<coordinator::TransactionCoordinator>>& transaction_coordinators() const {
    return transactions_;
  }
  TopicPartition offsets_partition_of(const std::string& group_id) const;
  TopicPartition transactions_partition_of(const std::string& transactional_id) const;

  void next_producer_id(OneShot<Result<std::int64_t>> reply) override { topics_->next_producer_id(std::move(reply)); }
  void write_marker(const TopicPartition& partition, const coordinator::WriterIdentity& writer,
                    std::int32_t coordinator_epoch, bool commit, OneShot<Status> written) override;

 private:
  Broker(World world, const BrokerConfig& config);
  Status open_groups();
  Status open_transactions();
  /// Something that is done again and again.
  struct Chore {
    Duration interval;
    std::function<void()> work;
    TimerId timer;
  };
  void schedule_chores();
  void repeat(std::int64_t interval_ms, std::function<void()> chore);
  void schedule(Chore& chore);
  void stop_chores();
  void start_cleaner();

  World world_;
  BrokerConfig config_;
  Nodes nodes_;
  std::unique_ptr<log::LogDirectory> directory_;
  std::unique_ptr<Topics> topics_;
  std::optional<Authorizer> authorizer_;
  std::optional<ClientQuotas> client_quotas_;
  std::unique_ptr<log::LogCleaner> cleaner_;
  std::vector<std::unique_ptr<coordinator::GroupCoordinator>> groups_;
  std::vector<std::unique_ptr<coordinator::TransactionCoordinator>> transactions_;
  FetchSessions fetch_sessions_;
  Instant began_;
  RequestStatistics request_statistics_;
  std::unique_ptr<Monitor> monitor_;
  std::list<Chore> chores_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  Listening loopback_;
  Listeners listeners_;
};

}  // namespace leat::server
