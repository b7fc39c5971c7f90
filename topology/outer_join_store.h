// What a left or outer join of streams keeps of records that have not met a partner yet: lists of values by time, side
// and key, so that they leave in order of time (TimestampedKeyAndJoinSide, LeftOrRightValue, ListValueStore).
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "state/stores.h"

namespace leat::detail {

template <class K>
struct JoinSideKey {
  std::int64_t timestamp = 0;
  bool left = false;
  K key{};
  bool operator==(const JoinSideKey&) const = default;
};

/// 8 bytes of time, 1 of side, the key.
template <class K>
class JoinSideKeySerde {
 public:
  explicit JoinSideKeySerde(SerdePtr<K> keys) : keys_(std::move(keys)) {}
  void serialize(const JoinSideKey<K>& key, Bytes& out) const {
    append_big_endian(static_cast<std::uint64_t>(key.timestamp), out);
    out.push_back(key.left ? 1 : 0);
    keys_->serialize(key.key, out);
  }
  Result<JoinSideKey<K>> deserialize(BytesView bytes) const {
    if (bytes.size() < 9) return wrong_size("key of an unjoined record", 9, bytes.size());
    JoinSideKey<K> key;
    key.timestamp = static_cast<std::int64_t>(read_big_endian<std::uint64_t>(bytes.data()));
    key.left = bytes[8] != 0;
    LEAT_RETURN_IF_ERROR(keys_->deserialize(bytes.substr(9), key.key));
    return key;
  }

 private:
  SerdePtr<K> keys_;
};

/// One of both.
template <class V1, class V2>
struct LeftOrRight {
  std::optional<V1> left;
  std::optional<V2> right;
};

/// The elements of a Java list whose entries differ in size: a byte that says so, their number, and each behind its
/// length (org.apache.kafka.common.serialization.ListSerializer).
void append_list_head(std::size_t count, Bytes& out);
void set_element_length(std::size_t begin, Bytes& out);
Result<std::vector<BytesView>> elements_of_list(BytesView bytes);

template <class V1, class V2>
class UnjoinedValuesSerde {
 public:
  using Values = std::vector<LeftOrRight<V1, V2>>;

  UnjoinedValuesSerde(SerdePtr<V1> left, SerdePtr<V2> right) : left_(std::move(left)), right_(std::move(right)) {}
  void serialize(const Values& values, Bytes& out) const {
    append_list_head(values.size(), out);
    for (const LeftOrRight<V1, V2>& value : values) {
      const std::size_t begin = out.size();
      out.append(4, '\0');
      out.push_back(value.left ? 1 : 0);
      value.left ? left_->serialize(*value.left, out) : right_->serialize(*value.right, out);
      set_element_length(begin, out);
    }
  }
  Result<Values> deserialize(BytesView bytes) const {
    LEAT_ASSIGN_OR_RETURN(const auto elements, elements_of_list(bytes));
    Values values;
    for (const BytesView element : elements) {
      if (element.empty()) return wrong_size("unjoined value", 1, 0);
      LeftOrRight<V1, V2>& value = values.emplace_back();
      const Status read = element[0] != 0 ? left_->deserialize(element.substr(1), value.left.emplace())
                                          : right_->deserialize(element.substr(1), value.right.emplace());
      if (!read) return read.error();
    }
    return values;
  }

 private:
  SerdePtr<V1> left_;
  SerdePtr<V2> right_;
};

template <class K, class V1, class V2>
using UnjoinedStore = KeyValueStore<JoinSideKey<K>, std::vector<LeftOrRight<V1, V2>>>;

}  // namespace leat::detail
