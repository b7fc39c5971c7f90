// Who sends a request to a group.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace leat::coordinator {

struct ClientIdentity {
  std::string client_id;
  std::string host;
};

/// A member as it names itself in requests after joining.
struct MemberClaim {
  std::string member_id;
  std::optional<std::string> instance_id;
  std::int32_t generation = -1;  ///< or its epoch
};

}  // namespace leat::coordinator
