// TaskId: which sub-topology, which partition. Written 0_3 in logs, directories and metrics, as in Kafka.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace leat {

struct TaskId {
  std::int32_t subtopology = 0;
  std::int32_t partition = 0;

  auto operator<=>(const TaskId&) const = default;
  std::string to_string() const { return std::to_string(subtopology) + "_" + std::to_string(partition); }
  static Result<TaskId> parse(std::string_view text);
};

}  // namespace leat

template <>
struct std::hash<leat::TaskId> {
  std::size_t operator()(const leat::TaskId& id) const noexcept {
    return std::hash<std::uint64_t>{}(static_cast<std::uint64_t>(id.subtopology) << 32 |
                                      static_cast<std::uint32_t>(id.partition));
  }
};
