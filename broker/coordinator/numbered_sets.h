// Questions about partitions by topic, and tasks by sub-topology: maps of sets of numbers, or of maps from numbers to
// the epochs in which they were assigned.
#pragma once

#include <algorithm>
#include <cstdint>

namespace leat::coordinator {

template <class Sets, class Key>
bool contains(const Sets& sets, const Key& key, std::int32_t number) {
  const auto found = sets.find(key);
  return found != sets.end() && found->second.contains(number);
}

/// `few` are sets, and not maps. A key must be there even if nothing is asked of it.
template <class Sets, class Few>
bool contains_all(const Sets& sets, const Few& few) {
  return std::all_of(few.begin(), few.end(), [&](const auto& of_key) {
    const auto found = sets.find(of_key.first);
    return found != sets.end() && std::all_of(of_key.second.begin(), of_key.second.end(),
                                              [&](std::int32_t number) { return found->second.contains(number); });
  });
}

/// `few` are sets, and not maps.
template <class Sets, class Few>
bool contains_any(const Sets& sets, const Few& few) {
  return std::any_of(few.begin(), few.end(), [&](const auto& of_key) {
    return std::any_of(of_key.second.begin(), of_key.second.end(),
                       [&](std::int32_t number) { return contains(sets, of_key.first, number); });
  });
}

}  // namespace leat::coordinator
