// The nodes of a running topology: one set per task, made from the factories of a plan, wired once, then fed.
//
// An edge is one virtual call with key and value by reference (null where the record has none) and the context of the
// record; nothing is allocated per record. Nodes keep scratch objects and use them again.
//
//   task -> SourceNode::feed(raw record) -> Edge::process -> Edge::process -> ... -> SinkNode -> RecordCollector
//
// A node belongs to one task and runs on its loop only. User code that throws is caught by the edge that called it
// (Outputs::forward) and handed to NodeRuntime::on_processing_error, which either swallows it - then only that branch
// loses the record - or answers with the wish to fail; then ProcessingFailed unwinds to the task.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/function.h"
#include "base/metrics.h"
#include "base/result.h"
#include "state/record_collector.h"
#include "state/state_store.h"
#include "topology/record.h"

namespace leat {

class Node;
class StreamsMetrics;

/// The clock of a timer (org.apache.kafka.streams.processor.PunctuationType, KIP-138).
enum class PunctuationType {
  kStreamTime,     ///< the highest timestamp of the task's records; stands still without them
  kWallClockTime,  ///< the clock of the machine
};

/// A timer of a processor. Copies name the same timer.
class Cancellable {
 public:
  Cancellable() = default;
  explicit Cancellable(std::shared_ptr<bool> cancelled) : cancelled_(std::move(cancelled)) {}
  void cancel() {
    if (cancelled_) *cancelled_ = true;
  }

 private:
  std::shared_ptr<bool> cancelled_;
};

/// Which partitions a record goes to: none said (the producer's choice), or exactly these; an empty list drops it.
using Partitions = std::optional<std::vector<std::int32_t>>;

/// Why a record was dropped; counted per task and cause (Kafka's `dropped-records-total` is their sum).
enum class DropCause {
  kNullKey,
  kNullValue,
  kWindowClosed,
  kDeserialization,
  kInvalidTimestamp,
  kProcessingError,
  kPartitioner,
  kNotLatest,   ///< an update of a versioned table that is not the latest of its key
  kSuperseded,  ///< an answer to a row that has changed since
  kNotWritten,  ///< a record that cannot be written to its topic
};
std::string_view name(DropCause cause);

/// What a node can ask of the task that runs it; implemented by the task. Lives as long as the nodes.
class NodeRuntime {
 public:
  virtual ~NodeRuntime() = default;

  virtual const std::string& application_id() const = 0;
  /// Sub-topology and partition, "0_3".
  virtual std::string task_id() const = 0;
  virtual std::int32_t partition() const = 0;
  /// The settings of the application, by name.
  virtual const std::map<std::string, std::string>& app_configs() const = 0;
  /// The task's directory below state.dir, made at the call.
  virtual Result<std::string> state_dir() = 0;

  /// The store of that name, null where `node` has no such store (not connected, or it does not exist).
  virtual StateStore* store(const Node& node, std::string_view name) = 0;
  virtual RecordCollector& collector() = 0;
  /// The task's one context, which is passed along the edges.
  virtual RecordContext& context() = 0;

  /// The highest timestamp any record of the task had; -1 before the first.
  virtual std::int64_t current_stream_time_ms() const = 0;
  virtual std::int64_t current_system_time_ms() const = 0;

  /// Calls `punctuate` with the time, every `interval_ms`, from `start_ms` on (not set: the grid from 0 for stream
  /// time, from now for the wall clock).
  virtual Cancellable schedule(Node& node, std::optional<std::int64_t> start_ms, std::int64_t interval_ms,
                               PunctuationType type, std::function<void(Timestamp)> punctuate) = 0;
  /// Asks for a commit after the record at hand.
  virtual void request_commit() = 0;

  /// A number that a node keeps with the committed offsets, for the task that goes on from them; none where it kept
  /// none.
  virtual std::optional<std::int64_t> processor_metadata(const std::string& name) const = 0;
  virtual void keep_processor_metadata(const std::string& name, std::int64_t value) = 0;

  virtual void dropped(const Node& node, DropCause cause) = 0;
  /// The program's own metrics, of the thread that runs the task.
  virtual StreamsMetrics& metrics() = 0;

