#include "broker/server/client_quotas.h"

#include <algorithm>
#include <optional>

namespace leat::server {

namespace {

constexpr double kNanosPerSecond = 1e9;
/// Clients can name themselves as they like: what is counted for them is bounded.
constexpr std::size_t kRatesMax = 10'000;

std::int64_t second_of(Instant time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace

void ByteRate::record(Instant now, double bytes) {
  const std::int64_t second = second_of(now);
  const auto slot = static_cast<std::size_t>(second) % kSamples;
  if (second_[slot] != second) bytes_[slot] = 0;
  second_[slot] = second;
  bytes_[slot] += bytes;
}

double ByteRate::rate(Instant now) const {
  const std::int64_t second = second_of(now);
  const std::int64_t oldest = second - static_cast<std::int64_t>(kSamples) + 1;
  double sum = 0;
  for (std::size_t i = 0; i < kSamples; ++i)
    if (second_[i] >= oldest && second_[i] <= second) sum += bytes_[i];
  // As Kafka: a client that has just begun is measured as if it had been quiet before, so that it may burst.
  return sum / static_cast<double>(kSamples - 1);
}

std::optional<ClientQuotas::Limit> ClientQuotas::limit_of(const std::string& user, const std::string& client_id,
                                                          QuotaKind kind) const {
  const std::string key = kind == QuotaKind::kProduce ? "producer_byte_rate" : "consumer_byte_rate";
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

Duration ClientQuotas::record(const std::string& user, const std::string& client_id, QuotaKind kind, double bytes,
                              Instant now) {
  const auto limit = limit_of(user, client_id, kind);
  if (!limit) return {};
  if (rates_.size() >= kRatesMax) rates_.clear();
  ByteRate& rate = rates_[{kind, limit->sharers}];
  rate.record(now, bytes);
  const double now_rate = rate.rate(now);
  if (now_rate <= limit->bytes_per_second) return {};
  // As long as it takes until the window holds no more than the limit allows, and not longer than a window.
  constexpr double kWindowSeconds = 10;
  const double wait_seconds =
      std::min(kWindowSeconds, (now_rate - limit->bytes_per_second) / limit->bytes_per_second * kWindowSeconds);
  return Duration(static_cast<std::int64_t>(wait_seconds * kNanosPerSecond));
}

}  // namespace leat::server
