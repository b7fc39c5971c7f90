#include "base/sim/sim_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <optional>

namespace leat::sim {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

/// Collects what it reads.
struct Sink : ConnectionReader {
  std::span<char> prepare() override { return room; }
  void received(std::size_t size) override { bytes.append(room.data(), size); }
  void closed(const Error& why) override {
    ASSERT_FALSE(end.has_value()) << "closed twice";
    end = why;
  }

  std::array<char, 700> room{};
  Bytes bytes;
  std::optional<Error> end;
};

/// A server that keeps what connects to it, and a client.
struct NetTest : testing::Test {
  explicit NetTest(SimOptions options = {}) : sim(7, options) {}

  void listen() {
    auto result = server.net.listen({"", 9092}, [this](std::unique_ptr<Connection> accepted) {
      there = std::move(accepted);
      there->start(server_sink);
    });
    ASSERT_TRUE(result) << result.error().message;
    listener = std::move(*result);
  }
  void connect() {
    client.net.connect({"server", 9092}, [this](Result<std::unique_ptr<Connection>> result) {
      if (!result) {
        connect_error = result.error();
        return;
      }
      here = std::move(*result);
      here->start(client_sink);
    });
  }
  void be_connected() {
    listen();
    connect();
    ASSERT_TRUE(sim.run_until([&] { return here && there; }, 1s));
  }