  /// Called inside the catch block of what `node` threw while it processed the record at hand. True: it is dealt with
  /// and the record is lost on this branch; false: the task fails.
  virtual bool on_processing_error(const Node& node, const RecordContext& context, std::exception_ptr error) = 0;
  /// The same for what a serde threw that was to encode the key, or the value, of a record for `topic`.
  virtual bool on_serialization_error(const Node& node, const RecordContext& context, std::string_view topic,
                                      bool of_key, std::exception_ptr error) = 0;
};

/// A processing error of our own making (a null key met by a lambda that takes none, a missing child).
class ProcessingError : public std::exception {
 public:
  explicit ProcessingError(std::string message) : message_(std::move(message)) {}
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  std::string message_;
};

/// Unwinds from a failed node to the task, which then fails with this error.
class ProcessingFailed : public std::exception {
 public:
  explicit ProcessingFailed(Error error) : error_(std::move(error)) {}
  const char* what() const noexcept override { return error_.message.c_str(); }
  const Error& error() const { return error_; }

 private:
  Error error_;
};

/// How late records are when they come in or go out, in milliseconds by the wall clock.
struct EndToEndLatency {
  const std::int64_t* now_ms = nullptr;
  Spread spread;
};

/// What a node has written to a topic.
struct TopicFlow {
  std::string topic;
  std::int64_t records = 0;
  std::int64_t bytes = 0;
};
/// Kafka's measure of a record: key, value, headers, topic, and 20 for time, offset and partition.
std::int64_t flow_bytes(std::string_view topic, const std::optional<BytesView>& key,
                        const std::optional<BytesView>& value, const Headers* headers);

/// Stands around one processor of a task; made by a ProcessorWrapper. Belongs to the task, as the processor does.
class WrappedProcessor {
 public:
  virtual ~WrappedProcessor() = default;
  /// Before the processor is initialised; stores are open.
  virtual void init(NodeRuntime&) {}
  /// Is to call `process`, once, which has the processor process the record at hand and returns when all behind it is
  /// done; leaving the call out drops the record. What it throws, or lets through, goes to the processing handler.
  virtual void process(const std::function<void()>& process, RecordContext& context) = 0;
  /// After the processor was closed.
  virtual void close() {}
};

/// Wraps every processor of a topology, those of the DSL's operators included (ProcessorWrapper, KIP-1112): for
/// tracing, or for measuring.
///
///   leat::Topology topology = builder.build();
///   topology.wrap_processors([](const std::string& node) { return std::make_unique<Traced>(node); });
///
/// Called for every processor of every task; null leaves that one as it is.
using ProcessorWrapper = std::function<std::unique_ptr<WrappedProcessor>(const std::string& node)>;

/// A node without its types.
class Node {
 public:
  virtual ~Node() = default;
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// Before it becomes anybody's child.
  void set_wrapper(std::unique_ptr<WrappedProcessor> wrapper) { wrapper_ = std::move(wrapper); }
  WrappedProcessor* wrapper() const { return wrapper_.get(); }

  const std::string& name() const { return name_; }
  void set_name(std::string name) { name_ = std::move(name); }

  /// Before the first record, in topological order; stores are open. Keeps the runtime and asks it for its stores.
  virtual void init(NodeRuntime& runtime) { runtime_ = &runtime; }
  /// After the last record, in topological order.
  virtual void close() {}

  /// Makes `child` the next of the children. The types of the edge must agree: checked, with both names in the message.
  virtual void add_child(Node& child) = 0;

  NodeRuntime& runtime() const { return *runtime_; }

  /// A record has come to this node.
  void arrived(const RecordContext& context) {
    processed_.add();
    if (latency_) latency_->spread.record(*latency_->now_ms - context.timestamp);
  }
  Counter& processed() { return processed_; }
  /// From now on arrivals are measured; null: not any more. `latency` outlives the node.
  void measure(EndToEndLatency* latency) { latency_ = latency; }
  /// What this node has written; sinks only.
  virtual std::span<const TopicFlow> written() const { return {}; }

 protected:
  Node() = default;

