#include "broker/tools/internal_format.h"

#include <fmt/format.h>

#include "broker/wire/header.h"
#include "broker/wire/records/group_records.h"
#include "broker/wire/records/transaction_records.h"

namespace leat::tools {

namespace {

/// The types of records of __consumer_offsets: the first two are offsets in two versions of the key's meaning.
constexpr int kOffsetKeyMax = 1;
constexpr int kGroupKey = 2;
constexpr int kTransactionKey = 0;

template <class Message>
Result<std::string> data_of(BytesView versioned, int version) {
  LEAT_ASSIGN_OR_RETURN(const Message message, wire::decode<Message>(Buf::copy_of(versioned.substr(2)), version));
  return wire::to_json(message, version);
}

template <class Key, class Value>
Status write(int type, const wire::RecordView& record, std::string& to) {
  LEAT_ASSIGN_OR_RETURN(const std::string key, data_of<Key>(*record.key, 0));
  std::string value = "null";
  if (record.value) {
    const auto version = wire::version_of(*record.value);
    if (!version)
      return Error{ErrorKind::kCorrupt, fmt::format("the value at offset {} has no version", record.offset)};
    LEAT_ASSIGN_OR_RETURN(const std::string data, data_of<Value>(*record.value, *version));
    value = fmt::format(R"({{"version":{},"data":{}}})", *version, data);
  }
  to += fmt::format(R"({{"key":{{"type":{},"data":{}}},"value":{}}})", type, key, value) + "\n";
  return {};
}

class InternalFormat : public RecordFormat {
 public:
  explicit InternalFormat(InternalRecords records) : records_(records) {}

  Status write(const TopicPartition&, const wire::BatchView&, const wire::RecordView& record,
               std::string& to) override {
    const auto type = record.key ? wire::version_of(*record.key) : std::nullopt;
    if (!type) return {};
    if (records_ == InternalRecords::kOffsets && *type <= kOffsetKeyMax)
      return tools::write<wire::OffsetCommitKey, wire::OffsetCommitValue>(*type, record, to);
    if (records_ == InternalRecords::kGroups && *type == kGroupKey)
      return tools::write<wire::GroupMetadataKey, wire::GroupMetadataValue>(*type, record, to);
    if (records_ == InternalRecords::kTransactions && *type == kTransactionKey)
      return tools::write<wire::TransactionLogKey, wire::TransactionLogValue>(*type, record, to);
    return {};
  }

 private:
  InternalRecords records_;
};

}  // namespace

std::unique_ptr<RecordFormat> make_internal_format(InternalRecords records) {
  return std::make_unique<InternalFormat>(records);
}

}  // namespace leat::tools
