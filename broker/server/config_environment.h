// Settings out of environment variables, as Kafka's official images map them:
//
//   KAFKA_LOG_DIRS=/data                                       log.dirs=/data
//   KAFKA_LISTENER_NAME_CLIENTS_PLAIN_SASL_JAAS_CONFIG=...     listener.name.clients.plain.sasl.jaas.config=...
//
// One underscore stands for a dot, two for an underscore, three for a dash. Variables of the image's scripts and of the
// JVM (KAFKA_HEAP_OPTS, KAFKA_VERSION ...) are no settings.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace leat::server {

/// From "NAME=value" to "key=value", for BrokerConfig::parse.
std::vector<std::string> settings_of_environment(std::span<const std::string> environment);

}  // namespace leat::server
