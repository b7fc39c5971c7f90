#include "tests/conformance/topologies/dsl.h"

namespace leat::conformance {

void add_aggregations(TopologyRegistry& r) {
  r.dsl("A01_count", [](StreamsBuilder& b) { str(b, "a").group_by_key().count(as("s")).to_stream().to("o"); });
  r.dsl("A02_reduce", [](StreamsBuilder& b) {
    num(b, "a")
        .group_by_key()
        .reduce([](L x, L y) { return x + y >= 100 ? OL() : OL(x + y); }, as("s"))
        .to_stream()
        .to("o");
  });
  r.dsl("A03_aggregate_null", [](StreamsBuilder& b) {
    str(b, "a")
        .group_by_key()
        .aggregate(
            "i", [](const S& v, const S& agg) { return starts(v, "u") ? OS() : OS(app(agg, v)); }, as("s"))
        .to_stream()
        .to("o");
  });
  r.dsl("A04_group_by_new_key", [](StreamsBuilder& b) {
    str(b, "a").group_by([](const OS& v) { return first(v); }).count(as("s")).to_stream().to("o");
  });
  r.dsl("A05_cogroup", [](StreamsBuilder& b) {
    str(b, "a")
        .group_by_key()
        .cogroup<S>([](const S& v, const S& agg) { return app(agg, v); })
        .cogroup(num(b, "b").group_by_key(), [](L v, const S& agg) { return v % 7 == 0 ? OS() : OS(app(agg, s(v))); })
        .aggregate("i", as("s"))
        .to_stream()
        .to("o");
  });
  r.dsl("A06_cogroup_rekeyed", [](StreamsBuilder& b) {
    auto x = str(b, "a").group_by_key();
    auto y = str(b, "b").group_by([](const OS& v) { return first(v); }, grouped("y"));
    auto z = str(b, "c").group_by([](const OS& v) { return first(v); });
    x.cogroup<S>([](const S& v, const S& agg) { return app(agg, "x" + v); })
        .cogroup(y, [](const S& v, const S& agg) { return app(agg, "y" + v); })
        .cogroup(z, [](const S& v, const S& agg) { return app(agg, "z" + v); })
        .aggregate("", as("s"))
        .to_stream()
        .to("o");
  });
  r.dsl("A07_shared_repartition", [](StreamsBuilder& b) {
    auto x = str(b, "a").map([](const OS&, const OS& v) { return KeyValue<OS, OS>{first(v), v}; });
    x.filter([](const OS& v) { return v && length(*v) > 1; }).group_by_key().count(as("c")).to_stream().to("c");
    x.map_values([](const OS& v) { return s(v) + "."; })
        .group_by_key()
        .reduce([](const S& p, const S& q) { return app(p, q); }, as("r"))
        .to_stream()
        .to("r");
  });
  r.dsl("A08_named_group_twice", [](StreamsBuilder& b) {
    auto g = str(b, "a").group_by([](const OS& v) { return first(v); }, grouped("shared"));
    g.count(as("c")).to_stream().to("c");
    g.reduce([](const S& p, const S& q) { return app(p, q); }, as("r")).to_stream().to("r");
  });
  r.dsl("A09_unnamed_stores", [](StreamsBuilder& b) {
    auto g = str(b, "a").group_by_key();
    g.count().to_stream().to("c");
    g.reduce([](const S& p, const S& q) { return app(p, q); }).to_stream().to("r");
    g.aggregate("", [](const S& k, const S&, const S& agg) { return app(agg, k); }).to_stream().to("g");
  });
  r.dsl("A10_word_count", [](StreamsBuilder& b) {
    str(b, "a")
        .flat_map_values([](const OS& v) { return split(v); })
        .group_by([](const S& word) { return word; })
        .count(as("counts"))
        .to_stream()
        .to("o");
  });
  r.dsl("A11_double_sum", [](StreamsBuilder& b) {
    b.stream<L, double>("a")
        .group_by_key()
        .aggregate(
            0.0, [](double v, double agg) { return agg + v; }, as("s"))
        .to_stream()
        .to("o");
  });
  r.dsl("A12_versioned_aggregate",
        [](StreamsBuilder& b) { str(b, "a").group_by_key().count(as("s").versioned_store(60s)).to_stream().to("o"); });
  r.dsl("A13_lru_store",
        [](StreamsBuilder& b) { str(b, "a").group_by_key().count(as("s").lru_store(5)).to_stream().to("o"); });
}

}  // namespace leat::conformance
