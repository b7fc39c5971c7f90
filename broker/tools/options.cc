#include "broker/tools/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/did_you_mean.h"

namespace leat::tools {

namespace {

Error invalid(std::string message) { return {ErrorKind::kInvalidArgument, std::move(message)}; }

const OptionSpec* find(std::span<const OptionSpec> specs, std::string_view name) {
  const auto found =
      std::find_if(specs.begin(), specs.end(), [&](const OptionSpec& each) { return each.name == name; });
  return found == specs.end() ? nullptr : &*found;
}

/// Whether a word begins an option rather than being a value: values such as -1 and - are none.
bool looks_like_option(std::string_view word) {
  if (word.starts_with("--")) return true;
  return word.size() > 1 && word[0] == '-' && !(word[1] >= '0' && word[1] <= '9');
}

Error unknown(std::span<const OptionSpec> specs, std::string_view name) {
  std::vector<std::string_view> names;
  for (const OptionSpec& spec : specs) names.push_back(spec.name);
  const std::string_view nearest = nearest_name(name, names);
  std::string message = fmt::format("'--{}' is not a recognized option.", name);
  if (!nearest.empty()) message += fmt::format(" Did you mean '--{}'?", nearest);
  return invalid(std::move(message));
}

std::string list_of(std::initializer_list<std::string_view> names) {
  std::string text;
  std::size_t left = names.size();
  for (const std::string_view name : names) {
    text += fmt::format("--{}", name);
    if (--left > 0) text += left == 1 ? " or " : ", ";
  }
  return text;
}

}  // namespace

Result<Options> Options::parse(std::span<const OptionSpec> specs, std::span<const std::string> args) {
  Options options;
  for (std::size_t i = 0; i < args.size(); ++i) {
    const std::string_view word = args[i];
    if (!looks_like_option(word)) {
      options.words_.emplace_back(word);
      continue;
    }
    std::string_view name = word.substr(word.starts_with("--") ? 2 : 1);
    std::optional<std::string_view> attached;
    if (const std::size_t equals = name.find('='); equals != std::string_view::npos) {
      attached = name.substr(equals + 1);
      name = name.substr(0, equals);
    }
    if (name == "h") name = "help";
    const OptionSpec* spec = find(specs, name);
    if (spec == nullptr) return unknown(specs, name);
    auto& values = options.given_[std::string(name)];
    const auto more = [&] { return i + 1 < args.size() && !looks_like_option(args[i + 1]); };
    switch (spec->takes) {
      case Takes::kNothing:
        if (attached) return invalid(fmt::format("Option --{} takes no value, but '{}' is given.", name, *attached));
        break;
      case Takes::kValue:
        if (!attached && i + 1 >= args.size())
          return invalid(fmt::format("Option --{} requires a value ({}).", name, spec->value_name));
        values.emplace_back(attached ? *attached : std::string_view(args[++i]));
        break;
      case Takes::kPerhapsValue:
        if (attached) values.emplace_back(*attached);
        if (!attached && more()) values.push_back(args[++i]);
        break;
      case Takes::kWords:
        if (attached) values.emplace_back(*attached);
        while (more()) values.push_back(args[++i]);
        if (values.empty()) return invalid(fmt::format("Option --{} requires a value ({}).", name, spec->value_name));
        break;
    }
    options.in_order_.emplace_back(name, values.empty() ? std::string() : values.back());
  }
  return options;
}

std::optional<std::string> Options::value(std::string_view name) const {
  const auto found = given_.find(name);
  if (found == given_.end() || found->second.empty()) return std::nullopt;
  return found->second.back();
}

std::string Options::value_or(std::string_view name, std::string_view otherwise) const {
  return value(name).value_or(std::string(otherwise));
}

std::vector<std::string> Options::values(std::string_view name) const {
  const auto found = given_.find(name);
  return found == given_.end() ? std::vector<std::string>{} : found->second;
}

Result<std::optional<std::int64_t>> Options::number(std::string_view name, std::int64_t min, std::int64_t max) const {
  const auto text = value(name);
  if (!text) return std::optional<std::int64_t>();
  const auto number = parse_whole_number(*text);
  if (!number)
    return invalid(fmt::format("Cannot parse argument '{}' of option --{}: it must be a whole number.", *text, name));
  if (*number < min || *number > max) {
    const std::string bound = *number < min ? fmt::format("at least {}", min) : fmt::format("at most {}", max);
    return invalid(fmt::format("The value {} of option --{} must be {}.", *number, name, bound));
  }
  return number;
}

Status Options::require(std::initializer_list<std::string_view> names) const {
  for (const std::string_view name : names)
    if (!has(name)) return invalid(fmt::format("Missing required argument \"[{}]\": give --{}.", name, name));
  return {};
}

Status Options::refuse_with(std::string_view name, std::initializer_list<std::string_view> others) const {
  if (!has(name)) return {};
  for (const std::string_view other : others)
    if (has(other)) return invalid(fmt::format("Option \"[{}]\" can't be used with option \"[{}]\".", name, other));
  return {};
}

Status Options::only_with(std::string_view name, std::initializer_list<std::string_view> actions) const {
  if (!has(name)) return {};
  for (const std::string_view action : actions)
    if (has(action)) return {};
  return invalid(fmt::format("Option --{} is for {} only.", name, list_of(actions)));
}

Result<std::string_view> Options::one_of(std::initializer_list<std::string_view> actions) const {
  std::optional<std::string_view> chosen;
  for (const std::string_view action : actions) {
    if (!has(action)) continue;
    if (chosen) return invalid(fmt::format("Command must include exactly one action: {}", list_of(actions)));
    chosen = action;
  }
  if (!chosen) return invalid(fmt::format("Command must include exactly one action: {}", list_of(actions)));
  return *chosen;
}

std::string describe_options(std::span<const OptionSpec> specs) {
  constexpr std::size_t kColumn = 38;
  std::string text =
      fmt::format("{:<{}} {}\n{:<{}} {}\n", "Option", kColumn, "Description", "------", kColumn, "-----------");
  for (const OptionSpec& spec : specs) {
    std::string left = fmt::format("--{}", spec.name);
    if (spec.takes == Takes::kPerhapsValue) left += fmt::format(" [{}]", spec.value_name);
    if (spec.takes == Takes::kValue) left += fmt::format(" <{}>", spec.value_name);
    if (spec.takes == Takes::kWords) left += fmt::format(" <{}>...", spec.value_name);
    if (left.size() > kColumn) left += fmt::format("\n{:<{}}", "", kColumn);
    text += fmt::format("{:<{}} {}\n", left, kColumn, spec.description);
  }
  return text;
}

std::optional<std::int64_t> parse_whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [stopped, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc{} || stopped != text.data() + text.size()) return std::nullopt;
  return number;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  if (text.empty()) return parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  return text;
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

}  // namespace leat::tools
