// The table of requests: keys, names and versions. The one source for ApiVersions, dispatch, clients and docs; recorded
// from Apache Kafka 4.3.1.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "broker/wire/api_key.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct Api {
  ApiKey key;
  std::string_view name;
  /// Versions that can be decoded.
  std::int16_t version_min;
  std::int16_t version_max;
  /// Versions that ApiVersions tells. Produce says 0 although 0 to 2 are refused: old librdkafka switches codecs off
  /// otherwise.
  std::int16_t advertised_min;
  std::int16_t advertised_max;
  std::int16_t request_flexible_since;
  std::int16_t response_flexible_since;

  bool has_version(std::int16_t version) const { return version >= version_min && version <= version_max; }
  int request_header_version(int version) const { return version >= request_flexible_since ? 2 : 1; }
  /// ApiVersions is the exception: a client must be able to read the answer before it knows what the broker speaks.
  int response_header_version(int version) const {
    return key != ApiKey::kApiVersions && version >= response_flexible_since ? 1 : 0;
  }
};

/// All requests of this table, by key.
std::span<const Api> apis();
/// Null for keys that are not in the table.
const Api* find_api(std::int16_t key);

}  // namespace leat::wire
