// The Processor API: user code that sees records one by one, keeps stores and timers, and forwards what it likes.
//
//   class Count : public leat::Processor<std::string, Order, std::string, std::int64_t> {
//    public:
//     void init(Context& context) override {
//       store_ = context.store<leat::KeyValueStore<std::string, std::int64_t>>("n");
//     }
//     void process(const leat::Record<std::string, Order>& record) override {
//       const std::int64_t n = store_->get(record.key).value_or(0) + 1;
//       store_->put(record.key, n);
//       forward(record.with_value(n));
//     }
//    private:
//     leat::KeyValueStore<std::string, std::int64_t>* store_ = nullptr;
//   };
//
// Types that are std::optional see null; a null met by one that is not is a processing error. A processor belongs to
// one task; init, process, close and its punctuators run on that task's loop.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "topology/lambda.h"
#include "topology/node.h"
#include "topology/stream_nodes.h"
#include "topology/streams_metrics.h"

namespace leat {

namespace detail {
[[noreturn]] void store_refused(const Node& node, std::string_view name, bool other_type);
[[noreturn]] void unknown_child(const Node& node, std::string_view child);
[[noreturn]] void negative_timestamp(std::int64_t timestamp);
}  // namespace detail

/// What a processor may ask for and do, besides what its record holds. Lives as long as the processor
/// (org.apache.kafka.streams.processor.api.ProcessorContext). Calls belong on the task's thread: into init(),
/// process(), close() and timers.
template <class KOut, class VOut>
class ProcessorContext {
 public:
  using Key = detail::NonNullOf<KOut>;
  using Value = detail::NonNullOf<VOut>;

  ProcessorContext(Node& node, Outputs<Key, Value>& outputs) : node_(&node), outputs_(&outputs) {}

  /// The store of that name and type. Throws where the store is not connected to this processor or has another type.
  template <class Store>
  Store* store(std::string_view name) const {
    StateStore* found = node_->runtime().store(*node_, name);
    auto* typed = dynamic_cast<Store*>(found);
    if (!typed) detail::store_refused(*node_, name, found != nullptr);
    return typed;
  }

  /// To all children, in the order they were added; returns when they have processed it. What a child throws costs that
  /// child the record, where the processing handler says so. Throws where the timestamp is negative.
  template <class A, class B>
  void forward(const Record<A, B>& record) {
    send(record,
         [&](const Key* key, const Value* value, RecordContext& context) { outputs_->forward(key, value, context); });
  }
  /// To the child of that name. Throws where there is none.
  template <class A, class B>
  void forward(const Record<A, B>& record, std::string_view child) {
    send(record, [&](const Key* key, const Value* value, RecordContext& context) {
      if (!outputs_->forward_to(child, key, value, context)) detail::unknown_child(*node_, child);
    });
  }

  /// Calls `punctuate` with the time every `interval`, which is above 0. Stream time: on the grid from 0, once per gap,
  /// first with the first record. Wall clock: first an interval from now; what was missed is not made up for. What it
  /// throws goes to the processing handler. Ends with the task, or by cancel() of the result, also from within.
  Cancellable schedule(std::chrono::milliseconds interval, PunctuationType type,
                       std::function<void(Timestamp)> punctuate) {
    return node_->runtime().schedule(*node_, std::nullopt, interval.count(), type, std::move(punctuate));
  }
  /// The same on the grid from `start`.
  Cancellable schedule(Timestamp start, std::chrono::milliseconds interval, PunctuationType type,
                       std::function<void(Timestamp)> punctuate) {
    return node_->runtime().schedule(*node_, start.ms(), interval.count(), type, std::move(punctuate));
  }

  /// The highest timestamp of the task's records so far, -1 before the first.
  Timestamp current_stream_time() const { return node_->runtime().current_stream_time_ms(); }
  Timestamp current_system_time() const { return node_->runtime().current_system_time_ms(); }
  /// Where the record at hand came from; its topic is empty in a punctuation. Null where there is none.
  const RecordMetadata* record_metadata() const { return node_->runtime().context().metadata; }
  const std::string& application_id() const { return node_->runtime().application_id(); }
  std::string task_id() const { return node_->runtime().task_id(); }
  std::int32_t partition() const { return node_->runtime().partition(); }
  /// For metrics of one's own; readers find them beside those of the runtime.
  StreamsMetrics& metrics() const { return node_->runtime().metrics(); }
  /// The settings of the application under Kafka's names, with those that StreamsConfig::own_configs adds.
  const std::map<std::string, std::string>& app_configs() const { return node_->runtime().app_configs(); }
  /// Those of them that begin so, without the prefix.
  std::map<std::string, std::string> app_configs_with_prefix(std::string_view prefix) const {
    std::map<std::string, std::string> some;
    for (const auto& [name, value] : app_configs())
      if (name.starts_with(prefix)) some.emplace(name.substr(prefix.size()), value);
    return some;
  }
  /// The task's own directory below state.dir, made at the first call. Errors: kIo, kNoSpace; kNotFound in a test
  /// driver without one.
  Result<std::string> state_dir() const { return node_->runtime().state_dir(); }
  /// Asks for a commit of all tasks of the thread, in its next turn.
  void commit() { node_->runtime().request_commit(); }

