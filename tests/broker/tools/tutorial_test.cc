// The commands of a tutorial one after the other, and what they print: columns and lines are those of Kafka 4.3.1.
#include "tools_fixture.h"

namespace leat::tools {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::StartsWith;

struct TutorialTest : ToolsTest {
  void SetUp() override { print("kafka-topics --create --topic events --partitions 2"); }
  void produce(const std::string& lines, const std::string& more = "") {
    print("kafka-console-producer --topic events --property parse.key=true --property key.separator=: " + more, lines);
  }
};

TEST_F(TutorialTest, TopicsAreCreatedListedDescribedAlteredAndDeleted) {
  EXPECT_EQ(print("kafka-topics.sh --create --topic other --partitions 1 --config retention.ms=1000"),
            "Created topic other.\n");
  EXPECT_EQ(print("kafka-topics --list"), "events\nother\n");
  EXPECT_THAT(
      print("kafka-topics --describe --topic other"),
      ContainsRegex("^Topic: other\tTopicId: [-_A-Za-z0-9]{22}\tPartitionCount: 1\tReplicationFactor: 1\tConfigs: "
                    ".*retention.ms=1000\n\tTopic: other\tPartition: 0\tLeader: 1\tReplicas: 1\tIsr: 1\tElr: "
                    "\tLastKnownElr: \n$"));
  print("kafka-topics --alter --topic other --partitions 3");
  EXPECT_THAT(print("kafka-topics --describe --topic o.*r"), HasSubstr("PartitionCount: 3"));
  print("kafka-topics --delete --topic other");
  EXPECT_EQ(print("kafka-topics --list"), "events\n");
}

TEST_F(TutorialTest, WhatFailsIsSaid) {
  const Outcome twice = run("kafka-topics --create --topic events");
  EXPECT_EQ(twice.code, 1);
  EXPECT_EQ(twice.out, "Error while executing topic command : Topic 'events' already exists.\n");
  EXPECT_EQ(run("kafka-topics --create --topic events --if-not-exists").code, 0);
  EXPECT_THAT(run("kafka-topics --describe --topic nope").out, HasSubstr("Topic 'nope' does not exist as expected"));
  EXPECT_THAT(run("kafka-topics --lst").err, HasSubstr("Did you mean '--list'?"));
  EXPECT_THAT(run("kafka-topics --list --describe").err, HasSubstr("exactly one action"));
}

TEST_F(TutorialTest, WhatIsTypedIsRead) {
  produce("k:v1\nk:v2\nk:");
  EXPECT_EQ(print("kafka-console-consumer --topic events --from-beginning --max-messages 3 --property print.key=true"),
            "k\tv1\nk\tv2\nk\t\n");
  const Outcome timed_out = run("kafka-console-consumer --topic events --from-beginning --timeout-ms 2000");
  EXPECT_EQ(timed_out.out, "v1\nv2\n\n");
  EXPECT_EQ(timed_out.err, "Processed a total of 3 messages\n");
}

TEST_F(TutorialTest, APartitionIsReadFromAnOffset) {
  produce("k:v1\nk:v2\nk:v3\n");
  const std::string where = print("kafka-get-offsets --topic events");
  const std::string partition = where.find("events:0:3") != std::string::npos ? "0" : "1";
  EXPECT_EQ(print("kafka-console-consumer --topic events --partition " + partition +
                  " --offset 1 --max-messages 2 --property print.offset=true --property print.partition=true"),
            "Partition:" + partition + "\tOffset:1\tv2\nPartition:" + partition + "\tOffset:2\tv3\n");
}

TEST_F(TutorialTest, AGroupGoesOnWhereItStopped) {
  produce("k:v1\nk:v2\nk:v3\n");
  EXPECT_EQ(print("kafka-console-consumer --topic events --group g --from-beginning --max-messages 1"), "v1\n");
  EXPECT_EQ(print("kafka-console-consumer --topic events --group g --from-beginning --max-messages 1"), "v2\n");
  const Outcome described = run("kafka-consumer-groups --describe --group g");
  EXPECT_EQ(described.err, "\nConsumer group 'g' has no active members.\n");
  EXPECT_THAT(described.out,
              StartsWith("\nGROUP           TOPIC           PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG             "
                         "CONSUMER-ID     HOST            CLIENT-ID\ng               events          "));
  EXPECT_THAT(described.out, HasSubstr("          2               3               1               -               -"));
  EXPECT_EQ(print("kafka-consumer-groups --describe --group g --state"),
            "\nGROUP           COORDINATOR (ID)          ASSIGNMENT-STRATEGY  STATE                #MEMBERS\n"
            "g               broker:9092  (1)          -                    Empty                0\n");
  EXPECT_EQ(print("kafka-consumer-groups --list"), "g\n");
}

TEST_F(TutorialTest, OffsetsAreResetOnlyWhenExecuted) {
  produce("k:v1\nk:v2\nk:v3\n");
  print("kafka-console-consumer --topic events --group g --from-beginning --max-messages 3");
  const std::string plan =
      print("kafka-consumer-groups --reset-offsets --group g --topic events --to-earliest --dry-run");
  EXPECT_EQ(plan,
            "\nGROUP           TOPIC           PARTITION  NEW-OFFSET\ng               events          0          0\n"
            "g               events          1          0\n");
  EXPECT_EQ(run("kafka-console-consumer --topic events --group g --timeout-ms 2000").out, "");
  print("kafka-consumer-groups --reset-offsets --group g --all-topics --to-earliest --execute");
  EXPECT_EQ(run("kafka-console-consumer --topic events --group g --timeout-ms 2000").out, "v1\nv2\nv3\n");
  print("kafka-consumer-groups --reset-offsets --group g --all-topics --shift-by -1 --execute");
  EXPECT_EQ(run("kafka-console-consumer --topic events --group g --timeout-ms 2000").out, "v3\n");
}

TEST_F(TutorialTest, ExportedOffsetsCanBePutBack) {
  produce("k:v1\nk:v2\n");
  print("kafka-console-consumer --topic events --group g --from-beginning --max-messages 1");
  const std::string saved =
      print("kafka-consumer-groups --reset-offsets --group g --all-topics --to-current --dry-run --export");
  write_file("/plan.csv", saved);
  print("kafka-consumer-groups --reset-offsets --group g --all-topics --to-latest --execute");
  print("kafka-consumer-groups --reset-offsets --group g --from-file /plan.csv --execute");
  EXPECT_EQ(run("kafka-console-consumer --topic events --group g --timeout-ms 2000").out, "v2\n");
}

TEST_F(TutorialTest, GroupsAreDeletedAndTheirAbsenceIsSaid) {
  print("kafka-console-consumer --topic events --group g --timeout-ms 2000");
  EXPECT_EQ(print("kafka-consumer-groups --delete --group g"),
            "Deletion of requested consumer groups ('g') was successful.\n");
  const Outcome again = run("kafka-consumer-groups --delete --group g");
  EXPECT_EQ(again.code, 1);
  EXPECT_EQ(again.out,
            "\nError: Deletion of some consumer groups failed:\n* Group 'g' could not be deleted due to: "
            "org.apache.kafka.common.errors.GroupIdNotFoundException: The group id does not exist.\n");
}

TEST_F(TutorialTest, OffsetsAreToldByTime) {
  produce("k:v1\nk:v2\n");
  EXPECT_THAT(print("kafka-get-offsets --topic events"),
              testing::AnyOf("events:0:0\nevents:1:2\n", "events:0:2\nevents:1:0\n"));
  EXPECT_EQ(print("kafka-get-offsets --topic-partitions events:1 --time earliest"), "events:1:0\n");
  EXPECT_THAT(run("kafka-get-offsets --topic nope").err, HasSubstr("Could not match any topic-partitions"));
}

TEST_F(TutorialTest, RecordsAreDeletedBeforeAnOffset) {
  produce("k:v1\nk:v2\nk:v3\n");
  const bool first = print("kafka-get-offsets --topic events").starts_with("events:0:3");
  const std::string partition = first ? "0" : "1";
  write_file("/offsets.json",
             R"({"partitions": [{"topic": "events", "partition": )" + partition + R"(, "offset": 2}], "version": 1})");
  EXPECT_EQ(print("kafka-delete-records --offset-json-file /offsets.json"),
            "Executing records delete operation\nRecords delete operation completed:\npartition: events-" + partition +
                "\tlow_watermark: 2\n");
  EXPECT_EQ(print("kafka-console-consumer --topic events --from-beginning --max-messages 1"), "v3\n");
}

TEST_F(TutorialTest, ConfigsAreAlteredDescribedAndRemoved) {
  EXPECT_EQ(print("kafka-configs --alter --entity-type topics --entity-name events --add-config retention.ms=5000"),
            "Completed updating config for topic events.\n");
  EXPECT_THAT(print("kafka-configs --describe --topic events"), StartsWith("Dynamic configs for topic events are:\n"));
  EXPECT_THAT(print("kafka-configs --describe --topic events"),
              HasSubstr("  retention.ms=5000 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:retention.ms=5000, "));
  print("kafka-configs --alter --topic events --delete-config retention.ms");
  EXPECT_EQ(print("kafka-configs --describe --topic events"), "Dynamic configs for topic events are:\n");
  EXPECT_EQ(print("kafka-configs --describe --topic nope"),
            "The topic 'nope' doesn't exist and doesn't have dynamic config.\n");
  EXPECT_THAT(run("kafka-configs --alter --topic events --add-config retention.mz=1").err, HasSubstr("retention.mz"));
}

TEST(ToolNames, AreFoundWithAndWithoutTheirEnding) {
  EXPECT_EQ(find("/usr/bin/kafka-topics.sh"), find("kafka-topics"));
  EXPECT_EQ(find("leat"), nullptr);
}

}  // namespace
}  // namespace leat::tools
