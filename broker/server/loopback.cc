#include "broker/server/loopback.h"

#include <unordered_map>

namespace leat::server {

namespace {

/// The calls of one channel that are under way; on the client's loop.
struct Calls {
  std::unordered_map<std::uint64_t, OneShot<Result<wire::Frame>>> open;
  std::uint64_t next = 1;
};

class LoopbackChannel : public wire::Channel {
 public:
  LoopbackChannel(Loop& loop, std::shared_ptr<LoopbackPort> port) : loop_(loop), port_(std::move(port)) {}
  ~LoopbackChannel() override {
    for (auto& [number, reply] : std::exchange(calls_->open, {}))
      reply(Error{ErrorKind::kClosed, "the channel was closed"});
  }

  void call(wire::Frame request, OneShot<Result<wire::Frame>> reply) override {
    const std::uint64_t number = calls_->next++;
    calls_->open.emplace(number, std::move(reply));
    // The frame becomes one block here, on the caller's time; a produced batch is stamped in it by the broker.
    port_->loop().post([port = port_, loop = &loop_, calls = std::weak_ptr<Calls>(calls_), number,
                        frame = request.flatten()]() mutable {
      OneShot<Result<Reply>> answer([loop, calls, number](Result<Reply> result) mutable {
        loop->post([calls, number, result = std::move(result)]() mutable {
          const auto still = calls.lock();
          if (!still) return;
          auto call = still->open.extract(number);
          if (call.empty()) return;
          if (!result) return call.mapped()(Error{ErrorKind::kUnavailable, result.error().message});
          call.mapped()(*result ? wire::Frame(std::move(**result)) : wire::Frame());
        });
      });
      Broker* broker = port->broker();
      if (broker == nullptr) return answer(Error{ErrorKind::kUnavailable, "the embedded broker has stopped"});
      broker->handle(frame, {.host = "/127.0.0.1", .listener = &broker->loopback(), .trusted = true},
                     std::move(answer));
    });
  }
  void send(wire::Frame request) override {
    call(std::move(request), [](Result<wire::Frame>) {});
  }
  bool open() const override { return true; }

 private:
  Loop& loop_;
  std::shared_ptr<LoopbackPort> port_;
  std::shared_ptr<Calls> calls_ = std::make_shared<Calls>();
};

}  // namespace

void LoopbackConnector::connect(const Endpoint& /*broker*/, OneShot<Result<std::unique_ptr<wire::Channel>>> done) {
  done(std::unique_ptr<wire::Channel>(new LoopbackChannel(loop_, port_)));
}

}  // namespace leat::server
