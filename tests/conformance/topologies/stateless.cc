#include "tests/conformance/topologies/dsl.h"
#include "topology/processor.h"

namespace leat::conformance {

namespace {

bool even(const OS& v) { return length(*v) % 2 == 0; }

struct Edits : Processor<OS, OS, OS, S> {
  void process(const Record<OS, OS>& in) override {
    if (!in.value) return;
    in.headers.add("seen", Bytes("\x01", 1));
    forward(Record<OS, S>{first(in.value), *in.value, in.timestamp + 7ms, in.headers});
    if (even(in.value)) forward(Record<OS, S>{in.key, heads(in.headers), in.timestamp, in.headers});
  }
};

struct Stamp : FixedKeyProcessor<OS, OS, S> {
  void process(const FixedKeyRecord<OS, OS>& in) override {
    const RecordMetadata* from = context().record_metadata();
    const S place = from ? from->topic + "/" + s(L{from->partition}) + "/" + s(from->offset) : "none";
    auto out = in.with_value(place + "@" + s(context().current_stream_time().ms()) + "/" +
                             s(context().current_system_time().ms()));
    out.timestamp = std::max<L>(0, in.timestamp - 3);
    forward(out);
  }
};

}  // namespace

void add_stateless(TopologyRegistry& r) {
  r.dsl("S01_filter_peek_foreach", [](StreamsBuilder& b) {
    auto x = str(b, "a");
    x.filter([](const OS&, const OS& v) { return v && even(v); }).peek([](const OS&, const OS&) {}).to("o");
    x.filter_not([](const OS& k, const OS& v) { return !k || !v || even(v); }).to("n");
    x.foreach ([](const OS&, const OS&) {});
  });
  r.dsl("S02_map_mapvalues", [](StreamsBuilder& b) {
    auto x = str(b, "a");
    x.map([](const OS& k, const OS& v) { return KeyValue{s(v), s(k)}; }).to("m");
    x.map_values([](const OS& v) { return s(v) + "!"; })
        .map_values([](const OS& k, const S& v) { return s(k) + "=" + v; })
        .to("v");
  });
  r.dsl("S03_flatmap", [](StreamsBuilder& b) {
    auto x = str(b, "a");
    x.flat_map([](const OS& k, const OS& v) {
       std::vector<KeyValue<S, S>> out;
       for (const S& word : split(v)) out.push_back({word, s(k)});
       return out;
     }).to("o");
    x.flat_map_values([](const OS& v) { return split(v); }).to("v");
  });
  r.dsl("S04_select_key_repartition", [](StreamsBuilder& b) {
    auto x = str(b, "a").select_key([](const OS& v) { return first(v); });
    x.repartition(Repartitioned::as("rp").with_number_of_partitions(3)).to("o");
    x.repartition().map_values([](const OS& v) { return s(v) + "r"; }).to("p");
  });
  r.dsl("S05_split", [](StreamsBuilder& b) {
    auto m = str(b, "a")
                 .split(Named::as("br-"))
                 .branch([](const OS& v) { return !v; }, Branched::as("null"))
                 .branch([](const OS& v) { return starts(v, "u"); },
                         Branched::with_consumer([](auto x) { x.to("b2"); }, "u"))
                 .branch([](const OS& v) { return length(*v) > 3; },
                         Branched::with_function(
                             [](auto x) { return x.map_values([](const S& v) { return v + "+"; }); }, "long"))
                 .default_branch(Branched::as("rest"));
    m.at("br-null").to("b1");
    m.at("br-long").to("b3");
    m.at("br-rest").to("rest");
  });
  r.dsl("S06_split_no_default", [](StreamsBuilder& b) {
    auto m = str(b, "a")
                 .split()
                 .branch([](const OS& v) { return starts(v, "u"); })
                 .branch([](const OS& v) { return starts(v, "v"); })
                 .no_default_branch();
    m.begin()->second.to("x");
    m.rbegin()->second.to("y");
  });
  r.dsl("S07_merge", [](StreamsBuilder& b) {
    auto x = str(b, "a");
    auto m = x.merge(str(b, "b")).merge(str(b, "c"), Named::as("third")).merge(x.map_values([](const OS& v) {
      return "2" + s(v);
    }));
    m.to("o");
    m.to_table(as("t")).to_stream().to("t");
  });
  r.dsl("S08_dynamic_topic", [](StreamsBuilder& b) {
    b.stream<S, S>({"a", "b"}).to([](const S*, const S*, const RecordContext& c) {
      return "o-" + c.metadata->topic + "-" + (c.headers->empty() ? "0" : "1");
    });
  });
  r.dsl("S09_process_edits", [](StreamsBuilder& b) {
    auto x = str(b, "a").process<Edits>();
    x.to("o");
    x.group_by_key(grouped("g")).count(as("s")).to_stream().to("c");
  });
  r.dsl("S10_process_values_edits", [](StreamsBuilder& b) {
    auto x = str(b, "a").process_values([] { return std::make_unique<Stamp>(); }, Named::as("stamp"));
    x.to("o");
    x.group_by_key().count(as("s")).to_stream().to("c");
  });
  r.dsl("S11_to_table_round_trip", [](StreamsBuilder& b) {
    auto t = str(b, "a").select_key([](const OS& v) { return first(v); }).to_table(Named::as("tt"), as("s"));
    t.to_stream().to("o");
    t.to_stream([](const OS& k, const OS& v) { return s(v) + s(k); }).to("m");
  });
  r.dsl("S12_types", [](StreamsBuilder& b) {
    b.stream<L, double>("a")
        .filter([](const std::optional<double>& v) { return v.has_value(); })
        .map_values([](double v) { return s(static_cast<L>(v * 4)); })
        .to("o");
    b.stream<L, double>("a").map_values([](const std::optional<double>& v) { return v ? *v * 0.5 : 0.25; }).to("d");
    b.stream<S, S>("b").map_values([](const OS& v) { return v ? static_cast<std::int32_t>(v->size()) : -1; }).to("n");
  });
  r.dsl("S13_loop", [](StreamsBuilder& b) {
    str(b, "a")
        .filter([](const OS& v) { return v.has_value(); })
        .map_values([](const S& v) { return v + "x"; })
        .to("mid");
    str(b, "mid").group_by_key().count(as("s")).to_stream().to("o");
  });
}

}  // namespace leat::conformance
