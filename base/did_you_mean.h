// For error messages about names that nobody knows: the known name that was probably meant.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace leat {

/// How many insertions, deletions, replacements and swaps of neighbours lead from `a` to `b`.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The nearest of `candidates`, case aside, or an empty view where none is near (a third of the letters wrong).
std::string_view nearest_name(std::string_view name, std::span<const std::string_view> candidates);

/// " Did you mean 'linger.ms'?" to end a message with, or nothing.
std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace leat
