#include "tests/interop/twin_app.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>

#include "base/os/child_process.h"
#include "base/os/real_world.h"

namespace leat::interop {

int run_until_terminated(Topology topology, StreamsConfig config) {
  os::RealWorld world;
  KafkaStreams streams(std::move(topology), std::move(config));
  std::atomic<bool> was_ready = false;
  streams.set_state_listener([&](KafkaStreams::State now, KafkaStreams::State before) {
    std::fprintf(stderr, "%s -> %s\n", KafkaStreams::name(before).data(), KafkaStreams::name(now).data());
    if (now == KafkaStreams::State::kRunning && !was_ready.exchange(true)) {
      std::puts("READY");
      std::fflush(stdout);
    }
    if (now == KafkaStreams::State::kError) world.loop().stop();
  });
  streams.set_uncaught_exception_handler([](const Error& why) {
    std::fprintf(stderr, "a thread died: %s\n", why.message.c_str());
    return KafkaStreams::OnUncaught::kReplaceThread;
  });
  if (const auto started = streams.start(); !started) {
    std::fprintf(stderr, "%s\n", started.error().message.c_str());
    return 1;
  }
  os::TerminationSignal signal(world.loop(), [&] { world.loop().stop(); });
  world.loop().run();
  const bool in_time = streams.close(std::chrono::seconds(30));
  std::puts(in_time ? "CLOSED" : "NOT CLOSED IN TIME");
  return streams.error() && in_time ? 0 : 1;
}

void set_or_exit(StreamsConfig& config, const std::string& name, const std::string& value) {
  const auto set = config.set(name, value);
  if (set) return;
  std::fprintf(stderr, "%s\n", set.error().message.c_str());
  std::exit(2);
}

StreamsConfig config_from_arguments(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: %s BOOTSTRAP APPLICATION_ID STATE_DIR GUARANTEE GROUP_PROTOCOL\n", argv[0]);
    std::exit(2);
  }
  StreamsConfig config;
  const char* const names[] = {"bootstrap.servers", "application.id", "state.dir", "processing.guarantee",
                               "group.protocol"};
  for (int i = 0; i < 5; ++i) set_or_exit(config, names[i], argv[i + 1]);
  return config;
}

}  // namespace leat::interop
