#include "base/http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/sim/sim_world.h"

namespace leat {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// Sends bytes as they are, and keeps what comes back.
struct Raw : ConnectionReader {
  std::span<char> prepare() override { return room; }
  void received(std::size_t size) override { answer.append(room.data(), size); }
  void closed(const Error&) override { ended = true; }

  std::array<char, 500> room{};
  std::string answer;
  bool ended = false;
  std::unique_ptr<Connection> connection;
};

class Http : public testing::Test {
 protected:
  Http() {
    auto listening =
        HttpServer::listen(server_, {"", 80}, [this](const HttpRequest& request, OneShot<HttpResponse> reply) {
          asked_ = request;
          if (request.path == "/never") return waiting_.push_back(std::move(reply));
          reply({request.path == "/none" ? 404 : 200, "text/plain",
                 std::string(request.path == "/long" ? 100'000 : 3, 'x')});
        });
    EXPECT_TRUE(listening.ok());
    http_ = std::move(*listening);
  }
  ~Http() override {
    for (auto& reply : waiting_) reply.discard();
  }

  Result<HttpResponse> get(const std::string& target, const std::string& host = "server") {
    std::optional<Result<HttpResponse>> answer;
    http_get(client_, {host, 80}, target, 5s, [&](Result<HttpResponse> response) { answer = std::move(response); });
    EXPECT_TRUE(sim_.run_until([&] { return answer.has_value(); }, 60s));
    return *answer;
  }
  /// What the server says to these bytes, until it says no more for a minute.
  std::string say(const std::string& bytes) {
    Raw raw;
    client_.net.connect({"server", 80}, [&](Result<std::unique_ptr<Connection>> connected) {
      ASSERT_TRUE(connected.ok());
      raw.connection = std::move(*connected);
      raw.connection->start(raw);
      raw.connection->write(Buf::copy_of(bytes));
    });
    sim_.run_until([&] { return raw.ended; }, 60s);
    EXPECT_TRUE(raw.ended) << "the connection was kept open";
    return raw.answer;
  }

  sim::SimWorld sim_{3};
  World server_ = sim_.process("server");
  World client_ = sim_.process("client");
  HttpRequest asked_;
  std::vector<OneShot<HttpResponse>> waiting_;
  std::unique_ptr<HttpServer> http_;
};

TEST_F(Http, BringsPathAndParametersDecoded) {
  const auto response = get("/a%20b?key=" + url_encode("ü & ?") + "&empty=&plus=a+b");
  ASSERT_TRUE(response.ok()) << response.error().message;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "xxx");
  EXPECT_EQ(asked_.path, "/a b");
  EXPECT_EQ(asked_.query, (std::map<std::string, std::string>{{"key", "ü & ?"}, {"empty", ""}, {"plus", "a b"}}));
}

TEST_F(Http, BringsLongAnswersWhole) {
  const auto response = get("/long");
  ASSERT_TRUE(response.ok()) << response.error().message;
  EXPECT_EQ(response->body.size(), 100'000u);
}

TEST_F(Http, BringsOtherStatusesAsAnswers) { EXPECT_EQ(get("/none")->status, 404); }

TEST_F(Http, GivesUpOnWhoDoesNotAnswer) {
  EXPECT_EQ(get("/never").error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(get("/", "nobody").error().kind, ErrorKind::kUnavailable);
}

TEST_F(Http, RefusesWhatIsNoShortGet) {
  EXPECT_THAT(say("POST / HTTP/1.1\r\n\r\n"), HasSubstr("405 Method Not Allowed"));
  EXPECT_THAT(say("\x16\x03\x01 garbage\r\n\r\n"), HasSubstr("400 Bad Request"));
  EXPECT_THAT(say("GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n"), HasSubstr("431"));
}

TEST_F(Http, ClosesOnWhoSaysNothing) { EXPECT_EQ(say(""), ""); }

}  // namespace
}  // namespace leat
