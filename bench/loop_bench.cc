// What it costs to hand something from one loop to another: posted, and over TCP on this machine.
#include <benchmark/benchmark.h>

#include <array>
#include <atomic>
#include <thread>

#include "base/os/loop_thread.h"

namespace leat {
namespace {

/// There and back between the calling thread's loop and another one.
void PostRoundTrip(benchmark::State& state) {
  const Duration spin = std::chrono::microseconds(state.range(0));
  os::RealWorld mine(spin);
  os::LoopThread other("other", spin);
  for (auto step : state) {
    bool back = false;
    other.loop().post([&] { mine.loop().post([&] { back = true; }); });
    while (!back) mine.loop().run_once(std::chrono::seconds(1));
  }
}
BENCHMARK(PostRoundTrip)->Arg(0)->Arg(50)->UseRealTime();

/// A task posted to the loop that posts it.
void PostToOneself(benchmark::State& state) {
  os::RealWorld mine;
  for (auto step : state) {
    mine.loop().post([] {});
    mine.loop().run_once({});
  }
}
BENCHMARK(PostToOneself);

struct Echo : ConnectionReader {
  std::span<char> prepare() override { return room; }
  void received(std::size_t size) override {
    count += size;
    if (answers) connection->write(Buf::copy_of({room.data(), size}));
  }
  void closed(const Error&) override {}

  bool answers = false;
  std::size_t count = 0;
  std::unique_ptr<Connection> connection;
  std::array<char, 4096> room;
};

void TcpRoundTrip(benchmark::State& state) {
  const Duration spin = std::chrono::microseconds(state.range(0));
  os::RealWorld mine(spin);
  os::LoopThread other("other", spin);
  Echo server, client;
  server.answers = true;
  std::unique_ptr<Listener> listener;
  other.run([&] {
    listener = std::move(other.world().net.listen({"127.0.0.1", 0}, [&](std::unique_ptr<Connection> accepted) {
                 server.connection = std::move(accepted);
                 server.connection->start(server);
               })).value();
  });
  mine.world().net.connect(listener->local(), [&](auto result) {
    client.connection = std::move(result).value();
    client.connection->start(client);
  });
  while (!client.connection) mine.loop().run_once(std::chrono::seconds(1));
  const Buf request = Buf::copy_of(Bytes(100, 'x'));
  for (auto step : state) {
    const std::size_t before = client.count;
    client.connection->write(request);
    while (client.count == before) mine.loop().run_once(std::chrono::seconds(1));
  }
  other.run([&] {
    listener.reset();
    server.connection.reset();
  });
}
BENCHMARK(TcpRoundTrip)->Arg(0)->Arg(50)->UseRealTime();

}  // namespace
}  // namespace leat

BENCHMARK_MAIN();
