// What came over the listeners since the broker began: how many requests of each API, how long they took, how many
// bytes went in and out. One per broker, on its loop.
#pragma once

#include <array>
#include <cstdint>

#include "base/metrics_text.h"

namespace leat::server {

class RequestStatistics {
 public:
  struct OfApi {
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    /// From the whole request to its response, what it waited for included.
    LatencyHistogram latency;
  };
  static constexpr std::size_t kApis = 128;

  void record(std::int16_t api_key, std::size_t bytes_in, std::size_t bytes_out, Duration took) {
    OfApi& api = apis_[static_cast<std::size_t>(api_key) % kApis];
    api.bytes_in += bytes_in;
    api.bytes_out += bytes_out;
    api.latency.add(took);
  }
  const OfApi& of(std::int16_t api_key) const { return apis_[static_cast<std::size_t>(api_key) % kApis]; }

 private:
  std::array<OfApi, kApis> apis_{};
};

}  // namespace leat::server
