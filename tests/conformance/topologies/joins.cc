#include "tests/conformance/topologies/dsl.h"

namespace leat::conformance {

void add_joins(TopologyRegistry& r) {
  r.dsl("J12_stream_table", [](StreamsBuilder& b) {
    auto x = str(b, "a");
    auto t = tab(b, "t");
    x.join(t, [](const S& v, const S& w) { return cat(v, w); }).to("i");
    x.left_join(t, [](const OS& k, const S& v, const OS& w) { return (k ? *k : S("null")) + ":" + cat(v, w); }).to("l");
  });
  r.dsl("J16_table_table", [](StreamsBuilder& b) {
    auto x = tab(b, "a"), y = tab(b, "b");
    x.join(y, cat<S, S>).to_stream().to("i");
    x.left_join(y, cat<S, OS>).to_stream().to("l");
    x.outer_join(y, cat<OS, OS>).to_stream().to("f");
  });
  r.dsl("J17_table_table_materialized", [](StreamsBuilder& b) {
    auto x = tab(b, "a"), y = tab(b, "b");
    auto i = x.join(y, cat<S, S>, as("i"));
    auto f = x.outer_join(
        y, [](const OS& p, const OS& q) { return cat(q, p); }, as("f"));
    f.left_join(
         i, [](const S& p, const OS& q) { return p + "/" + s(q); }, as("j"))
        .filter([](const S& v) { return length(v) % 3 != 0; })
        .to_stream()
        .to("o");
  });
  r.dsl("J23_windowed_tables_join", [](StreamsBuilder& b) {
    const auto windows = TimeWindows::of_size_and_grace(10s, 2s);
    auto x = str(b, "a").group_by_key().windowed_by(windows).count(as("ca"));
    auto y = str(b, "b").group_by_key().windowed_by(windows).count(as("cb"));
    x.outer_join(y, cat<OL, OL>).to_stream().to("o");
  });
  r.dsl("J25_table_self_join", [](StreamsBuilder& b) {
    auto x = tab(b, "a");
    x.left_join(x.filter([](const S& v) { return length(v) % 2 == 0; }), cat<S, OS>).to_stream().to("o");
  });
}

}  // namespace leat::conformance
