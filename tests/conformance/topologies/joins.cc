#include "tests/conformance/topologies/dsl.h"

namespace leat::conformance {

namespace {

JoinWindows within(std::chrono::milliseconds difference, std::chrono::milliseconds grace) {
  return JoinWindows::of_time_difference_and_grace(difference, grace);
}
/// Named, with stores of the same name.
StreamJoined sj(const S& name) { return StreamJoined::as(name).with_name(name); }

}  // namespace

void add_joins(TopologyRegistry& r) {
  r.dsl("J12_stream_table", [](StreamsBuilder& b) {
    auto x = str(b, "a");
    auto t = tab(b, "t");
    x.join(t, [](const S& v, const S& w) { return cat(v, w); }).to("i");
    x.left_join(t, [](const OS& k, const S& v, const OS& w) { return (k ? *k : S("null")) + ":" + cat(v, w); }).to("l");
  });
  r.dsl("J13_stream_versioned_table", [](StreamsBuilder& b) {
    auto t = b.table<S, S>("t", as("v").versioned_store(60s));
    str(b, "a").join(t, cat<S, S>).to("i");
    str(b, "a").left_join(t, cat<S, OS>).to("l");
  });
  r.dsl("J14_stream_versioned_table_grace", [](StreamsBuilder& b) {
    auto t = b.table<S, S>("t", as("v").versioned_store(60s));
    auto x = str(b, "a");
    x.join(t, cat<S, S>, Joined::as("gi").with_grace_period(10s)).to("i");
    x.left_join(t, cat<S, OS>, Joined::as("gl").with_grace_period(10s)).to("l");
  });
  r.dsl("J27_grace_buffer_null_key", [](StreamsBuilder& b) {
    auto t = b.table<S, S>("t", as("v").versioned_store(60s));
    str(b, "a").left_join(t, cat<S, OS>, Joined::as("g").with_grace_period(5s)).to("l");
  });
  r.dsl("J21_table_table_versioned", [](StreamsBuilder& b) {
    auto x = b.table<S, S>("a", as("va").versioned_store(120s));
    auto y = b.table<S, S>("b", as("vb").versioned_store(120s));
    x.outer_join(y, cat<OS, OS>).to_stream().to("o");
  });
  const auto by_fk = [](const S& v) { return fk(v); };
  r.dsl("J22_fk_versioned", [by_fk](StreamsBuilder& b) {
    auto x = b.table<S, S>("a", as("va").versioned_store(120s));
    auto y = b.table<S, S>("b", as("vb").versioned_store(120s));
    x.left_join(y, by_fk, cat<S, OS>).to_stream().to("o");
  });
  r.dsl("J18_fk_inner", [by_fk](StreamsBuilder& b) {
    auto x = tab(b, "a");
    x.join(tab(b, "b"), by_fk, cat<S, S>, TableJoined::as("j"), as("s")).to_stream().to("o");
  });
  r.dsl("J19_fk_left", [by_fk](StreamsBuilder& b) {
    auto x = tab(b, "a");
    x.left_join(tab(b, "b"), by_fk, cat<S, OS>).to_stream().to("o");
  });
  r.dsl("J20_fk_chain", [by_fk](StreamsBuilder& b) {
    auto x = tab(b, "a");
    x.join(tab(b, "b"), by_fk, [](const S& v, const S& w) { return s(w) + "<" + s(v); })
        .left_join(
            tab(b, "c"), [](const S&, const S& v) { return fk(v); }, cat<S, OS>, as("s"))
        .to_stream()
        .to("o");
  });
  r.dsl("J26_fk_self_join", [by_fk](StreamsBuilder& b) {
    auto x = tab(b, "a");
    x.left_join(x, by_fk, cat<S, OS>, as("s")).to_stream().to("o");
  });
  r.dsl("J15_stream_global_table", [](StreamsBuilder& b) {
    auto g = b.global_table<S, S>("g", as("gs"));
    auto x = str(b, "a");
    const auto by_optional_fk = [](const OS& v) { return fk(v); };
    x.join(g, by_optional_fk, cat<S, S>).to("i");
    x.left_join(g, by_optional_fk, [](const OS& k, const S& v, const OS& w) { return s(k) + ":" + cat(v, w); }).to("l");
  });
  r.dsl("J01_stream_stream_inner",
        [](StreamsBuilder& b) { str(b, "a").join(str(b, "b"), cat<S, S>, within(10s, 5s)).to("o"); });
  r.dsl("J02_stream_stream_asymmetric", [](StreamsBuilder& b) {
    str(b, "a")
        .join(
            str(b, "b"), [](const S& k, const S& x, const S& y) { return k + ":" + cat(x, y); },
            within(0s, 1s).before(2s).after(7s), sj("j"))
        .to("o");
  });
  r.dsl("J03_stream_stream_zero", [](StreamsBuilder& b) {
    auto x = str(b, "a"), y = str(b, "b");
    x.join(y, cat<S, S>, within(0s, 0s), sj("i")).to("o");
    x.left_join(y, cat<S, OS>, within(0s, 0s), sj("l")).to("l");
  });
  r.dsl("J04_self_join", [](StreamsBuilder& b) {
    auto x = str(b, "a");
    x.join(x, cat<S, S>, within(4s, 1s), sj("j")).to("o");
  });
  r.dsl("J05_stream_stream_left",
        [](StreamsBuilder& b) { str(b, "a").left_join(str(b, "b"), cat<S, OS>, within(5s, 2s), sj("j")).to("o"); });
  r.dsl("J06_stream_stream_outer",
        [](StreamsBuilder& b) { str(b, "a").outer_join(str(b, "b"), cat<OS, OS>, within(5s, 2s), sj("j")).to("o"); });
  r.dsl("J07_outer_asymmetric", [](StreamsBuilder& b) {
    str(b, "a").outer_join(str(b, "b"), cat<OS, OS>, within(0s, 500ms).before(1s).after(6s), sj("j")).to("o");
  });
  r.dsl("J08_outer_wall_clock_gate",
        [](StreamsBuilder& b) { str(b, "a").outer_join(str(b, "b"), cat<OS, OS>, within(5s, 0s), sj("j")).to("o"); });
  r.dsl("J09_outer_long_values", [](StreamsBuilder& b) {
    str(b, "a")
        .outer_join(num(b, "b"), cat<OS, OL>, within(0s, 1s).before(5s).after(-1s), StreamJoined().with_name("j"))
        .to("o");
  });
  r.dsl("J10_join_after_rekey", [](StreamsBuilder& b) {
    const auto by_first = [](const S& v) { return first(v); };
    str(b, "a").select_key(by_first).join(str(b, "b").select_key(by_first), cat<S, S>, within(5s, 1s), sj("j")).to("o");
  });
  r.dsl("J11_left_join_after_rekey", [](StreamsBuilder& b) {
    auto x = str(b, "a").select_key([](const OS& v) { return first(v); });
    x.left_join(str(b, "b"), cat<S, OS>, within(5s, 1s), sj("j")).to("l");
    x.left_join(tab(b, "c"), cat<S, OS>, Joined::as("st")).to("t");
  });
  r.dsl("J24_three_streams", [](StreamsBuilder& b) {
    str(b, "a")
        .join(str(b, "b"), cat<S, S>, within(4s, 1s), sj("ab"))
        .left_join(str(b, "c"), cat<S, OS>, within(2s, 1s), sj("abc"))
        .to("o");
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
