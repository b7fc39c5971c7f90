#include "base/http.h"

#include <fmt/format.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <charconv>
#include <optional>

namespace leat {

namespace http = boost::beast::http;

namespace {

constexpr std::uint32_t kRequestBytesMax = 16 * 1024;
constexpr std::uint64_t kBodyBytesMax = 1024 * 1024;
constexpr std::uint64_t kResponseBytesMax = 64 * 1024 * 1024;
constexpr auto kRequestTime = std::chrono::seconds(10);

std::string url_decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr == text.data() + i + 3) {
      decoded.push_back(static_cast<char>(value));
      i += 2;
    } else {
      decoded.push_back(text[i] == '+' ? ' ' : text[i]);
    }
  }
  return decoded;
}

HttpRequest request_of(std::string_view target) {
  HttpRequest request;
  const std::size_t mark = target.find('?');
  request.path = url_decode(target.substr(0, mark));
  std::string_view rest = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    const std::size_t equals = part.find('=');
    if (equals != std::string_view::npos)
      request.query[url_decode(part.substr(0, equals))] = url_decode(part.substr(equals + 1));
  }
  return request;
}

Buf encode(const HttpResponse& response) {
  return Buf::copy_of(
      fmt::format("HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n"
                  "Cache-Control: no-store\r\n\r\n{}",
                  response.status, std::string_view(http::obsolete_reason(static_cast<http::status>(response.status))),
                  response.content_type, response.body.size(), response.body));
}

/// The bytes of one message as they come in, given to a Beast parser until it has enough.
template <class Parser>
class Incoming {
 public:
  std::span<char> prepare() { return chunk_; }
  /// Whether the message is whole now.
  bool received(std::size_t size, boost::beast::error_code& error) {
    bytes_.append(chunk_.data(), size);
    while (!bytes_.empty() && !parser_.is_done()) {
      const std::size_t used = parser_.put(boost::asio::buffer(bytes_), error);
      bytes_.erase(0, used);
      if (error == http::error::need_more) error = {};
      if (error || used == 0) break;
    }
    return parser_.is_done();
  }
  Parser& parser() { return parser_; }

 private:
  Parser parser_;
  std::array<char, 4096> chunk_;
  std::string bytes_;
};

}  // namespace

