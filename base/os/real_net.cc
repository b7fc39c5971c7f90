#include "base/os/real_net.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <deque>

#include "base/os/reactor.h"

namespace leat::os {

namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kSlicesPerWrite = 64;

Endpoint endpoint_of(const tcp::endpoint& endpoint) { return {endpoint.address().to_string(), endpoint.port()}; }

/// What a connection's callbacks share; it outlives the Connection while an operation is under way.
class Socket : public std::enable_shared_from_this<Socket> {
 public:
  explicit Socket(tcp::socket socket) : socket_(std::move(socket)) {
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);
    peer_ = endpoint_of(socket_.remote_endpoint(ignored));
    local_ = endpoint_of(socket_.local_endpoint(ignored));
  }

  void start(ConnectionReader& reader) {
    reader_ = &reader;
    read();
  }
  void write(BufChain bytes) {
    if (closed_) return;
    queued_ += bytes.size();
    for (const Buf& slice : bytes.slices()) queue_.push_back(slice);
    if (!writing_) flush();
  }
  void pause() { paused_ = true; }
  void resume() {
    if (!std::exchange(paused_, false) || reading_) return;
    read();
  }
  void close(const Error& why) {
    if (std::exchange(closed_, true)) return;
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
    queue_.clear();
    queued_ = 0;
    // From the loop, so that nobody is told in the middle of a call of his own.
    boost::asio::post(socket_.get_executor(), [self = shared_from_this(), why] {
      if (auto* reader = std::exchange(self->reader_, nullptr)) reader->closed(why);
    });
  }
  /// The owner is gone: nobody is told any more.
  void abandon() {
    reader_ = nullptr;
    close({ErrorKind::kClosed, "closed"});
  }

  std::size_t queued() const { return queued_; }
  const Endpoint& peer() const { return peer_; }
  const Endpoint& local() const { return local_; }

 private:
  void read() {
    if (closed_ || paused_ || reader_ == nullptr) return;
    reading_ = true;
    const std::span<char> to = reader_->prepare();
    socket_.async_read_some(
        boost::asio::buffer(to.data(), to.size()),
        [self = shared_from_this()](error_code error, std::size_t size) { self->got(error, size); });
  }
  void got(error_code error, std::size_t size) {
    reading_ = false;
    if (closed_) return;
    if (error)
      return close({ErrorKind::kUnavailable, "connection to " + peer_.to_string() + " ended: " + error.message()});
    if (reader_) reader_->received(size);
    // What has come meanwhile is read at once, without waiting for the reactor.
    for (int more = 0; more < 4 && !closed_ && !paused_ && reader_; ++more) {
      const std::span<char> to = reader_->prepare();
      error_code status;
      const std::size_t got = socket_.read_some(boost::asio::buffer(to.data(), to.size()), status);
      if (status == boost::asio::error::would_block) break;
      if (status)
        return close({ErrorKind::kUnavailable, "connection to " + peer_.to_string() + " ended: " + status.message()});
      reader_->received(got);
      if (got < to.size()) break;
    }
    read();
  }

  /// Writes what the socket takes at once; the rest when it is writable again.
  void flush() {
    while (!queue_.empty() && !closed_) {
      std::vector<boost::asio::const_buffer> slices;
      for (std::size_t i = 0; i < queue_.size() && i < kSlicesPerWrite; ++i)
        slices.emplace_back(queue_[i].data(), queue_[i].size());
      error_code error;
      std::size_t wrote = socket_.write_some(slices, error);
      if (error == boost::asio::error::would_block) {
        writing_ = true;
        socket_.async_wait(tcp::socket::wait_write, [self = shared_from_this()](error_code status) {
          self->writing_ = false;
          if (status) return self->close({ErrorKind::kUnavailable, "connection ended: " + status.message()});
          self->flush();
        });
        return;
      }
      if (error)
        return close({ErrorKind::kUnavailable, "connection to " + peer_.to_string() + " ended: " + error.message()});
      queued_ -= wrote;
      while (wrote > 0) {
        if (wrote >= queue_.front().size()) {
          wrote -= queue_.front().size();
          queue_.pop_front();
        } else {
          queue_.front() = queue_.front().slice(wrote);
          wrote = 0;
        }
      }
    }
  }

  tcp::socket socket_;
  Endpoint peer_;
  Endpoint local_;
  ConnectionReader* reader_ = nullptr;
  std::deque<Buf> queue_;
  std::size_t queued_ = 0;
  bool reading_ = false;
  bool writing_ = false;
  bool paused_ = false;
  bool closed_ = false;
};

