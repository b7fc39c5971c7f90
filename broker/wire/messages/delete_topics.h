// DeleteTopics (20), versions 1 to 6: deletes topics by name, from version 6 by id too.
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

struct DeleteTopicsRequest {
  static constexpr MessageTraits kTraits{.name = "DeleteTopicsRequest",
                                         .api = ApiKey::kDeleteTopics,
                                         .version_min = 1,
                                         .version_max = 6,
                                         .flexible_since = 4};

  struct DeleteTopicState {
    std::optional<std::string> name;
    Uuid topic_id;

    bool operator==(const DeleteTopicState&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name", since(6).nullable(6));
      visit(self.topic_id, "topicId", since(6));
    }
  };

  std::vector<DeleteTopicState> topics;
  std::vector<std::string> topic_names;
  std::int32_t timeout_ms = 0;

  bool operator==(const DeleteTopicsRequest&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.topics, "topics", since(6));
    visit(self.topic_names, "topicNames", between(0, 5));
    visit(self.timeout_ms, "timeoutMs");
  }
};

struct DeleteTopicsResponse {
  static constexpr MessageTraits kTraits{.name = "DeleteTopicsResponse",
                                         .api = ApiKey::kDeleteTopics,
                                         .version_min = 1,
                                         .version_max = 6,
                                         .flexible_since = 4};

  struct DeletableTopicResult {
    std::optional<std::string> name;
    Uuid topic_id;
    ErrorCode error_code = ErrorCode::kNone;
    std::optional<std::string> error_message;

    bool operator==(const DeletableTopicResult&) const = default;
    template <class Self, class Visitor>
    static void Fields(Self& self, Visitor& visit) {
      visit(self.name, "name", always().nullable(6));
      visit(self.topic_id, "topicId", since(6));
      visit(self.error_code, "errorCode");
      visit(self.error_message, "errorMessage", since(5).nullable(5));
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<DeletableTopicResult> responses;

  bool operator==(const DeleteTopicsResponse&) const = default;
  template <class Self, class Visitor>
  static void Fields(Self& self, Visitor& visit) {
    visit(self.throttle_time_ms, "throttleTimeMs");
    visit(self.responses, "responses");
  }
};

}  // namespace leat::wire
