// ClientQuotas: how fast clients produce and consume, and how long those must wait who go beyond their limit (KIP-13,
// KIP-219). A response says how long (throttle_time_ms), and the connection's next request waits that long.
//
// The most specific limit holds: of user and client id, of the user, of the client id, each before the default of its
// kind. All connections that it fits share it. Left out: limits on the share of a request in the broker's time, on the
// rate of new topics and on that of new connections, which are kept and told.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/loop.h"
#include "broker/server/settings.h"

namespace leat::server {

enum class QuotaKind { kProduce, kFetch };

/// Bytes of the last seconds.
class ByteRate {
 public:
  void record(Instant now, double bytes);
  /// Bytes per second.
  double rate(Instant now) const;

 private:
  static constexpr std::size_t kSamples = 11;  // quota.window.num of Kafka, of one second each
  std::array<double, kSamples> bytes_{};
  std::array<std::int64_t, kSamples> second_{};
};

class ClientQuotas {
 public:
  /// Borrows `settings`.
  explicit ClientQuotas(const Settings& settings) : settings_(settings) {}

  /// Whether there are any limits at all.
  bool any() const { return !settings_.quotas().empty(); }
  /// Counts the bytes of one request, and says how long the client must wait.
  Duration record(const std::string& user, const std::string& client_id, QuotaKind kind, double bytes, Instant now);

 private:
  struct Limit {
    double bytes_per_second;
    /// Those who share it.
    std::string sharers;
  };
  std::optional<Limit> limit_of(const std::string& user, const std::string& client_id, QuotaKind kind) const;

  const Settings& settings_;
  std::map<std::pair<QuotaKind, std::string>, ByteRate> rates_;
};

}  // namespace leat::server
