// SaslChannel: a channel that logs in, and does so again before its broker's patience is over.
#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "base/world.h"
#include "broker/client/sasl_client.h"
#include "broker/wire/channel.h"

namespace leat::client {

class SaslChannel : public wire::Channel {
 public:
  SaslChannel(World world, const SaslCredentials& credentials, const Endpoint& broker,
              std::unique_ptr<wire::Channel> below);
  ~SaslChannel() override;

  /// Before anything else. The channel is of no use where that fails.
  void log_in(OneShot<Status> done);

  void call(wire::Frame request, OneShot<Result<wire::Frame>> reply) override;
  void send(wire::Frame request) override;
  bool open() const override { return !failed_ && below_->open(); }

 private:
  struct Waiting {
    wire::Frame request;
    std::optional<OneShot<Result<wire::Frame>>> reply;
  };

  template <class Response, class Request, class Then>
  void ask(const Request& request, Then then);
  void send_token(Bytes token);
  void end(const Status& status);
  /// Whether a request has to wait, because the channel logs in (again).
  bool is_busy();
  void put(Waiting waiting);

  World world_;
  SaslCredentials credentials_;
  Endpoint broker_;
  std::unique_ptr<wire::Channel> below_;
  /// While it logs in.
  std::unique_ptr<SaslClient> client_;
  std::optional<OneShot<Status>> done_;
  std::deque<Waiting> waiting_;
  /// When to log in again.
  std::optional<Instant> renew_at_;
  std::int32_t correlation_id_ = 0;
  bool failed_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace leat::client
