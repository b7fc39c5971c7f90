// From a frame to its handler and back.
#pragma once

#include "broker/server/broker.h"

namespace leat::server {

/// Finds the handler of a request, decodes, runs it, and encodes what it replies. A request that Kafka would answer by
/// closing the connection gives an error.
void dispatch(Broker& broker, const Buf& frame, const Peer& peer, OneShot<Result<Reply>> reply);

}  // namespace leat::server
