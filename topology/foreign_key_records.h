// What travels between the two sides of a foreign-key join (KIP-213), and its bytes.
//
//   subscription   to the partition of the foreign key: version 1 (bit 7: no hash) | instruction | hash (16) |
//                  primary key | partition of the left row (4). Version 0, of older members, has no partition.
//   response       back to the partition of the left row: version 0 (bit 7: no hash) | hash (16) | right value
//   store key      of the subscriptions on the right side: length of the foreign key (4) | foreign key | primary key
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/murmur3.h"
#include "base/serde.h"

namespace leat::detail {

using RowHash = std::array<std::uint64_t, 2>;

enum class SubscriptionInstruction : std::uint8_t {
  kDeleteKeyNoPropagate,
  kDeleteKeyAndPropagate,
  kPropagateNullIfNoForeignValue,
  kPropagateOnlyIfForeignValue,
};

template <class K>
struct Subscription {
  /// Of the left row's value; none where the row is gone.
  std::optional<RowHash> hash;
  SubscriptionInstruction instruction = SubscriptionInstruction::kDeleteKeyNoPropagate;
  K primary_key{};
  /// None from members of before version 1.
  std::optional<std::int32_t> primary_partition;
};

template <class V>
struct SubscriptionResponse {
  std::optional<RowHash> hash;
  std::optional<V> foreign_value;
  /// Where the answer goes; not part of its bytes.
  std::optional<std::int32_t> primary_partition;
};

/// The version byte and what follows it, without the hash where there is none.
void append_version_and_hash(std::uint8_t version, std::optional<std::uint8_t> instruction,
                             const std::optional<RowHash>& hash, Bytes& out);
struct VersionAndHash {
  std::uint8_t version = 0;
  std::uint8_t instruction = 0;
  std::optional<RowHash> hash;
};
/// Takes what append_version_and_hash wrote from the front. kCorrupt where it is too short.
Result<VersionAndHash> take_version_and_hash(BytesView& bytes, bool with_instruction);

template <class K>
class SubscriptionSerde final : public AnySerde<Subscription<K>> {
 public:
  explicit SubscriptionSerde(SerdePtr<K> keys) : keys_(std::move(keys)) {}
  void serialize(const Subscription<K>& value, Bytes& out) const override {
    append_version_and_hash(value.primary_partition ? 1 : 0, static_cast<std::uint8_t>(value.instruction), value.hash,
                            out);
    keys_->serialize(value.primary_key, out);
    if (value.primary_partition) append_big_endian(static_cast<std::uint32_t>(*value.primary_partition), out);
  }
  Status deserialize(BytesView bytes, Subscription<K>& value) const override {
    LEAT_ASSIGN_OR_RETURN(const VersionAndHash head, take_version_and_hash(bytes, /*with_instruction=*/true));
    constexpr std::uint8_t kLastInstruction = 3;
    if (head.version > 1 || head.instruction > kLastInstruction) {
      return Error{ErrorKind::kCorrupt, "a foreign-key subscription of an unknown version"};
    }
    value.hash = head.hash;
    value.instruction = static_cast<SubscriptionInstruction>(head.instruction);
    value.primary_partition.reset();
    if (head.version == 1) {
      if (bytes.size() < 4) return wrong_size("foreign-key subscription", 4, bytes.size());
      value.primary_partition =
          static_cast<std::int32_t>(read_big_endian<std::uint32_t>(bytes.data() + bytes.size() - 4));
      bytes.remove_suffix(4);
    }
    return keys_->deserialize(bytes, value.primary_key);
  }
  std::optional<BytesView> partitioned_part(BytesView) const override { return std::nullopt; }

 private:
  SerdePtr<K> keys_;
};

template <class V>
class SubscriptionResponseSerde final : public AnySerde<SubscriptionResponse<V>> {
 public:
  explicit SubscriptionResponseSerde(SerdePtr<V> values) : values_(std::move(values)) {}
  void serialize(const SubscriptionResponse<V>& value, Bytes& out) const override {
    append_version_and_hash(0, std::nullopt, value.hash, out);
    if (value.foreign_value) values_->serialize(*value.foreign_value, out);
  }
  Status deserialize(BytesView bytes, SubscriptionResponse<V>& value) const override {
    LEAT_ASSIGN_OR_RETURN(const VersionAndHash head, take_version_and_hash(bytes, /*with_instruction=*/false));
    if (head.version != 0) return Error{ErrorKind::kCorrupt, "a foreign-key response of an unknown version"};
    value.hash = head.hash;
    value.foreign_value.reset();
    // As in Kafka a value of no bytes is none.
    if (bytes.empty()) return {};
    return values_->deserialize(bytes, value.foreign_value.emplace());
  }
  std::optional<BytesView> partitioned_part(BytesView) const override { return std::nullopt; }

 private:
  SerdePtr<V> values_;
};

/// The keys of the store of subscriptions.
template <class K, class KO>
class SubscriptionKeys {
 public:
  SubscriptionKeys(SerdePtr<K> keys, SerdePtr<KO> foreign_keys)
      : keys_(std::move(keys)), foreign_keys_(std::move(foreign_keys)) {}

  void prefix(const KO& foreign_key, Bytes& out) const {
    const std::size_t at = out.size();
    append_big_endian(std::uint32_t{0}, out);
    foreign_keys_->serialize(foreign_key, out);
    Bytes size;
    append_big_endian(static_cast<std::uint32_t>(out.size() - at - size_bytes()), size);
    out.replace(at, size_bytes(), size);
  }
  void key(const KO& foreign_key, const K& primary_key, Bytes& out) const {
    prefix(foreign_key, out);
    keys_->serialize(primary_key, out);
  }

 private:
  static constexpr std::size_t size_bytes() { return sizeof(std::uint32_t); }

  SerdePtr<K> keys_;
  SerdePtr<KO> foreign_keys_;
};

}  // namespace leat::detail