std::string url_encode(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.' || c == '~';
    plain ? (void)encoded.push_back(c)
          : (void)fmt::format_to(std::back_inserter(encoded), "%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

class HttpServer::Session : public ConnectionReader, public std::enable_shared_from_this<Session> {
 public:
  Session(HttpServer& server, std::unique_ptr<Connection> connection)
      : server_(server), loop_(server.world_.loop), connection_(std::move(connection)) {
    incoming_.parser().header_limit(kRequestBytesMax);
    incoming_.parser().body_limit(kBodyBytesMax);
  }
  ~Session() override { loop_.cancel(timer_); }

  void start() {
    timer_ = loop_.call_at(loop_.now() + kRequestTime, [this] { connection_->close(); });
    connection_->start(*this);
  }
  std::span<char> prepare() override { return incoming_.prepare(); }
  void received(std::size_t size) override {
    if (asked_) return;
    boost::beast::error_code error;
    const bool whole = incoming_.received(size, error);
    if (!whole && !error) return;
    asked_ = true;
    if (error == http::error::header_limit) return answer({431, "text/plain", "the request is too long\n"});
    if (error) return answer({400, "text/plain", "this is no HTTP request\n"});
    auto& message = incoming_.parser().get();
    const bool post = message.method() == http::verb::post;
    if (message.method() != http::verb::get && !(post && server_.takes_ == Takes::kGetAndPost))
      return answer({405, "text/plain", "only GET is answered here\n"});
    HttpRequest request = request_of({message.target().data(), message.target().size()});
    request.post = post;
    request.body = std::move(message.body());
    server_.handler_(request, [self = weak_from_this()](HttpResponse response) {
      if (auto alive = self.lock()) alive->answer(response);
    });
  }
  void closed(const Error&) override {
    // Not from inside of the connection's own call.
    loop_.post([server = &server_, self = weak_from_this()] {
      if (auto alive = self.lock()) server->sessions_.erase(alive.get());
    });
  }

 private:
  /// The peer closes when it has read the answer; if it does not, time does.
  void answer(const HttpResponse& response) { connection_->write(encode(response)); }

  HttpServer& server_;
  Loop& loop_;
  std::unique_ptr<Connection> connection_;
  Incoming<http::request_parser<http::string_body>> incoming_;
  TimerId timer_{};
  bool asked_ = false;
};

Result<std::unique_ptr<HttpServer>> HttpServer::listen(World world, const Endpoint& at, Handler handler, Takes takes) {
  std::unique_ptr<HttpServer> server(new HttpServer(world, std::move(handler), takes));
  auto listener = world.net.listen(
      at, [server = server.get()](std::unique_ptr<Connection> connection) { server->accept(std::move(connection)); });
  if (!listener) return listener.error();
  server->listener_ = std::move(*listener);
  return server;
}

HttpServer::~HttpServer() = default;

void HttpServer::accept(std::unique_ptr<Connection> connection) {
  auto session = std::make_shared<Session>(*this, std::move(connection));
  Session* key = session.get();
  sessions_.emplace(key, std::move(session));
  key->start();
}

namespace {

Buf encode(const HttpCall& call, const Endpoint& to) {
  std::string head = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", call.body ? "POST" : "GET",
                                 call.target, to.to_string());
  if (!call.authorization.empty()) head += "Authorization: " + call.authorization + "\r\n";
  if (call.body) {
    head += fmt::format("Content-Type: {}\r\nContent-Length: {}\r\n\r\n", call.content_type, call.body->size());
    return Buf::copy_of(head + *call.body);
  }
  return Buf::copy_of(head + "\r\n");
}

/// One call under way; owns itself until it is answered.
class Calling : public ConnectionReader, public std::enable_shared_from_this<Calling> {
 public:
  Calling(World world, Endpoint from, OneShot<Result<HttpResponse>> done)
      : world_(world), from_(std::move(from)), done_(std::move(done)) {
    incoming_.parser().body_limit(kResponseBytesMax);
  }

  void start(const HttpCall& call, Duration timeout) {
    timer_ = world_.loop.call_at(world_.loop.now() + timeout, [self = shared_from_this()] {
      self->finish(Error{ErrorKind::kTimeout, "no answer from " + self->from_.to_string() + " in time"});
    });
    world_.net.connect(from_, [self = shared_from_this(), call](Result<std::unique_ptr<Connection>> connected) mutable {
      if (!connected) return self->finish(connected.error());
      if (!self->done_) return;
      self->connection_ = std::move(*connected);
      self->connection_->start(*self);
      self->connection_->write(encode(call, self->from_));
    });
  }
  std::span<char> prepare() override { return incoming_.prepare(); }
  void received(std::size_t size) override {
    boost::beast::error_code error;
    const bool whole = incoming_.received(size, error);
    if (error) return finish(Error{ErrorKind::kCorrupt, from_.to_string() + " does not speak HTTP"});
    if (!whole) return;
    auto& message = incoming_.parser().get();
    finish(HttpResponse{static_cast<int>(message.result_int()), std::string(message[http::field::content_type]),
                        std::move(message.body())});
  }
  void closed(const Error& why) override { finish(why); }

 private:
  void finish(Result<HttpResponse> result) {
    if (!done_) return;
    const auto self = shared_from_this();  // the timer may be all that keeps us
    world_.loop.cancel(timer_);
    // The connection goes later: it may be calling us.
    world_.loop.post([self] { self->connection_.reset(); });
    done_(std::move(result));
  }

  World world_;
  Endpoint from_;
  OneShot<Result<HttpResponse>> done_;
  std::unique_ptr<Connection> connection_;
  Incoming<http::response_parser<http::string_body>> incoming_;
  TimerId timer_{};
};

}  // namespace

void http_get(World world, const Endpoint& from, const std::string& target, Duration timeout,
              OneShot<Result<HttpResponse>> done) {
  http_call(world, from, {.target = target}, timeout, std::move(done));
}

void http_call(World world, const Endpoint& to, const HttpCall& call, Duration timeout,
               OneShot<Result<HttpResponse>> done) {
  std::make_shared<Calling>(world, to, std::move(done))->start(call, timeout);
}

}  // namespace leat
