// Leat, for tests of programs: TopologyTestDriver and its topics. docs/guide/testing.md shows how they are used.
#pragma once

#include "leat/streams.h"
#include "streams/topology_test_driver.h"
