#include "broker/tools/record_format.h"

#include <fmt/format.h>

#include "base/did_you_mean.h"
#include "broker/tools/internal_format.h"
#include "broker/tools/options.h"

namespace leat::tools {

namespace {

using Properties = std::map<std::string, std::string>;

bool is_true(const std::string& text) {
  std::string lower(trimmed(text));
  for (char& each : lower) each = static_cast<char>(std::tolower(static_cast<unsigned char>(each)));
  return lower == "true";
}

/// DefaultMessageFormatter: the columns that `print.*` asks for, in Kafka's order, between separators.
class DefaultFormat : public RecordFormat {
 public:
  static Result<std::unique_ptr<RecordFormat>> make(const Properties& properties) {
    auto format = std::make_unique<DefaultFormat>();
    const std::pair<const char*, bool*> flags[] = {
        {"print.timestamp", &format->timestamp_}, {"print.key", &format->key_},
        {"print.offset", &format->offset_},       {"print.delivery", &format->delivery_},
        {"print.epoch", &format->epoch_},         {"print.partition", &format->partition_},
        {"print.headers", &format->headers_},     {"print.value", &format->value_}};
    for (const auto& [name, flag] : flags)
      if (const auto found = properties.find(name); found != properties.end()) *flag = is_true(found->second);
    const std::pair<const char*, std::string*> texts[] = {{"key.separator", &format->key_separator_},
                                                          {"line.separator", &format->line_separator_},
                                                          {"headers.separator", &format->headers_separator_},
                                                          {"null.literal", &format->null_literal_}};
    for (const auto& [name, text] : texts)
      if (const auto found = properties.find(name); found != properties.end()) *text = found->second;
    const std::pair<const char*, Deserializer*> readers[] = {{"key.deserializer", &format->key_reader_},
                                                             {"value.deserializer", &format->value_reader_},
                                                             {"headers.deserializer", &format->headers_reader_}};
    for (const auto& [name, reader] : readers)
      if (const auto found = properties.find(name); found != properties.end()) {
        LEAT_ASSIGN_OR_RETURN(*reader, find_deserializer(found->second));
      }
    return std::unique_ptr<RecordFormat>(std::move(format));
  }

  Status write(const TopicPartition& partition, const wire::BatchView& batch, const wire::RecordView& record,
               std::string& to) override {
    const std::size_t begin = to.size();
    const auto separate = [&](bool more) { to += more ? key_separator_ : line_separator_; };
    if (timestamp_) {
      to += record.timestamp < 0
                ? "NO_TIMESTAMP"
                : fmt::format("{}:{}", batch.log_append_time() ? "LogAppendTime" : "CreateTime", record.timestamp);
      separate(partition_ || offset_ || delivery_ || epoch_ || headers_ || key_ || value_);
    }
    if (partition_) {
      to += fmt::format("Partition:{}", partition.partition);
      separate(offset_ || delivery_ || epoch_ || headers_ || key_ || value_);
    }
    if (offset_) {
      to += fmt::format("Offset:{}", record.offset);
      separate(delivery_ || epoch_ || headers_ || key_ || value_);
    }
    if (delivery_) {
      to += "Delivery:NOT_PRESENT";
      separate(epoch_ || headers_ || key_ || value_);
    }
    if (epoch_) {
      to += batch.leader_epoch() < 0 ? "Epoch:NOT_PRESENT" : fmt::format("Epoch:{}", batch.leader_epoch());
      separate(headers_ || key_ || value_);
    }
    Status status;
    if (headers_) {
      status = write_headers(record, to);
      separate(key_ || value_);
    }
    if (status && key_) {
      status = write_field(record.key, key_reader_, to);
      separate(value_);
    }
    if (status && value_) {
      status = write_field(record.value, value_reader_, to);
      to += line_separator_;
    }
    if (!status) to.resize(begin);
    return status;
  }

 private:
  Status write_field(const std::optional<BytesView>& bytes, Deserializer reader, std::string& to) const {
    if (reader.text_of == nullptr || !bytes) {
      to += bytes ? *bytes : BytesView(null_literal_);
      return {};
    }
    LEAT_ASSIGN_OR_RETURN(const std::string text, reader.text_of(*bytes));
    to += text;
    return {};
  }

  Status write_headers(const wire::RecordView& record, std::string& to) const {
    std::vector<wire::RecordHeader> headers;
    if (!record.headers(headers)) return Error{ErrorKind::kCorrupt, fmt::format("headers of offset {}", record.offset)};
    if (headers.empty()) to += "NO_HEADERS";
    for (std::size_t i = 0; i < headers.size(); ++i) {
      if (i > 0) to += headers_separator_;
      to.append(headers[i].key).append(":");
      LEAT_RETURN_IF_ERROR(write_field(headers[i].value, headers_reader_, to));
    }
    return {};
  }

  bool timestamp_ = false, key_ = false, offset_ = false, delivery_ = false, epoch_ = false, partition_ = false,
       headers_ = false, value_ = true;
  std::string key_separator_ = "\t", line_separator_ = "\n", headers_separator_ = ",", null_literal_ = "null";
  Deserializer key_reader_, value_reader_, headers_reader_;
};

class NoFormat : public RecordFormat {
 public:
  Status write(const TopicPartition&, const wire::BatchView&, const wire::RecordView&, std::string&) override {
    return {};
  }
};

}  // namespace

Result<std::unique_ptr<RecordFormat>> make_record_format(const std::string& class_name, const Properties& properties) {
  constexpr std::string_view kNames[] = {"DefaultMessageFormatter", "NoOpMessageFormatter", "OffsetsMessageFormatter",
                                         "GroupMetadataMessageFormatter", "TransactionLogMessageFormatter"};
  const std::string_view name = std::string_view(class_name).substr(class_name.rfind('.') + 1);
  if (name == kNames[0]) return DefaultFormat::make(properties);
  if (name == kNames[1]) return std::unique_ptr<RecordFormat>(new NoFormat);
  if (name == kNames[2]) return make_internal_format(InternalRecords::kOffsets);
  if (name == kNames[3]) return make_internal_format(InternalRecords::kGroups);
  if (name == kNames[4]) return make_internal_format(InternalRecords::kTransactions);
  return Error{ErrorKind::kInvalidArgument,
               fmt::format("There is no formatter {}.{}", class_name, did_you_mean(name, kNames))};
}

}  // namespace leat::tools
