#include "broker/server/client_quotas.h"

#include <algorithm>
#include <optional>

namespace leat::server {

namespace {

constexpr double kNanosPerSecond = 1e9;
/// controller.quota.window.num of Kafka, of one second each.
constexpr double kBurstSeconds = 11;
/// Clients can name themselves as they like: what is counted for them is bounded.
constexpr std::size_t kRatesMax = 10'000;

std::string_view key_of(QuotaKind kind) {
  switch (kind) {
    case QuotaKind::kProduce: return "producer_byte_rate";
    case QuotaKind::kFetch: return "consumer_byte_rate";
    case QuotaKind::kRequest: return "request_percentage";
    case QuotaKind::kChanges: break;
  }
  return "controller_mutation_rate";
}

Duration seconds(double count) { return Duration(static_cast<std::int64_t>(count * kNanosPerSecond)); }

std::int64_t second_of(Instant time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace

void RecentRate::record(Instant now, double amount) {
  const std::int64_t second = second_of(now);
  const auto slot = static_cast<std::size_t>(second) % kSamples;
  if (second_[slot] != second) amounts_[slot] = 0;
  second_[slot] = second;
  amounts_[slot] += amount;
}

double RecentRate::rate(Instant now) const {
  const std::int64_t second = second_of(now);
  const std::int64_t oldest = second - static_cast<std::int64_t>(kSamples) + 1;
  double sum = 0;
  for (std::size_t i = 0; i < kSamples; ++i)
    if (second_[i] >= oldest && second_[i] <= second) sum += amounts_[i];
  // As Kafka: a client that has just begun is measured as if it had been quiet before, so that it may burst.
  return sum / static_cast<double>(kSamples - 1);
}

double TokenBucket::refill(Instant now, double per_second) {
  const double burst = per_second * kBurstSeconds;
  const double grown =
      refilled_ ? tokens_ + per_second * std::chrono::duration<double>(now - *refilled_).count() : burst;
  refilled_ = now;
  return tokens_ = std::min(burst, grown);
}

std::optional<ClientQuotas::Limit> ClientQuotas::limit_of(const std::string& user, const std::string& client_id,
                                                          QuotaKind kind) const {
  const std::string key(key_of(kind));
  using Name = std::optional<std::string>;
  const Name any = std::nullopt;
  const std::pair<QuotaEntity, std::string> candidates[] = {
      {{{"user", user}, {"client-id", client_id}}, user + '\0' + client_id},
      {{{"user", user}, {"client-id", any}}, user + '\0' + client_id},
      {{{"user", user}}, user},
      {{{"user", any}, {"client-id", client_id}}, user + '\0' + client_id},
      {{{"user", any}, {"client-id", any}}, user + '\0' + client_id},
      {{{"user", any}}, user},
      {{{"client-id", client_id}}, '\0' + client_id},
      {{{"client-id", any}}, '\0' + client_id},
  };
  for (const auto& [entity, sharers] : candidates) {
    const auto found = settings_.quotas().find(entity);
    if (found == settings_.quotas().end()) continue;
    if (const auto limit = found->second.find(key); limit != found->second.end()) return Limit{limit->second, sharers};
  }
  return std::nullopt;
}

Duration ClientQuotas::record(const std::string& user, const std::string& client_id, QuotaKind kind, double amount,
                              Instant now) {
  const auto limit = limit_of(user, client_id, kind);
  if (!limit) return {};
  if (rates_.size() >= kRatesMax) rates_.clear();
  RecentRate& rate = rates_[{kind, limit->sharers}];
  rate.record(now, amount);
  const double now_rate = rate.rate(now);
  if (now_rate <= limit->per_second) return {};
  // As long as it takes until the window holds no more than the limit allows, and not longer than a window; for time
  // of the broker not longer than a sample of it, since a client that uses it up is heard again soon.
  constexpr double kWindowSeconds = 10, kSampleSeconds = 1;
  const double wait_seconds = (now_rate - limit->per_second) / limit->per_second * kWindowSeconds;
  return seconds(std::min(kind == QuotaKind::kRequest ? kSampleSeconds : kWindowSeconds, wait_seconds));
}

ClientQuotas::ChangeVerdict ClientQuotas::change(const std::string& user, const std::string& client_id,
                                                 double partitions, bool strict, Instant now) {
  const auto limit = limit_of(user, client_id, QuotaKind::kChanges);
  if (!limit) return {};
  if (changes_.size() >= kRatesMax) changes_.clear();
  TokenBucket& allowance = changes_[limit->sharers];
  double left = allowance.refill(now, limit->per_second);
  const bool refused = strict && left < 0;
  if (!refused) {
    allowance.take(partitions);
    left = strict ? 0 : left - partitions;
  }
  return {refused, left < 0 ? seconds(-left / limit->per_second) : Duration{}};
}

}  // namespace leat::server
