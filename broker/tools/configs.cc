// kafka-configs: describes and alters configs of topics, brokers, groups, broker loggers and client metrics; quotas and
// SCRAM credentials (user_configs.h).
#include <fmt/format.h>

#include "broker/tools/group_list.h"
#include "broker/tools/tools.h"
#include "broker/tools/topic_choice.h"
#include "broker/tools/user_configs.h"
#include "broker/wire/messages/describe_configs.h"
#include "broker/wire/messages/incremental_alter_configs.h"
#include "broker/wire/messages/list_config_resources.h"

namespace leat::tools {

namespace {

using wire::ErrorCode;
using Entry = wire::DescribeConfigsResponse::DescribeConfigsResult::DescribeConfigsResourceResult;

constexpr OptionSpec kOptions[] = {
    kBootstrapServer,
    kCommandConfig,
    {"add-config", Takes::kValue, "k1=v1,k2=[v2,v2]",
     "alter: configs to set; brackets hold values with commas together"},
    {"add-config-file", Takes::kValue, "file", "alter: configs to set as a properties file"},
    {"all", Takes::kNothing, "", "describe: all configs, static ones and defaults too"},
    {"alter", Takes::kNothing, "", "change configs"},
    {"bootstrap-controller", Takes::kValue, "host:port,...", "the controllers to connect to"},
    {"broker", Takes::kValue, "id", "a broker"},
    {"broker-defaults", Takes::kNothing, "", "the defaults of all brokers"},
    {"broker-logger", Takes::kValue, "id", "the loggers of a broker"},
    {"client", Takes::kValue, "id", "quotas of a client id"},
    {"client-defaults", Takes::kNothing, "", "quotas of all other client ids"},
    {"client-metrics", Takes::kValue, "name", "a client metrics subscription"},
    {"delete-config", Takes::kValue, "k1,k2", "alter: configs to remove"},
    {"describe", Takes::kNothing, "", "show configs"},
    {"entity-default", Takes::kNothing, "", "the default entity of --entity-type"},
    {"entity-name", Takes::kValue, "name", "the entity of --entity-type"},
    {"entity-type", Takes::kValue, "type",
     "topics, brokers, groups, users, clients, ips, broker-loggers or client-metrics"},
    {"group", Takes::kValue, "id", "a group"},
    {"ip", Takes::kValue, "address", "quotas of an address"},
    {"ip-defaults", Takes::kNothing, "", "quotas of all other addresses"},
    {"topic", Takes::kValue, "name", "a topic"},
    {"user", Takes::kValue, "name", "quotas and SCRAM credentials of a user"},
    {"user-defaults", Takes::kNothing, "", "quotas of all other users"},
};

/// A kind of entity: its name for people (plural), its resource type, the source of its own dynamic configs, and the
/// options that name one of it.
struct Kind {
  std::string_view name;
  std::int8_t resource_type;
  std::int8_t dynamic_source;
  std::string_view option;
  std::string_view defaults_option;
};

constexpr std::int8_t kAnySource = -1;
constexpr std::int8_t kDynamicDefaultBrokerSource = 3;
constexpr Kind kKinds[] = {
    {"topics", 2, 1, "topic", ""},
    {"brokers", 4, 2, "broker", "broker-defaults"},
    {"broker-loggers", 8, kAnySource, "broker-logger", ""},
    {"client-metrics", 16, 7, "client-metrics", ""},
    {"groups", 32, 8, "group", ""},
};

struct Entity {
  const Kind* kind = nullptr;
  std::optional<std::string> name;  ///< empty for the default; none for all of the kind

