// Options of a console tool, in the grammar of Kafka's: `--name value`, `--name=value`, `-name value`; flags have no
// value, some values may be left out, some options take several words.
//
//   constexpr OptionSpec kOptions[] = {{"topic", Takes::kValue, "name", "the topic"}, {"list"}};
//   LEAT_ASSIGN_OR_RETURN(Options options, Options::parse(kOptions, args));
//   if (options.has("list")) ...
//
// Errors are for people: they name the option, and the nearest one that there is.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace leat::tools {

enum class Takes { kNothing, kValue, kPerhapsValue, kWords };

struct OptionSpec {
  std::string_view name;
  Takes takes = Takes::kNothing;
  std::string_view value_name;
  std::string_view description;
};

class Options {
 public:
  /// `specs` must outlive the options. Words that belong to no option are `words`.
  static Result<Options> parse(std::span<const OptionSpec> specs, std::span<const std::string> args);

  bool has(std::string_view name) const { return given_.contains(name); }
  /// The last value given; nothing where the option, or its value, was left out.
  std::optional<std::string> value(std::string_view name) const;
  std::string value_or(std::string_view name, std::string_view otherwise) const;
  /// All values, in the order in which they were given.
  std::vector<std::string> values(std::string_view name) const;
  /// kInvalidArgument where the value is no whole number within the bounds.
  Result<std::optional<std::int64_t>> number(std::string_view name, std::int64_t min = INT64_MIN,
                                             std::int64_t max = INT64_MAX) const;
  const std::vector<std::string>& words() const { return words_; }
  /// Every option with its value (empty for flags), in the order of the command line.
  const std::vector<std::pair<std::string, std::string>>& in_order() const { return in_order_; }

  /// kInvalidArgument unless all of these are given.
  Status require(std::initializer_list<std::string_view> names) const;
  /// kInvalidArgument where one of `others` is given together with `name`.
  Status refuse_with(std::string_view name, std::initializer_list<std::string_view> others) const;
  /// kInvalidArgument where `name` is given without any of `actions`.
  Status only_with(std::string_view name, std::initializer_list<std::string_view> actions) const;
  /// Which one of `actions` is given; kInvalidArgument where none or several are.
  Result<std::string_view> one_of(std::initializer_list<std::string_view> actions) const;

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> given_;
  std::vector<std::pair<std::string, std::string>> in_order_;
  std::vector<std::string> words_;
};

/// What `--help` prints of the options.
std::string describe_options(std::span<const OptionSpec> specs);

/// A whole number, all of the text.
std::optional<std::int64_t> parse_whole_number(std::string_view text);
/// The parts between the separators; none of an empty text.
std::vector<std::string> split(std::string_view text, char separator);
std::string_view trimmed(std::string_view text);
std::string joined(const std::vector<std::string>& parts, std::string_view separator);

}  // namespace leat::tools
