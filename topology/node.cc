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
    case DropCause::kNotWritten: return "not-written";
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

namespace {

/// What an exception says, and which record was at hand.
Error failure(const Node& node, const RecordContext& context, const std::exception_ptr& error) {
  std::string what = "an exception that is no std::exception";
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& exception) {
    what = exception.what();
  } catch (...) {
  }
  std::string where = "processor " + node.name();
  if (context.metadata && !context.metadata->topic.empty()) {
    where += ", record " + context.metadata->topic + "-" + std::to_string(context.metadata->partition) + "@" +
             std::to_string(context.metadata->offset);
  }
  return {ErrorKind::kUser, where + ": " + what};
}

}  // namespace

void processing_error(const Node& node, const RecordContext& context) {
  try {
    throw;
  } catch (const ProcessingFailed&) {
    throw;
  } catch (...) {
  }
  const std::exception_ptr error = std::current_exception();
  if (!node.runtime().on_processing_error(node, context, error)) throw ProcessingFailed(failure(node, context, error));
  node.runtime().dropped(node, DropCause::kProcessingError);
}

void serialization_error(const Node& node, const RecordContext& context, std::string_view topic, bool of_key) {
  const std::exception_ptr error = std::current_exception();
  if (!node.runtime().on_serialization_error(node, context, topic, of_key, error)) {
    Error failed = failure(node, context, error);
    failed.message +=
        std::string("; that was the serde of the ") + (of_key ? "key" : "value") + " for topic " + std::string(topic);
    throw ProcessingFailed(std::move(failed));
  }
  node.runtime().dropped(node, DropCause::kNotWritten);
}

void wrong_edge(const Node& parent, const Node& child) {
  check_failed("edge types agree", __FILE__, __LINE__,
               "processor " + child.name() + " does not take the key and value types that " + parent.name() +
                   " puts out; declare both with the same types");
}

void process_wrapped(WrappedProcessor& wrapper, RecordContext& context, void (*process)(void* call), void* call) {
  wrapper.process([=] { process(call); }, context);
}

Children::Child* Children::find(std::string_view name) {
  for (Child& child : children_)
    if (child.node->name() == name) return &child;
  return nullptr;
}

}  // namespace detail

}  // namespace leat
