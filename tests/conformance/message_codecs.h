// Every message by name, for tools that replay vectors.
#pragma once

#include <map>
#include <string>

#include "base/buf.h"
#include "base/result.h"

namespace leat::conformance {

/// What a decoder made of some bytes.
struct Replayed {
  std::string json;
  Bytes encoded;
};

using Codec = Result<Replayed> (*)(const Buf& body, int version);

/// By schema name, such as FetchRequest or GroupMetadataValue.
const std::map<std::string, Codec, std::less<>>& message_codecs();

}  // namespace leat::conformance
