// HostInfo: where a member answers interactive queries (`application.server`).
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace leat {

struct HostInfo {
  std::string host;
  std::int32_t port = -1;
  auto operator<=>(const HostInfo&) const = default;
};

}  // namespace leat
