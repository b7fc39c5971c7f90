#include "base/os/real_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <optional>

#include "base/os/loop_thread.h"

namespace leat::os {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

struct RealWorldTest : testing::Test {
  RealWorldTest() {
    directory = testing::TempDir() + "leat-XXXXXX";
    EXPECT_NE(::mkdtemp(directory.data()), nullptr);
  }
  ~RealWorldTest() override { std::filesystem::remove_all(directory); }

  /// Runs the loop until `done`; a minute is for machines that hang.
  template <class Done>
  bool run_until(Done done) {
    for (int i = 0; i < 60 && !done(); ++i) real.loop().run_once(1s);
    return done();
  }
  std::string path(const std::string& name) const { return directory + "/" + name; }

  std::string directory;
  RealWorld real;
  World world = real.world();
};

struct Sink : ConnectionReader {
  std::span<char> prepare() override { return room; }
  void received(std::size_t size) override { bytes.append(room.data(), size); }
  void closed(const Error& why) override { end = why; }

  std::array<char, 1000> room{};
  Bytes bytes;
  std::optional<Error> end;
};

struct RealNetTest : RealWorldTest {
  void be_connected() {
    listener = std::move(world.net.listen({"127.0.0.1", 0}, [this](std::unique_ptr<Connection> accepted) {
                 there = std::move(accepted);
                 there->start(server);
               })).value();
    world.net.connect(listener->local(), [this](Result<std::unique_ptr<Connection>> result) {
      here = std::move(result).value();
      here->start(client);
    });
    ASSERT_TRUE(run_until([&] { return here && there; }));
  }

  Sink server, client;
  std::unique_ptr<Listener> listener;
  std::unique_ptr<Connection> here, there;
};

TEST_F(RealWorldTest, PostedTasksAndTimersRunInOrder) {
  std::vector<int> order;
  world.loop.call_at(world.loop.now() + 2ms, [&] { order.push_back(3); });
  const TimerId cancelled = world.loop.call_at(world.loop.now() + 1ms, [&] { order.push_back(99); });
  world.loop.cancel(cancelled);
  world.loop.post([&] { order.push_back(1); });
  world.loop.post([&] { order.push_back(2); });
  ASSERT_TRUE(run_until([&] { return order.size() == 3; }));
  EXPECT_THAT(order, ElementsAre(1, 2, 3));
}

TEST_F(RealWorldTest, TheDiskSaysHowMuchRoomItHas) {
  const auto space = world.files.space(directory);
  ASSERT_TRUE(space.ok()) << space.error().message;
  EXPECT_GT(space->bytes, 0U);
  EXPECT_LE(space->bytes_free, space->bytes);
  EXPECT_THAT(world.files.space(path("nowhere")).error().message, HasSubstr("nowhere"));
}

TEST_F(RealWorldTest, OtherThreadsPostToALoopThatBlocksAndLoseNothing) {
  LoopThread first("first", 0ns), second("second", 0ns);
  std::atomic<int> ran = 0;
  for (int i = 0; i < 2000; ++i) {
    first.loop().post([&] { second.loop().post([&] { ++ran; }); });
    if (i % 100 == 0) first.run([] {});
  }
  first.run([] {});
  second.run([] {});
  EXPECT_EQ(ran, 2000);
}

TEST_F(RealWorldTest, FilesKeepWhatIsWritten) {
  auto file = world.files.open(path("f"), OpenMode::kCreate).value();
  BufChain chain;
  Bytes expected;
  for (int i = 0; i < 1500; ++i) {  // more slices than one system call takes
    expected += std::to_string(i) + " ";
    chain.append(Buf::copy_of(std::to_string(i) + " "));
  }
  ASSERT_TRUE(file->write_at(3, chain));
  EXPECT_EQ(read_file(world.files, path("f")).value(), Bytes(3, '\0') + expected);
  ASSERT_TRUE(file->truncate(5));
  EXPECT_EQ(file->size().value(), 5u);
  char room[10];
  EXPECT_EQ(file->read_at(3, room, 10).value(), 2u);
}

TEST_F(RealWorldTest, SyncAnswersOnTheLoopEvenWhenTheFileHasGone) {
  auto file = world.files.open(path("f"), OpenMode::kCreate).value();
  ASSERT_TRUE(file->write_at(0, Buf::copy_of("x")));
  int answers = 0;
  for (int i = 0; i < 10; ++i) file->sync([&](Status status) { answers += status.ok(); });
  file.reset();
  EXPECT_EQ(answers, 0);
  EXPECT_TRUE(run_until([&] { return answers == 10; }));
}

TEST_F(RealWorldTest, NamesAreMadeListedRenamedAndRemoved) {
  ASSERT_TRUE(world.files.make_directories(path("a/b")));
  ASSERT_TRUE(write_file_atomically(world.files, path("a/two"), "2"));
  ASSERT_TRUE(write_file_atomically(world.files, path("a/one"), "1"));
  EXPECT_THAT(world.files.list(path("a")).value(), ElementsAre("b", "one", "two"));
  ASSERT_TRUE(world.files.rename(path("a/one"), path("a/two")));
  EXPECT_EQ(read_file(world.files, path("a/two")).value(), "1");
  ASSERT_TRUE(world.files.remove(path("a/two")));
  EXPECT_FALSE(world.files.exists(path("a/two")));
  ASSERT_TRUE(world.files.remove_directory(path("a")));
  EXPECT_FALSE(world.files.exists(path("a")));
}

TEST_F(RealWorldTest, ErrorsNameThePath) {
  const auto missing = world.files.open(path("missing"), OpenMode::kRead);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::kNotFound);
  EXPECT_THAT(missing.error().message, HasSubstr(path("missing")));
  auto full = world.files.open("/dev/full", OpenMode::kReadWrite).value();
  const Status status = full->write_at(0, Buf::copy_of("x"));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::kNoSpace);
  EXPECT_THAT(status.error().message, HasSubstr("/dev/full"));
}