  std::string_view singular() const { return kind->name.substr(0, kind->name.size() - 1); }
};

Error invalid(std::string message) { return {ErrorKind::kInvalidArgument, std::move(message)}; }

bool is_quota_type(const std::string& type) { return type == "users" || type == "clients" || type == "ips"; }

/// Users, clients and addresses that the options name; none where they name something else. A user and a client may be
/// named together.
std::vector<QuotaEntity> quota_entities(const Options& options) {
  std::vector<QuotaEntity> entities;
  for (const auto& [option, value] : options.in_order()) {
    if (option == "entity-type" && is_quota_type(value)) entities.push_back({value, std::nullopt});
    if (entities.empty()) continue;
    if (option == "entity-name") entities.back().name = value;
    if (option == "entity-default") entities.back().name = "";
  }
  for (const char* type : {"client", "user", "ip"}) {
    if (const auto name = options.value(type)) entities.push_back({std::string(type) + "s", name});
    if (options.has(std::string(type) + "-defaults")) entities.push_back({std::string(type) + "s", ""});
  }
  return entities;
}

/// The entity that the options name, in the long form (--entity-type) or the short one (--topic).
Result<Entity> entity_of(const Options& options) {
  Entity entity;
  const auto type = options.value("entity-type");
  for (const Kind& kind : kKinds) {
    if (type == kind.name)
      entity = {&kind, options.has("entity-default") ? std::string() : options.value("entity-name")};
    const bool named = options.has(kind.option);
    const bool defaults = !kind.defaults_option.empty() && options.has(kind.defaults_option);
    if (!named && !defaults) continue;
    if (entity.kind != nullptr)
      return invalid("Only one entity can be given: use --entity-type, or one of its short forms.");
    entity = {&kind, defaults ? std::string() : options.value(kind.option)};
  }
  if (type && entity.kind == nullptr)
    return invalid(fmt::format(
        "Invalid entity type {}: it must be one of topics, brokers, groups, users, clients, ips, broker-loggers or "
        "client-metrics",
        *type));
  if (entity.kind == nullptr) return invalid("At least one entity type must be specified, such as --topic NAME");
  const bool by_broker = entity.kind->name.starts_with("broker");
  if (by_broker && entity.name && !entity.name->empty() && !parse_whole_number(*entity.name))
    return invalid(fmt::format("The entity name for {} must be a valid integer broker id, but it is: {}",
                               entity.kind->name, *entity.name));
  if (entity.name && entity.name->empty() && entity.kind->name != "brokers")
    return invalid(fmt::format("There is no default entity of {}", entity.kind->name));
  return entity;
}

std::string_view name_of_source(std::int8_t source) {
  constexpr std::string_view kNames[] = {"UNKNOWN",
                                         "DYNAMIC_TOPIC_CONFIG",
                                         "DYNAMIC_BROKER_CONFIG",
                                         "DYNAMIC_DEFAULT_BROKER_CONFIG",
                                         "STATIC_BROKER_CONFIG",
                                         "DEFAULT_CONFIG",
                                         "DYNAMIC_BROKER_LOGGER_CONFIG",
                                         "DYNAMIC_CLIENT_METRICS_CONFIG",
                                         "DYNAMIC_GROUP_CONFIG"};
  return source > 0 && static_cast<std::size_t>(source) < std::size(kNames) ? kNames[source] : kNames[0];
}

/// A broker answers for itself; everything else any broker knows.
template <class Request, class Response>
Result<Response> ask(Session& session, const Entity& entity, const Request& request) {
  if (entity.kind->name.starts_with("broker") && entity.name && !entity.name->empty())
    return session.ask_node<Request, Response>(static_cast<std::int32_t>(*parse_whole_number(*entity.name)), request);
  return session.ask<Request, Response>(request);
}

Result<std::vector<Entry>> configs_of(Session& session, const Entity& entity, bool all) {
  wire::DescribeConfigsRequest request;
  request.include_synonyms = true;
  request.resources.emplace_back().resource_type = entity.kind->resource_type;
  request.resources[0].resource_name = entity.name.value_or("");
  auto response = ask<wire::DescribeConfigsRequest, wire::DescribeConfigsResponse>(session, entity, request);
  if (!response) return response.error();
  std::vector<Entry> entries;
  const bool default_broker = entity.kind->name == "brokers" && entity.name.value_or("").empty();
  const std::int8_t own = default_broker ? kDynamicDefaultBrokerSource : entity.kind->dynamic_source;
  for (auto& result : response->results) {
    if (result.error_code != ErrorCode::kNone)
      return Error{ErrorKind::kKafka, explain(result.error_code, result.error_message)};
    for (Entry& each : result.configs)
      if (all || own == kAnySource || each.config_source == own) entries.push_back(std::move(each));
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });
  return entries;
}

Result<std::vector<std::string>> all_names(Session& session, const Kind& kind) {
  std::vector<std::string> names;
  if (kind.name == "topics") return all_topics(session, true);
  if (kind.name.starts_with("broker")) {
    for (const auto& [id, broker] : session.brokers()) names.push_back(std::to_string(id));
    names.emplace_back();
  } else {
    // Those that have configs, and groups without.
    std::set<std::string> all;
    wire::ListConfigResourcesRequest request;
    request.resource_types = {kind.resource_type};
    const auto resources = session.ask<wire::ListConfigResourcesRequest, wire::ListConfigResourcesResponse>(request);
    if (!resources) return resources.error();
    for (const auto& each : resources->config_resources) all.insert(each.resource_name);
    if (kind.name == "groups") {
      LEAT_ASSIGN_OR_RETURN(const auto groups, list_groups(session, {}, {}));
      for (const GroupListing& each : groups) all.insert(each.id);
    }
    names.assign(all.begin(), all.end());
  }
  return names;
}

/// Whether a topic or group is there, or has configs at least.
Result<bool> is_known(Session& session, const Entity& entity) {
  if (entity.kind->name.starts_with("broker")) return true;
  LEAT_ASSIGN_OR_RETURN(const auto names, all_names(session, *entity.kind));
  return std::find(names.begin(), names.end(), *entity.name) != names.end();
}

Result<int> describe(Session& session, Entity entity, bool all) {
  std::vector<std::string> names;
  if (entity.name) {
    names.push_back(*entity.name);
    LEAT_ASSIGN_OR_RETURN(const bool known, is_known(session, entity));
    if (!known) {
      session.terminal().out(
          fmt::format("The {} '{}' doesn't exist and doesn't have dynamic config.\n", entity.singular(), *entity.name));
      return 0;
    }
  } else {
    LEAT_ASSIGN_OR_RETURN(names, all_names(session, *entity.kind));
  }
  for (const std::string& name : names) {
    entity.name = name;
    LEAT_ASSIGN_OR_RETURN(const auto entries, configs_of(session, entity, all));
    session.terminal().out(
        name.empty() ? fmt::format("Default configs for {} in the cluster are:\n", entity.kind->name)
                     : fmt::format("{} configs for {} {} are:\n", all ? "All" : "Dynamic", entity.singular(), name));
    for (const Entry& each : entries) {
      std::vector<std::string> synonyms;
      for (const auto& synonym : each.synonyms)
        synonyms.push_back(
            fmt::format("{}:{}={}", name_of_source(synonym.source), synonym.name, synonym.value.value_or("null")));
      session.terminal().out(fmt::format("  {}={} sensitive={} synonyms={{{}}}\n", each.name,
                                         each.value.value_or("null"), each.is_sensitive, joined(synonyms, ", ")));
    }
  }
  return 0;
}

/// The parts of a text between commas; commas inside of brackets separate nothing.
std::vector<std::string> split_outside_brackets(std::string_view text) {
  std::vector<std::string> parts(1);
  int depth = 0;
  for (const char each : text) {
    depth += each == '[' ? 1 : each == ']' ? -1 : 0;
    if (each == ',' && depth <= 0) {
      parts.emplace_back();
    } else {
      parts.back().push_back(each);
    }
  }
  return parts;
}

Result<std::map<std::string, std::string>> configs_to_add(const Surroundings& surroundings, const Options& options) {
  LEAT_ASSIGN_OR_RETURN(auto configs, properties_of(surroundings, options, {"add-config-file"}, {}));
  if (const auto text = options.value("add-config"))
    for (const std::string& each : split_outside_brackets(*text)) {
      const std::size_t equals = each.find('=');
      if (equals == std::string::npos)
        return invalid("Invalid entity config: all configs to be added must be in the format \"key=val\".");
      std::string value(trimmed(std::string_view(each).substr(equals + 1)));
      std::erase_if(value, [](char c) { return c == '[' || c == ']'; });
      configs[std::string(trimmed(std::string_view(each).substr(0, equals)))] = value;
    }
  for (const auto& [key, value] : configs)
    for (const char each : key)
      if (!std::isalnum(static_cast<unsigned char>(each)) &&
          std::string_view("._-").find(each) == std::string_view::npos)
        return invalid(fmt::format("Invalid character found for config key: {}", key));
  return configs;
}

std::vector<std::string> configs_to_delete(const Options& options) {
  std::vector<std::string> names;
  for (const std::string& list : options.values("delete-config"))
    for (const std::string& each : split(list, ',')) names.emplace_back(trimmed(each));
  return names;
}

Result<int> alter(const Surroundings& surroundings, Session& session, const Options& options, const Entity& entity) {
  if (!entity.name)
    return invalid("An entity name must be specified with --alter of " + std::string(entity.kind->name));
  LEAT_ASSIGN_OR_RETURN(const auto to_add, configs_to_add(surroundings, options));
  const auto to_delete = configs_to_delete(options);
  constexpr std::int8_t kSet = 0, kDelete = 1;
  wire::IncrementalAlterConfigsRequest request;
  auto& resource = request.resources.emplace_back();
  resource.resource_type = entity.kind->resource_type;
  resource.resource_name = *entity.name;
  for (const auto& [name, value] : to_add) resource.configs.push_back({name, kSet, value});
  for (const std::string& name : to_delete) resource.configs.push_back({name, kDelete, ""});
  const auto response =
      ask<wire::IncrementalAlterConfigsRequest, wire::IncrementalAlterConfigsResponse>(session, entity, request);
  if (!response) return response.error();
  for (const auto& each : response->responses)
    if (each.error_code != ErrorCode::kNone)
      return Error{ErrorKind::kKafka, explain(each.error_code, each.error_message)};
  session.terminal().out(
      entity.name->empty()
          ? fmt::format("Completed updating default config for {} in the cluster.\n", entity.kind->name)
          : fmt::format("Completed updating config for {} {}.\n", entity.singular(), *entity.name));
  return 0;
}

Result<int> work(const Surroundings& surroundings, const Options& options) {
  LEAT_ASSIGN_OR_RETURN(const auto action, options.one_of({"alter", "describe"}));
  const auto quotas = quota_entities(options);
  Entity entity;
  if (quotas.empty()) {
    LEAT_ASSIGN_OR_RETURN(entity, entity_of(options));
  }
  for (const char* change : {"add-config", "add-config-file", "delete-config"})
    LEAT_RETURN_IF_ERROR(options.only_with(change, {"alter"}));
  LEAT_RETURN_IF_ERROR(options.refuse_with("add-config", {"add-config-file"}));
  if (action == "alter" && !options.has("add-config") && !options.has("add-config-file") &&
      !options.has("delete-config"))
    return invalid(
        "At least one of --add-config, --add-config-file, or --delete-config must be specified with --alter");
  LEAT_ASSIGN_OR_RETURN(const Settings settings, settings_of(surroundings, options));
  LEAT_ASSIGN_OR_RETURN(const auto session, Session::connect(surroundings, settings));
  if (!quotas.empty()) {
    if (action == "describe") return describe_user_configs(*session, quotas);
    LEAT_ASSIGN_OR_RETURN(const auto to_add, configs_to_add(surroundings, options));
    return alter_user_configs(*session, quotas, to_add, configs_to_delete(options));
  }
  if (action == "alter") return alter(surroundings, *session, options, entity);
  return describe(*session, entity, options.has("all"));
}

}  // namespace

const Tool kConfigsTool{"kafka-configs", "describes and alters configs of topics, brokers and groups", kOptions, work,
                        "Error while executing config command: "};

}  // namespace leat::tools
