#include "topology/node.h"

#include "base/check.h"

namespace leat {

std::string_view name(DropCause cause) {
  switch (cause) {
    case DropCause::kNullKey: return "null-key";
    case DropCause::kNullValue: return "null-value";
    case DropCause::kWindowClosed: return "window-closed";
    case DropCause::kDeserialization: return "deserialization";
    case DropCause::kInvalidTimestamp: return "invalid-timestamp";
    case DropCause::kProcessingError: return "processing-error";
    case DropCause::kPartitioner: return "partitioner";
    case DropCause::kNotLatest: return "not-latest";
    case DropCause::kSuperseded: return "superseded";
  }
  return "unknown";
}

std::int64_t flow_bytes(std::string_view topic, const std::optional<BytesView>& key,
                        const std::optional<BytesView>& value, const Headers* headers) {
  constexpr std::size_t kTimeOffsetPartition = 8 + 8 + 4;
  std::size_t bytes = kTimeOffsetPartition + topic.size() + (key ? key->size() : 0) + (value ? value->size() : 0);
  if (headers)
    for (const Header& header : *headers) bytes += header.name.size() + (header.value ? header.value->size() : 0);
  return static_cast<std::int64_t>(bytes);
}

namespace detail {

void processing_error(const Node& node, const RecordContext& context) {
  try {
    throw;
  } catch (const ProcessingFailed&) {
    throw;
  } catch (...) {
  }
  std::string what = "an exception that is no std::exception";
  const std::exception_ptr error = std::current_exception();
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& exception) {
    what = exception.what();
  } catch (...) {
  }
  if (node.runtime().on_processing_error(node, context, error)) {
    node.runtime().dropped(node, DropCause::kProcessingError);
    return;
  }
  std::string where = "processor " + node.name();
  if (context.metadata && !context.metadata->topic.empty()) {
    where += ", record " + context.metadata->topic + "-" + std::to_string(context.metadata->partition) + "@" +
             std::to_string(context.metadata->offset);
  }
  throw ProcessingFailed({ErrorKind::kUser, where + ": " + what});
}

void wrong_edge(const Node& parent, const Node& child) {
  check_failed("edge types agree", __FILE__, __LINE__,
               "processor " + child.name() + " does not take the key and value types that " + parent.name() +
                   " puts out; declare both with the same types");
}

}  // namespace detail

}  // namespace leat
