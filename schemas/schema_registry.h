// SchemaRegistry: where the schemas of records are kept, under ids that the records carry.
//
//   auto registry = leat::HttpSchemaRegistry::open({.url = "http://localhost:8081"}).value();
//   auto orders = leat::ProtobufSerde<shop::Order>::registered(*registry, "orders-value").value();
//   builder.stream<std::string, shop::Order>("orders", leat::Consumed::with(leat::Serde<std::string>{}, orders));
//
// Vocabulary, which is Confluent's: a *subject* holds the *versions* of one schema, "orders-value" those of the values
// of topic orders; an *id* names a schema in the whole registry; a *reference* is another schema that a schema
// mentions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace leat {

enum class SchemaType { kAvro, kProtobuf };
/// "AVRO", "PROTOBUF".
std::string_view name(SchemaType type);

struct SchemaReference {
  std::string name;  ///< as the schema mentions it: of Protobuf the imported file
  std::string subject;
  std::int32_t version = 1;
  bool operator==(const SchemaReference&) const = default;
};

struct Schema {
  SchemaType type = SchemaType::kAvro;
  std::string text;
  std::vector<SchemaReference> references;
  bool operator==(const Schema&) const = default;
};

struct RegisteredSchema {
  std::int32_t id = 0;
  std::int32_t version = 1;  ///< of the subject
};

/// May be asked from any thread, and may block: serdes ask when they are made, and for an id that they meet first.
class SchemaRegistry {
 public:
  virtual ~SchemaRegistry() = default;
  /// The id and version of `schema` under `subject`, which is made where it is missing. Fails with kInvalidArgument
  /// where the registry refuses the schema, as one that is not compatible with those before it.
  virtual Result<RegisteredSchema> register_schema(const std::string& subject, const Schema& schema) = 0;
  /// The same where nothing may be made: kNotFound.
  virtual Result<RegisteredSchema> look_up(const std::string& subject, const Schema& schema) = 0;
  virtual Result<Schema> schema(std::int32_t id) = 0;
};

}  // namespace leat
