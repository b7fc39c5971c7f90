// Joins, global stores and mixtures among the programs of conformance/streams/describe, line by line.
#include "state/stores.h"
#include "tests/topology/describe_programs.h"
#include "topology/streams_builder.h"

namespace leat::test {

using namespace std::chrono_literals;

namespace {

using S = std::string;
using B = StreamsBuilder;
using W = TimeWindows;

const auto kCat = [](const auto& x, const auto& y) -> S { return std::to_string(sizeof x + sizeof y); };
const auto kCatOptional = [](const S& x, const std::optional<S>& y) -> S { return x + y.value_or("~"); };
const auto kCatBoth = [](const std::optional<S>& x, const std::optional<S>& y) -> S {
  return x.value_or("~") + y.value_or("~");
};
const auto kValue = [](const S& v) { return v; };
const auto kValueAsKey = [](const S&, const S& v) { return v; };
const JoinWindows kNear = JoinWindows::of_time_difference_and_grace(5s, 1s);

struct Nop : Processor<S, S, S, S> {
  void process(const Record<S, S>& record) override { forward(record); }
};
struct Drain : Processor<S, S> {
  void process(const Record<S, S>&) override {}
};
const auto kDrain = [] { return std::make_unique<Drain>(); };

StoreBuilderPtr store(const S& name) { return Stores::persistent_key_value<S, S>(name); }
auto stream(B& b, const S& topic) { return b.stream<S, S>(topic); }
auto table(B& b, const S& topic) { return b.table<S, S>(topic); }

}  // namespace

std::map<S, Program> describe_joins() {
  std::map<S, Program> p;
  const auto dsl = [&](const S& name, std::function<void(B&)> write) {
    p[name] = [write](bool optimize) {
      B b(BuilderOptions{.optimize = optimize});
      write(b);
      return b.build();
    };
  };

  dsl("D23_emit_final", [](B& b) {
    auto g = stream(b, "a").group_by_key();
    g.windowed_by(W::of_size_with_no_grace(10s))
        .emit_strategy(EmitStrategy::on_window_close())
        .count()
        .to_stream()
        .to("x");
    g.windowed_by(SessionWindows::of_inactivity_gap_with_no_grace(10s))
        .emit_strategy(EmitStrategy::on_window_close())
        .count(Materialized::as("s"))
        .to_stream()
        .to("y");
  });
  dsl("D26_stream_joins_unnamed", [](B& b) {
    auto x = stream(b, "a"), y = stream(b, "b");
    x.join(y, kCat, kNear).to("i");
    x.left_join(y, kCatOptional, kNear).to("l");
    x.outer_join(y, kCatBoth, kNear).to("o");
  });
  dsl("D27_stream_joins_named", [](B& b) {
    auto x = stream(b, "a"), y = stream(b, "b");
    x.join(y, kCat, kNear, StreamJoined().with_name("n")).to("i");
    x.left_join(y, kCatOptional, kNear, StreamJoined::as("st")).to("l");
    x.outer_join(y, kCatBoth, kNear, StreamJoined::as("ss").with_name("nn")).to("o");
  });
  dsl("D28_self_join", [](B& b) {
    auto x = stream(b, "a");
    x.join(x, kCat, kNear).to("i");
  });
  dsl("D29_join_rekeyed_unnamed", [](B& b) {
    auto x = stream(b, "a").select_key(kValueAsKey);
    x.join(stream(b, "b").map([](const S& k, const S& v) { return KeyValue{v, k}; }), kCat, kNear).to("i");
  });
  dsl("D30_join_rekeyed_named", [](B& b) {
    auto x = stream(b, "a").select_key(kValueAsKey), y = stream(b, "b").select_key(kValueAsKey);
    x.outer_join(y, kCatBoth, kNear, StreamJoined().with_name("jn")).to("i");
  });
  dsl("D31_rekeyed_stream_two_joins", [](B& b) {
    auto x = stream(b, "a").select_key(kValueAsKey);
    x.join(stream(b, "b"), kCat, kNear).to("i");
    x.left_join(stream(b, "c"), kCatOptional, kNear).to("l");
  });
  dsl("D34_global_table", [](B& b) {
    auto g = b.global_table<S, S>("g"), h = b.global_table<S, S>("h", Materialized::as("hs"));
    stream(b, "a").join(g, kValue, kCat).to("i");
    stream(b, "a").left_join(h, kValue, kCatOptional, Named::as("gj")).to("l");
  });
  dsl("D35_global_store", [](B& b) {
    b.add_global_store<S, S>(store("gs"), "g", {}, kDrain);
    stream(b, "a").process<Nop>().to("o");
  });
  dsl("D36_table_joins_unnamed", [](B& b) {
    auto x = table(b, "a"), y = table(b, "b");
    x.join(y, kCat).to_stream().to("i");
    x.left_join(y, kCatOptional).to_stream().to("l");
    x.outer_join(y, kCatBoth).to_stream().to("o");
  });
  dsl("D37_table_joins_named", [](B& b) {
    auto x = table(b, "a"), y = table(b, "b");
    x.join(y, kCat, Named::as("ij")).to_stream().to("i");
    x.left_join(y, kCatOptional, Materialized::as("ls")).to_stream().to("l");
    x.outer_join(y, kCatBoth, Named::as("oj"), Materialized::as("os")).to_stream().to("o");
  });
  const auto by_fk = [](const S& v) { return v; };
  dsl("D40_fk_unnamed", [by_fk](B& b) {
    auto x = table(b, "a");
    x.join(table(b, "b"), by_fk, kCat).to_stream().to("o");
  });
  dsl("D41_fk_named", [by_fk](B& b) {
    auto x = table(b, "a");
    x.left_join(table(b, "b"), by_fk, kCatOptional, TableJoined::as("fkj"), Materialized::as("res"))
        .to_stream()
        .to("o");
  });
  dsl("D42_fk_chain", [by_fk](B& b) {
    auto x = b.table<S, S>("a", Materialized::as("sa"));
    auto xy = x.join(b.table<S, S>("b", Materialized::as("sb")), by_fk, kCat);
    xy.join(table(b, "c"), by_fk, kCat).to_stream().to("o");
  });
  dsl("D64_deep_tables", [by_fk](B& b) {
    auto a = table(b, "a");
    auto x = a.left_join(table(b, "b"), kCatOptional);
    auto c = x.group_by([](const S&, const S& v) { return KeyValue{v, v}; }).count();
    auto texts = c.map_values([](std::int64_t n) { return std::to_string(n); });
    texts.join(table(b, "d"), by_fk, kCat).to_stream().to("o");
  });
  dsl("D33_stream_table_grace", [](B& b) {
    auto t = b.table<S, S>("t", Materialized::as("v").versioned_store(60s));
    stream(b, "a").join(t, kCat, Joined::as("g").with_grace_period(5s)).to("i");
    stream(b, "a").left_join(t, kCatOptional, Joined{}.with_grace_period(5s)).to("l");
  });
  dsl("X13_versioned_global", [](B& b) { b.global_table<S, S>("g", Materialized::as("v").versioned_store(60s)); });
  dsl("X14_suppress_versioned", [](B& b) {
    b.table<S, S>("a", Materialized::as("v").versioned_store(60s))
        .suppress(Suppressed::until_time_limit(1s, BufferConfig::unbounded()))
        .to_stream()
        .to("o");
  });
  dsl("X15_grace_longer_than_history", [](B& b) {
    auto t = b.table<S, S>("t", Materialized::as("v").versioned_store(1s));
    stream(b, "a").join(t, kCat, Joined{}.with_grace_period(5s)).to("o");
  });
  p["D63_papi_window_stores"] = [](bool) {
    Topology t;
    t.add_source<S, S>("s", "a").add_processor<Nop>("p", "s");
    t.add_state_store(Stores::persistent_window<S, S>("w", 2h, 60s), "p");
    t.add_state_store(Stores::in_memory_session<S, S>("ses", 600s), "p");
    t.add_state_store(Stores::persistent_versioned_key_value<S, S>("ver", 600s), "p");
    StoreBuilderPtr logged = Stores::in_memory_timestamped_key_value<S, S>("tkv");
    t.add_state_store(logged->with_logging_enabled({{"retention.ms", "5"}}), "p");
    return t;
  };
  dsl("D55_versioned", [](B& b) {
    auto t = b.table<S, S>("a", Materialized::as("v").versioned_store(600s));
    t.filter([](const S&, const S&) { return true; }).to_stream().to("x");
    t.group_by([](const S& k, const S& v) {
       return KeyValue{v, k};
     })
        .count(Materialized::as("vc").versioned_store(60s))
        .to_stream()
        .to("y");
  });
  dsl("D56_join_suppliers", [](B& b) {
    const auto kept = [](const S& name) {
      return StoreSuppliers::in_memory_window_store(name, 11s, 10s, /*retain_duplicates=*/true);
    };
    stream(b, "a")
        .left_join(stream(b, "b"), kCatOptional, kNear,
                   StreamJoined{}
                       .with_this_store_supplier(kept("ths"))
                       .with_other_store_supplier(kept("oth"))
                       .with_logging_disabled())
        .to("o");
  });
  dsl("X09_join_supplier_retention", [](B& b) {
    const auto kept = [](const S& name, std::chrono::seconds retention) {
      return StoreSuppliers::in_memory_window_store(name, retention, 10s, /*retain_duplicates=*/true);
    };
    stream(b, "a")
        .join(stream(b, "b"), kCat, kNear,
              StreamJoined{}.with_this_store_supplier(kept("ths", 10s)).with_other_store_supplier(kept("oth", 11s)))
        .to("o");
  });
  dsl("X16_rekeyed_self_join", [](B& b) {
    auto x = stream(b, "a").select_key(kValueAsKey);
    x.join(x, kCat, kNear).to("i");
  });
  dsl("D57_repartition_join", [](B& b) {
    auto x = stream(b, "a").repartition(Repartitioned::as("ra").with_number_of_partitions(4));
    x.join(stream(b, "b").select_key(kValueAsKey).repartition(), kCat, kNear).to("o");
  });
  dsl("D59_windowed_tables", [](B& b) {
    const auto windows = W::of_size_with_no_grace(10s);
    auto x = stream(b, "a").group_by_key().windowed_by(windows).count();
    auto y = stream(b, "b").group_by_key().windowed_by(windows).count(Materialized::as("yc"));
    x.filter([](std::int64_t) { return true; })
        .join(y, kCat)
        .to_stream([](const Windowed<S>& w, const S&) { return w.key; })
        .to("o");
  });
  dsl("D60_long_mix", [](B& b) {
    const auto all = [](const S&, const S&) { return true; };
    auto x = stream(b, "a").filter(all, Named::as("f")).select_key(kValueAsKey, Named::as("sk"));
    auto c = x.group_by_key(Grouped::as("g")).count(Materialized::as("c"));
    auto j = c.map_values([](std::int64_t n) {
                return std::to_string(n);
              }).join(table(b, "t"), kCat, Named::as("j"), Materialized{});
    x.left_join(j, kCatOptional, Joined::as("sj"))
        .merge(stream(b, "b"))
        .split()
        .branch(all, Branched::with_consumer([](auto y) { y.to("o1"); }))
        .default_branch(Branched::with_consumer([](auto y) { y.to("o2"); }));
  });
  p["D62_papi_sub_topologies"] = [](bool) {
    Topology t;
    t.add_pattern_source<S, S>("z", "z.*").add_processor<Nop>("pz", "z");
    t.add_state_store(store("nolog")->with_logging_disabled(), "pz");
    t.add_source<S, S>("y", "y").add_sink("ky", "o", "y");
    t.add_read_only_state_store<S, S>(store("ro"), "ros", "rot", "rop", kDrain);
    t.add_global_store<S, S>(store("gl"), "gls", "glt", "glp", kDrain);
    return t;
  };
  return p;
}

}  // namespace leat::test
