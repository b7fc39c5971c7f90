// HostInfo: where a member answers interactive queries (`application.server`).
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace leat {

struct HostInfo {
  std::string host;
  std::int32_t port = -1;
  auto operator<=>(const HostInfo&) const = default;

  /// Reads `host:port`; nothing where it is none.
  static std::optional<HostInfo> parse(std::string_view text);
};

}  // namespace leat
