// Certificates: what the listeners with TLS show and whom they believe, and what replaces it while the broker runs.
//
// Files that have changed are read within a few seconds, as tools that renew certificates leave them; and what is set
// for this broker at run time (listener.name.NAME.ssl.keystore.location and its like, KIP-226) is taken at once.
// Connections keep what they began with: none is lost. What cannot be read, such as a file that is half written,
// changes nothing, and is told in the log.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/tls.h"
#include "base/tls_settings.h"
#include "base/world.h"
#include "broker/server/broker_config.h"
#include "broker/server/settings.h"

namespace leat::server {

class Certificates {
 public:
  /// Borrows `config` and `settings`.
  Certificates(World world, const BrokerConfig& config, const Settings& settings)
      : world_(world), config_(config), settings_(settings) {}
  ~Certificates();

  /// Reads those of all listeners, and looks after their files from then on.
  Status open();
  /// Null without TLS.
  const Tls* of(const std::string& listener) const;

  /// Whether the listeners could go on with what is to be set for this broker (no value: taken away).
  Status judge(const std::map<std::string, std::optional<std::string>>& changes) const;
  /// Takes what is new.
  void renew();

 private:
  struct Held {
    const ListenerConfig* listener;
    TlsSettings settings;
    Tls tls;
    /// Why what is there now was not taken, so that it is told once.
    std::string problem;
  };
  /// What holds for a listener: server.properties, and above it what was set at run time.
  TlsKeys keys_of(const ListenerConfig& listener, const Settings::Values& own) const;
  Status renew(Held& held);
  void watch();

  World world_;
  const BrokerConfig& config_;
  const Settings& settings_;
  std::map<std::string, Held> held_;  ///< by name of the listener
  std::optional<TimerId> timer_;
};

}  // namespace leat::server
