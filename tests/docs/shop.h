// The types that the pages of docs/guide/ are about: a small shop.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <utility>

#include "base/serde.h"
#include "topology/text.h"

// [snippet: order]
struct Order {
  std::string customer;
  std::string product;
  std::int64_t cents = 0;
};
// [end]

// [snippet: serde]
/// Orders as text: "ann,tea,250".
template <>
struct leat::Serde<Order> {
  static void serialize(const Order& order, Bytes& out) {
    out += order.customer + ',' + order.product + ',' + std::to_string(order.cents);
  }
  static Result<Order> deserialize(BytesView bytes) {
    const std::size_t first = bytes.find(','), last = bytes.rfind(',');
    if (first == last) return Error{ErrorKind::kInvalidArgument, "an order needs customer, product and cents"};
    Order order{std::string(bytes.substr(0, first)), std::string(bytes.substr(first + 1, last - first - 1))};
    const auto end = bytes.data() + bytes.size();
    const auto [stop, error] = std::from_chars(bytes.data() + last + 1, end, order.cents);
    if (error != std::errc{} || stop != end) return Error{ErrorKind::kInvalidArgument, "an order's cents are a number"};
    return order;
  }
};
// [end]

inline bool operator==(const Order& a, const Order& b) {
  return a.customer == b.customer && a.product == b.product && a.cents == b.cents;
}
