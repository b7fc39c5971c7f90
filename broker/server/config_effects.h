// What each key of Kafka's server.properties does here: it is honoured, or it is taken and changes nothing, for a
// reason that is said when it is given, or a value of it is refused. tests/broker/server/config_effects_test.cc holds
// the table against every key that Kafka 4.3.1 has.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace leat::server {

enum class ConfigEffect {
  kHonoured,
  kNone,     ///< any value is taken; `note` says why it changes nothing
  kRefused,  ///< values other than `harmless` and the default are refused; `note` says why
};

struct KeyEffect {
  ConfigEffect effect = ConfigEffect::kHonoured;
  std::string_view note;
  /// A value of a refused key that is taken beside its default and the empty one.
  std::string_view harmless = {};
};

/// Of a key that BrokerConfig has no member for; nothing for one that Kafka does not know either.
std::optional<KeyEffect> effect_of(std::string_view key);

/// Why this value cannot be taken, if so.
std::optional<std::string> refusal_of(std::string_view key, const std::string& value);

}  // namespace leat::server
