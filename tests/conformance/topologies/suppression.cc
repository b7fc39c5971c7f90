#include "tests/conformance/topologies/dsl.h"

namespace leat::conformance {

namespace {
using W = TimeWindows;
const auto kUnbounded = BufferConfig::unbounded();
Suppressed closes(const BufferConfig& buffer) { return Suppressed::until_window_closes(buffer).with_name("sup"); }
Suppressed limit(std::chrono::milliseconds wait, const BufferConfig& buffer) {
  return Suppressed::until_time_limit(wait, buffer).with_name("sup");
}
}  // namespace

void add_suppression(TopologyRegistry& r) {
  r.dsl("U01_window_closes_tumbling", [](StreamsBuilder& b) {
    str(b, "a")
        .group_by_key()
        .windowed_by(W::of_size_and_grace(10s, 3s))
        .count(as("s"))
        .suppress(closes(kUnbounded))
        .to_stream()
        .to("o");
  });
  r.dsl("U02_window_closes_hopping_unnamed", [](StreamsBuilder& b) {
    str(b, "a")
        .group_by_key()
        .windowed_by(W::of_size_with_no_grace(9s).advance_by(3s))
        .aggregate(
            "", [](const OS& v, const S& agg) { return app(agg, v); }, as("s"))
        .suppress(Suppressed::until_window_closes(kUnbounded))
        .to_stream()
        .to("o");
  });
  r.dsl("U03_window_closes_session", [](StreamsBuilder& b) {
    str(b, "a")
        .group_by_key()
        .windowed_by(SessionWindows::of_inactivity_gap_and_grace(4s, 2s))
        .aggregate(
            "", [](const OS& v, const S& agg) { return app(agg, v); }, [](const S& x, const S& y) { return app(x, y); },
            as("s"))
        .suppress(closes(kUnbounded))
        .to_stream()
        .to("o");
  });
  r.dsl("U04_window_closes_sliding", [](StreamsBuilder& b) {
    str(b, "a")
        .group_by_key()
        .windowed_by(SlidingWindows::of_time_difference_and_grace(5s, 2s))
        .count(as("s"))
        .suppress(closes(kUnbounded))
        .to_stream()
        .to("o");
  });
  r.dsl("U05_time_limit_max_records", [](StreamsBuilder& b) {
    tab(b, "a").suppress(limit(5s, BufferConfig::max_records(3).emit_early_when_full())).to_stream().to("o");
  });
  r.dsl("U06_time_limit_max_bytes", [](StreamsBuilder& b) {
    tab(b, "a").suppress(limit(20s, BufferConfig::max_bytes(300).emit_early_when_full())).to_stream().to("o");
  });
  r.dsl("U07_time_limit_unbounded", [](StreamsBuilder& b) {
    str(b, "a")
        .group_by_key()
        .count(as("s"))
        .suppress(limit(3s, kUnbounded))
        .group_by(
            [](L c) {
              return KeyValue{"g" + s(c % 3), c};
            },
            grouped("regroup"))
        .reduce([](L x, L y) { return x + y; }, [](L x, L y) { return x - y; }, as("t"))
        .to_stream()
        .to("o");
  });
  r.dsl("U08_shut_down_when_full", [](StreamsBuilder& b) {
    str(b, "a")
        .group_by_key()
        .windowed_by(W::of_size_with_no_grace(10s))
        .count(as("s"))
        .suppress(closes(BufferConfig::max_records(4).shut_down_when_full()))
        .to_stream()
        .to("o");
  });
  r.dsl("U09_zero_time_limit", [](StreamsBuilder& b) {
    tab(b, "a").suppress(limit(0ms, kUnbounded.with_logging_disabled())).to_stream().to("o");
  });
  r.dsl("U10_suppress_then_join", [](StreamsBuilder& b) {
    tab(b, "a")
        .suppress(Suppressed::until_time_limit(4s, BufferConfig::unbounded()).with_name("sup"))
        .outer_join(tab(b, "b"), cat<OS, OS>)
        .to_stream()
        .to("o");
  });
  r.dsl("U11_filter_map_suppress", [](StreamsBuilder& b) {
    str(b, "a")
        .group_by_key()
        .windowed_by(W::of_size_and_grace(8s, 4s))
        .count(as("s"))
        .filter([](L c) { return c % 2 == 1; })
        .map_values([](L c) { return "c" + s(c); }, Materialized::with(TimeWindowedSerde<S>(8000), Serde<S>()))
        .suppress(closes(kUnbounded))
        .to_stream()
        .to("o");
  });
}

}  // namespace leat::conformance
