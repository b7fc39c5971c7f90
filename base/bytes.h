// Bytes that somebody owns, and views of them. Text and bytes share their types: what a serde writes is appended to
// a Bytes, what it reads is a BytesView that lives as long as its owner says.
#pragma once

#include <string>
#include <string_view>

namespace leat {

using Bytes = std::string;
using BytesView = std::string_view;

/// Lower-case hex of `bytes`, for messages and tests.
std::string to_hex(BytesView bytes);

}  // namespace leat
