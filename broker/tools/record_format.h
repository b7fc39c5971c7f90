// How kafka-console-consumer prints records: the formatters of Kafka under their class names, and Kafka's
// deserializers.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "broker/wire/record_batch.h"
#include "broker/wire/topic_partition.h"

namespace leat::tools {

class RecordFormat {
 public:
  virtual ~RecordFormat() = default;
  /// Appends what is printed of a record, line end included. An error is about this record only.
  virtual Status write(const TopicPartition& partition, const wire::BatchView& batch, const wire::RecordView& record,
                       std::string& to) = 0;
};

/// `class_name` as --formatter gives it, such as org.apache.kafka.tools.consumer.DefaultMessageFormatter; the package
/// may be left out. Properties are those of --formatter-property.
Result<std::unique_ptr<RecordFormat>> make_record_format(const std::string& class_name,
                                                         const std::map<std::string, std::string>& properties);

/// Turns bytes into the text that a Java deserializer's object prints; kInvalidArgument for classes that are not
/// Kafka's own, kCorrupt for bytes of another length.
struct Deserializer {
  Result<std::string> (*text_of)(BytesView bytes) = nullptr;
};
Result<Deserializer> find_deserializer(const std::string& class_name);

/// A double as Java prints it: 1.0, 1.5E10.
std::string java_text(double number);
std::string java_text(float number);

}  // namespace leat::tools
