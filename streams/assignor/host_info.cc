#include "streams/assignor/host_info.h"

#include <charconv>

namespace leat {

std::optional<HostInfo> HostInfo::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  HostInfo host{std::string(text.substr(0, colon)), -1};
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + colon + 1, end, host.port);
  if (read.ec != std::errc{} || read.ptr != end || host.port < 0 || host.port > 65535) return std::nullopt;
  return host;
}

}  // namespace leat
