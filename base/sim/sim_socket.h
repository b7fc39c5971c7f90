// SimSocket: one end of a simulated connection, with the wire to the other end.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "base/sim/sim_net.h"

namespace leat::sim {

/// Bytes go from the outbox (queued) to the wire (under way) to the inbox of the other end (unread). Wire and inbox
/// together hold at most `socket_buffer_bytes`.
class SimSocket : public std::enable_shared_from_this<SimSocket> {
 public:
  static std::shared_ptr<SimSocket> make(SimNetwork& network, SimLoop& loop, std::string host, Endpoint local,
                                         Endpoint peer);
  static void connect(const std::shared_ptr<SimSocket>& a, const std::shared_ptr<SimSocket>& b);
  ~SimSocket();

  void start(ConnectionReader& reader);
  void write(BufChain bytes);
  std::size_t bytes_queued() const { return outbox_bytes_; }
  void pause() { paused_ = true; }
  void resume();
  void close();
  /// The owner is gone and is told nothing any more.
  void abandon();
  /// Breaks the connection for both ends.
  void cut(const std::string& why);

  const std::string& host() const { return host_; }
  const std::string& peer_host() const { return peer_host_; }
  const Endpoint& local() const { return local_; }
  const Endpoint& peer() const { return peer_endpoint_; }

 private:
  /// A piece of bytes, or the end of the connection.
  struct Piece {
    Buf bytes;
    std::optional<Error> end;
    Instant due;
  };

  SimSocket(SimNetwork& network, SimLoop& loop, std::string host, Endpoint local, Endpoint peer);
  void fill_wire();
  void put_on_wire(Buf bytes, std::optional<Error> end);
  void expect_delivery();
  void deliver();
  void drain_later();
  void drain();
  void leave();
  void end(const Error& why);

  SimNetwork& network_;
  SimLoop& loop_;
  std::uint64_t number_;
  std::string host_;
  std::string peer_host_;
  Endpoint local_;
  Endpoint peer_endpoint_;
  std::weak_ptr<SimSocket> peer_;
  ConnectionReader* reader_ = nullptr;

  std::deque<Buf> outbox_;
  std::size_t outbox_bytes_ = 0;
  std::deque<Piece> wire_;
  std::size_t wire_bytes_ = 0;
  bool delivery_expected_ = false;
  std::deque<Buf> inbox_;
  std::size_t inbox_bytes_ = 0;
  std::optional<Error> end_after_inbox_;
  bool draining_ = false;
  bool paused_ = false;
  bool closed_ = false;  ///< this end has closed, or was told the end
  bool broken_ = false;  ///< nothing arrives any more, at neither end
};

class SimConnection : public Connection {
 public:
  explicit SimConnection(std::shared_ptr<SimSocket> socket) : socket_(std::move(socket)) {}
  ~SimConnection() override { socket_->abandon(); }
  void start(ConnectionReader& reader) override { socket_->start(reader); }
  void write(BufChain bytes) override { socket_->write(std::move(bytes)); }
  std::size_t bytes_queued() const override { return socket_->bytes_queued(); }
  void pause_reading() override { socket_->pause(); }
  void resume_reading() override { socket_->resume(); }
  void close() override { socket_->close(); }
  Endpoint peer() const override { return socket_->peer(); }
  Endpoint local() const override { return socket_->local(); }

 private:
  std::shared_ptr<SimSocket> socket_;
};

}  // namespace leat::sim
