#include "streams/assignor/task_id.h"

#include <charconv>

namespace leat {

Result<TaskId> TaskId::parse(std::string_view text) {
  TaskId id;
  const char* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, id.subtopology);
  if (first.ec == std::errc{} && first.ptr != end && *first.ptr == '_') {
    const auto second = std::from_chars(first.ptr + 1, end, id.partition);
    if (second.ec == std::errc{} && second.ptr == end) return id;
  }
  return Error{ErrorKind::kInvalidArgument, "'" + std::string(text) + "' is not a task id (like 0_3)"};
}

}  // namespace leat
