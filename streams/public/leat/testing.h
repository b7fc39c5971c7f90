// Leat, for tests of programs: TopologyTestDriver and its topics, and the simulated world. docs/guide/testing.md shows
// how they are used.
#pragma once

#include "leat/streams.h"
#include "streams/simulation.h"
#include "streams/topology_test_driver.h"
