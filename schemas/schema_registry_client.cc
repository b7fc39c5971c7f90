#include "schemas/schema_registry_client.h"

#include <charconv>

#include "base/json.h"

namespace leat {

namespace {

struct IdAnswer {
  std::int32_t id = 0;
};
LEAT_JSON(IdAnswer, id)

struct VersionAnswer {
  std::int32_t id = 0;
  std::int32_t version = 0;
};
LEAT_JSON(VersionAnswer, id, version)

struct ErrorAnswer {
  std::int32_t error_code = 0;
  std::optional<std::string> message;
};
LEAT_JSON(ErrorAnswer, error_code, message)

struct ReferenceOfSchema {
  std::string name;
  std::string subject;
  std::int32_t version = 0;
};
LEAT_JSON(ReferenceOfSchema, name, subject, version)

struct SchemaAnswer {
  std::string schema;
  std::optional<std::string> schemaType;  // as the API names it; none: Avro
  std::optional<std::vector<ReferenceOfSchema>> references;
};
LEAT_JSON(SchemaAnswer, schema, schemaType, references)

constexpr const char* kContentType = "application/vnd.schemaregistry.v1+json";

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t j = 0; j < 3; ++j)
      bits = bits << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0);
    for (std::size_t j = 0; j < 4; ++j)
      text.push_back(i + j <= bytes.size() ? kDigits[bits >> (18 - 6 * j) & 63] : '=');
  }
  return text;
}

std::string request_of(const Schema& schema) {
  std::string text = "{\"schema\":";
  detail::append_json(schema.text, text);
  if (schema.type != SchemaType::kAvro) text += ",\"schemaType\":\"" + std::string(name(schema.type)) + "\"";
  if (!schema.references.empty()) {
    std::vector<ReferenceOfSchema> references;
    for (const SchemaReference& reference : schema.references)
      references.push_back({reference.name, reference.subject, reference.version});
    text += ",\"references\":";
    detail::write_json(references, text);
  }
  return text + "}";
}

/// What a registry says where it does not do what it was asked.
Error refusal(const HttpResponse& response) {
  std::string said = response.body.substr(0, 200);
  if (const auto answer = Serde<ErrorAnswer>::deserialize(response.body))
    said = answer->message.value_or("") + " (" + std::to_string(answer->error_code) + ")";
  ErrorKind kind = ErrorKind::kInvalidArgument;
  if (response.status == 404) kind = ErrorKind::kNotFound;
  if (response.status >= 500) kind = ErrorKind::kUnavailable;
  return {kind, "the schema registry answers " + std::to_string(response.status) + ": " + said};
}

template <class T>
Result<T> parsed(const Result<std::string>& body) {
  if (!body) return body.error();
  auto answer = Serde<T>::deserialize(*body);
  if (!answer) return answer.error().in("the schema registry's answer");
  return answer;
}

}  // namespace

Result<std::unique_ptr<SchemaRegistryClient>> SchemaRegistryClient::open(World world,
                                                                         const SchemaRegistryOptions& options) {
  std::unique_ptr<SchemaRegistryClient> client(new SchemaRegistryClient(world));
  client->timeout_ = options.timeout;
  if (!options.user_info.empty()) client->authorization_ = "Basic " + base64(options.user_info);
  std::string_view rest = options.url;
  do {
    std::string_view url = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), url.size() + 1));
    const Error wrong{ErrorKind::kInvalidArgument, "'" + std::string(url) +
                                                       "' is no address of a schema registry: http://HOST:PORT is one "
                                                       "(https is not spoken; put a proxy before it)"};
    if (!url.starts_with("http://")) return wrong;
    url.remove_prefix(7);
    const std::size_t slash = std::min(url.find('/'), url.size());
    std::string path(url.substr(slash));
    while (path.ends_with('/')) path.pop_back();
    std::string_view host = url.substr(0, slash);
    std::uint16_t port = 80;
    if (const std::size_t colon = host.rfind(':'); colon != std::string_view::npos) {
      const char* end = host.data() + host.size();
      if (std::from_chars(host.data() + colon + 1, end, port).ptr != end) return wrong;
      host = host.substr(0, colon);
    }
    if (host.empty()) return wrong;
    client->places_.push_back({{std::string(host), port}, std::move(path)});
  } while (!rest.empty());
  return client;
}

