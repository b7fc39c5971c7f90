// TopicPartition: one partition of a topic. Written orders-3, as in Kafka's directories and logs.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

namespace leat {

struct TopicPartition {
  std::string topic;
  std::int32_t partition = 0;

  auto operator<=>(const TopicPartition&) const = default;
  std::string to_string() const { return topic + "-" + std::to_string(partition); }
};

}  // namespace leat

template <>
struct std::hash<leat::TopicPartition> {
  std::size_t operator()(const leat::TopicPartition& partition) const noexcept {
    return std::hash<std::string>{}(partition.topic) * 31 + static_cast<std::size_t>(partition.partition);
  }
};
