// A record of the metadata log: unsigned varint 1 (the frame's version), record type, record version, message.
//
//   std::vector<coordinator::InternalRecord> records{metadata_record(wire::ConfigRecord{...})};
//   if (const auto framed = read_metadata_record(value); framed && framed->type == wire::ConfigRecord::kType) ...
#pragma once

#include <optional>

#include "base/varint.h"
#include "broker/coordinator/state_machine.h"
#include "broker/wire/codec.h"

namespace leat::server {

template <class Record>
coordinator::InternalRecord metadata_record(const Record& record) {
  Bytes value;
  append_unsigned_varint(value, 1);
  append_unsigned_varint(value, Record::kType);
  append_unsigned_varint(value, 0);
  wire::encode_to(value, record, 0);
  return {std::nullopt, std::move(value)};
}

struct FramedRecord {
  std::uint32_t type = 0;
  Buf body;
};

/// Nothing for bytes that are no framed record.
inline std::optional<FramedRecord> read_metadata_record(BytesView value) {
  const char* at = value.data();
  const char* const end = at + value.size();
  std::uint32_t frame = 0, type = 0, version = 0;
  at = read_unsigned_varint(at, end, frame);
  if (at != nullptr) at = read_unsigned_varint(at, end, type);
  if (at != nullptr) at = read_unsigned_varint(at, end, version);
  if (at == nullptr) return std::nullopt;
  return FramedRecord{type, Buf::copy_of(BytesView(at, static_cast<std::size_t>(end - at)))};
}

}  // namespace leat::server
