// What the producing tools share: a producer from settings under Kafka's names, driven to the end of what was sent.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "broker/client/producer.h"
#include "broker/tools/session.h"

namespace leat::tools {

/// kInvalidArgument for values that are none.
Result<client::ProducerConfig> producer_config(const Settings& settings);

/// A producer that knows `topic`, which is made where the broker makes topics on first use. Transactional ones have
/// fenced their predecessors.
Result<std::unique_ptr<client::Producer>> make_producer(Session& session, client::ProducerConfig config,
                                                        const std::string& topic);

/// Runs the loop until everything sent is acknowledged, or has failed.
Status flush(Session& session, client::Producer& producer);
/// Runs the loop while more waits than the producer may hold.
void make_room(Session& session, client::Producer& producer);

}  // namespace leat::tools
