// Reads a store through its public interface, with keys, values and results as bytes, as the recorded vectors have
// them.
#pragma once

#include <simdjson.h>

#include <string>

#include "state/state_store.h"

namespace leat::conformance {

/// What query_rows() answers where an argument is no key of the store's type: typed reads cannot ask for it.
inline constexpr std::string_view kNoSuchKey = "no such key";

/// The rows that a `q` step of a vector asks for, as JSON; empty where the store's types are not known here.
/// `headers`: rows end with a column of headers.
std::string query_rows(StateStore& store, std::string_view function, simdjson::dom::array arguments, bool headers);
/// All rows of the store, as a `store` step has them. `kind` is the vector's: win and twin have a start column.
std::string dump_rows(StateStore& store, std::string_view kind, bool headers);

/// `bytes` as a JSON string of hex, null as null.
std::string json_hex(const std::optional<BytesView>& bytes);
/// A whole number of a vector, which is text beyond 2^53.
std::int64_t whole_number(simdjson::dom::element number);

}  // namespace leat::conformance
