#include "base/sim/sim_socket.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace leat::sim {

namespace {

/// How often a piece that meets a partition is sent again.
constexpr Duration kRetransmission = std::chrono::milliseconds(20);

}  // namespace

SimSocket::SimSocket(SimNetwork& network, SimLoop& loop, std::string host, Endpoint local, Endpoint peer)
    : network_(network),
      loop_(loop),
      number_(network.next_socket_++),
      host_(std::move(host)),
      local_(std::move(local)),
      peer_endpoint_(std::move(peer)) {}

std::shared_ptr<SimSocket> SimSocket::make(SimNetwork& network, SimLoop& loop, std::string host, Endpoint local,
                                           Endpoint peer) {
  std::shared_ptr<SimSocket> socket(new SimSocket(network, loop, std::move(host), std::move(local), std::move(peer)));
  network.sockets_[socket->number_] = socket;
  return socket;
}

void SimSocket::connect(const std::shared_ptr<SimSocket>& a, const std::shared_ptr<SimSocket>& b) {
  a->peer_ = b;
  b->peer_ = a;
  a->peer_host_ = b->host_;
  b->peer_host_ = a->host_;
}

SimSocket::~SimSocket() { network_.sockets_.erase(number_); }

void SimSocket::start(ConnectionReader& reader) {
  reader_ = &reader;
  drain_later();
}

void SimSocket::write(BufChain bytes) {
  if (closed_ || broken_ || loop_.ended()) return;
  outbox_bytes_ += bytes.size();
  for (const Buf& slice : bytes.slices()) outbox_.push_back(slice);
  fill_wire();
}

void SimSocket::fill_wire() {
  const auto peer = peer_.lock();
  if (!peer || closed_ || broken_) return;
  Scheduler& scheduler = network_.scheduler();
  while (!outbox_.empty()) {
    const std::size_t taken = wire_bytes_ + peer->inbox_bytes_;
    const std::size_t room =
        scheduler.options().socket_buffer_bytes - std::min(taken, scheduler.options().socket_buffer_bytes);
    if (room == 0) return;
    // A piece may hold several slices and end inside of one.
    const std::size_t most = std::min({room, outbox_bytes_, scheduler.options().piece_bytes_max});
    const bool whole = scheduler.options().piece_bytes_max >= scheduler.options().socket_buffer_bytes;
    const std::size_t size = whole ? most : 1 + scheduler.random().below(most);
    BufChain piece;
    while (piece.size() < size) {
      Buf& front = outbox_.front();
      const std::size_t part = std::min(size - piece.size(), front.size());
      piece.append(front.slice(0, part));
      if (part == front.size()) {
        outbox_.pop_front();
      } else {
        front = front.slice(part);
      }
    }
    outbox_bytes_ -= size;
    put_on_wire(piece.flatten(), std::nullopt);
  }
}

void SimSocket::put_on_wire(Buf bytes, std::optional<Error> end) {
  wire_bytes_ += bytes.size();
  wire_.push_back({std::move(bytes), std::move(end), network_.scheduler().now() + network_.delay()});
  expect_delivery();
}

void SimSocket::expect_delivery() {
  const auto peer = peer_.lock();
  if (delivery_expected_ || wire_.empty() || !peer || peer->loop_.ended()) return;
  delivery_expected_ = true;
  network_.scheduler().add(wire_.front().due, peer->loop_, [self = shared_from_this()] { self->deliver(); });
}

void SimSocket::deliver() {
  delivery_expected_ = false;
  const auto peer = peer_.lock();
  if (wire_.empty() || !peer || broken_) return;
  Scheduler& scheduler = network_.scheduler();
  if (!network_.reachable(host_, peer_host_)) {
    wire_.front().due = scheduler.now() + kRetransmission;
    return expect_delivery();
  }
  if (scheduler.random().chance(scheduler.options().connection_cut_percent)) {
    return cut("the connection was cut (simulated)");
  }
  Piece piece = std::move(wire_.front());
  wire_.pop_front();
  wire_bytes_ -= piece.bytes.size();
  scheduler.trace(number_, piece.bytes.size());
  scheduler.trace(piece.bytes);
  if (piece.end) {
    peer->end_after_inbox_ = std::move(piece.end);
  } else if (!peer->closed_) {
    peer->inbox_bytes_ += piece.bytes.size();
    peer->inbox_.push_back(std::move(piece.bytes));
  }
  peer->drain();
  fill_wire();
  expect_delivery();
}

void SimSocket::drain_later() {
  loop_.post([self = shared_from_this()] { self->drain(); });
}

void SimSocket::drain() {
  if (draining_) return;
  draining_ = true;
  while (!closed_ && !paused_ && reader_ && !inbox_.empty()) {
    Buf& front = inbox_.front();
    const std::span<char> to = reader_->prepare();
    LEAT_CHECK(!to.empty(), "a ConnectionReader prepared no room");
    const std::size_t size = std::min(to.size(), front.size());
    std::memcpy(to.data(), front.data(), size);
    inbox_bytes_ -= size;
    if (size == front.size()) {
      inbox_.pop_front();
    } else {
      front = front.slice(size);
    }
    reader_->received(size);
  }
  draining_ = false;
  if (const auto peer = peer_.lock()) peer->fill_wire();
  if (inbox_.empty() && end_after_inbox_ && reader_) end(*std::exchange(end_after_inbox_, std::nullopt));
}

void SimSocket::resume() {
  if (std::exchange(paused_, false)) drain_later();
}

void SimSocket::close() {
  if (closed_) return;
  leave();
  loop_.post([self = shared_from_this()] {
    if (auto* reader = std::exchange(self->reader_, nullptr)) reader->closed({ErrorKind::kClosed, "closed"});
  });
}

void SimSocket::abandon() {
  reader_ = nullptr;
  if (!closed_) leave();
}

void SimSocket::leave() {
  closed_ = true;
  outbox_.clear();
  outbox_bytes_ = 0;
  inbox_.clear();
  inbox_bytes_ = 0;
  // What is on the wire still arrives, and then the end.
  if (!broken_) put_on_wire({}, Error{ErrorKind::kUnavailable, "connection to " + local_.to_string() + " was closed"});
}

void SimSocket::cut(const std::string& why) {
  const auto peer = peer_.lock();
  for (const auto& socket : {shared_from_this(), peer}) {
    if (!socket || std::exchange(socket->broken_, true)) continue;
    socket->wire_.clear();
    socket->outbox_.clear();
    socket->wire_bytes_ = socket->outbox_bytes_ = 0;
    if (socket->loop_.ended()) continue;
    Scheduler& scheduler = network_.scheduler();
    const Error error{ErrorKind::kUnavailable,
                      "connection to " + socket->peer_endpoint_.to_string() + " ended: " + why};
    scheduler.add(scheduler.now() + network_.delay(), socket->loop_, [socket, error] { socket->end(error); });
  }
}

void SimSocket::end(const Error& why) {
  if (closed_) return;
  if (reader_ == nullptr) {
    end_after_inbox_ = why;  // told when somebody listens
    return;
  }
  closed_ = true;
  std::exchange(reader_, nullptr)->closed(why);
}

}  // namespace leat::sim
