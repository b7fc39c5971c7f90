// How `leat consume -f` prints a record: text with verbs, those of kcat and of rpk alike.
//
//   %t topic  %p partition  %o offset  %k key  %s %v value  %h headers  %T %d timestamp in ms  %e leader epoch
//   %K %S %V %H   how many bytes the key and the value have, and how many headers there are
//   %x producer id  %i number of the record in the output  %% %{ %} themselves   \n \t \r \0 \\ \xHH
//
// Behind %k, %v, %s and %h: {hex}, {base64}, {json} (a JSON string). Behind %d and %T: {iso}. What is null is printed
// as nothing, its size as -1.
//
// Without -f a record is a JSON object per line, which `leat produce --format json` takes again:
//
//   {"topic":"t","partition":0,"offset":17,"timestamp":1767225600000,"key":"k","value":"v",
//    "headers":[{"key":"h","value":"x"}]}
//
// Bytes that are no UTF-8 are in "key_base64" and "value_base64".
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "broker/wire/record_batch.h"
#include "broker/wire/topic_partition.h"

namespace leat::tools {

/// What a verb is written from.
struct PrintedRecord {
  const TopicPartition& partition;
  const wire::BatchView& batch;
  const wire::RecordView& record;
  std::int64_t number = 0;  ///< counted from 1
};

class RecordVerbs {
 public:
  /// kInvalidArgument names the verb that is unknown.
  static Result<RecordVerbs> parse(std::string_view format);
  void write(const PrintedRecord& printed, std::string& to) const;

 private:
  using Writer = std::function<void(const PrintedRecord&, std::string&)>;
  std::vector<Writer> writers_;
};

enum class JsonShape { kOurs, kKcat };
/// With line end. `meta_only`: without key, value and headers.
void write_json(const PrintedRecord& printed, JsonShape shape, bool meta_only, std::string& to);

/// Escapes such as \n and \x00 replaced.
Result<std::string> unescaped(std::string_view text);
bool is_utf8(std::string_view text);

}  // namespace leat::tools
