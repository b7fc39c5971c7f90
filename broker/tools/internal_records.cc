#include "broker/tools/internal_records.h"

#include <fmt/format.h>

#include "base/varint.h"
#include "broker/wire/header.h"
#include "broker/wire/records/admin_records.h"
#include "broker/wire/records/consumer_group_records.h"
#include "broker/wire/records/consumer_protocol.h"
#include "broker/wire/records/group_records.h"
#include "broker/wire/records/metadata_records.h"
#include "broker/wire/records/transaction_records.h"

namespace leat::tools {

namespace {

using Read = Result<InternalRecord> (*)(int type, const wire::RecordView& record);

template <class Message>
Result<std::string> data_of(BytesView versioned, int version) {
  LEAT_ASSIGN_OR_RETURN(const Message message, wire::decode<Message>(Buf::copy_of(versioned.substr(2)), version));
  return wire::to_json(message, version);
}

template <class Key, class Value>
Result<InternalRecord> read(int type, const wire::RecordView& record) {
  InternalRecord read_record;
  read_record.type = type;
  LEAT_ASSIGN_OR_RETURN(read_record.key, data_of<Key>(*record.key, 0));
  if (!record.value) return read_record;
  const auto version = wire::version_of(*record.value);
  if (!version) return Error{ErrorKind::kCorrupt, fmt::format("the value at offset {} has no version", record.offset)};
  LEAT_ASSIGN_OR_RETURN(std::string data, data_of<Value>(*record.value, *version));
  read_record.value = {*version, std::move(data)};
  return read_record;
}

struct Kind {
  InternalRecords records;
  int type;
  Read read;
};

constexpr Kind kKinds[] = {
    {InternalRecords::kOffsets, 0, read<wire::OffsetCommitKey, wire::OffsetCommitValue>},
    {InternalRecords::kOffsets, 1, read<wire::OffsetCommitKey, wire::OffsetCommitValue>},
    {InternalRecords::kGroups, 2, read<wire::GroupMetadataKey, wire::GroupMetadataValue>},
    {InternalRecords::kGroups, 3, read<wire::ConsumerGroupMetadataKey, wire::ConsumerGroupMetadataValue>},
    {InternalRecords::kGroups, 4,
     read<wire::ConsumerGroupPartitionMetadataKey, wire::ConsumerGroupPartitionMetadataValue>},
    {InternalRecords::kGroups, 5, read<wire::ConsumerGroupMemberMetadataKey, wire::ConsumerGroupMemberMetadataValue>},
    {InternalRecords::kGroups, 6,
     read<wire::ConsumerGroupTargetAssignmentMetadataKey, wire::ConsumerGroupTargetAssignmentMetadataValue>},
    {InternalRecords::kGroups, 7,
     read<wire::ConsumerGroupTargetAssignmentMemberKey, wire::ConsumerGroupTargetAssignmentMemberValue>},
    {InternalRecords::kGroups, 8,
     read<wire::ConsumerGroupCurrentMemberAssignmentKey, wire::ConsumerGroupCurrentMemberAssignmentValue>},
    {InternalRecords::kGroups, 16,
     read<wire::ConsumerGroupRegularExpressionKey, wire::ConsumerGroupRegularExpressionValue>},
    {InternalRecords::kTransactions, 0, read<wire::TransactionLogKey, wire::TransactionLogValue>},
};

/// Replaces the next `"name":"..."` behind `from` by `"name":json`.
void replace_field(std::string& text, std::size_t& from, std::string_view name, const std::string& json) {
  const std::string begin = fmt::format("\"{}\":\"", name);
  const std::size_t at = text.find(begin, from);
  if (at == std::string::npos) return;
  const std::size_t value = at + begin.size() - 1;
  const std::size_t end = text.find('"', value + 1);
  text.replace(value, end + 1 - value, json);
  from = value + json.size();
}

template <class Message>
std::string protocol_json(BytesView versioned) {
  if (versioned.empty()) return "null";
  const auto version = wire::version_of(versioned);
  const auto message = wire::decode_versioned_or_newer<Message>(versioned);
  if (!version || !message) return "\"unreadable\"";
  return wire::to_json(*message, std::min(*version, static_cast<int>(Message::kTraits.version_max)));
}

template <class Message>
Result<std::string> metadata_json(BytesView data, std::string_view type, int version) {
  LEAT_ASSIGN_OR_RETURN(const Message message, wire::decode<Message>(Buf::copy_of(data), version));
  return fmt::format(R"({{"type":"{}","version":{},"data":{}}})", type, version, wire::to_json(message, version));
}

struct MetadataKind {
  std::uint32_t type;
  std::string_view name;
  Result<std::string> (*read)(BytesView data, std::string_view type, int version);
};

constexpr MetadataKind kMetadataKinds[] = {
    {wire::RegisterBrokerRecord::kType, "REGISTER_BROKER_RECORD", metadata_json<wire::RegisterBrokerRecord>},
    {wire::TopicRecord::kType, "TOPIC_RECORD", metadata_json<wire::TopicRecord>},
    {wire::PartitionRecord::kType, "PARTITION_RECORD", metadata_json<wire::PartitionRecord>},
    {wire::PartitionChangeRecord::kType, "PARTITION_CHANGE_RECORD", metadata_json<wire::PartitionChangeRecord>},
    {wire::ConfigRecord::kType, "CONFIG_RECORD", metadata_json<wire::ConfigRecord>},
    {wire::RemoveTopicRecord::kType, "REMOVE_TOPIC_RECORD", metadata_json<wire::RemoveTopicRecord>},
    {wire::UserScramCredentialRecord::kType, "USER_SCRAM_CREDENTIAL_RECORD", nullptr},  // a secret
    {wire::FeatureLevelRecord::kType, "FEATURE_LEVEL_RECORD", metadata_json<wire::FeatureLevelRecord>},
    {wire::ClientQuotaRecord::kType, "CLIENT_QUOTA_RECORD", metadata_json<wire::ClientQuotaRecord>},
    {wire::ProducerIdsRecord::kType, "PRODUCER_IDS_RECORD", metadata_json<wire::ProducerIdsRecord>},
    {wire::AccessControlEntryRecord::kType, "ACCESS_CONTROL_ENTRY_RECORD",
     metadata_json<wire::AccessControlEntryRecord>},
    {wire::RemoveAccessControlEntryRecord::kType, "REMOVE_ACCESS_CONTROL_ENTRY_RECORD",
     metadata_json<wire::RemoveAccessControlEntryRecord>},
    {wire::RemoveUserScramCredentialRecord::kType, "REMOVE_USER_SCRAM_CREDENTIAL_RECORD",
     metadata_json<wire::RemoveUserScramCredentialRecord>},
};

}  // namespace

Result<std::optional<InternalRecord>> read_internal(InternalRecords records, const wire::RecordView& record) {
  const auto type = record.key ? wire::version_of(*record.key) : std::nullopt;
  if (!type) return std::optional<InternalRecord>();
  for (const Kind& each : kKinds) {
    if (each.records != records || each.type != *type) continue;
    LEAT_ASSIGN_OR_RETURN(InternalRecord found, each.read(*type, record));
    return std::optional<InternalRecord>(std::move(found));
  }
  return std::optional<InternalRecord>();
}

std::string with_protocol_of_members(std::string json, BytesView versioned_value) {
  const auto group = wire::decode_versioned<wire::GroupMetadataValue>(versioned_value);
  if (!group) return json;
  std::size_t at = 0;
  for (const auto& member : group->members) {
    replace_field(json, at, "subscription", protocol_json<wire::ConsumerProtocolSubscription>(member.subscription));
    replace_field(json, at, "assignment", protocol_json<wire::ConsumerProtocolAssignment>(member.assignment));
  }
  return json;
}

Result<std::string> read_metadata(BytesView value) {
  std::uint32_t frame = 0, type = 0, version = 0;
  const char* const end = value.data() + value.size();
  const char* at = value.data();
  for (std::uint32_t* number : {&frame, &type, &version})
    if (at != nullptr) at = read_unsigned_varint(at, end, *number);
  if (at == nullptr || frame != 1) return Error{ErrorKind::kCorrupt, "no record of the metadata log"};
  const BytesView data(at, static_cast<std::size_t>(end - at));
  for (const MetadataKind& each : kMetadataKinds) {
    if (each.type != type) continue;
    if (each.read == nullptr) return fmt::format(R"({{"type":"{}","version":{}}})", each.name, version);
    return each.read(data, each.name, static_cast<int>(version));
  }
  return fmt::format(R"({{"type":"{}","version":{}}})", type, version);
}

}  // namespace leat::tools
