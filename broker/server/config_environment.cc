#include "broker/server/config_environment.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <string_view>

namespace leat::server {

namespace {

constexpr std::string_view kPrefix = "KAFKA_";
constexpr std::string_view kNoSettings[] = {"KAFKA_VERSION",
                                            "KAFKA_HEAP_OPTS",
                                            "KAFKA_LOG4J_OPTS",
                                            "KAFKA_OPTS",
                                            "KAFKA_JMX_OPTS",
                                            "KAFKA_JMX_PORT",
                                            "KAFKA_JMX_HOSTNAME",
                                            "KAFKA_JVM_PERFORMANCE_OPTS",
                                            "KAFKA_GC_LOG_OPTS",
                                            "KAFKA_LOG4J_LOGGERS",
                                            "KAFKA_LOG4J_ROOT_LOGLEVEL",
                                            "KAFKA_TOOLS_LOG4J_LOGLEVEL",
                                            "KAFKA_HOME",
                                            "KAFKA_LOG4J_CMD_OPTS",
                                            "KAFKA_DEBUG",
                                            "KAFKA_CLUSTER_ID"};

std::string key_of(std::string_view name) {
  std::string key;
  for (std::size_t at = 0; at < name.size();) {
    if (name[at] != '_') {
      key += static_cast<char>(std::tolower(static_cast<unsigned char>(name[at++])));
      continue;
    }
    std::size_t count = 0;
    while (at < name.size() && name[at] == '_' && count < 3) ++at, ++count;
    key += count == 1 ? '.' : count == 2 ? '_' : '-';
  }
  return key;
}

}  // namespace

std::vector<std::string> settings_of_environment(std::span<const std::string> environment) {
  std::vector<std::string> settings;
  for (const std::string& variable : environment) {
    const std::size_t equals = variable.find('=');
    const std::string_view name = std::string_view(variable).substr(0, equals);
    if (equals == std::string::npos || !name.starts_with(kPrefix) || name.size() == kPrefix.size()) continue;
    if (std::find(std::begin(kNoSettings), std::end(kNoSettings), name) != std::end(kNoSettings)) continue;
    settings.push_back(key_of(name.substr(kPrefix.size())) + "=" + variable.substr(equals + 1));
  }
  std::sort(settings.begin(), settings.end());
  return settings;
}

}  // namespace leat::server
