// ProtobufSerde<M>: a message class that protoc made, as Confluent's KafkaProtobufSerializer writes it.
//
//   auto orders = leat::ProtobufSerde<shop::Order>::registered(*registry, "orders-value");
//   if (!orders) return fail(orders.error());
//   builder.stream<std::string, shop::Order>("orders", leat::Consumed::with(leat::Serde<std::string>{}, *orders));
//
// The schema is registered when the serde is made; no registry is asked while records flow: a message knows how to read
// what older and newer versions of it wrote.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/serde.h"
#include "schemas/protobuf_schema.h"
#include "schemas/schema_frame.h"
#include "schemas/schema_registry.h"

namespace leat {

template <class M>
class ProtobufSerde {
 public:
  /// Registers M's schema. `subject` is by Confluent's custom the topic with "-value" or "-key" behind it; a serde that
  /// several topics and stores share has one subject for all of them.
  static Result<ProtobufSerde> registered(SchemaRegistry& registry, const std::string& subject) {
    LEAT_ASSIGN_OR_RETURN(const RegisteredSchema schema,
                          detail::register_protobuf(registry, subject, *M::descriptor()));
    return ProtobufSerde(schema.id);
  }
  /// With an id that is known; nobody is asked.
  explicit ProtobufSerde(std::int32_t schema_id) : schema_id_(schema_id) {
    detail::append_schema_id(schema_id, front_);
    detail::append_message_indexes(detail::message_indexes(*M::descriptor()), front_);
  }

  void serialize(const M& message, Bytes& out) const {
    out.append(front_);
    const std::size_t at = out.size();
    const std::size_t size = message.ByteSizeLong();
    out.resize(at + size);
    message.SerializeToArray(out.data() + at, static_cast<int>(size));
  }
  Result<M> deserialize(BytesView bytes) const {
    M message;
    LEAT_RETURN_IF_ERROR(deserialize_into(bytes, message));
    return message;
  }
  /// Reuses the memory of `message`.
  Status deserialize_into(BytesView bytes, M& message) const {
    const bool mine = bytes.starts_with(front_);
    if (mine) {
      bytes.remove_prefix(front_.size());
    } else {
      LEAT_ASSIGN_OR_RETURN(const std::int32_t id, detail::take_schema_id(bytes));
      LEAT_RETURN_IF_ERROR(detail::take_message_indexes(bytes));
      // In another version of the file the message may stand elsewhere; in this one it may not.
      if (id == schema_id_) return wrong("is another message of its file than ");
    }
    if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return wrong("is no ");
    return {};
  }

 private:
  static Error wrong(const char* how) {
    return {ErrorKind::kCorrupt, std::string("the value ") + how + M().GetTypeName()};
  }

  std::int32_t schema_id_;
  Bytes front_;
};

}  // namespace leat
