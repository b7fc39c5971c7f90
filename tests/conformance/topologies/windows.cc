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
  r.dsl("W04_sliding_count", [](StreamsBuilder& b) {
    str(b, "a")
        .group_by_key()
        .windowed_by(SlidingWindows::of_time_difference_and_grace(10s, 5s))
        .count(as("s"))
        .to_stream()
        .to("o");
  });
  r.dsl("W05_sliding_aggregate_small", [](StreamsBuilder& b) {
    str(b, "a")
        .group_by_key()
        .windowed_by(SlidingWindows::of_time_difference_with_no_grace(7ms))
        .aggregate("", append, as("s"))
        .to_stream()
        .to("o");
  });
  r.dsl("W09_unlimited", [](StreamsBuilder& b) {
    str(b, "a").group_by_key().windowed_by(UnlimitedWindows::of().start_on(20s)).count(as("s")).to_stream().to("o");
  });
  r.dsl("W10_tumbling_cogroup", [](StreamsBuilder& b) {
    str(b, "a")
        .group_by_key()
        .cogroup<S>([](const OS& v, const S& agg) { return app(agg, "a" + s(v)); })
        .cogroup(num(b, "b").group_by_key(), [](const OL& v, const S& agg) { return app(agg, "b" + s(v)); })
        .cogroup(str(b, "c").group_by_key(), [](const OS& v, const S& agg) { return app(agg, "c" + s(v)); })
        .windowed_by(W::of_size_and_grace(10s, 5s))
        .aggregate("", as("s"))
        .to_stream()
        .to("o");
  });
  r.dsl("W12_sliding_cogroup", [](StreamsBuilder& b) {
    str(b, "a")
        .group_by_key()
        .cogroup<S>([](const OS& v, const S& agg) { return app(agg, "a" + s(v)); })
        .cogroup(str(b, "b").group_by_key(), [](const OS& v, const S& agg) { return app(agg, "b" + s(v)); })
        .windowed_by(SlidingWindows::of_time_difference_and_grace(4s, 2s))
        .aggregate("", as("s"))
        .to_stream()
        .to("o");
  });
  r.dsl("W13_emit_final_tumbling", [](StreamsBuilder& b) {
    str(b, "a")
        .group_by_key()
        .windowed_by(W::of_size_and_grace(10s, 3s))
        .emit_strategy(EmitStrategy::on_window_close())
        .count(as("s"))
        .to_stream()
        .to("o");
  });
  r.dsl("W14_emit_final_hopping", [](StreamsBuilder& b) {
    str(b, "a")
        .group_by_key()
        .windowed_by(W::of_size_with_no_grace(9s).advance_by(3s))
        .emit_strategy(EmitStrategy::on_window_close())
        .aggregate(
            "", [](const OS& v, const S& agg) { return app(agg, v); }, as("s"))
        .to_stream()
        .to("o");
  });
  r.dsl("W15_emit_final_sliding", [](StreamsBuilder& b) {
    str(b, "a")
        .group_by_key()
        .windowed_by(SlidingWindows::of_time_difference_and_grace(5s, 2s))
        .emit_strategy(EmitStrategy::on_window_close())
        .count(as("s"))
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
  r.dsl("W23_emit_final_hopping_retention", [](StreamsBuilder& b) {
    str(b, "a")
        .group_by_key()
        .windowed_by(W::of_size_and_grace(9s, 1s).advance_by(3s))
        .emit_strategy(EmitStrategy::on_window_close())
        .count(as("s").with_retention(120s))
        .to_stream()
        .to("o");
  });
}

}  // namespace leat::conformance
