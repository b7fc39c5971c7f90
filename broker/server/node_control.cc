#include "broker/server/node_control.h"

#include <charconv>

namespace leat::server {

namespace {

constexpr auto kPatience = std::chrono::seconds(10);

std::string port_file(const std::string& log_dir) { return log_dir + "/.control"; }

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

}  // namespace

Result<std::unique_ptr<NodeControl>> NodeControl::open(Broker& broker) {
  std::unique_ptr<NodeControl> control(new NodeControl(broker));
  LEAT_ASSIGN_OR_RETURN(control->server_, HttpServer::listen(broker.world(), {"127.0.0.1", 0},
                                                             [control = control.get()](const HttpRequest& request,
                                                                                       OneShot<HttpResponse> reply) {
                                                               reply(control->answer(request.path));
                                                             }));
  LEAT_RETURN_IF_ERROR(write_file_atomically(broker.world().files, port_file(broker.config().log_dir),
                                             std::to_string(control->server_->local().port)));
  return control;
}

NodeControl::~NodeControl() {
  [[maybe_unused]] const Status removed = broker_.world().files.remove(port_file(broker_.config().log_dir));
}

HttpResponse NodeControl::answer(const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string verb = path.substr(0, slash);
  const auto id = number_of<std::int32_t>(std::string_view(path).substr(slash + 1));
  const Node* node = id ? broker_.nodes().find(*id) : nullptr;
  const auto say = [](int status, std::string what) { return HttpResponse{status, "text/plain", what + "\n"}; };
  if (node == nullptr) return say(404, "there is no node " + path.substr(slash + 1));
  Status done;
  if (verb == "/stop") {
    done = broker_.stop_node(*id);
  } else if (verb == "/start") {
    done = broker_.start_node(*id);
  } else if (verb != "/logs") {
    return say(404, "stop, start and logs are what can be done with a node");
  }
  if (!done) return say(500, done.error().message);
  return say(200, "node " + std::to_string(*id) + (node->runs ? " runs" : " is stopped"));
}

void ask_node_control(World world, const std::string& log_dir, const std::string& verb, const std::string& node,
                      OneShot<Result<std::string>> done) {
  const auto text = read_file(world.files, port_file(log_dir));
  const auto port = text ? number_of<std::uint16_t>(*text) : std::nullopt;
  if (!port)
    return done(Error{ErrorKind::kNotFound, "no broker with test.virtual.nodes works in " + log_dir +
                                                "; --dir names the log.dirs of one that does"});
  http_get(world, {"127.0.0.1", *port}, "/" + url_encode(verb) + "/" + url_encode(node), kPatience,
           [done = std::move(done)](Result<HttpResponse> response) mutable {
             if (!response) return done(response.error());
             std::string said = std::move(response->body);
             if (response->status == 200) return done(std::move(said));
             while (said.ends_with('\n')) said.pop_back();
             done(Error{ErrorKind::kInvalidArgument, std::move(said)});
           });
}

}  // namespace leat::server
