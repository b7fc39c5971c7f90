// SimNetwork: what connects the simulated hosts; SimNet: the network as one loop sees it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "base/net.h"
#include "base/sim/scheduler.h"

namespace leat::sim {

class SimSocket;
class SimListener;

/// Shared by all hosts: who listens where, which connections there are, which hosts cannot reach each other.
class SimNetwork {
 public:
  explicit SimNetwork(Scheduler& scheduler) : scheduler_(scheduler) {}

  Scheduler& scheduler() { return scheduler_; }
  Duration delay();

  void partition(const std::string& a, const std::string& b) { partitions_.insert(std::minmax(a, b)); }
  void heal(const std::string& a, const std::string& b) { partitions_.erase(std::minmax(a, b)); }
  void heal_all() { partitions_.clear(); }
  bool reachable(const std::string& a, const std::string& b) const { return !partitions_.contains(std::minmax(a, b)); }

  void cut_connections(const std::string& a, const std::string& b);
  /// The process of this host has ended: its listeners are gone, its connections break.
  void end_host(const std::string& host);

 private:
  friend class SimNet;
  friend class SimSocket;
  friend class SimListener;

  Scheduler& scheduler_;
  std::map<std::pair<std::string, std::uint16_t>, SimListener*> listeners_;
  std::map<std::uint64_t, std::weak_ptr<SimSocket>> sockets_;
  std::set<std::pair<std::string, std::string>> partitions_;
  std::uint64_t next_socket_ = 1;
  std::uint16_t next_port_ = 32768;
};

class SimNet : public Net {
 public:
  SimNet(SimNetwork& network, SimLoop& loop, std::string host)
      : network_(network), loop_(loop), host_(std::move(host)) {}

  Result<std::unique_ptr<Listener>> listen(const Endpoint& at,
                                           MoveFunction<void(std::unique_ptr<Connection>)> on_accept) override;
  void connect(const Endpoint& to, OneShot<Result<std::unique_ptr<Connection>>> done) override;

 private:
  std::string resolved(const std::string& host) const;

  SimNetwork& network_;
  SimLoop& loop_;
  std::string host_;
};

}  // namespace leat::sim
