// Random: the chance of a world. The real one is seeded by the machine, the simulated one by the seed of the run.
#pragma once

#include <cstdint>

namespace leat {

/// SplitMix64: small, fast, good enough for jitter, ids and test choices; not for secrets.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  /// Uniform in [0, bound). Requires bound > 0.
  std::uint64_t below(std::uint64_t bound) {
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(next()) * bound) >> 64);
  }
  /// True with a probability of `percent` / 100.
  bool chance(double percent) { return static_cast<double>(next() >> 11) * 0x1.0p-53 * 100 < percent; }

 private:
  std::uint64_t state_;
};

}  // namespace leat
