// Headers of a record: names with values, in order.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace leat {

struct Header {
  std::string name;
  std::optional<Bytes> value;
  bool operator==(const Header&) const = default;
};

/// The headers of a record, in order; names may repeat.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<Header> headers) : headers_(headers) {}

  void add(std::string name, std::optional<Bytes> value) { headers_.push_back({std::move(name), std::move(value)}); }
  void remove(std::string_view name) {
    std::erase_if(headers_, [&](const Header& header) { return header.name == name; });
  }
  /// The last header of that name, null where there is none.
  const Header* last(std::string_view name) const {
    for (auto header = headers_.rbegin(); header != headers_.rend(); ++header) {
      if (header->name == name) return &*header;
    }
    return nullptr;
  }
  bool empty() const { return headers_.empty(); }
  std::size_t size() const { return headers_.size(); }
  auto begin() const { return headers_.begin(); }
  auto end() const { return headers_.end(); }
  void clear() { headers_.clear(); }
  bool operator==(const Headers&) const = default;

 private:
  std::vector<Header> headers_;
};

}  // namespace leat
