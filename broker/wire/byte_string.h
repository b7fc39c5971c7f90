// ByteString: a field of type `bytes`, whose length is written otherwise than that of a text.
#pragma once

#include <string>
#include <utility>

#include "base/bytes.h"

namespace leat::wire {

struct ByteString {
  Bytes bytes;

  ByteString() = default;
  ByteString(Bytes content) : bytes(std::move(content)) {}
  ByteString(BytesView content) : bytes(content) {}
  ByteString(const char* content) : bytes(content) {}
  operator BytesView() const { return bytes; }
  BytesView view() const { return bytes; }
  bool empty() const { return bytes.empty(); }
  std::size_t size() const { return bytes.size(); }
  bool operator==(const ByteString&) const = default;
};

}  // namespace leat::wire