  SimWorld sim;
  World server = sim.process("server");
  World client = sim.process("client");
  Sink server_sink, client_sink;
  std::unique_ptr<Listener> listener;
  std::unique_ptr<Connection> here, there;
  std::optional<Error> connect_error;
};

Bytes counted(std::size_t size) {
  Bytes bytes;
  for (std::size_t i = 0; bytes.size() < size; ++i) bytes += std::to_string(i) + ",";
  return bytes;
}

TEST(SimLoop, RunsPostedTasksInTheirOrderAndTimersAtTheirTime) {
  SimWorld sim(1);
  Loop& loop = sim.process("host").loop;
  const Instant start = sim.now();
  std::vector<int> order;
  loop.call_at(start + 2s, [&] { order.push_back(4); });
  const TimerId cancelled = loop.call_at(start + 1s, [&] { order.push_back(99); });
  loop.call_at(start + 1s, [&] { order.push_back(3); });
  loop.post([&] { order.push_back(1); });
  loop.post([&] { order.push_back(2); });
  loop.cancel(cancelled);
  sim.run_for(1500ms);
  EXPECT_THAT(order, ElementsAre(1, 2, 3));
  sim.run_for(1s);
  EXPECT_THAT(order, ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(sim.now(), start + 2500ms);
}

TEST(SimLoop, RunOnceWaitsForItsOwnTasksWhileOthersRun) {
  SimWorld sim(1, SimOptions::calm());
  Loop& mine = sim.process("host", "mine").loop;
  Loop& other = sim.process("host", "other").loop;
  int ran = 0;
  other.call_at(sim.now() + 1s, [&] { mine.post([&] { ++ran; }); });
  EXPECT_EQ(mine.run_once(5s), 1u);
  EXPECT_EQ(ran, 1);
  const Instant before = sim.now();
  EXPECT_EQ(mine.run_once(5s), 0u);
  EXPECT_EQ(sim.now(), before + 5s);
}

TEST(SimLoop, TheWallClockMovesWithVirtualTime) {
  SimWorld sim(1);
  Loop& loop = sim.process("host").loop;
  const std::int64_t before = loop.wall_clock_ms();
  sim.run_for(90s);
  EXPECT_EQ(loop.wall_clock_ms(), before + 90'000);
}

TEST(SimLoop, AKilledProcessRunsNothingMore) {
  SimWorld sim(1);
  World world = sim.process("host");
  int ran = 0;
  world.loop.post([&] { ++ran; });
  world.loop.call_at(sim.now() + 1s, [&] { ++ran; });
  sim.kill("host");
  world.loop.post([&] { ++ran; });
  sim.run_for(10s);
  EXPECT_EQ(ran, 0);
  EXPECT_FALSE(sim.running("host"));
}

TEST(SimLoop, AProcessThatStandsStillGoesOnAsIfNothingHadBeen) {
  SimWorld sim(1);
  Loop& sleeper = sim.process("sleeper").loop;
  std::vector<int> ran;
  sleeper.call_at(sim.now() + 10ms, [&] { ran.push_back(1); });
  sleeper.call_at(sim.now() + 20ms, [&] { ran.push_back(2); });
  sim.process("other").loop.call_at(sim.now() + 15ms, [&] { ran.push_back(3); });
  sim.sleep("sleeper", 1s);
  sim.run_for(500ms);
  EXPECT_THAT(ran, ElementsAre(3));
  sim.run_for(1s);
  EXPECT_THAT(ran, ElementsAre(3, 1, 2));
}

TEST_F(NetTest, AConnectionThatWaitsToBeAcceptedBreaksWithItsProcess) {
  listen();
  sim.sleep("server", 10s);
  connect();
  ASSERT_TRUE(sim.run_until([&] { return here != nullptr; }, 1s));
  sim.kill("server");
  EXPECT_TRUE(sim.run_until([&] { return client_sink.end.has_value(); }, 1s));
}

TEST_F(NetTest, BytesArriveCompleteInOrderAndInPieces) {
  be_connected();
  const Bytes sent = counted(1'000'000);
  here->write({Buf::copy_of(BytesView(sent).substr(0, 10)), Buf::copy_of(BytesView(sent).substr(10))});
  EXPECT_GT(here->bytes_queued(), 0u);
  ASSERT_TRUE(sim.run_until([&] { return server_sink.bytes.size() == sent.size(); }, 60s));
  EXPECT_EQ(server_sink.bytes, sent);
  EXPECT_EQ(here->bytes_queued(), 0u);
}

TEST_F(NetTest, AReaderThatPausesStopsItsSender) {
  be_connected();
  there->pause_reading();
  here->write(Buf::copy_of(counted(1'000'000)));
  sim.run_for(10s);
  EXPECT_EQ(server_sink.bytes.size(), 0u);
  EXPECT_GE(here->bytes_queued(), 1'000'000 - sim.options().socket_buffer_bytes);
  there->resume_reading();
  EXPECT_TRUE(sim.run_until([&] { return server_sink.bytes.size() >= 1'000'000; }, 60s));
}

TEST_F(NetTest, ClosingTellsBothSidesOnceAndAfterTheBytesUnderWay) {
  be_connected();
  here->write(Buf::copy_of("last words"));
  here->close();
  EXPECT_FALSE(client_sink.end) << "told inside of the call";
  sim.run_for(1s);
  EXPECT_EQ(server_sink.bytes, "last words");
  EXPECT_EQ(client_sink.end->kind, ErrorKind::kClosed);
  EXPECT_EQ(server_sink.end->kind, ErrorKind::kUnavailable);
}

TEST_F(NetTest, DestroyingAConnectionTellsTheOtherSideOnly) {
  be_connected();
  here.reset();
  sim.run_for(1s);
  EXPECT_FALSE(client_sink.end);
  EXPECT_TRUE(server_sink.end);
}

TEST_F(NetTest, NobodyListeningRefuses) {
  connect();
  sim.run_for(1s);
  ASSERT_TRUE(connect_error);
  EXPECT_THAT(connect_error->message, testing::HasSubstr("server:9092"));
}

TEST_F(NetTest, APortInUseIsNamed) {
  listen();
  const auto second = server.net.listen({"", 9092}, [](auto) {});
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, testing::HasSubstr(":9092"));
  listener.reset();
  listen();
}

TEST_F(NetTest, PortZeroTakesAFreeOne) {
  auto first = server.net.listen({"localhost", 0}, [](auto) {}).value();
  auto second = server.net.listen({"localhost", 0}, [](auto) {}).value();
  EXPECT_NE(first->local().port, 0);
  EXPECT_NE(first->local().port, second->local().port);
}

TEST_F(NetTest, APartitionHoldsBytesBackUntilItHeals) {
  be_connected();
  sim.partition("client", "server");
  here->write(Buf::copy_of("held"));
  sim.run_for(60s);
  EXPECT_EQ(server_sink.bytes, "");
  sim.heal_all();
  sim.run_for(1s);
  EXPECT_EQ(server_sink.bytes, "held");
}

TEST_F(NetTest, ConnectingIntoAPartitionTimesOut) {
  listen();
  sim.partition("server", "client");
  connect();
  sim.run_for(sim.options().connect_timeout + 1s);
  EXPECT_TRUE(connect_error);
}

TEST_F(NetTest, KillingAProcessBreaksItsConnectionsAndFreesItsPorts) {
  be_connected();
  sim.kill("server");
  sim.run_for(5s);
  EXPECT_TRUE(client_sink.end);
  EXPECT_FALSE(server_sink.end) << "the dead are told nothing";
  server_sink = {};
  there.reset();
  here.reset();
  listener.reset();
  World again = sim.process("server");
  auto result = again.net.listen({"", 9092}, [](auto) {});
  EXPECT_TRUE(result);
}

struct RoughNetTest : NetTest {
  static SimOptions rough() {
    SimOptions options;
    options.connection_cut_percent = 5;
    options.piece_bytes_max = 500;
    return options;
  }
  RoughNetTest() : NetTest(rough()) {}
};

TEST_F(RoughNetTest, ACutLosesTheEndOfTheBytesAndTellsBothSides) {
  be_connected();
  const Bytes sent = counted(500'000);
  here->write(Buf::copy_of(sent));
  sim.run_for(60s);
  EXPECT_TRUE(server_sink.end);
  EXPECT_TRUE(client_sink.end);
  EXPECT_LT(server_sink.bytes.size(), sent.size());
  EXPECT_TRUE(sent.starts_with(server_sink.bytes));
}

/// A run with everything in it: what it leaves in the trace.
std::uint64_t trace_of(std::uint64_t seed) {
  SimOptions options;
  options.connection_cut_percent = 1;
  SimWorld sim(seed, options);
  Sink sink, echo;
  std::unique_ptr<Connection> there, here;
  auto listener = sim.process("a").net.listen({"", 1}, [&](auto accepted) {
    there = std::move(accepted);
    there->start(sink);
  });
  sim.process("b").net.connect({"a", 1}, [&](auto result) {
    if (!result) return;
    here = std::move(*result);
    here->start(echo);
    here->write(Buf::copy_of(counted(50'000)));
  });
  auto file = sim.process("a").files.open("log", OpenMode::kCreate).value();
  for (int i = 0; i < 20; ++i) {
    (void)file->write_at(static_cast<std::uint64_t>(i) * 100, Buf::copy_of(std::to_string(sim.random().next())));
    file->sync([](Status) {});
    sim.run_for(1ms);
  }
  sim.power_loss("a");
  (void)read_file(sim.process("a").files, "log");
  sim.run_for(1s);
  return sim.trace_hash();
}

TEST(SimWorld, ASeedReplaysBitForBitAndAnotherOneDoesNot) {
  for (std::uint64_t seed : {1u, 2u, 3u, 4u, 5u}) EXPECT_EQ(trace_of(seed), trace_of(seed));
  EXPECT_NE(trace_of(1), trace_of(2));
}

}  // namespace
}  // namespace leat::sim