 private:
  std::string name_;
  NodeRuntime* runtime_ = nullptr;
  Counter processed_;
  EndToEndLatency* latency_ = nullptr;
  std::unique_ptr<WrappedProcessor> wrapper_;
};

/// The receiving end of an edge, without its types.
class AnyEdge {
 public:
  virtual ~AnyEdge() = default;
};

/// The receiving end of an edge.
template <class K, class V>
class Edge : public AnyEdge {
 public:
  /// `key` and `value` are null where the record has none; all is borrowed for the call.
  virtual void process(const K* key, const V* value, RecordContext& context) = 0;
};

namespace detail {
/// Inside a catch block: lets the runtime decide; rethrows as ProcessingFailed when it decides to fail.
void processing_error(const Node& node, const RecordContext& context);
/// The same for a serde that threw in a sink.
void serialization_error(const Node& node, const RecordContext& context, std::string_view topic, bool of_key);
[[noreturn]] void wrong_edge(const Node& parent, const Node& child);
/// Calls `process` with `call` through the wrapper.
void process_wrapped(WrappedProcessor& wrapper, RecordContext& context, void (*process)(void* call), void* call);

/// The children of a node, without the types of what it puts out: as little as can be depends on those.
class Children {
 public:
  struct Child {
    AnyEdge* edge;
    Node* node;
  };
  bool empty() const { return children_.empty(); }
  std::vector<Child>& all() { return children_; }
  /// Null where there is none of that name.
  Child* find(std::string_view name);
  void add(AnyEdge& edge, Node& node) { children_.push_back({&edge, &node}); }
  void own(AnyEdge* wrapped) { wrapped_.emplace_back(wrapped); }

 private:
  std::vector<Child> children_;
  std::vector<std::unique_ptr<AnyEdge>> wrapped_;
};
}  // namespace detail

/// The children of a node that puts out K and V.
template <class K, class V>
class Outputs {
 public:
  void add(const Node& parent, Node& child) {
    auto* edge = dynamic_cast<Edge<K, V>*>(&child);
    if (!edge) detail::wrong_edge(parent, child);
    if (child.wrapper()) {
      edge = new Wrapped(*edge, *child.wrapper());
      children_.own(edge);
    }
    children_.add(*edge, child);
  }

  bool empty() const { return children_.empty(); }

  void forward(const K* key, const V* value, RecordContext& context) {
    for (detail::Children::Child& child : children_.all()) forward_to(child, key, value, context);
  }
  /// To the child of that name only; false where there is none.
  bool forward_to(std::string_view name, const K* key, const V* value, RecordContext& context) {
    detail::Children::Child* child = children_.find(name);
    if (child) forward_to(*child, key, value, context);
    return child != nullptr;
  }

 private:
  void forward_to(detail::Children::Child& child, const K* key, const V* value, RecordContext& context) {
    child.node->arrived(context);
    try {
      static_cast<Edge<K, V>*>(child.edge)->process(key, value, context);
    } catch (...) {
      detail::processing_error(*child.node, context);
    }
  }

  class Wrapped final : public Edge<K, V> {
   public:
    Wrapped(Edge<K, V>& inner, WrappedProcessor& wrapper) : inner_(inner), wrapper_(wrapper) {}
    void process(const K* key, const V* value, RecordContext& context) override {
      Call call{inner_, key, value, context};
      detail::process_wrapped(wrapper_, context, &Call::make, &call);
    }

   private:
    struct Call {
      Edge<K, V>& inner;
      const K* key;
      const V* value;
      RecordContext& context;
      static void make(void* at) {
        auto* call = static_cast<Call*>(at);
        call->inner.process(call->key, call->value, call->context);
      }
    };
    Edge<K, V>& inner_;
    WrappedProcessor& wrapper_;
  };

  detail::Children children_;
};

/// A record as it lies in a topic.
struct RawRecord {
  std::optional<BytesView> key;
  std::optional<BytesView> value;
  std::int64_t timestamp = 0;
  const RecordMetadata* metadata = nullptr;
  /// Null unless the source wants_headers(), or where there are none.
  const Headers* headers = nullptr;
};

/// The entry of a sub-topology. The task feeds it in two steps because the timestamp extractor may look at the decoded
/// record, and stream time advances in between.
class SourceNode : public Node {
 public:
  /// Decodes into scratch. An error is one of deserialization: the task's handler decides.
  virtual Status decode(const RawRecord& record) = 0;
  /// Whether timestamp() or a serde looks at headers.
  virtual bool wants_headers() const { return false; }
  /// The timestamp of the decoded record by this source's extractor; negative: it is to be dropped; an error: the task
  /// fails. `partition_time` is the highest timestamp of the partition so far, -1 at first.
  virtual Result<std::int64_t> timestamp(const RawRecord& record, std::int64_t partition_time) = 0;
  /// Sends the decoded record into the topology.
  virtual void process(RecordContext& context) = 0;
};

}  // namespace leat
