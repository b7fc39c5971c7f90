// Errors, exception handlers, timestamp extractors, and one pipeline of many parts.
#include <stdexcept>

#include "state/stores.h"
#include "tests/conformance/topologies/dsl.h"
#include "topology/processor.h"

namespace leat::conformance {

namespace {

OS throw_on_u(const OS& v) {
  if (starts(v, "u")) throw std::runtime_error("u");
  return v;
}

struct Ticks : Processor<OS, OS, S, S> {
  void init(Context& c) override {
    c.schedule(3s, PunctuationType::kStreamTime, [this](Timestamp now) {
      if (++n_ % 3 == 0) throw std::runtime_error("third");
      forward(Record<S, S>{"tick", s(n_), now, {}});
    });
  }
  void process(const Record<OS, OS>&) override {}

 private:
  L n_ = 0;
};

struct UnknownChild : Processor<OS, OS, OS, OS> {
  void process(const Record<OS, OS>& r) override {
    if (starts(r.value, "w1")) {
      forward(r, "nobody");
    } else {
      forward(r);
    }
  }
};

struct GlobalWriter : Processor<OS, OS, OS, OS> {
  void init(Context& c) override { store_ = c.store<TimestampedKeyValueStore<S, S>>("gs"); }
  void process(const Record<OS, OS>& r) override {
    if (r.key && starts(r.value, "x1")) store_->erase(*r.key);
    forward(r);
  }

 private:
  TimestampedKeyValueStore<S, S>* store_ = nullptr;
};

struct PutNullKey : Processor<S, OS, S, OS> {
  void init(Context& c) override { store_ = c.store<KeyValueStore<S, S>>("s"); }
  void process(const Record<S, OS>& r) override {
    store_->put(r.key, r.value);
    forward(r);
  }

 private:
  KeyValueStore<S, S>* store_ = nullptr;
};

std::int64_t by_length(const OS& v, std::int64_t partition_time) {
  return v ? 1000 * static_cast<std::int64_t>(length(*v)) : partition_time;
}
std::int64_t partition_time_plus_10(const OS&, std::int64_t partition_time) { return partition_time + 10; }

Consumed on_invalid(OnInvalidTimestamp policy) { return Consumed{}.with_invalid_timestamps(policy); }

}  // namespace

void add_handlers(TopologyRegistry& r) {
  r.dsl("E01_deserialization_continue", [](StreamsBuilder& b) {
    num(b, "a").group_by_key().reduce([](L x, L y) { return x + y; }, as("s")).to_stream().to("o");
  });
  r.dsl("E02_deserialization_dead_letter",
        [](StreamsBuilder& b) { num(b, "a").filter([](L v) { return v % 2 == 0; }).to("o"); });
  r.dsl("E03_deserialization_fail",
        [](StreamsBuilder& b) { num(b, "a").map_values([](const OL& v) { return n(v) + 1; }).to("o"); });
  r.dsl("E04_processing_continue", [](StreamsBuilder& b) {
    auto x = str(b, "a");
    x.to("before");
    x.map_values(throw_on_u, Named::as("thrower")).to("o");
    x.to("after");
  });
  r.dsl("E05_processing_dead_letter", [](StreamsBuilder& b) {
    str(b, "a")
        .select_key([](const OS& v) { return first(v); })
        .repartition(Repartitioned::as("r"))
        .map_values(throw_on_u)
        .to("o");
  });
  r.dsl("E06_processing_fail", [](StreamsBuilder& b) {
    auto x = str(b, "a");
    x.to("before");
    x.map_values([](const OS& v) {
       if (starts(v, "u1")) throw std::runtime_error("u1");
       return v;
     }).to("o");
  });
  r.papi("E07_punctuator_throws",
         [](Topology& t) { t.add_source<S, S>("in", "a").add_processor<Ticks>("p", "in").add_sink("out", "o", "p"); });
  r.dsl("E15_global_store_is_read_only", [](StreamsBuilder& b) {
    b.global_table<S, S>("g", as("gs"));
    str(b, "a").process<GlobalWriter>().to("o");
  });
  r.papi("E16_null_key_to_store", [](Topology& t) {
    t.add_source<S, S>("in", "a").add_processor<PutNullKey>("p", "in");
    t.add_state_store(Stores::in_memory_key_value<S, S>("s"), "p").add_sink("out", "o", "p");
  });
  r.dsl("E08_null_from_map", [](StreamsBuilder& b) {
    str(b, "a")
        .map([](const OS& k, const OS& v) -> std::optional<KeyValue<OS, OS>> {
          if (!v) return std::nullopt;
          return KeyValue<OS, OS>{k, v};
        })
        .to("o");
  });
  r.dsl("E09_skip_invalid_timestamps", [](StreamsBuilder& b) {
    b.stream<S, S>("a", on_invalid(OnInvalidTimestamp::kLogAndSkip)).group_by_key().count(as("s")).to_stream().to("o");
  });
  r.dsl("E10_partition_time_extractor", [](StreamsBuilder& b) {
    b.stream<S, S>("a", on_invalid(OnInvalidTimestamp::kUsePartitionTime))
        .group_by_key()
        .count(as("s"))
        .to_stream()
        .to("o");
  });
  r.dsl("E11_fail_on_invalid_timestamp", [](StreamsBuilder& b) { str(b, "a").to("o"); });
  r.dsl("E12_custom_extractor", [](StreamsBuilder& b) {
    b.stream<S, S>("a", Consumed::with_timestamp_extractor(by_length))
        .merge(b.stream<S, S>("b", Consumed::with_timestamp_extractor(partition_time_plus_10)))
        .to("o");
    b.stream<S, S>("a2", Consumed::with_timestamp_extractor(by_length))
        .group_by([](const OS& v) { return first(v); }, grouped("g"))
        .windowed_by(TimeWindows::of_size_with_no_grace(2s))
        .count(as("s"))
        .to_stream([](const Windowed<S>& w, const OL&) { return flat(w); })
        .to("c");
  });
  r.dsl("E13_pattern_source", [](StreamsBuilder& b) {
    b.stream<S, S>(Pattern{"in-.*"})
        .group_by_key(grouped("p"))
        .windowed_by(TimeWindows::of_size_with_no_grace(10s))
        .count(as("s"))
        .to_stream()
        .to("w");
    b.stream<Windowed<S>, L>("w", Consumed::with(TimeWindowedSerde<S>(10'000), Serde<L>()))
        .map([](const Windowed<S>& w, const OL& c) {
          return KeyValue{flat(w), s(c)};
        })
        .to("o");
  });
  r.papi("E14_unknown_child", [](Topology& t) {
    t.add_source<S, S>("in", "a").add_processor<UnknownChild>("p", "in").add_sink("out", "o", "p");
  });
  r.dsl("E18_mixed_pipeline", [](StreamsBuilder& b) {
    auto x = str(b, "a").filter([](const OS& v) { return v.has_value(); }).select_key([](const S& v) {
      return "k" + s(static_cast<L>(length(v) % 4));
    });
    auto c = x.group_by_key(grouped("g")).count(as("c"));
    x.join(tab(b, "t"), [](const S& v, const S& w) { return cat(v, w); })
        .merge(c.to_stream().map_values([](const OL& v) { return s(v); }))
        .to("o");
    x.group_by_key(grouped("h"))
        .windowed_by(TimeWindows::of_size_and_grace(10s, 2s))
        .count(as("w"))
        .suppress(Suppressed::until_window_closes(BufferConfig::unbounded()))
        .to_stream()
        .to("f");
  });
}

}  // namespace leat::conformance
