// kafka-groups: lists groups of all kinds.
#include <fmt/format.h>

#include <algorithm>

#include "broker/tools/group_list.h"
#include "broker/tools/tools.h"

namespace leat::tools {

namespace {

constexpr std::size_t kColumnMin = 20;

constexpr OptionSpec kOptions[] = {
    kBootstrapServer,
    kCommandConfig,
    {"consumer", Takes::kNothing, "", "only consumer groups of either protocol, and those without a protocol"},
    {"group-type", Takes::kValue, "type", "only groups of this type: classic, consumer, share or streams"},
    {"list", Takes::kNothing, "", "list groups"},
    {"protocol", Takes::kValue, "type", "only groups of this protocol type, such as consumer"},
    {"share", Takes::kNothing, "", "only share groups"},
    {"streams", Takes::kNothing, "", "only streams groups"},
};

Result<int> work(const Surroundings& surroundings, const Options& options) {
  LEAT_RETURN_IF_ERROR(options.require({"list"}));
  LEAT_RETURN_IF_ERROR(options.refuse_with("consumer", {"share", "streams", "group-type", "protocol"}));
  LEAT_RETURN_IF_ERROR(options.refuse_with("share", {"consumer", "streams", "group-type", "protocol"}));
  LEAT_RETURN_IF_ERROR(options.refuse_with("streams", {"consumer", "share", "group-type", "protocol"}));
  std::string type = options.value_or("group-type", "");
  std::transform(type.begin(), type.end(), type.begin(), [](unsigned char c) { return std::tolower(c); });
  if (options.has("group-type") && type != "classic" && type != "consumer" && type != "share" && type != "streams")
    return Error{
        ErrorKind::kInvalidArgument,
        fmt::format("'{}' is an invalid group type. Valid types are: 'classic', 'consumer', 'share' and 'streams'.",
                    options.value_or("group-type", ""))};
  if (options.has("share")) type = "share";
  if (options.has("streams")) type = "streams";
  if (!type.empty()) type[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(type[0])));
  LEAT_ASSIGN_OR_RETURN(const Settings settings, settings_of(surroundings, options));
  LEAT_ASSIGN_OR_RETURN(const auto session, Session::connect(surroundings, settings));
  LEAT_ASSIGN_OR_RETURN(auto groups, list_groups(*session, {}, {}));
  const auto protocol = options.value("protocol");
  std::erase_if(groups, [&](const GroupListing& each) {
    return (options.has("consumer") && !is_consumer_group(each)) || (!type.empty() && each.type != type) ||
           (protocol && each.protocol != *protocol);
  });
  std::size_t width = kColumnMin;
  for (const GroupListing& each : groups) width = std::max(width, each.id.size());
  // Kafka's rows end with one more blank than its header.
  const auto row = [&](const std::string& id, const std::string& kind, const std::string& protocol_type,
                       const char* end) {
    surroundings.terminal.out(fmt::format("{:<{}} {:<{}} {:<{}}{}", id, width, kind, width, protocol_type, width, end));
  };
  row("GROUP", "TYPE", "PROTOCOL", "\n");
  for (const GroupListing& each : groups) row(each.id, each.type, each.protocol, " \n");
  return 0;
}

}  // namespace

const Tool kGroupsTool{"kafka-groups", "lists groups of all kinds", kOptions, work};

}  // namespace leat::tools
