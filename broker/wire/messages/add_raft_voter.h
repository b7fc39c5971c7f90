// AddRaftVoter (80), versions 0 to 1: adds a voter to the metadata quorum.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/uuid.h"
#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct AddRaftVoterRequest {
  static constexpr MessageTraits kTraits{.name = "AddRaftVoterRequest",
                                         .api = ApiKey::kAddRaftVoter,
                                         .version_min = 0,
                                         .version_max = 1,
                                         .flexible_since = 0};

  struct Listener {
    std::string name;
    std::string host;
    std::uint16_t port = 0;

    bool operator==(const Listener&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name");
      visit(self.host, "host");
      visit(self.port, "port");
    }
  };

  std::optional<std::string> cluster_id;
  std::int32_t timeout_ms = 0;
  std::int32_t voter_id = 0;
  Uuid voter_directory_id;
  std::vector<Listener> listeners;
  bool ack_when_committed = true;

  bool operator==(const AddRaftVoterRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.cluster_id, "clusterId", always().nullable(0));
    visit(self.timeout_ms, "timeoutMs");
    visit(self.voter_id, "voterId");
    visit(self.voter_directory_id, "voterDirectoryId");
    visit(self.listeners, "listeners");
    visit(self.ack_when_committed, "ackWhenCommitted", since(1));
  }
};

struct AddRaftVoterResponse {
  static constexpr MessageTraits kTraits{.name = "AddRaftVoterResponse",
                                         .api = ApiKey::kAddRaftVoter,
                                         .version_min = 0,
                                         .version_max = 1,
                                         .flexible_since = 0};

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message;

  bool operator==(const AddRaftVoterResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.error_code, "errorCode");
    visit(self.error_message, "errorMessage", always().nullable(0));
  }
};

}  // namespace leat::wire
