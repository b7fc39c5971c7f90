// Listeners: where clients come in, and their sessions: as many as max.connections allows, and those no longer that say
// nothing (connections.max.idle.ms). Every listener of the configuration is opened once for each
// node, at the ports that follow its own.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/world.h"
#include "broker/server/broker_config.h"
#include "broker/server/certificates.h"

namespace leat::server {

class Broker;
class Session;

/// A listener of one node.
struct Listening {
  std::string name;
  std::int32_t node = 0;
  Endpoint at;
  /// What clients are told.
  Endpoint advertised;
  /// Null where nobody has to authenticate.
  const SaslConfig* sasl = nullptr;
  /// Who clients with a certificate are; null without TLS.
  const PrincipalMapping* principals = nullptr;
};

class Listeners {
 public:
  explicit Listeners(Broker& broker);
  ~Listeners();

  /// Opens all listeners of all nodes.
  Status open();
  /// Ends the listeners and sessions of a node.
  void close_node(std::int32_t node);
  /// Opens the listeners of a node again, where they were.
  Status open_node(std::int32_t node);
  /// Ends all listeners, and asks the sessions to end.
  void close();
  /// Ends everything at once.
  void clear();

  /// Of the listeners with TLS; null before they are opened.
  Certificates* certificates() { return certificates_ ? &*certificates_ : nullptr; }
  /// They stay where they are in memory.
  const std::deque<Listening>& all() const { return listening_; }
  /// Connections that were closed since there were too many.
  std::uint64_t refused() const { return refused_; }
  std::size_t connections() const { return sessions_.size(); }
  /// The running nodes as clients of this listener see them: their listeners of the same name.
  std::vector<const Listening*> beside(const Listening& listening) const;

 private:
  Status open_one(std::size_t index);
  void accept(std::unique_ptr<Connection> connection, const Listening& at);
  /// Why one more connection from there is too much, if so.
  std::optional<std::string> refusal(const std::string& host) const;
  void watch_idle();
  void forget(std::uint64_t session);

  Broker& broker_;
  std::deque<Listening> listening_;
  std::optional<Certificates> certificates_;
  std::map<std::size_t, std::unique_ptr<Listener>> open_;  ///< by place in listening_
  struct Entered {
    std::int32_t node;
    std::string host;
    std::unique_ptr<Session> session;
  };
  std::map<std::uint64_t, Entered> sessions_;
  std::map<std::string, std::int32_t> by_host_;
  std::uint64_t next_session_ = 1;
  std::uint64_t refused_ = 0;
  std::optional<TimerId> idle_timer_;
};

}  // namespace leat::server
