// ClientQuotas: how fast clients produce and consume, how much of the broker's time they take, how fast they make and
// delete partitions, and how long those must wait who go beyond their limit (KIP-13, KIP-124, KIP-219, KIP-599). A
// response says how long (throttle_time_ms), and the connection's next request waits that long.
//
// The most specific limit holds: of user and client id, of the user, of the client id, each before the default of its
// kind. All connections that it fits share it. Left out: limits on the rate of new connections, which are kept and
// told.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/loop.h"
#include "broker/server/settings.h"

namespace leat::server {

enum class QuotaKind {
  kProduce,  ///< bytes
  kFetch,    ///< bytes
  kRequest,  ///< percents of a second, spent on requests
  kChanges,  ///< partitions that are made or deleted
};

/// What there was in the last seconds.
class RecentRate {
 public:
  void record(Instant now, double amount);
  /// Per second.
  double rate(Instant now) const;

 private:
  static constexpr std::size_t kSamples = 11;  // quota.window.num of Kafka, of one second each
  std::array<double, kSamples> amounts_{};
  std::array<std::int64_t, kSamples> second_{};
};

/// An allowance that grows with time up to a burst, and may be overdrawn once.
class TokenBucket {
 public:
  /// How much is left, below zero where it is overdrawn.
  double refill(Instant now, double per_second);
  void take(double amount) { tokens_ -= amount; }

 private:
  double tokens_ = 0;
  std::optional<Instant> refilled_;
};

class ClientQuotas {
 public:
  /// Borrows `settings`.
  explicit ClientQuotas(const Settings& settings) : settings_(settings) {}

  /// Whether there are any limits at all.
  bool any() const { return !settings_.quotas().empty(); }
  /// Counts what one request took (of any kind but changes), and says how long the client must wait.
  Duration record(const std::string& user, const std::string& client_id, QuotaKind kind, double amount, Instant now);

  struct ChangeVerdict {
    bool refused = false;
    Duration wait{};
  };
  /// Asks whether so many partitions may be made or deleted. A strict limit refuses once the allowance is used up; one
  /// that is not lets everything pass and makes the client wait afterwards, for those that know no such error.
  ChangeVerdict change(const std::string& user, const std::string& client_id, double partitions, bool strict,
                       Instant now);

 private:
  struct Limit {
    double per_second;
    /// Those who share it.
    std::string sharers;
  };
  std::optional<Limit> limit_of(const std::string& user, const std::string& client_id, QuotaKind kind) const;

  const Settings& settings_;
  std::map<std::pair<QuotaKind, std::string>, RecentRate> rates_;
  std::map<std::string, TokenBucket> changes_;
};

}  // namespace leat::server
