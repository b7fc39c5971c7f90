// Leat: Kafka Streams for C++. This is the one header that a program includes; api and examples are in docs/.
#pragma once

#include "base/json.h"
#include "base/list_serde.h"
#include "state/queries.h"
#include "state/stores.h"
#include "streams/app.h"
#include "streams/kafka_streams.h"
#include "streams/streams_config.h"
#include "topology/processor.h"
#include "topology/streams_builder.h"
#include "topology/suppress.h"
#include "topology/text.h"
#include "topology/topology.h"
#include "topology/windows.h"
