// What the records of all groups in __consumer_offsets have in common: a key that begins with the number of its type
// and with the group, and values whose schemas have one version, 0.
#pragma once

#include <map>
#include <string>

#include "broker/coordinator/state_machine.h"
#include "broker/wire/header.h"

namespace leat::coordinator {

template <class Key>
Key key_of(const std::string& group_id) {
  Key key;
  key.group_id = group_id;
  return key;
}
template <class Key>
Key key_of(const std::string& group_id, const std::string& member_id) {
  Key key = key_of<Key>(group_id);
  key.member_id = member_id;
  return key;
}

template <class Type, class Key>
InternalRecord tombstone(Type type, const Key& key) {
  return {wire::encode_versioned(key, static_cast<int>(type)), std::nullopt};
}
template <class Type, class Key, class Value>
InternalRecord record(Type type, const Key& key, const Value& value) {
  return {wire::encode_versioned(key, static_cast<int>(type)), wire::encode_versioned(value, 0)};
}

/// A key without the number in front of it.
template <class Key>
Result<Key> decode_key(BytesView key) {
  return wire::decode<Key>(Buf::copy_of(key.substr(sizeof(std::int16_t))), 0);
}

/// Takes a record into the group it is of, which it may begin or end, and stops the timers of members that are gone.
/// Returns the group, or null where there is none any more.
template <class Group, class StopTimers>
Group* apply_to_groups(std::map<std::string, Group>& groups, const std::string& group_id, bool ends_group,
                       const wire::RecordView& record, StopTimers stop_timers) {
  auto found = groups.find(group_id);
  if (found == groups.end()) {
    if (!record.value) return nullptr;
    found = groups.try_emplace(group_id).first;
    found->second.id = group_id;
  }
  Group& group = found->second;
  if (ends_group) {
    for (auto& [member_id, timers] : group.timers) stop_timers(timers);
    groups.erase(found);
    return nullptr;
  }
  apply_to(group, record);
  if (record.value) return &group;
  for (auto each = group.timers.begin(); each != group.timers.end();) {
    const bool gone = group.member(each->first) == nullptr;
    if (gone) stop_timers(each->second);
    each = gone ? group.timers.erase(each) : std::next(each);
  }
  return &group;
}

}  // namespace leat::coordinator
