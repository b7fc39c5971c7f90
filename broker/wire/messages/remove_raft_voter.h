// RemoveRaftVoter (81), version 0: removes a voter from the metadata quorum.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/uuid.h"
#include "broker/wire/codec.h"
#include "broker/wire/error_code.h"
#include "broker/wire/fields.h"

namespace leat::wire {

struct RemoveRaftVoterRequest {
  static constexpr MessageTraits kTraits{.name = "RemoveRaftVoterRequest",
                                         .api = ApiKey::kRemoveRaftVoter,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  std::optional<std::string> cluster_id;
  std::int32_t voter_id = 0;
  Uuid voter_directory_id;

  bool operator==(const RemoveRaftVoterRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.cluster_id, "clusterId", always().nullable(0));
    visit(self.voter_id, "voterId");
    visit(self.voter_directory_id, "voterDirectoryId");
  }
};

struct RemoveRaftVoterResponse {
  static constexpr MessageTraits kTraits{.name = "RemoveRaftVoterResponse",
                                         .api = ApiKey::kRemoveRaftVoter,
                                         .version_min = 0,
                                         .version_max = 0,
                                         .flexible_since = 0};

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message;

  bool operator==(const RemoveRaftVoterResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.error_code, "errorCode");
    visit(self.error_message, "errorMessage", always().nullable(0));
  }
};

}  // namespace leat::wire
