// Rows that keep the headers of a record, and their bytes (KIP-1271).
//
//   block       count, then per header: name and value, each with its length; all numbers as zigzag varints, -1 for
//   null row         length of the block (zigzag varint; 0: no headers) | block | timestamp (8 bytes) | value session
//   length of the block | block | value
#pragma once

#include "base/bytes.h"
#include "base/headers.h"
#include "base/result.h"
#include "base/timestamp.h"

namespace leat {

/// A row of a TimestampedKeyValueStoreWithHeaders.
template <class V>
struct ValueTimestampHeaders {
  V value{};
  Timestamp timestamp;
  Headers headers;
};

/// A row of a SessionStoreWithHeaders.
template <class V>
struct AggregationWithHeaders {
  V value{};
  Headers headers;
};

namespace detail {

/// The block with its length in front.
void append_row_headers(const Headers& headers, Bytes& out);
/// The length of what append_row_headers wrote, with its length; kCorrupt where it does not fit.
Result<std::size_t> row_headers_size(BytesView row);
/// Reads what append_row_headers wrote.
Status read_row_headers(BytesView row, Headers& headers);

}  // namespace detail
}  // namespace leat
