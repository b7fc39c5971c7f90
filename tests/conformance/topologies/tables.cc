#include "state/stores.h"
#include "tests/conformance/topologies/dsl.h"

namespace leat::conformance {

namespace {
bool even(const S& v) { return length(v) % 2 == 0; }
KeyValue<OS, S> by_first(const S& v) { return {first(v), v}; }

/// Counts its calls per key.
class Counting : public ValueTransformerWithKey<S, S, S> {
 public:
  explicit Counting(S store) : name_(std::move(store)) {}
  void init(Context& context) override { store_ = context.store<TimestampedKeyValueStore<S, L>>(name_); }
  OS transform(const S& k, const OS& v) override {
    const auto old = store_->get(k);
    const L n = old ? old->value + 1 : 1;
    store_->put(k, {n, 1'000 + n});
    return v ? OS(*v + "#" + s(n)) : OS();
  }

 private:
  S name_;
  TimestampedKeyValueStore<S, L>* store_ = nullptr;
};

auto counting(const S& store) {
  return [store] { return std::make_unique<Counting>(store); };
}
}  // namespace

void add_tables(TopologyRegistry& r) {
  r.dsl("T01_table_source", [](StreamsBuilder& b) { b.table<S, S>("a", as("s")).to_stream().to("o"); });
  r.dsl("T02_table_source_unmaterialized", [](StreamsBuilder& b) { tab(b, "a").to_stream().to("o"); });
  r.dsl("T03_filter", [](StreamsBuilder& b) {
    auto t = tab(b, "a");
    t.filter(even).to_stream().to("u");
    t.filter(even, as("f")).to_stream().to("m");
    t.filter_not([](const S& v) { return starts(v, "u"); }, as("g")).to_stream().to("n");
  });
  r.dsl("T04_map_values", [](StreamsBuilder& b) {
    auto t = b.table<S, S>("a", as("s"));
    t.map_values([](const S& v) { return v + "'"; })
        .filter([](const S& v) { return length(v) > 3; })
        .to_stream()
        .to("u");
    t.map_values([](const S& k, const S& v) { return k + v; }, as("m"))
        .map_values([](const S& v) { return v + "\""; })
        .to_stream()
        .to("m");
  });
  r.dsl("T05_transform_values", [](StreamsBuilder& b) {
    for (const char* name : {"c1", "c2"}) b.add_state_store(Stores::persistent_timestamped_key_value<S, L>(name));
    auto t = tab(b, "a");
    t.transform_values(counting("c1"), {"c1"}).to_stream().to("u");
    t.transform_values(counting("c2"), as("m"), {"c2"}).to_stream().to("m");
  });
  r.dsl("T06_group_by_count",
        [](StreamsBuilder& b) { tab(b, "a").group_by(by_first, grouped("g")).count(as("s")).to_stream().to("o"); });
  r.dsl("T07_group_by_reduce", [](StreamsBuilder& b) {
    num_tab(b, "a")
        .group_by(
            [](L v) {
              return KeyValue{"g" + s(v % 4), v};
            },
            grouped("g"))
        .reduce([](L agg, L v) { return agg + v; }, [](L agg, L v) { return agg - v == 0 ? OL() : OL(agg - v); },
                as("s"))
        .to_stream()
        .to("o");
  });
  r.dsl("T08_group_by_aggregate", [](StreamsBuilder& b) {
    tab(b, "a")
        .group_by(
            [](const S& v) {
              return KeyValue<OS, S>{fk(v), v};
            },
            grouped("g"))
        .aggregate(
            "i", [](const S& v, const S& agg) { return app(agg, "+" + v); },
            [](const S& v, const S& agg) { return app(agg, "-" + v); }, as("s"))
        .to_stream()
        .to("o");
  });
  r.dsl("T09_versioned_source", [](StreamsBuilder& b) {
    auto t = b.table<S, S>("a", as("v").versioned_store(60s));
    t.to_stream().to("o");
    t.group_by(
         [](const S&, const S& v) {
           return KeyValue{first(v), v};
         },
         grouped("g"))
        .count(as("c"))
        .to_stream()
        .to("c");
  });
  r.dsl("T10_versioned_filter_map", [](StreamsBuilder& b) {
    auto t = b.table<S, S>("a", as("v").versioned_store(5s, 1s));
    t.filter([](const S& v) { return length(v) % 2 == 0; }, as("f").versioned_store(5s)).to_stream().to("f");
    t.map_values([](const S& v) { return v + "'"; })
        .filter([](const S& v) { return length(v) > 3; })
        .to_stream()
        .to("m");
  });
  r.dsl("T11_two_level_groups", [](StreamsBuilder& b) {
    tab(b, "a")
        .group_by(by_first, grouped("g1"))
        .count(as("s1"))
        .group_by(
            [](L c) {
              return KeyValue{"n" + s(c), c};
            },
            grouped("g2"))
        .count(as("s2"))
        .to_stream()
        .to("o");
  });
  r.dsl("T12_one_table_many_uses", [](StreamsBuilder& b) {
    auto t = b.table<S, S>("a", as("ta"));
    t.filter([](const S& v) { return length(v) < 4; }).to_stream().to("f");
    t.group_by(by_first, grouped("g")).count(as("c")).to_stream().to("c");
    str(b, "b").left_join(t, [](const S& v, const OS& w) { return cat(v, w); }).to("j");
  });
  r.dsl("T13_logging_disabled", [](StreamsBuilder& b) {
    b.table<S, S>("a", as("s").with_logging_disabled()).to_stream().to("o");
    str(b, "a2").group_by_key().count(as("c").with_caching_disabled()).to_stream().to("c");
  });
  r.dsl("T14_byte_keys", [](StreamsBuilder& b) { b.table<S, S>("a", as("s")).to_stream().to("o"); });
  r.dsl("T15_filter_old_values", [](StreamsBuilder& b) {
    auto t = tab(b, "a");
    auto u = t.filter(even), m = t.filter(even, as("f"));
    u.to_stream().to("u");
    m.to_stream().to("m");
    u.group_by(by_first, grouped("gu")).count(as("cu")).to_stream().to("c");
    m.map_values([](const S& v) { return v + "'"; })
        .group_by(by_first, grouped("gm"))
        .count(as("cm"))
        .to_stream()
        .to("d");
  });
}

}  // namespace leat::conformance
