#include "tests/conformance/topologies/dsl.h"

namespace leat::conformance {

void add_joins(TopologyRegistry& r) {
  r.dsl("J12_stream_table", [](StreamsBuilder& b) {
    auto x = str(b, "a");
    auto t = tab(b, "t");
    x.join(t, [](const S& v, const S& w) { return cat(v, w); }).to("i");
    x.left_join(t, [](const OS& k, const S& v, const OS& w) { return (k ? *k : S("null")) + ":" + cat(v, w); }).to("l");
  });
}

}  // namespace leat::conformance
