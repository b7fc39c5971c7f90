// The programs whose describe() text, internal topics and co-partition groups were recorded from Kafka Streams.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "topology/topology.h"

namespace leat::test {

using Program = std::function<Topology(bool optimize)>;

/// By the name they have in conformance/streams/describe.
const std::map<std::string, Program>& describe_programs();
/// Those of them that join, or keep global stores.
std::map<std::string, Program> describe_joins();

}  // namespace leat::test
