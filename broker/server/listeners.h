// Listeners: where clients come in, and their sessions. Every listener of the configuration is opened once for each
// node, at the ports that follow its own.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/world.h"
#include "broker/server/broker_config.h"

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

  /// They stay where they are in memory.
  const std::deque<Listening>& all() const { return listening_; }
  /// The running nodes as clients of this listener see them: their listeners of the same name.
  std::vector<const Listening*> beside(const Listening& listening) const;

 private:
  Status open_one(std::size_t index);
  void accept(std::unique_ptr<Connection> connection, const Listening& at);

  Broker& broker_;
  std::deque<Listening> listening_;
  std::map<std::size_t, std::unique_ptr<Listener>> open_;  ///< by place in listening_
  struct Entered {
    std::int32_t node;
    std::unique_ptr<Session> session;
  };
  std::map<std::uint64_t, Entered> sessions_;
  std::uint64_t next_session_ = 1;
};

}  // namespace leat::server
