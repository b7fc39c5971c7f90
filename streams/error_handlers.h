// ErrorHandlers: what to do about records that do not decode, processors that throw, and records that cannot be
// written.
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

/// What becomes of a record that cannot be written (ProductionExceptionHandler, KIP-210, KIP-1065).
enum class OnProductionError {
  kFail,
  kContinue,  ///< the record is dropped
  kRetry,     ///< the task begins anew from what is committed; where that cannot help (not `retriable`) this is kFail
};

/// What a production handler learns. As a FailedRecord it is the input record whose processing led to the one that
/// cannot be written; where the broker refused that one, when its origin is no longer known, it is that record itself:
/// metadata names its topic and partition, the offset is -1. Borrowed for the call.
struct FailedSend : FailedRecord {
  enum class Stage { kKeySerde, kValueSerde, kBroker };
  Stage stage = Stage::kBroker;
  /// The topic that the record was for.
  std::string to_topic;
  /// Whether the same may succeed when it is tried again.
  bool retriable = false;
};

/// The handlers of Kafka's deserialization.exception.handler, processing.exception.handler and
/// production.exception.handler; absent ones fail.
///
/// The production handler is asked about what a serde throws in a sink (KIP-399), about records that the broker refuses
/// for what they are (too large, invalid), and about topics that a sink's extractor named and that are not there. It is
/// not asked where the broker cannot be reached: then tasks begin anew, which is what Kafka's own handler chooses.
struct ErrorHandlers {
  using Handler = std::function<OnError(const FailedRecord&)>;
  using ProductionHandler = std::function<OnProductionError(const FailedSend&)>;
  Handler deserialization;
  Handler processing;
  ProductionHandler production;
  /// Where failed records go, whatever the handler decides (KIP-1034): as they were read, with headers that tell the
  /// error and where they came from. Empty: nowhere.
  std::string dead_letter_topic;
};

/// Logs which record failed and why, and answers `decision`: Kafka's LogAndFail and LogAndContinue handlers.
ErrorHandlers::Handler log_and(OnError decision);
/// Logs which record cannot be written and why. With kFail it answers as Kafka's DefaultProductionExceptionHandler:
/// kRetry where that may help, else kFail.
ErrorHandlers::ProductionHandler log_production_and(OnError decision);

/// The headers of a dead letter: those of the record, then Kafka's `__streams.errors.*`.
Headers dead_letter_headers(const FailedRecord& failed);

}  // namespace leat