TEST_F(RealWorldTest, ALockIsHeldOnce) {
  auto held = world.files.lock(path("lock")).value();
  const auto second = world.files.lock(path("lock"));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::kAlreadyExists);
  held.reset();
  EXPECT_TRUE(world.files.lock(path("lock")));
}

TEST_F(RealWorldTest, ATerminationSignalIsHeardOnTheLoop) {
  bool heard = false;
  TerminationSignal signal(real.loop(), [&] { heard = true; });
  ASSERT_EQ(::raise(SIGTERM), 0);
  EXPECT_FALSE(heard);
  EXPECT_TRUE(run_until([&] { return heard; }));
}

TEST_F(RealNetTest, BytesArriveCompleteAndInOrder) {
  be_connected();
  Bytes expected;
  BufChain chain;
  for (int i = 0; i < 200'000; ++i) {
    expected += std::to_string(i);
    chain.append(Buf::copy_of(std::to_string(i)));
  }
  here->write(std::move(chain));
  ASSERT_TRUE(run_until([&] { return server.bytes.size() == expected.size(); }));
  EXPECT_EQ(server.bytes, expected);
  EXPECT_EQ(here->bytes_queued(), 0u);
  EXPECT_EQ(here->local(), there->peer());
}

TEST_F(RealNetTest, ClosingTellsBothSidesLater) {
  be_connected();
  here->close();
  EXPECT_FALSE(client.end);
  ASSERT_TRUE(run_until([&] { return client.end && server.end; }));
  EXPECT_EQ(client.end->kind, ErrorKind::kClosed);
  EXPECT_EQ(server.end->kind, ErrorKind::kUnavailable);
}

TEST_F(RealNetTest, APausedReaderGetsNothingUntilItResumes) {
  be_connected();
  here->write(Buf::copy_of("first"));
  ASSERT_TRUE(run_until([&] { return server.bytes == "first"; }));
  there->pause_reading();
  here->write(Buf::copy_of(Bytes(8'000'000, 'x')));
  for (int i = 0; i < 20; ++i) real.loop().run_once({});
  EXPECT_LE(server.bytes.size(), 5u + server.room.size());
  EXPECT_GT(here->bytes_queued(), 0u);
  there->resume_reading();
  EXPECT_TRUE(run_until([&] { return server.bytes.size() == 8'000'005; }));
}

TEST_F(RealNetTest, APortInUseIsNamedWithTheWayOut) {
  be_connected();
  const auto second = world.net.listen(listener->local(), [](auto) {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::kAlreadyExists);
  EXPECT_THAT(second.error().message, HasSubstr(listener->local().to_string()));
  EXPECT_THAT(second.error().message, HasSubstr("another port"));
}

TEST_F(RealNetTest, ARefusedConnectionNamesTheBroker) {
  be_connected();
  const Endpoint gone = listener->local();
  listener.reset();
  std::optional<Error> error;
  world.net.connect(gone, [&](auto result) { error = result.error(); });
  ASSERT_TRUE(run_until([&] { return error.has_value(); }));
  EXPECT_EQ(error->kind, ErrorKind::kUnavailable);
  EXPECT_THAT(error->message, HasSubstr(gone.to_string()));
}

}  // namespace
}  // namespace leat::os
