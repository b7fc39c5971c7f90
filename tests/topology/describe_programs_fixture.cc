// The programs of conformance/streams/describe in our DSL, line by line.
#include "tests/topology/describe_programs.h"

#include "state/stores.h"
#include "topology/streams_builder.h"

namespace leat::test {

using namespace std::chrono_literals;

namespace {

using S = std::string;
using B = StreamsBuilder;
using W = TimeWindows;

const auto kAll = [](const S&, const S&) { return true; };
const auto kNone = [](const S&, const S&) { return false; };
const auto kSame = [](const S& v) { return v; };
const auto kValueAsKey = [](const S&, const S& v) { return v; };
const auto kLast = [](const S&, const S& q) { return q; };
const auto kCat = [](const S& a, const auto& b) -> S { return a + std::to_string(sizeof b); };
const auto kCatLeft = [](const S& a, const std::optional<S>& b) -> S { return a + b.value_or("~"); };
const auto kSwap = [](const S& k, const S& v) { return KeyValue{v, k}; };

struct Nop : Processor<S, S, S, S> {
  void process(const Record<S, S>& record) override { forward(record); }
};
struct FixedNop : FixedKeyProcessor<S, S, S> {
  void process(const FixedKeyRecord<S, S>& record) override { forward(record); }
};

StoreBuilderPtr store(const S& name) { return Stores::persistent_key_value<S, S>(name); }
auto a(B& b) { return b.stream<S, S>("a"); }

std::map<S, Program> programs() {
  std::map<S, Program> p;
  const auto dsl = [&](const S& name, std::function<void(B&)> write) {
    p[name] = [write](bool optimize) {
      B b(BuilderOptions{.optimize = optimize});
      write(b);
      return b.build();
    };
  };
  const auto papi = [&](const S& name, std::function<void(Topology&)> write) {
    p[name] = [write](bool) {
      Topology t;
      write(t);
      return t;
    };
  };

  dsl("D01_pass_through", [](B& b) { a(b).to("o"); });
  dsl("D02_stateless_chain", [](B& b) {
    a(b).filter(kAll)
        .filter_not(kNone)
        .map([](const S& k, const S& v) {
          return KeyValue{k, v};
        })
        .map_values(kSame)
        .flat_map([](const S& k, const S& v) {
          return std::vector{KeyValue{k, v}};
        })
        .flat_map_values([](const S& v) { return std::vector{v}; })
        .select_key([](const S& k, const S&) { return k; })
        .peek([](const S&, const S&) {})
        .to("o");
  });
  dsl("D03_named_operators", [](B& b) {
    b.stream<S, S>("a", Consumed::as("src"))
        .filter(kAll, Named::as("keep"))
        .map_values(kSame)
        .map_values(kSame, Named::as("copy"))
        .peek([](const S&) {})
        .to("o", Produced::as("snk"));
  });
  dsl("D04_same_topic_twice", [](B& b) {
    a(b).to("x");
    a(b).map_values(kSame).to("y");
  });
  dsl("D05_topics_and_pattern", [](B& b) {
    b.stream<S, S>({"b", "a"}).to("x");
    b.stream<S, S>(Pattern{"p-.*"}).to("y");
  });
  dsl("D06_merge", [](B& b) { a(b).merge(b.stream<S, S>("b")).merge(b.stream<S, S>("c"), Named::as("m")).to("o"); });
  dsl("D07_split_generated", [](B& b) {
    for (auto& [name, branch] : a(b).split().branch(kAll).branch(kNone).default_branch()) {
      branch.to(S("o-") + name.back());
    }
  });
  dsl("D08_split_named", [](B& b) {
    a(b).split(Named::as("sp-"))
        .branch(kAll, Branched::with_consumer([](auto x) { x.to("x"); }, "one"))
        .branch(kAll, Branched::with_function([](auto x) { return x.map_values(kSame); }))
        .default_branch(Branched::with_consumer([](auto x) { x.to("z"); }));
  });
  dsl("D09_count_unnamed", [](B& b) { a(b).group_by_key().count().to_stream().to("o"); });
  dsl("D10_count_store_name", [](B& b) { a(b).group_by_key().count(Materialized::as("counts")).to_stream().to("o"); });
  dsl("D11_grouped_name_unused", [](B& b) { a(b).group_by_key(Grouped::as("grp")).count().to_stream().to("o"); });
  dsl("D12_group_by_unnamed", [](B& b) { a(b).group_by(kSame).count().to_stream().to("o"); });
  dsl("D13_group_by_grouped_name", [](B& b) { a(b).group_by(kSame, Grouped::as("grp")).count().to_stream().to("o"); });
  dsl("D14_group_by_store_name",
      [](B& b) { a(b).group_by(kSame).count(Materialized::as("counts")).to_stream().to("o"); });
  dsl("D15_group_by_all_names", [](B& b) {
    a(b).group_by(kSame, Grouped::as("grp"))
        .count(Named::as("cnt"), Materialized::as("counts"))
        .to_stream(Named::as("ts"))
        .to("o");
  });
  dsl("D16_repartition", [](B& b) {
    auto x = a(b);
    x.repartition().to("x");
    x.repartition(Repartitioned::as("rp").with_number_of_partitions(7)).to("y");
  });
  dsl("D17_merge_repartition", [](B& b) {
    auto x = a(b).select_key(kValueAsKey);
    x.group_by_key().count().to_stream().to("x");
    x.group_by_key().reduce(kLast).to_stream().to("y");
  });
  dsl("D18_merge_repartition_below_values", [](B& b) {
    auto x = a(b).map(kSwap).filter(kAll);
    x.map_values(kSame).group_by_key().count(Materialized::as("c")).to_stream().to("x");
    x.filter(kNone).group_by_key(Grouped::as("named")).reduce(kLast, Materialized::as("r")).to_stream().to("y");
    x.to("z");
  });
  dsl("D19_two_key_changes", [](B& b) {
    auto x = a(b).select_key(kValueAsKey);
    x.group_by_key().count().to_stream().to("x");
    x.select_key([](const S& k, const S& v) { return v + k; }).group_by_key().count().to_stream().to("y");
  });
  dsl("D20_tumbling",
      [](B& b) { a(b).group_by_key().windowed_by(W::of_size_and_grace(10s, 5s)).count().to_stream().to("o"); });
  dsl("D21_hopping_retention", [](B& b) {
    a(b).group_by_key()
        .windowed_by(W::of_size_with_no_grace(60s).advance_by(10s))
        .count(Materialized::as("w").with_retention(1h))
        .to_stream()
        .to("o");
  });
  dsl("D22_session_and_sliding", [](B& b) {
    auto g = a(b).group_by_key();
    g.windowed_by(SessionWindows::of_inactivity_gap_and_grace(30s, 10s)).reduce(kLast).to_stream().to("x");
    g.windowed_by(SlidingWindows::of_time_difference_and_grace(20s, 5s)).aggregate("", kLast).to_stream().to("y");
  });
  dsl("D24_suppress", [](B& b) {
    auto t = a(b).group_by_key().windowed_by(W::of_size_with_no_grace(10s)).count();
    t.suppress(Suppressed::until_window_closes(BufferConfig::unbounded())).to_stream().to("x");
    t.suppress(Suppressed::until_time_limit(5s, BufferConfig::max_records(10)).with_name("sup")).to_stream().to("y");
  });
  dsl("D25_suppress_logging", [](B& b) {
    auto t = b.table<S, S>("a");
    const auto unbounded = BufferConfig::unbounded();
    t.suppress(Suppressed::until_time_limit(1ms, unbounded.with_logging_disabled())).to_stream().to("x");
    t.suppress(Suppressed::until_time_limit(1ms, unbounded.with_logging_enabled({{"segment.ms", "1000"}})))
        .to_stream()
        .to("y");
  });
  dsl("D32_stream_table", [](B& b) {
    auto t = b.table<S, S>("t");
    a(b).join(t, kCat).to("i");
    a(b).left_join(t, kCatLeft, Joined::as("lj")).to("l");
    a(b).select_key(kValueAsKey).join(t, kCat).to("r");
    a(b).select_key(kValueAsKey).join(t, kCat, Joined::as("nj")).to("n");
  });
  dsl("D38_table_operators", [](B& b) {
    auto t = b.table<S, S>("a");
    t.filter(kAll).map_values(kSame).to_stream(kValueAsKey).to("x");
    t.filter_not(kAll, Materialized::as("f"))
        .map_values(kSame, Named::as("mv"), Materialized::as("m"))
        .to_stream()
        .to("y");
    t.map_values(kSame, Materialized{}).to_stream(Named::as("tts")).to("z");
  });
  dsl("D39_table_group_by", [](B& b) {
    auto t = b.table<S, S>("a");
    t.group_by(kSwap).count().to_stream().to("x");
    t.group_by(kSwap, Grouped::as("grp"))
        .reduce(kLast, [](const S& first, const S&) { return first; })
        .to_stream()
        .to("y");
    t.group_by(kSwap)
        .aggregate(
            "", [](const S& v, const S&) { return v; }, [](const S&, const S& agg) { return agg; },
            Materialized::as("agg"))
        .to_stream()
        .to("z");
  });
  dsl("D43_cogroup", [](B& b) {
    a(b).group_by_key()
        .cogroup<S>(kLast)
        .cogroup(b.stream<S, S>("b").group_by_key(), kLast)
        .aggregate("")
        .to_stream()
        .to("o");
  });
  dsl("D44_cogroup_windowed_named", [](B& b) {
    a(b).group_by_key()
        .cogroup<S>(kLast)
        .cogroup(b.stream<S, S>("b").group_by([](const S& v) { return v; }), kLast)
        .cogroup(b.stream<S, S>("c").group_by([](const S& v) { return v; }, Grouped::as("cg")), kLast)
        .windowed_by(W::of_size_with_no_grace(10s))
        .aggregate("", Named::as("cog"), Materialized::as("cs"))
        .to_stream()
        .to("o");
  });
  dsl("D45_to_table", [](B& b) {
    auto x = a(b);
    x.to_table().to_stream().to("w");
    x.to_table(Named::as("tt")).to_stream().to("x");
    x.to_table(Materialized::as("ts")).to_stream().to("y");
    x.select_key(kValueAsKey).to_table(Named::as("rk"), Materialized{}).to_stream().to("z");
  });
  dsl("D46_table_sources", [](B& b) {
    b.table<S, S>("a").to_stream().to("x");
    b.table<S, S>("b", Materialized::as("bs")).to_stream().to("y");
    auto s = b.stream<S, S>("s");
    s.join(b.table<S, S>("c"), kCat).to("z");
  });
  dsl("D47_table_source_materialized", [](B& b) {
    b.table<S, S>("a", Materialized::as("x").with_logging_disabled()).to_stream().to("x");
    b.table<S, S>(
         "b", Materialized::as("y").with_logging_enabled({{"min.insync.replicas", "2"}, {"cleanup.policy", "compact"}}))
        .to_stream()
        .to("y");
    b.table<S, S>("c", Materialized::as("z").in_memory_store().with_caching_disabled()).to_stream().to("z");
  });
  dsl("D48_user_stores", [](B& b) {
    b.add_state_store(store("u")).add_state_store(store("w"));
    b.table<S, S>("t", Materialized::as("ts"));
    a(b).process<Nop>("u").process_values<FixedNop>("u", "w").to("x");
    b.stream<S, S>("b").process([] { return std::make_unique<Nop>(); }, Named::as("np"), {"w", "ts"}).to("y");
  });
  dsl("D49_process_repartition", [](B& b) {
    a(b).process<Nop>().group_by_key().count().to_stream().to("x");
    b.stream<S, S>("b").process_values<FixedNop>().group_by_key().count().to_stream().to("y");
  });
  dsl("D51_sub_topologies", [](B& b) {
    b.stream<S, S>("c").to("x");
    a(b).group_by(kSame).count().to_stream().to("y");
    b.stream<S, S>("b").map_values(kSame).to("z");
  });
  dsl("D52_count_joined_back", [](B& b) {
    auto x = a(b);
    x.join(x.group_by_key().count(), kCat).to("o");
  });
  dsl("D53_word_count", [](B& b) {
    b.stream<S, S>("text")
        .flat_map_values([](const S& v) { return std::vector{v}; })
        .group_by(kSame)
        .count(Materialized::as("counts"))
        .to_stream()
        .to("words");
  });
  dsl("D54_merge_then_group", [](B& b) {
    auto m = a(b).select_key(kValueAsKey).merge(b.stream<S, S>("b").select_key(kValueAsKey));
    m.group_by_key().count().to_stream().to("x");
    m.group_by_key().reduce(kLast).to_stream().to("y");
  });
  dsl("D50_terminals", [](B& b) {
    auto x = a(b);
    x.foreach ([](const S&) {});
    x.foreach ([](const S&) {}, Named::as("fe"));
    x.print(Printed::to_sys_out().with_label("l"));
    x.to([](const S*, const S*, const RecordContext&) { return S("dyn"); });
  });
  dsl("D58_unused", [](B& b) {
    a(b);
    b.table<S, S>("b");
    b.table<S, S>("c", Materialized::as("cs"));
    b.stream<S, S>("d").map_values(kSame);
  });
  papi("D61_papi", [](Topology& t) {
    t.add_source<S, S>("s1", {"a", "b"}).add_source<S, S>("s2", "c");
    t.add_processor<Nop>("p1", "s1").add_processor<Nop>("p2", "s2").add_processor<Nop>("p3", {"p1", "s2"});
    t.add_state_store(store("st"), "p1").connect_processor_and_state_stores("p2", "st");
    t.add_sink("k1", "o", {"p1", "p2"});
    t.add_sink<S, S>(
        "k2", [](const S*, const S*, const RecordContext&) { return S("dyn"); }, "p3");
  });

  dsl("X01_overlapping_sources", [](B& b) {
    a(b).to("x");
    b.stream<S, S>({"a", "b"}).to("y");
  });
  dsl("X02_duplicate_names",
      [](B& b) { a(b).map_values(kSame, Named::as("n")).map_values(kSame, Named::as("n")).to("x"); });
  dsl("X03_bad_name", [](B& b) { a(b).map_values(kSame, Named::as("n/1")).to("x"); });
  dsl("X04_suppress_without_window", [](B& b) {
    b.table<Windowed<S>, S>("a").suppress(Suppressed::until_window_closes(BufferConfig::unbounded())).to_stream();
  });
  dsl("X05_duplicate_store", [](B& b) { b.add_state_store(store("u")).add_state_store(store("u")); });
  dsl("X06_duplicate_repartition", [](B& b) {
    a(b).group_by(kSame, Grouped::as("g")).count().to_stream().to("x");
    b.stream<S, S>("b").group_by(kSame, Grouped::as("g")).count().to_stream().to("y");
  });
  dsl("X07_unknown_store", [](B& b) { a(b).process<Nop>("nowhere").to("x"); });
  dsl("X08_retention_too_small", [](B& b) {
    a(b).group_by_key().windowed_by(W::of_size_and_grace(10s, 5s)).count(Materialized::as("w").with_retention(14999ms));
  });
  papi("X10_unknown_parent", [](Topology& t) { t.add_source<S, S>("s", "a").add_processor<Nop>("p", "nobody"); });
  papi("X11_topic_twice", [](Topology& t) { t.add_source<S, S>("s", "a").add_source<S, S>("s2", "a"); });
  return p;
}

}  // namespace

const std::map<std::string, Program>& describe_programs() {
  static const std::map<std::string, Program> all = [] {
    std::map<std::string, Program> some = programs();
    some.merge(describe_joins());
    return some;
  }();
  return all;
}

}  // namespace leat::test
