#include "base/sim/sim_net.h"

#include "base/sim/sim_socket.h"

namespace leat::sim {

class SimListener : public Listener {
 public:
  SimListener(SimNetwork& network, SimLoop& loop, std::string host, Endpoint local,
              MoveFunction<void(std::unique_ptr<Connection>)> on_accept)
      : network_(network),
        loop_(loop),
        host_(std::move(host)),
        local_(std::move(local)),
        on_accept_(std::make_shared<MoveFunction<void(std::unique_ptr<Connection>)>>(std::move(on_accept))) {
    network_.listeners_[{host_, local_.port}] = this;
  }
  ~SimListener() override {
    const auto at = network_.listeners_.find({host_, local_.port});
    if (at != network_.listeners_.end() && at->second == this) network_.listeners_.erase(at);
  }

  Endpoint local() const override { return local_; }
  SimLoop& loop() { return loop_; }

  /// Hands the connection over on the loop of the listener, unless that has gone by then.
  void accept(std::shared_ptr<SimSocket> socket) {
    loop_.post([socket = std::move(socket), on_accept = std::weak_ptr(on_accept_)]() mutable {
      std::unique_ptr<Connection> connection(new SimConnection(std::move(socket)));
      if (const auto accept = on_accept.lock()) (*accept)(std::move(connection));
    });
  }

 private:
  SimNetwork& network_;
  SimLoop& loop_;
  std::string host_;
  Endpoint local_;
  std::shared_ptr<MoveFunction<void(std::unique_ptr<Connection>)>> on_accept_;
};

Duration SimNetwork::delay() {
  const SimOptions& options = scheduler_.options();
  if (scheduler_.random().chance(options.network_slow_percent)) {
    return scheduler_.between(options.network_delay_min, options.network_slow_delay_max);
  }
  return scheduler_.between(options.network_delay_min, options.network_delay_max);
}

void SimNetwork::cut_connections(const std::string& a, const std::string& b) {
  const auto sockets = sockets_;
  for (const auto& [number, weak] : sockets) {
    const auto socket = weak.lock();
    if (socket && socket->host() == a && socket->peer_host() == b) socket->cut("the connection was cut (simulated)");
  }
}

void SimNetwork::end_host(const std::string& host) {
  std::erase_if(listeners_, [&](const auto& listener) { return listener.first.first == host; });
  const auto sockets = sockets_;
  for (const auto& [number, weak] : sockets) {
    const auto socket = weak.lock();
    if (socket && socket->host() == host) socket->cut("the process at the other end has ended");
  }
}

std::string SimNet::resolved(const std::string& host) const {
  const bool own = host.empty() || host == "localhost" || host == "127.0.0.1" || host == "0.0.0.0";
  return own ? host_ : host;
}

Result<std::unique_ptr<Listener>> SimNet::listen(const Endpoint& at,
                                                 MoveFunction<void(std::unique_ptr<Connection>)> on_accept) {
  if (loop_.ended()) return Error{ErrorKind::kClosed, "the process has ended"};
  if (resolved(at.host) != host_) {
    return Error{ErrorKind::kInvalidArgument,
                 "cannot listen at " + at.to_string() + ": this host is " + host_ + "; leave the host out to take it"};
  }
  Endpoint local{at.host.empty() || at.host == "0.0.0.0" ? host_ : at.host, at.port};
  while (local.port == 0) {
    const std::uint16_t port = network_.next_port_++;
    if (port >= 1024 && !network_.listeners_.contains({host_, port})) local.port = port;
  }
  if (network_.listeners_.contains({host_, local.port})) {
    return Error{ErrorKind::kAlreadyExists,
                 "cannot listen at " + at.to_string() +
                     ": the port is in use; stop the other program, choose another port, or 0 for any free one"};
  }
  return std::unique_ptr<Listener>(new SimListener(network_, loop_, host_, local, std::move(on_accept)));
}

void SimNet::connect(const Endpoint& to, OneShot<Result<std::unique_ptr<Connection>>> done) {
  if (loop_.ended()) return done(Error{ErrorKind::kClosed, "the process has ended"});
  Scheduler& scheduler = network_.scheduler();
  const std::string host = resolved(to.host);
  const auto fail_after = [this, &scheduler, to](Duration delay, auto reply, const char* why) {
    scheduler.add(scheduler.now() + delay, loop_, [to, reply = std::move(reply), why]() mutable {
      reply(Error{ErrorKind::kUnavailable, "cannot connect to " + to.to_string() + ": " + why});
    });
  };
  if (!network_.reachable(host_, host)) {
    return fail_after(scheduler.options().connect_timeout, std::move(done), "no answer within the time");
  }
  // The knock arrives after a delay, the answer after another one.
  scheduler.add(scheduler.now() + network_.delay(), loop_,
                [this, &scheduler, host, to, fail_after, done = std::move(done)]() mutable {
                  const auto listener = network_.listeners_.find({host, to.port});
                  if (listener == network_.listeners_.end()) {
                    return fail_after(network_.delay(), std::move(done),
                                      "connection refused; is a broker running there?");
                  }
                  SimListener& there = *listener->second;
                  const Endpoint local{host_, network_.next_port_++};
                  auto client = SimSocket::make(network_, loop_, host_, local, to);
                  auto server = SimSocket::make(network_, there.loop(), host, there.local(), local);
                  SimSocket::connect(client, server);
                  there.accept(std::move(server));
                  scheduler.add(scheduler.now() + network_.delay(), loop_, [client, reply = std::move(done)]() mutable {
                    reply(std::unique_ptr<Connection>(new SimConnection(std::move(client))));
                  });
                });
}

}  // namespace leat::sim
