// What the doctor says of applications that are well, and of those that are not.
#include "application_fixture.h"
#include "base/terminal.h"
#include "streams/app_doctor.h"

namespace leat {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t kStart = 1'700'000'000'000;

class Silent : public Terminal {
 public:
  void out(std::string_view) override {}
  void err(std::string_view) override {}
  void flush() override {}
  bool listened_to() const override { return true; }
  Input read(Duration) override { return {{}, true}; }
  bool interactive() const override { return false; }
  bool interrupted() const override { return false; }
};

class DoctorTest : public Application {
 protected:
  static Topology windows() {
    StreamsBuilder builder;
    builder.stream<std::string, std::string>("words")
        .group_by_key()
        .windowed_by(TimeWindows::of_size_and_grace(10s, 5s))
        .count(Materialized::as("per-window"))
        .to_stream([](const Windowed<std::string>& window, const std::int64_t&) { return window.key; })
        .to("counted");
    return builder.build();
  }
  /// "BAD  what" and so on.
  std::vector<std::string> findings(const Topology& topology, const StreamsConfig& with) {
    const World world = sim_.process("doctor");
    std::vector<std::string> lines;
    {
      client::TcpConnector connector(world);
      Silent terminal;
      Doctor doctor({world, connector, terminal}, with, topology);
      for (const Doctor::Finding& each : doctor.examine())
        lines.push_back((each.kind == Doctor::Kind::kProblem ? "BAD  "
                         : each.kind == Doctor::Kind::kNote  ? "note "
                                                             : "ok   ") +
                        each.what);
    }
    sim_.kill("doctor");
    return lines;
  }
};

TEST_F(DoctorTest, FindsNothingWrongWithAnApplicationThatRuns) {
  compute(windows());
  start("one");
  run_until_settled();
  produce("words", {{"a", "", kStart}});
  run_for(3s);
  const auto lines = findings(windows(), config());
  EXPECT_THAT(lines, Each(Not(HasSubstr("BAD"))));
  EXPECT_THAT(lines, Contains(HasSubstr("ok   the broker answers at broker:9092")));
  EXPECT_THAT(lines, Contains(HasSubstr("is Stable: 1 stream thread")));
  EXPECT_THAT(lines, Contains(HasSubstr("are 0 records behind their ends")));
}

TEST_F(DoctorTest, SaysWhyAWindowIsStillOpen) {
  compute(windows());
  StreamsConfig with = config();
  with.commit_interval_ms = 100ms;
  start("one", with);
  run_until_settled();
  const std::string first = "a";
  std::string second = "b";
  while (partition_of(second) == partition_of(first)) second += "b";
  produce("words", {{first, "", kStart}, {second, "", kStart + 60'000}});
  run_for(3s);
  const auto lines = findings(windows(), with);
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("store 'per-window', task 0_" + std::to_string(partition_of(first))),
                                    HasSubstr("stream time is 2023-11-14T22:13:20.000Z (by words-" +
                                              std::to_string(partition_of(first)) + ")"),
                                    HasSubstr("windows that began after 2023-11-14T22:13:05.000Z are open"),
                                    HasSubstr("it is 1 min 0 s behind the newest task and stands still"))));
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("task 0_" + std::to_string(partition_of(second))),
                                    HasSubstr("all records are processed"))));
  EXPECT_THAT(lines, Contains(HasSubstr("no record has come to its partitions, so there is no window")));
}

TEST_F(DoctorTest, NamesWhatKeepsAnApplicationFromWorking) {
  StreamsBuilder builder;
  const auto words = builder.stream<std::string, std::string>("words");
  words
      .join(builder.table<std::string, std::string>("missing"),
            [](const std::string& a, const std::string& b) { return a + b; })
      .to("counted");
  compute(windows());  // which makes the topic
  StreamsConfig with = config();
  with.num_stream_threads = 0;
  const auto lines = findings(builder.build(), with);
  EXPECT_THAT(lines, Contains(HasSubstr("BAD  num.stream.threads is 0")));
  EXPECT_THAT(lines,
              Contains(HasSubstr("BAD  source topic 'missing' does not exist; create it: kafka-topics --create")));
  with.bootstrap_servers = "broker:9093";
  EXPECT_THAT(findings(builder.build(), with), Contains(HasSubstr("BAD  no broker answers at bootstrap.servers=")));
}

TEST_F(DoctorTest, AsksTheClusterWithAllThatTheApplicationSaysOfItsSecurity) {
  compute(windows());
  StreamsConfig with = config();
  with.security_protocol = "SSL";
  with.ssl = {{"ssl.truststore.type", "PEM"}, {"ssl.truststore.location", "/not/there.pem"}};
  EXPECT_THAT(findings(windows(), with), Contains(AllOf(HasSubstr("BAD"), HasSubstr("/not/there.pem"))));
}

}  // namespace
}  // namespace leat
