#include "base/result.h"

namespace leat {

std::string_view name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalidArgument: return "invalid argument";
    case ErrorKind::kNotFound: return "not found";
    case ErrorKind::kAlreadyExists: return "already exists";
    case ErrorKind::kCorrupt: return "corrupt";
    case ErrorKind::kIo: return "i/o error";
    case ErrorKind::kNoSpace: return "no space";
    case ErrorKind::kUnavailable: return "unavailable";
    case ErrorKind::kTimeout: return "timeout";
    case ErrorKind::kClosed: return "closed";
    case ErrorKind::kFenced: return "fenced";
    case ErrorKind::kKafka: return "kafka";
    case ErrorKind::kUser: return "user code";
  }
  return "unknown";
}

}  // namespace leat
