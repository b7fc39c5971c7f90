// Short names shared by the topologies, as the Java original's Dsl class has them. Functions are total: they take null
// and print it as "~". Lengths and prefixes of text are in UTF-16 units, as in Java.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/headers.h"
#include "state/windowed.h"
#include "tests/conformance/topologies/registry.h"

namespace leat::conformance {

using namespace std::chrono_literals;

using S = std::string;
using L = std::int64_t;
using OS = std::optional<std::string>;
using OL = std::optional<std::int64_t>;

inline auto str(StreamsBuilder& b, const S& topic) { return b.stream<S, S>(topic); }
inline auto num(StreamsBuilder& b, const S& topic) { return b.stream<S, L>(topic); }
inline auto tab(StreamsBuilder& b, const S& topic) { return b.table<S, S>(topic); }
inline auto num_tab(StreamsBuilder& b, const S& topic) { return b.table<S, L>(topic); }

/// Text in UTF-16 units, and back; half a character becomes '?', as in Java.
std::u16string utf16(std::string_view text);
S utf8(const std::u16string& text);
std::size_t length(std::string_view text);

S s(const OS& text);
S s(L number);
inline S s(const OL& number) { return number ? s(*number) : "~"; }
template <class A, class B>
S cat(const A& a, const B& b) {
  return s(a) + "+" + s(b);
}
/// Appends to a growing list, bounded: keeps the last 60 units.
S app(const OS& list, const OS& item);
inline L n(const OL& number) { return number.value_or(0); }
/// The part before the first '|'; null for null, '-' in front, or no '|'.
OS fk(const OS& value);
/// The first unit; "" stays "", null stays null.
OS first(const OS& value);
/// "k@start/end".
S flat(const Windowed<S>& windowed);
S heads(const Headers& headers);
std::vector<S> split(const OS& text);
inline bool starts(const OS& text, std::string_view prefix) { return text && text->rfind(prefix, 0) == 0; }

inline Materialized as(const S& name) { return Materialized::as(name); }
inline Grouped grouped(const S& name) { return Grouped::as(name); }

}  // namespace leat::conformance