void SchemaRegistryClient::call(HttpCall call, std::size_t place, Answer done) {
  HttpCall there = call;
  there.target = places_[place].path + call.target;
  there.authorization = authorization_;
  there.content_type = kContentType;
  http_call(world_, places_[place].at, there, timeout_,
            [this, alive = std::weak_ptr<bool>(alive_), call = std::move(call), place,
             done = std::move(done)](Result<HttpResponse> response) mutable {
              if (alive.expired()) return done(Error{ErrorKind::kClosed, "the schema registry's client was closed"});
              const bool answered = response && response->status < 500;
              if (!answered && place + 1 < places_.size())
                return this->call(std::move(call), place + 1, std::move(done));
              if (!response) return done(response.error().in("schema registry at " + places_[place].at.to_string()));
              if (response->status != 200) return done(refusal(*response));
              done(std::move(response->body));
            });
}

void SchemaRegistryClient::look_up(const std::string& subject, const Schema& schema,
                                   OneShot<Result<RegisteredSchema>> done) {
  const std::string request = request_of(schema);
  if (const auto known = registered_.find({subject, request}); known != registered_.end()) return done(known->second);
  auto reply = std::make_shared<OneShot<Result<RegisteredSchema>>>(std::move(done));
  call({.target = "/subjects/" + url_encode(subject), .body = request}, 0,
       [this, key = std::pair(subject, request), reply](Result<std::string> body) {
         const auto answer = parsed<VersionAnswer>(body);
         if (!answer) return (*reply)(answer.error().in("subject " + key.first));
         (*reply)(registered_[key] = RegisteredSchema{answer->id, answer->version});
       });
}

void SchemaRegistryClient::register_schema(const std::string& subject, const Schema& schema,
                                           OneShot<Result<RegisteredSchema>> done) {
  const std::string request = request_of(schema);
  if (const auto known = registered_.find({subject, request}); known != registered_.end()) return done(known->second);
  auto reply = std::make_shared<OneShot<Result<RegisteredSchema>>>(std::move(done));
  // Older registries answer with the id alone, so the version is asked for.
  call({.target = "/subjects/" + url_encode(subject) + "/versions", .body = request}, 0,
       [this, subject, schema, reply](Result<std::string> body) {
         const auto answer = parsed<IdAnswer>(body);
         if (!answer) return (*reply)(answer.error().in("registering under subject " + subject));
         look_up(subject, schema, std::move(*reply));
       });
}

void SchemaRegistryClient::schema(std::int32_t id, OneShot<Result<Schema>> done) {
  if (const auto known = schemas_.find(id); known != schemas_.end()) return done(known->second);
  auto reply = std::make_shared<OneShot<Result<Schema>>>(std::move(done));
  call({.target = "/schemas/ids/" + std::to_string(id)}, 0, [this, id, reply](Result<std::string> body) {
    const auto answer = parsed<SchemaAnswer>(body);
    if (!answer) return (*reply)(answer.error().in("schema " + std::to_string(id)));
    Schema schema{SchemaType::kAvro, answer->schema, {}};
    const std::string type = answer->schemaType.value_or("AVRO");
    if (type == name(SchemaType::kProtobuf)) {
      schema.type = SchemaType::kProtobuf;
    } else if (type != name(SchemaType::kAvro)) {
      return (*reply)(Error{ErrorKind::kInvalidArgument, "schema " + std::to_string(id) + " is of type " + type +
                                                             "; AVRO and PROTOBUF are known here"});
    }
    if (answer->references)
      for (const ReferenceOfSchema& reference : *answer->references)
        schema.references.push_back({reference.name, reference.subject, reference.version});
    (*reply)(schemas_[id] = std::move(schema));
  });
}

}  // namespace leat
