#include "tests/conformance/topologies/dsl.h"

namespace leat::conformance {

namespace {
using W = TimeWindows;
S append(const OS& v, const S& agg) { return app(agg, v); }
}  // namespace

void add_windows(TopologyRegistry& r) {
  r.dsl("W01_tumbling_count", [](StreamsBuilder& b) {
    str(b, "a").group_by_key().windowed_by(W::of_size_with_no_grace(10s)).count(as("s")).to_stream().to("o");
  });
  r.dsl("W02_tumbling_grace_aggregate", [](StreamsBuilder& b) {
    str(b, "a")
        .group_by_key()
        .windowed_by(W::of_size_and_grace(10s, 5s))
        .aggregate("", append, as("s"))
        .to_stream()
        .to("o");
  });
  r.dsl("W03_hopping_reduce", [](StreamsBuilder& b) {
    num(b, "a")
        .group_by_key()
        .windowed_by(W::of_size_and_grace(10s, 2s).advance_by(3s))
        .reduce([](const OL& x, const OL& y) { return n(x) + n(y); }, as("s"))
        .to_stream()
        .to("o");
  });
  r.dsl("W17_reaggregate", [](StreamsBuilder& b) {
    str(b, "a")
        .group_by_key()
        .windowed_by(W::of_size_and_grace(10s, 5s))
        .count(as("s"))
        .to_stream()
        .select_key([](const Windowed<S>& w, const OL&) { return "w" + s(w.window.start); })
        .group_by_key(grouped("by-start"))
        .count(as("t"))
        .to_stream()
        .to("o");
  });
  r.dsl("W18_windowed_table_filter_map", [](StreamsBuilder& b) {
    str(b, "a")
        .group_by_key()
        .windowed_by(W::of_size_and_grace(10s, 5s))
        .count(as("s"))
        .filter([](L c) { return c % 3 != 0; })
        .map_values([](const Windowed<S>& w, L c) { return w.key + "=" + s(c); })
        .to_stream()
        .to("o");
  });
  r.dsl("W19_windowed_regroup", [](StreamsBuilder& b) {
    str(b, "a")
        .group_by_key()
        .windowed_by(W::of_size_and_grace(10s, 5s))
        .count(as("s"))
        .group_by(
            [](const Windowed<S>& w, L c) {
              return KeyValue{w.key, c};
            },
            grouped("by-key"))
        .aggregate(
            L{0}, [](L v, L agg) { return agg + v; }, [](L v, L agg) { return agg - v; }, as("t"))
        .to_stream()
        .to("o");
  });
  r.dsl("W20_retention", [](StreamsBuilder& b) {
    str(b, "a")
        .group_by_key()
        .windowed_by(W::of_size_and_grace(10s, 300s))
        .count(as("s").with_retention(600s))
        .to_stream()
        .to("o");
  });
  r.dsl("W21_bytes_keys", [](StreamsBuilder& b) {
    str(b, "a")
        .group_by_key()
        .windowed_by(W::of_size_and_grace(5s, 5s))
        .count(as("s"))
        .to_stream([](const Windowed<S>& w, const OL&) { return w.key; })
        .to("o");
  });
  r.dsl("W22_aggregate_returns_null", [](StreamsBuilder& b) {
    num(b, "a")
        .group_by_key()
        .windowed_by(W::of_size_and_grace(10s, 5s))
        .aggregate(
            L{0}, [](const OL& v, const OL& agg) { return n(v) % 5 == 0 ? OL() : OL(n(agg) + n(v)); }, as("s"))
        .to_stream()
        .to("o");
  });
}

}  // namespace leat::conformance