 private:
  template <class A, class B, class Send>
  void send(const Record<A, B>& record, Send send_it) {
    static_assert(
        std::is_same_v<detail::NonNullOf<A>, Key> && std::is_same_v<detail::NonNullOf<B>, Value>,
        "the record that is forwarded has not the key and value types that the processor declares to put out");
    if (record.timestamp.ms() < 0) detail::negative_timestamp(record.timestamp.ms());
    RecordContext& context = node_->runtime().context();
    const RecordContext before = context;
    struct Restore {
      RecordContext& context;
      const RecordContext& before;
      ~Restore() {
        context.timestamp = before.timestamp;
        context.headers = before.headers;
      }
    } restore{context, before};
    context.timestamp = record.timestamp.ms();
    context.headers = &record.headers;
    send_it(present(record.key), present(record.value), context);
  }
  template <class T>
  static const detail::NonNullOf<T>* present(const T& value) {
    if constexpr (detail::kIsOptional<T>) {
      return value ? &*value : nullptr;
    } else {
      return &value;
    }
  }
  Node* node_;
  Outputs<Key, Value>* outputs_;
};

namespace detail {

/// What Processor and FixedKeyProcessor share.
template <class KIn, class VIn, class KOut, class VOut, class RecordIn, class RecordOut>
class BasicProcessor {
 public:
  using KeyIn = KIn;
  using ValueIn = VIn;
  using KeyOut = KOut;
  using ValueOut = VOut;
  using Input = RecordIn;
  using Context = ProcessorContext<KOut, VOut>;

  virtual ~BasicProcessor() = default;

  /// Before the first record, when the stores are restored: fetches stores, schedules timers. What it throws fails the
  /// task.
  virtual void init(Context&) {}
  /// One record, borrowed for the call. What it throws goes to the processing handler.
  virtual void process(const RecordIn& record) = 0;
  /// When the task ends, after the last commit; nothing can be forwarded any more.
  virtual void close() {}

  /// For the node that runs it: before init().
  void attach(Context& context) { context_ = &context; }

 protected:
  Context& context() const { return *context_; }
  template <class Forwarded>
  void forward(const Forwarded& record) {
    context_->forward(record);
  }
  template <class Forwarded>
  void forward(const Forwarded& record, std::string_view child) {
    context_->forward(record, child);
  }

 private:
  Context* context_ = nullptr;
};

}  // namespace detail

/// A processor that may change anything (org.apache.kafka.streams.processor.api.Processor, KIP-478). Behind it a stream
/// counts as re-keyed. Without output types it forwards nothing.
template <class KIn, class VIn, class KOut = NoOutput, class VOut = NoOutput>
class Processor : public detail::BasicProcessor<KIn, VIn, KOut, VOut, Record<KIn, VIn>, Record<KOut, VOut>> {};

/// A processor that keeps the key, so that nothing has to be repartitioned behind it
/// (org.apache.kafka.streams.processor.api.FixedKeyProcessor, KIP-820).
template <class K, class VIn, class VOut = VIn>
class FixedKeyProcessor
    : public detail::BasicProcessor<K, VIn, K, VOut, FixedKeyRecord<K, VIn>, FixedKeyRecord<K, VOut>> {
 public:
  static constexpr bool kKeepsKey = true;
};

namespace detail {

template <class P>
concept IsProcessor = requires {
  typename P::KeyIn;
  typename P::ValueIn;
  typename P::KeyOut;
  typename P::ValueOut;
  typename P::Input;
};

/// Runs one processor of class P.
template <IsProcessor P>
class ProcessorNode final : public OperatorNode<NonNullOf<typename P::KeyIn>, NonNullOf<typename P::ValueIn>,
                                                NonNullOf<typename P::KeyOut>, NonNullOf<typename P::ValueOut>> {
 public:
  using Key = NonNullOf<typename P::KeyIn>;
  using Value = NonNullOf<typename P::ValueIn>;

  explicit ProcessorNode(std::unique_ptr<P> processor)
      : processor_(std::move(processor)), context_(*this, this->outputs_) {}

  void init(NodeRuntime& runtime) override {
    Node::init(runtime);
    processor_->attach(context_);
    processor_->init(context_);
  }
  void close() override { processor_->close(); }

  void process(const Key* key, const Value* value, RecordContext& context) override {
    if constexpr (!kIsOptional<typename P::KeyIn>) {
      if (!key) null_key_met(context);
    }
    if constexpr (!kIsOptional<typename P::ValueIn>) {
      if (!value) null_value_met(context);
    }
    assign(record_.key, key);
    assign(record_.value, value);
    record_.timestamp = context.timestamp;
    // The headers are lent to the record and given back, so that siblings see what the processor adds.
    Headers* shared = context.headers ? context.headers : &no_headers_;
    std::swap(record_.headers, *shared);
    struct GiveBack {
      Headers& ours;
      Headers& shared;
      ~GiveBack() { std::swap(ours, shared); }
    } give_back{record_.headers, *shared};
    struct Restore {
      RecordContext& context;
      Headers* headers;
      ~Restore() { context.headers = headers; }
    } restore{context, context.headers};
    context.headers = &record_.headers;
    processor_->process(record_);
  }

 private:
  template <class T>
  static void assign(T& to, const T* from) {
    to = *from;
  }
  template <class T>
  static void assign(std::optional<T>& to, const T* from) {
    if (from) {
      to = *from;
    } else {
      to.reset();
    }
  }

  std::unique_ptr<P> processor_;
  ProcessorContext<typename P::KeyOut, typename P::ValueOut> context_;
  typename P::Input record_;
  Headers no_headers_;
};

}  // namespace detail

}  // namespace leat
