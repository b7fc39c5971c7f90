// leat topic, group, produce, consume, tail against a broker in the simulated world.
#include "broker/tools/commands.h"

#include "broker/tools/offset_range.h"
#include "broker/tools/record_verbs.h"
#include "tools_fixture.h"

namespace leat::tools {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class Commands : public ToolsTest {
 protected:
  Outcome leat(std::vector<std::string> args, std::string piped = {}) {
    args.insert(args.end(), {"-b", "broker:9092"});
    ScriptedTerminal terminal;
    terminal.piped = std::move(piped);
    const int code = run_command({here, connector, terminal}, args);
    return {code, terminal.printed, terminal.complained};
  }
  std::string said(std::vector<std::string> args, std::string piped = {}) {
    const Outcome outcome = leat(std::move(args), std::move(piped));
    EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
    return outcome.out;
  }
};

TEST_F(Commands, TopicsAreMadeListedDescribedAndDeleted) {
  EXPECT_EQ(said({"topic", "create", "orders", "payments", "-p", "3", "-c", "cleanup.policy=compact"}),
            "TOPIC     STATUS\norders    OK\npayments  OK\n");
  EXPECT_EQ(said({"topic", "list"}),
            "NAME      PARTITIONS  REPLICAS\norders    3           1\npayments  3           1\n");
  EXPECT_EQ(said({"topic", "ls", "ord.*", "--format", "json"}),
            "[\n {\"name\":\"orders\",\"partitions\":3,\"replicas\":1}\n]\n");
  said({"produce", "orders", "-p", "1", "-k", "k", "-v", "x", "-q"});
  EXPECT_THAT(said({"topic", "describe", "orders", "--format", "awk"}), HasSubstr("orders\t1\t1\t0\t[1]\t0\t1\n"));
  EXPECT_THAT(said({"topic", "describe", "orders", "--configs", "--format", "awk"}),
              HasSubstr("orders\tcleanup.policy\tcompact\tSET\n"));
  said({"topic", "add-partitions", "orders", "-n", "2"});
  said({"topic", "alter-config", "orders", "--set", "retention.ms=1000", "--delete", "cleanup.policy"});
  EXPECT_THAT(said({"topic", "describe", "orders", "--configs", "--format", "awk"}),
              AllOf(HasSubstr("cleanup.policy\tdelete\tDEFAULT"), HasSubstr("retention.ms\t1000\tSET")));
  EXPECT_THAT(said({"topic", "trim-prefix", "orders", "-p", "1", "-o", "end"}), HasSubstr("orders-1   starts at 1"));
  EXPECT_THAT(said({"topic", "delete", "payments", "--dry-run"}), HasSubstr("WOULD BE DELETED"));
  said({"topic", "delete", "payments"});
  EXPECT_EQ(said({"topic", "list", "--format", "awk"}), "orders\t5\t1\n");
}

TEST_F(Commands, AnyItemThatFailsIsTheExitCode) {
  said({"topic", "create", "orders"});
  const Outcome again = leat({"topic", "create", "orders", "fresh"});
  EXPECT_EQ(again.code, 1);
  EXPECT_THAT(again.out, AllOf(HasSubstr("already exists"), HasSubstr("fresh   OK")));
  EXPECT_THAT(said({"topic", "create", "orders", "--if-not-exists"}), HasSubstr("EXISTS"));
}

TEST_F(Commands, WhatDoesNotExistIsAnsweredWithWhatDoes) {
  said({"topic", "create", "orders"});
  const Outcome topic = leat({"consume", "ordesr", "-e"});
  EXPECT_EQ(topic.code, 1);
  EXPECT_THAT(topic.err, HasSubstr("there is no topic 'ordesr'. Did you mean 'orders'?"));
  const Outcome verb = leat({"topic", "desribe", "orders"});
  EXPECT_EQ(verb.code, 2);
  EXPECT_THAT(verb.err, HasSubstr("Did you mean 'describe'?"));
  const Outcome option = leat({"consume", "orders", "--read-comitted"});
  EXPECT_EQ(option.code, 2);
  EXPECT_THAT(option.err, HasSubstr("Did you mean '--read-committed'?"));
  const Outcome offset = leat({"consume", "orders", "-o", "yesterday"});
  EXPECT_EQ(offset.code, 2);
  EXPECT_THAT(offset.err, HasSubstr("@-1h"));
  EXPECT_THAT(leat({"consume", "orders", "-f", "%q"}).err, HasSubstr("no verb %q"));
  EXPECT_FALSE(is_command("topics"));
}

TEST_F(Commands, WhatConsumePrintsProduceTakesAgain) {
  said({"topic", "create", "orders", "copy"});
  EXPECT_EQ(said({"produce", "orders", "-f", "%k\\t%v\\n", "-H", "from=test"}, "a\t1\nb\t\"2\"\n"),
            "Produced 2 records to orders-0, the last at offset 1\n");
  said({"produce", "orders", "-k", std::string("\xff\x00", 2), "-Z", "-v", "", "-q"});
  const std::string printed = said({"consume", "orders", "-o", "start", "-e"});
  EXPECT_THAT(printed,
              HasSubstr("\"key\":\"b\",\"value\":\"\\\"2\\\"\",\"headers\":[{\"key\":\"from\",\"value\":\"test\"}]"));
  EXPECT_THAT(printed, HasSubstr("\"key_base64\":\"/wA=\",\"value\":null"));
  said({"produce", "copy", "--format", "json", "-q"}, printed);
  const std::vector<std::string> verbs = {"-o", "start", "-e", "-f", "%T %k{hex} %v{json} %V %h\\n"};
  const auto all = [&](const std::string& topic) {
    std::vector<std::string> args = {"consume", topic};
    args.insert(args.end(), verbs.begin(), verbs.end());
    return said(args);
  };
  EXPECT_EQ(all("copy"), all("orders"));
  EXPECT_THAT(all("copy"), AllOf(HasSubstr(" 61 \"1\" 1 from=test\n"), HasSubstr(" ff00  -1 \n")));
}

TEST_F(Commands, OffsetsChooseWhatIsRead) {
  said({"topic", "create", "orders"});
  said({"produce", "orders", "-q"}, "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n");
  const auto values = [&](const std::string& range, std::vector<std::string> more = {"-e"}) {
    std::vector<std::string> args = {"consume", "orders", "-o", range, "-f", "%v"};
    args.insert(args.end(), more.begin(), more.end());
    return said(args);
  };
  EXPECT_EQ(values("start"), "0123456789");
  EXPECT_EQ(values("-3"), "789");
  EXPECT_EQ(values("+8"), "89");
  EXPECT_EQ(values("4:6"), "45");
  EXPECT_EQ(values(":end", {}), "0123456789");
  EXPECT_EQ(values("start:3", {}), "012");
  EXPECT_EQ(values("end"), "");
  EXPECT_EQ(values("@-1h"), "0123456789");
  EXPECT_EQ(values("@-2h:-1h", {}), "");
  EXPECT_EQ(values("start", {"-n", "2"}), "01");
  EXPECT_EQ(values("s@1", {"-e", "-c", "1"}), "0");
}

TEST_F(Commands, AGroupGoesOnWhereItWasAndSeekMovesIt) {
  said({"topic", "create", "orders"});
  said({"produce", "orders", "-q"}, "0\n1\n2\n3\n4\n");
  const auto next = [&](const std::string& count) {
    return said({"consume", "orders", "-g", "readers", "-n", count, "-f", "%v"});
  };
  EXPECT_EQ(next("2"), "01");
  EXPECT_EQ(next("2"), "23");
  EXPECT_EQ(said({"group", "list", "--format", "awk"}), "readers\tClassic\tconsumer\tEmpty\n");
  EXPECT_EQ(said({"group", "describe", "readers", "--format", "awk"}), "readers\torders\t0\t4\t5\t1\t-\t-\n");
  EXPECT_EQ(said({"group", "seek", "readers", "--to", "start", "--dry-run", "--format", "awk"}), "orders\t0\t4\t0\n");
  EXPECT_EQ(said({"group", "seek", "readers", "--to", "-2", "--format", "awk"}), "orders\t0\t4\t3\n");
  EXPECT_EQ(next("2"), "34");
  EXPECT_THAT(leat({"group", "describe", "reader"}).err, HasSubstr("Did you mean 'readers'?"));
  said({"group", "delete", "readers"});
  EXPECT_EQ(said({"group", "list", "--format", "json"}), "[]\n");
}

TEST_F(Commands, TailMergesTopicsByTime) {
  said({"topic", "create", "orders", "payments"});
  said({"produce", "orders", "-q", "-f", "%T %v\\n"}, "1000 a\n3000 c\n");
  said({"produce", "payments", "-q", "-f", "%T %v\\n"}, "2000 b\n4000 d\n");
  EXPECT_EQ(said({"tail", "orders", "payments", "-e", "-n", "3", "-f", "%v"}), "bcd");
  EXPECT_EQ(said({"tail", "orders", "-e"}),
            "1970-01-01T00:00:01.000Z orders/0@0  a\n1970-01-01T00:00:03.000Z orders/0@1  c\n");
}

TEST(OffsetRanges, AreThoseOfRpkAndKcat) {
  using Kind = OffsetBound::Kind;
  constexpr std::int64_t kNow = 1'767'225'600'000;  // 2026-01-01T00:00:00Z
  const auto range = [&](const std::string& text) {
    const auto parsed = parse_offset_range(text, kNow);
    EXPECT_TRUE(parsed.ok()) << text;
    return parsed.ok() ? *parsed : OffsetRange{};
  };
  const auto at = [](std::int64_t ms) { return OffsetBound{Kind::kTime, ms}; };
  EXPECT_EQ(range("@2026-01-01").from, at(kNow));
  EXPECT_EQ(range("@2026-01-01T10:00:00Z").from, at(kNow + 36'000'000));
  EXPECT_EQ(range("@1767225600").from, at(kNow));
  EXPECT_EQ(range("@-1h30m").from, at(kNow - 5'400'000));
  EXPECT_EQ(range("@-1h:-30m"), (OffsetRange{at(kNow - 3'600'000), at(kNow - 1'800'000)}));
  EXPECT_EQ(range("@2025-12-31:1h"), (OffsetRange{at(kNow - 86'400'000), at(kNow - 82'800'000)}));
  EXPECT_EQ(range("@2025-12-31T10:00:00Z:2025-12-31T11:00:00Z"),
            (OffsetRange{at(kNow - 50'400'000), at(kNow - 46'800'000)}));
  EXPECT_EQ(range("@-1h:end"), (OffsetRange{at(kNow - 3'600'000), OffsetBound{Kind::kEnd}}));
  EXPECT_EQ(range("17:"), (OffsetRange{{Kind::kOffset, 17}, std::nullopt}));
  EXPECT_EQ(range("beginning").from, (OffsetBound{Kind::kStart}));
  EXPECT_EQ(range("e@1000"), (OffsetRange{{}, at(1'000'000)}));
  for (const char* wrong : {"", "x", "@", "@yesterday", "1:2:3", "+-1", "@1h30"})
    EXPECT_FALSE(parse_offset_range(wrong, kNow).ok()) << wrong;
}

TEST(Utf8, IsToldFromOtherBytes) {
  for (const char* good : {"", "plain", "\xc3\xbc", "\xe2\x82\xac", "\xf0\x9f\x98\x80"})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (const char* bad : {"\xff", "\xc3", "\xc3(", "\x80", "a\xe2\x82", "\xc0\xaf"}) EXPECT_FALSE(is_utf8(bad));
}

}  // namespace
}  // namespace leat::tools
