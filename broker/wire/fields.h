// How a message is said once.
//
//   struct HeartbeatRequest {
//     static constexpr MessageTraits kTraits{
//         .name = "HeartbeatRequest", .api = ApiKey::kHeartbeat, .version_min = 0, .version_max = 4, .flexible_since =
//         4};
//     std::string group_id;
//     std::optional<std::string> group_instance_id;
//
//     template <class Self, class Visitor>
//     static void Fields(Self& self, Visitor& visit) {
//       visit(self.group_id, "groupId");
//       visit(self.group_instance_id, "groupInstanceId", since(3).nullable(3));
//     }
//   };
//
// The list is in wire order. Encoder, decoder and printer are visitors over it (codec.h, json.h). A field is on the
// wire in its versions only; a tagged one only in the tag section of a flexible version, and only when it differs from
// its default. Members begin with the schema's default.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include "broker/wire/api_key.h"

namespace leat::wire {

/// In which versions a field is on the wire, and how.
struct Rule {
  static constexpr std::int16_t kNever = std::numeric_limits<std::int16_t>::max();

  std::int16_t first = 0;
  std::int16_t last = kNever;
  std::int16_t nullable_since = kNever;
  std::int16_t tag_number = -1;

  constexpr Rule nullable(int version) const {
    Rule rule = *this;
    rule.nullable_since = static_cast<std::int16_t>(version);
    return rule;
  }
  constexpr Rule tag(int number) const {
    Rule rule = *this;
    rule.tag_number = static_cast<std::int16_t>(number);
    return rule;
  }
  constexpr bool holds_in(int version) const { return version >= first && version <= last; }
  constexpr bool nullable_in(int version) const { return version >= nullable_since; }
  constexpr bool tagged() const { return tag_number >= 0; }
};

constexpr Rule always() { return {}; }
constexpr Rule since(int version) { return {.first = static_cast<std::int16_t>(version)}; }
constexpr Rule between(int first, int last) {
  return {.first = static_cast<std::int16_t>(first), .last = static_cast<std::int16_t>(last)};
}

/// What is known of a message beside its fields. `api` is meaningless for messages that are no request or response.
struct MessageTraits {
  std::string_view name;
  ApiKey api;
  int version_min;
  int version_max;
  /// First version with compact lengths and tag sections; Rule::kNever where there is none.
  int flexible_since = Rule::kNever;
};

}  // namespace leat::wire
