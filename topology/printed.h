// Printed: where print() writes what passes, for a look while developing (org.apache.kafka.streams.kstream.Printed).
//
//   orders.print(leat::Printed::to_sys_out().with_label("orders"));          // [orders]: 17, ann,tea,250
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "state/store_query.h"
#include "state/windowed.h"

namespace leat {

struct Printed {
  /// Takes one line without its end. Called by every task, on its own thread.
  std::function<void(const std::string& line)> write;
  std::string label;
  std::string name;

  /// To the standard output.
  static Printed to_sys_out();
  /// To a function; where several stream threads run, it must bear being called by all of them.
  static Printed to(std::function<void(const std::string& line)> write) { return {std::move(write), {}, {}}; }
  /// In front of each line, in brackets; the name of the operator above where it is not said.
  Printed with_label(std::string new_label) const { return {write, std::move(new_label), name}; }
  Printed with_name(std::string new_name) const { return {write, label, std::move(new_name)}; }
};

namespace detail {

/// A value for people: text as it is, windowed keys as Java shows them, the rest as JSON.
template <class T>
std::string shown(const T& value) {
  if constexpr (std::convertible_to<const T&, std::string_view>) {
    return std::string(std::string_view(value));
  } else {
    return to_json(value);
  }
}
template <class K>
std::string shown(const Windowed<K>& key) {
  return "[" + shown(key.key) + "@" + std::to_string(key.window.start) + "/" + std::to_string(key.window.end) + "]";
}
template <class T>
std::string shown(const std::optional<T>& value) {
  return value ? shown(*value) : "null";
}

}  // namespace detail
}  // namespace leat
