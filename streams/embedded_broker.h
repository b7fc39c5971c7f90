// EmbeddedBroker: a broker in this process, on a thread of its own.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "broker/server/loopback.h"
#include "streams/streams_config.h"

namespace leat {

class EmbeddedBroker {
 public:
  /// Opens the broker's log directory and its listener. Returns when it answers.
  static Result<std::unique_ptr<EmbeddedBroker>> start(const StreamsConfig& config);
  /// Stops it cleanly.
  ~EmbeddedBroker();

  std::shared_ptr<server::LoopbackPort> port() const;
  /// host:port for other Kafka clients; empty where it does not listen.
  const std::string& address() const { return address_; }

 private:
  struct Inside;
  explicit EmbeddedBroker(std::unique_ptr<Inside> inside);
  std::unique_ptr<Inside> inside_;
  std::string address_;
};

}  // namespace leat
