// The two ends of a sub-topology: sources decode, sinks encode.
#pragma once

#include <any>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/murmur2.h"
#include "topology/node.h"
#include "topology/options.h"

namespace leat::detail {

/// Applies the policy to a timestamp that may be negative; -1: drop it.
Result<std::int64_t> valid_timestamp(std::int64_t timestamp, std::int64_t partition_time, OnInvalidTimestamp policy,
                                     const Node& source);

template <class K, class V>
class TypedSourceNode final : public SourceNode {
 public:
  struct Options {
    SerdePtr<K> key_serde;
    SerdePtr<V> value_serde;
    ExtractTimestamp extractor;
    OnInvalidTimestamp on_invalid_timestamp = OnInvalidTimestamp::kDefault;
  };
  explicit TypedSourceNode(Options options)
      : options_(std::move(options)),
        serdes_see_headers_((options_.key_serde && options_.key_serde->sees_headers()) ||
                            (options_.value_serde && options_.value_serde->sees_headers())) {}

  void add_child(Node& child) override { outputs_.add(*this, child); }

  Status decode(const RawRecord& record) override {
    has_key_ = record.key.has_value();
    has_value_ = record.value.has_value();
    if (serdes_see_headers_) return decode_with(record, record.headers ? *record.headers : Headers());
    if (has_key_) LEAT_RETURN_IF_ERROR(options_.key_serde->deserialize(*record.key, key_));
    if (has_value_) LEAT_RETURN_IF_ERROR(options_.value_serde->deserialize(*record.value, value_));
    return {};
  }
  Result<std::int64_t> timestamp(const RawRecord& record, std::int64_t partition_time) override {
    // An extractor of the program may answer with a negative timestamp to have the record dropped.
    if (options_.extractor) {
      return options_.extractor.call({has_key_ ? &key_ : nullptr, has_value_ ? &value_ : nullptr, record.timestamp,
                                      partition_time, record.metadata, record.headers});
    }
    return valid_timestamp(record.timestamp, partition_time, options_.on_invalid_timestamp, *this);
  }
  bool wants_headers() const override { return options_.extractor.sees_headers || serdes_see_headers_; }
  void process(RecordContext& context) override {
    outputs_.forward(has_key_ ? &key_ : nullptr, has_value_ ? &value_ : nullptr, context);
  }

 private:
  Status decode_with(const RawRecord& record, const Headers& headers) {
    if (has_key_) LEAT_RETURN_IF_ERROR(options_.key_serde->deserialize_with(*record.key, headers, key_));
    if (has_value_) LEAT_RETURN_IF_ERROR(options_.value_serde->deserialize_with(*record.value, headers, value_));
    return {};
  }

  Options options_;
  bool serdes_see_headers_;
  Outputs<K, V> outputs_;
  K key_{};
  V value_{};
  bool has_key_ = false;
  bool has_value_ = false;
};

template <class K, class V>
using TopicExtractor = CopyFunction<std::string(const K* key, const V* value, const RecordContext& context)>;

[[noreturn]] void no_topic(const Node& node);

enum class Encoding {
  kSerde,
  kSerdeWithHeaders,
  kAsItIs,  ///< the bytes are the value
};
template <class T>
Encoding how_to_encode(const SerdePtr<T>& serde) {
  if constexpr (std::is_same_v<T, Bytes>) {
    if (dynamic_cast<const ErasedSerde<Bytes, Serde<Bytes>>*>(serde.get()) != nullptr) return Encoding::kAsItIs;
  }
  return serde && serde->sees_headers() ? Encoding::kSerdeWithHeaders : Encoding::kSerde;
}

/// The bytes of a key or a value, which lie in `scratch` or are the value itself.
template <class T>
BytesView bytes_of(const T& value, const AnySerde<T>& serde, Encoding encoding, Headers& headers, Bytes& scratch) {
  if constexpr (std::is_same_v<T, Bytes>) {
    if (encoding == Encoding::kAsItIs) return value;
  }
  scratch.clear();
  if (encoding == Encoding::kSerdeWithHeaders) {
    serde.serialize_with(value, headers, scratch);
  } else {
    serde.serialize(value, scratch);
  }
  return scratch;
}

template <class K, class V>
class SinkNode final : public Node, public Edge<K, V> {
 public:
  struct Options {
    /// Decorated with the application id where the topic is internal; empty where an extractor names it.
    std::string topic;
    TopicExtractor<K, V> extractor;
    SerdePtr<K> key_serde;
    SerdePtr<V> value_serde;
    Produced::Partitioner<K, V> partitioner;
  };
  explicit SinkNode(Options options)
      : options_(std::move(options)),
        keys_(how_to_encode(options_.key_serde)),
        values_(how_to_encode(options_.value_serde)) {}