class RealConnection : public Connection {
 public:
  explicit RealConnection(tcp::socket socket) : socket_(std::make_shared<Socket>(std::move(socket))) {}
  ~RealConnection() override { socket_->abandon(); }
  void start(ConnectionReader& reader) override { socket_->start(reader); }
  void write(BufChain bytes) override { socket_->write(std::move(bytes)); }
  std::size_t bytes_queued() const override { return socket_->queued(); }
  void pause_reading() override { socket_->pause(); }
  void resume_reading() override { socket_->resume(); }
  void close() override { socket_->close({ErrorKind::kClosed, "closed"}); }
  Endpoint peer() const override { return socket_->peer(); }
  Endpoint local() const override { return socket_->local(); }

 private:
  std::shared_ptr<Socket> socket_;
};

class Acceptor : public std::enable_shared_from_this<Acceptor> {
 public:
  Acceptor(boost::asio::io_context& io, MoveFunction<void(std::unique_ptr<Connection>)> on_accept)
      : acceptor_(io), on_accept_(std::move(on_accept)) {}

  Status open(const Endpoint& at) {
    error_code error;
    tcp::resolver resolver(acceptor_.get_executor());
    const auto found = resolver.resolve(at.host.empty() ? "0.0.0.0" : at.host, std::to_string(at.port),
                                        tcp::resolver::passive | tcp::resolver::numeric_service, error);
    if (error || found.empty())
      return Error{ErrorKind::kInvalidArgument, "cannot listen at " + at.to_string() + ": " + error.message()};
    const tcp::endpoint endpoint = found.begin()->endpoint();
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(boost::asio::socket_base::max_listen_connections, error);
    if (error == boost::asio::error::address_in_use)
      return Error{ErrorKind::kAlreadyExists, "cannot listen at " + at.to_string() +
                                                  ": the port is in use; stop the other program, choose another port, "
                                                  "or 0 for any free one"};
    if (error) return Error{ErrorKind::kUnavailable, "cannot listen at " + at.to_string() + ": " + error.message()};
    return {};
  }
  void accept() {
    acceptor_.async_accept([self = shared_from_this()](error_code error, tcp::socket socket) {
      if (self->closed_) return;
      if (!error) self->on_accept_(std::make_unique<RealConnection>(std::move(socket)));
      self->accept();
    });
  }
  void close() {
    closed_ = true;
    error_code ignored;
    acceptor_.close(ignored);
  }
  Endpoint local() const {
    error_code ignored;
    return endpoint_of(acceptor_.local_endpoint(ignored));
  }

 private:
  tcp::acceptor acceptor_;
  MoveFunction<void(std::unique_ptr<Connection>)> on_accept_;
  bool closed_ = false;
};

class RealListener : public Listener {
 public:
  explicit RealListener(std::shared_ptr<Acceptor> acceptor) : acceptor_(std::move(acceptor)) {}
  ~RealListener() override { acceptor_->close(); }
  Endpoint local() const override { return acceptor_->local(); }

 private:
  std::shared_ptr<Acceptor> acceptor_;
};

/// Resolving and connecting, which outlive the call.
struct Connecting {
  tcp::resolver resolver;
  tcp::socket socket;
  Endpoint to;
  OneShot<Result<std::unique_ptr<Connection>>> done;

  void failed(const error_code& error) {
    done(Error{ErrorKind::kUnavailable, "cannot connect to " + to.to_string() + ": " + error.message()});
  }
};

}  // namespace

Result<std::unique_ptr<Listener>> RealNet::listen(const Endpoint& at,
                                                  MoveFunction<void(std::unique_ptr<Connection>)> on_accept) {
  auto acceptor = std::make_shared<Acceptor>(loop_.reactor().io(), std::move(on_accept));
  LEAT_RETURN_IF_ERROR(acceptor->open(at));
  acceptor->accept();
  return std::unique_ptr<Listener>(new RealListener(std::move(acceptor)));
}

void RealNet::connect(const Endpoint& to, OneShot<Result<std::unique_ptr<Connection>>> done) {
  auto& io = loop_.reactor().io();
  auto connecting = std::make_shared<Connecting>(Connecting{tcp::resolver(io), tcp::socket(io), to, std::move(done)});
  connecting->resolver.async_resolve(
      to.host, std::to_string(to.port), [connecting](error_code error, const tcp::resolver::results_type& found) {
        if (error) return connecting->failed(error);
        boost::asio::async_connect(connecting->socket, found, [connecting](error_code status, const tcp::endpoint&) {
          if (status) return connecting->failed(status);
          connecting->done(std::unique_ptr<Connection>(new RealConnection(std::move(connecting->socket))));
        });
      });
}

}  // namespace leat::os
