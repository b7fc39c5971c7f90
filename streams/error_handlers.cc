#include "streams/error_handlers.h"

#include "base/log.h"

namespace leat {

ErrorHandlers::Handler log_and(OnError decision) {
  return [decision](const FailedRecord& failed) {
    log_line(decision == OnError::kContinue ? LogLevel::kWarn : LogLevel::kError, "streams",
             decision == OnError::kContinue ? "a record is skipped" : "a record cannot be processed",
             {{"topic", failed.metadata.topic},
              {"partition", std::to_string(failed.metadata.partition)},
              {"offset", std::to_string(failed.metadata.offset)},
              {"processor", failed.node},
              {"why", failed.message}});
    return decision;
  };
}

ErrorHandlers::ProductionHandler log_production_and(OnError decision) {
  return [decision](const FailedSend& failed) {
    const OnProductionError answer = decision == OnError::kContinue ? OnProductionError::kContinue
                                     : failed.retriable             ? OnProductionError::kRetry
                                                                    : OnProductionError::kFail;
    log_line(decision == OnError::kContinue ? LogLevel::kWarn : LogLevel::kError, "streams",
             "a record cannot be written",
             {{"topic", failed.to_topic},
              {"source topic", failed.metadata.topic},
              {"partition", std::to_string(failed.metadata.partition)},
              {"offset", std::to_string(failed.metadata.offset)},
              {"processor", failed.node},
              {"why", failed.message}});
    return answer;
  };
}

Headers dead_letter_headers(const FailedRecord& failed) {
  Headers headers;
  if (failed.headers) headers = *failed.headers;
  headers.add("__streams.errors.exception", failed.error_type);
  headers.add("__streams.errors.message", failed.message);
  headers.add("__streams.errors.stacktrace",
              failed.node.empty() ? failed.message : failed.node + ": " + failed.message);
  headers.add("__streams.errors.topic", failed.metadata.topic);
  headers.add("__streams.errors.partition", std::to_string(failed.metadata.partition));
  headers.add("__streams.errors.offset", std::to_string(failed.metadata.offset));
  return headers;
}

}  // namespace leat
