#include "tests/conformance/topologies/dsl.h"

namespace leat::conformance {

namespace {
S append(const OS& v, const S& agg) { return app(agg, v); }
}  // namespace

void add_sessions(TopologyRegistry& r) {
  r.dsl("W06_session_count", [](StreamsBuilder& b) {
    str(b, "a")
        .group_by_key()
        .windowed_by(SessionWindows::of_inactivity_gap_and_grace(10s, 5s))
        .count(as("s"))
        .to_stream()
        .to("o");
  });
  r.dsl("W07_session_aggregate_no_grace", [](StreamsBuilder& b) {
    str(b, "a")
        .group_by_key()
        .windowed_by(SessionWindows::of_inactivity_gap_with_no_grace(3s))
        .aggregate(
            "i", append, [](const S& x, const S& y) { return app(x, "(" + y + ")"); }, as("s"))
        .to_stream()
        .to("o");
  });
  r.dsl("W08_session_reduce", [](StreamsBuilder& b) {
    num(b, "a")
        .group_by_key()
        .windowed_by(SessionWindows::of_inactivity_gap_and_grace(5s, 1s))
        .reduce([](const OL& x, const OL& y) { return n(x) + n(y); }, as("s"))
        .to_stream()
        .to("o");
  });
  r.dsl("W11_session_cogroup", [](StreamsBuilder& b) {
    str(b, "a")
        .group_by_key()
        .cogroup<S>([](const OS& v, const S& agg) { return app(agg, "a" + s(v)); })
        .cogroup(str(b, "b").group_by_key(), [](const OS& v, const S& agg) { return app(agg, "b" + s(v)); })
        .windowed_by(SessionWindows::of_inactivity_gap_and_grace(5s, 5s))
        .aggregate(
            "", [](const S& x, const S& y) { return app(x, y); }, as("s"))
        .to_stream()
        .to("o");
  });
  r.dsl("W16_emit_final_session", [](StreamsBuilder& b) {
    str(b, "a")
        .group_by_key()
        .windowed_by(SessionWindows::of_inactivity_gap_and_grace(4s, 2s))
        .emit_strategy(EmitStrategy::on_window_close())
        .aggregate(
            "", [](const OS& v, const S& agg) { return app(agg, v); }, [](const S& x, const S& y) { return app(x, y); },
            as("s"))
        .to_stream()
        .to("o");
  });
  r.dsl("W24_emit_final_session_retention", [](StreamsBuilder& b) {
    str(b, "a")
        .group_by_key()
        .windowed_by(SessionWindows::of_inactivity_gap_and_grace(4s, 2s))
        .emit_strategy(EmitStrategy::on_window_close())
        .count(as("s").with_retention(120s))
        .to_stream()
        .to("o");
  });
}

}  // namespace leat::conformance
