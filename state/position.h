// Position: how far the inputs are that a store knows of, as the offset of the last record by topic and partition
// (KIP-796). PositionBound: how far they must be for a query to be answered.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace leat {

class Position {
 public:
  using Offsets = std::map<std::int32_t, std::int64_t>;

  static Position empty() { return {}; }

  /// The higher offset stays.
  Position& with_component(const std::string& topic, std::int32_t partition, std::int64_t offset) {
    const auto known = components_[topic].try_emplace(partition, offset).first;
    if (offset > known->second) known->second = offset;
    return *this;
  }
  Position& merge(const Position& other) {
    for (const auto& [topic, offsets] : other.components_)
      for (const auto& [partition, offset] : offsets) with_component(topic, partition, offset);
    return *this;
  }

  bool is_empty() const { return components_.empty(); }
  const std::map<std::string, Offsets>& components() const { return components_; }
  Offsets partition_positions(const std::string& topic) const {
    const auto known = components_.find(topic);
    return known == components_.end() ? Offsets() : known->second;
  }
  bool operator==(const Position&) const = default;

 private:
  std::map<std::string, Offsets> components_;
};

class PositionBound {
 public:
  static PositionBound unbounded() { return PositionBound({}); }
  static PositionBound at(Position position) { return PositionBound(std::move(position)); }

  bool is_unbounded() const { return position_.is_empty(); }
  const Position& position() const { return position_; }
  /// Whether `reached` is there, as far as the bound speaks of `partition`: a task is asked about its own one only.
  bool is_reached(const Position& reached, std::int32_t partition) const {
    for (const auto& [topic, offsets] : position_.components()) {
      const auto wanted = offsets.find(partition);
      if (wanted == offsets.end()) continue;
      const auto have = reached.partition_positions(topic);
      const auto at = have.find(partition);
      if (at == have.end() || at->second < wanted->second) return false;
    }
    return true;
  }
  bool operator==(const PositionBound&) const = default;

 private:
  explicit PositionBound(Position position) : position_(std::move(position)) {}
  Position position_;
};

}  // namespace leat