  void add_child(Node& child) override { wrong_edge(*this, child); }

  void process(const K* key, const V* value, RecordContext& context) override {
    if (options_.extractor) {
      topic_ = options_.extractor(key, value, context);
      if (topic_.empty()) no_topic(*this);
    }
    RecordCollector& collector = runtime().collector();
    RecordCollector::Outgoing record;
    record.topic = options_.extractor ? topic_ : options_.topic;
    record.timestamp = context.timestamp;
    record.from = name();
    // What a serde adds to the headers is seen by the siblings that come later, as in Kafka.
    if (!context.headers) headers_.clear();
    Headers& headers = context.headers ? *context.headers : headers_;
    if (!encode(key, value, context, headers, record)) return;
    record.headers = &headers;
    // Windowed keys go where their plain key goes.
    std::optional<BytesView> part;
    if (!options_.partitioner && key) part = options_.key_serde->partitioned_part(*record.key);
    if (!options_.partitioner && !part) return send(collector, record);
    const std::int32_t count = collector.partition_count(record.topic);
    if (count == 0) {
      note_written(record);
      return collector.send_when_known(record, choose_later(key, value, record.topic, part));
    }
    if (part) {
      record.partition = partition_for_key(*part, count);
      return send(collector, record);
    }
    const Partitions partitions = options_.partitioner(record.topic, key, value, count);
    if (!partitions) return send(collector, record);
    if (partitions->empty()) runtime().dropped(*this, DropCause::kPartitioner);
    for (const std::int32_t partition : *partitions) {
      record.partition = partition;
      send(collector, record);
    }
  }
  std::span<const TopicFlow> written() const override { return written_; }

 private:
  void send(RecordCollector& collector, const RecordCollector::Outgoing& record) {
    note_written(record);
    collector.send(record);
  }
  void note_written(const RecordCollector::Outgoing& record) {
    if (last_written_ >= written_.size() || written_[last_written_].topic != record.topic) find_flow(record.topic);
    ++written_[last_written_].records;
    written_[last_written_].bytes += flow_bytes(record.topic, record.key, record.value, record.headers);
  }
  void find_flow(std::string_view topic) {
    for (last_written_ = 0; last_written_ < written_.size() && written_[last_written_].topic != topic;) ++last_written_;
    if (last_written_ == written_.size()) written_.push_back({std::string(topic)});
  }

  /// False where a serde threw and the record is given up.
  bool encode(const K* key, const V* value, const RecordContext& context, Headers& headers,
              RecordCollector::Outgoing& record) {
    bool of_key = true;
    try {
      if (key) record.key = bytes_of(*key, *options_.key_serde, keys_, headers, key_bytes_);
      of_key = false;
      if (value) record.value = bytes_of(*value, *options_.value_serde, values_, headers, value_bytes_);
      return true;
    } catch (...) {
      serialization_error(*this, context, record.topic, of_key);
      return false;
    }
  }

  /// For a topic that an extractor named and nobody has written to yet: the choice is made when it has been looked up.
  RecordCollector::Choose choose_later(const K* key, const V* value, std::string_view topic,
                                       std::optional<BytesView> part) const {
    if (part) {
      return [part = Bytes(*part)](std::int32_t count) {
        return Partitions(std::vector<std::int32_t>{partition_for_key(part, count)});
      };
    }
    return [partitioner = options_.partitioner, topic = std::string(topic),
            key = key ? std::optional<K>(*key) : std::nullopt,
            value = value ? std::optional<V>(*value) : std::nullopt](std::int32_t count) {
      return partitioner(topic, key ? &*key : nullptr, value ? &*value : nullptr, count);
    };
  }

  Options options_;
  Encoding keys_;
  Encoding values_;
  std::vector<TopicFlow> written_;
  std::size_t last_written_ = 0;
  std::string topic_;
  Headers headers_;
  Bytes key_bytes_;
  Bytes value_bytes_;
};

}  // namespace leat::detail
