// ErrorHandlers: what to do about records that do not decode and processors that throw.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "state/record_context.h"

namespace leat {

enum class OnError { kFail, kContinue };

/// What an error handler learns about the record that failed. Borrowed for the call.
struct FailedRecord {
  std::string node;
  RecordMetadata metadata;
  std::int64_t timestamp = 0;
  std::optional<BytesView> key;
  std::optional<BytesView> value;
  std::string message;
};

/// The handlers of Kafka's deserialization.exception.handler and processing.exception.handler; absent ones fail.
struct ErrorHandlers {
  std::function<OnError(const FailedRecord&)> deserialization;
  std::function<OnError(const FailedRecord&)> processing;
};

}  // namespace leat
