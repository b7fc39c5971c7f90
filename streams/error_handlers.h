// ErrorHandlers: what to do about records that do not decode and processors that throw.
//
//   leat::StreamsConfig config{.processing_exception_handler = leat::OnError::kContinue,
//                              .errors_dead_letter_queue_topic_name = "orders-dead"};
//   config.error_handlers.processing = [](const leat::FailedRecord& failed) { ... return leat::OnError::kFail; };
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/headers.h"
#include "state/record_context.h"

namespace leat {

enum class OnError { kFail, kContinue };

/// What becomes of an application when a stream thread dies of an error
/// (StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse).
enum class OnUncaught {
  kReplaceThread,   ///< a new one takes its place and begins from what is committed; an error that stays comes again
  kShutdownClient,  ///< all threads of this process are closed, and the state becomes kError
  kShutdownApplication,  ///< the same in every process of the application
};

/// What an error handler learns about the record that failed: as it was read from the topic of its sub-topology.
/// Borrowed for the call.
struct FailedRecord {
  std::string node;
  RecordMetadata metadata;
  std::int64_t timestamp = 0;
  std::optional<BytesView> key;
  std::optional<BytesView> value;
  const Headers* headers = nullptr;
  /// The type of the exception, and what it said.
  std::string error_type;
  std::string message;
};

/// The handlers of Kafka's deserialization.exception.handler and processing.exception.handler; absent ones fail.
struct ErrorHandlers {
  using Handler = std::function<OnError(const FailedRecord&)>;
  Handler deserialization;
  Handler processing;
  /// Where failed records go, whatever the handler decides (KIP-1034): as they were read, with headers that tell the
  /// error and where they came from. Empty: nowhere.
  std::string dead_letter_topic;
};

/// Logs which record failed and why, and answers `decision`: Kafka's LogAndFail and LogAndContinue handlers.
ErrorHandlers::Handler log_and(OnError decision);

/// The headers of a dead letter: those of the record, then Kafka's `__streams.errors.*`.
Headers dead_letter_headers(const FailedRecord& failed);

}  // namespace leat
