// Tools beyond the first steps of a tutorial: clusters, groups of all kinds, transactions, disks, speeds, files.
#include "base/big_endian.h"
#include "broker/wire/record_batch.h"
#include "tools_fixture.h"

namespace leat::tools {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::StartsWith;

struct AdministrationTest : ToolsTest {
  void SetUp() override { print("kafka-topics --create --topic events --partitions 1"); }
  void produce(const std::string& lines) { print("kafka-console-producer --topic events", lines); }
};

TEST_F(AdministrationTest, VersionsAreToldByBroker) {
  const std::string versions = print("kafka-broker-api-versions");
  EXPECT_THAT(versions,
              StartsWith("broker:9092 (id: 1 rack: null isFenced: false) -> (\n\tProduce(0): 0 to 13 [usable: 13],\n"));
  EXPECT_TRUE(versions.ends_with("\n)\n"));
}

TEST_F(AdministrationTest, TheClusterIsNamed) {
  EXPECT_THAT(print("kafka-cluster cluster-id"), ContainsRegex("^Cluster ID: [-_A-Za-z0-9]{22}\n$"));
  EXPECT_EQ(print("kafka-cluster list-endpoints"),
            "ID         HOST   PORT       RACK       STATE      ENDPOINT_TYPE  \n"
            "1          broker 9092       null       unfenced   broker         \n");
  EXPECT_THAT(run("kafka-cluster id").err, HasSubstr("choose from 'cluster-id'"));
}

TEST_F(AdministrationTest, FeaturesAndTheQuorumAreDescribed) {
  EXPECT_THAT(print("kafka-features describe"),
              HasSubstr("Feature: metadata.version                          SupportedMinVersion: 3.3-IV3          "
                        "SupportedMaxVersion: 4.3-IV0          FinalizedVersionLevel: 4.3-IV0          Epoch: "));
  EXPECT_THAT(
      print("kafka-metadata-quorum describe --status"),
      ContainsRegex(
          "^ClusterId:              [-_A-Za-z0-9]{22}\nLeaderId:               1\n(.*\n)*MaxFollowerLag:         "
          "0\nMaxFollowerLagTimeMs:   0\nCurrentVoters:          .*\"id\": 1"));
  EXPECT_THAT(print("kafka-metadata-quorum describe --replication"), HasSubstr("\tLeader\t\n"));
  EXPECT_EQ(run("kafka-features upgrade --release-version 4.2").code, 1);
}

TEST_F(AdministrationTest, GroupsAreListedWithTheirTypes) {
  print("kafka-console-consumer --topic events --group g --timeout-ms 1000");
  const std::string table =
      "GROUP                TYPE                 PROTOCOL            \n"
      "g                    Classic              consumer             \n";
  EXPECT_EQ(print("kafka-groups --list"), table);
  EXPECT_EQ(print("kafka-groups --list --consumer"), table);
  EXPECT_EQ(print("kafka-groups --list --streams"), table.substr(0, table.find('\n') + 1));
}

TEST_F(AdministrationTest, LogDirectoriesAreJson) {
  produce("a\n");
  EXPECT_THAT(
      print("kafka-log-dirs --describe --topic-list events"),
      AllOf(StartsWith("Querying brokers for log directories information\nReceived log directory information from "
                       "brokers 1\n{\"brokers\":[{\"broker\":1,\"logDirs\":[{\"partitions\":[{\"partition\":"
                       "\"events-0\",\"size\":69,\"offsetLag\":0,\"isFuture\":false}],\"error\":null,\"logDir\":"),
            testing::EndsWith("}]}],\"version\":1}\n")));
  EXPECT_EQ(run("kafka-log-dirs --describe --broker-list 7").code, 1);
}

TEST_F(AdministrationTest, TransactionsAreListedAndDescribed) {
  print(
      "kafka-producer-perf-test --topic events --num-records 10 --record-size 10 --throughput -1 --transactional-id "
      "tx");
  EXPECT_THAT(
      print("kafka-transactions list"),
      ContainsRegex("^TransactionalId\tCoordinator\tProducerId\tTransactionState\t\ntx             \t1          "
                    "\t[0-9]+ *\tCompleteCommit  \t\n$"));
  EXPECT_THAT(print("kafka-transactions describe --transactional-id tx"), HasSubstr("CompleteCommit"));
  EXPECT_THAT(print("kafka-transactions describe-producers --topic events --partition 0"), HasSubstr("\tNone"));
  EXPECT_EQ(print("kafka-transactions find-hanging --topic events").find('\n'),
            print("kafka-transactions find-hanging --topic events").size() - 1);
  EXPECT_THAT(run("kafka-transactions describe --transactional-id nobody").err, HasSubstr("the ID could not be found"));
  EXPECT_EQ(run("kafka-transactions abort --topic events --partition 0 --start-offset 5").code, 1);
}

TEST_F(AdministrationTest, SpeedsCountWhatWasSentAndRead) {
  EXPECT_THAT(print("kafka-producer-perf-test --topic events --num-records 1000 --record-size 100 --throughput 500 "
                    "--reporting-interval 1000 --warmup-records 100 --producer-props linger.ms=1 acks=all"),
              AllOf(HasSubstr("In steady state.\n"), HasSubstr("1000 records sent, "),
                    ContainsRegex("900 steady state records sent, .* ms 99.9th.\n")));
  const std::string read = print("kafka-consumer-perf-test --topic events --num-records 1000");
  EXPECT_THAT(read, StartsWith("start.time, end.time, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, "
                               "rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec\n"));
  EXPECT_THAT(read, HasSubstr(", 1000, "));
}

TEST_F(AdministrationTest, InternalTopicsAreReadAsJson) {
  produce("a\n");
  print("kafka-console-consumer --topic events --group g --from-beginning --max-messages 1");
  EXPECT_THAT(run("kafka-console-consumer --topic __consumer_offsets --from-beginning --timeout-ms 1000 --formatter "
                  "org.apache.kafka.tools.consumer.OffsetsMessageFormatter")
                  .out,
              ContainsRegex(R"(^\{"key":\{"type":1,"data":\{"group":"g","topic":"events","partition":0\}\},"value":)"
                            R"(\{"version":[0-9],"data":\{"offset":1,)"));
}

TEST_F(AdministrationTest, AnAppIsPutBackToItsBeginning) {
  produce("a\nb\n");
  print("kafka-topics --create --topic app-store-changelog");
  print("kafka-topics --create --topic application-store-changelog");
  print("kafka-console-consumer --topic events --group app --from-beginning --max-messages 2");
  const std::string actions =
      "Reset-offsets for input topics [events]\nFollowing input topics offsets will be reset to (for "
      "consumer group app)\nTopic: events Partition: 0 Offset: 0\nDone.\nDeleting inferred internal "
      "topics [app-store-changelog]\nDone.\n";
  const std::string reset = "kafka-streams-application-reset --application-id app --input-topics events";
  EXPECT_TRUE(print(reset + " --dry-run").ends_with(actions));
  EXPECT_THAT(print("kafka-topics --list --topic app-.*"), HasSubstr("app-store-changelog"));
  EXPECT_EQ(print(reset), actions);
  EXPECT_EQ(print("kafka-topics --list"), "__consumer_offsets\napplication-store-changelog\nevents\n");
  EXPECT_EQ(print("kafka-console-consumer --topic events --group app --max-messages 1"), "a\n");
  EXPECT_EQ(run(reset + ",nowhere").code, 1);
  EXPECT_EQ(run("kafka-streams-application-reset --application-id app --internal-topics events").code, 1);
}

TEST_F(AdministrationTest, QuotasBelongToUsersClientsAndAddresses) {
  EXPECT_EQ(print("kafka-configs --alter --user u --client c --add-config request_percentage=20.5"),
            "Completed updating config for client c.\n");
  EXPECT_EQ(print("kafka-configs --describe --entity-type users --entity-name u --entity-type clients --entity-name c"),
            "Quota configs for user-principal 'u', client-id 'c' are request_percentage=20.5\n");
  print("kafka-configs --alter --client-defaults --add-config producer_byte_rate=10");
  EXPECT_EQ(print("kafka-configs --describe --entity-type clients"),
            "Quota configs for the default client-id are producer_byte_rate=10.0\n");
  EXPECT_THAT(run("kafka-configs --alter --client-defaults --delete-config consumer_byte_rate").err,
              StartsWith("Invalid config(s): consumer_byte_rate\n"));
  EXPECT_THAT(run("kafka-configs --alter --client-defaults --add-config SCRAM-SHA-256=[password=p]").err,
              StartsWith("Only quota configs can be added"));
}

TEST_F(AdministrationTest, CredentialsAreSaltedHere) {
  print("kafka-configs --alter --user alice --add-config SCRAM-SHA-256=[iterations=8192,password=secret]");
  EXPECT_EQ(print("kafka-configs --describe --user alice"),
            "SCRAM credential configs for user-principal 'alice' are SCRAM-SHA-256=iterations=8192\n");
  print("kafka-configs --alter --user alice --delete-config SCRAM-SHA-256");
  EXPECT_EQ(print("kafka-configs --describe --user alice"), "");
  EXPECT_EQ(run("kafka-configs --alter --user alice --add-config SCRAM-SHA-256=[iterations=7,password=p]").code, 1);
}

TEST_F(AdministrationTest, AclsNeedAResourceAPrincipalAndAnAuthorizer) {
  EXPECT_THAT(run("kafka-acls --add --allow-principal User:a").err,
              StartsWith("You must provide at least one resource"));
  EXPECT_THAT(run("kafka-acls --add --topic t").err, StartsWith("You must specify one of: --allow-principal"));
  EXPECT_THAT(run("kafka-acls --add --allow-principal User:a --topic t --operation Reed").err, HasSubstr("'READ'"));
  EXPECT_THAT(run("kafka-acls --list").out, HasSubstr("No Authorizer is configured"));
}

struct StorageTest : ToolsTest {};

TEST_F(StorageTest, ADirectoryIsFormattedOnce) {
  write_file("/server.properties", "node.id=3\nlog.dirs=/logs\n");
  EXPECT_EQ(run_offline("kafka-storage info -c /server.properties").out,
            "Found problem:\n  /logs is not formatted.\n\n");
  const std::string format = "kafka-storage format --standalone -t MkU3OEVBNTcwNTJENDM2Qg -c /server.properties";
  EXPECT_EQ(run_offline(format).out,
            "Formatting dynamic metadata voter directory /logs with metadata.version 4.3-IV0.\n");
  EXPECT_THAT(run_offline("kafka-storage info --config /server.properties").out,
              ContainsRegex("^Found log directory:\n  /logs\n\nFound metadata: .cluster.id=MkU3OEVBNTcwNTJENDM2Qg, "
                            "directory.id=.*, node.id=3, version=1.\n\n$"));
  EXPECT_EQ(run_offline(format).code, 1);
  EXPECT_EQ(run_offline(format + " --ignore-formatted").out, "All of the log directories are already formatted.\n");
  EXPECT_EQ(run_offline("kafka-storage random-uuid").out.size(), 23u);
  EXPECT_EQ(run_offline("kafka-storage format -t short -c /server.properties").code, 1);
}

struct DumpLogTest : ToolsTest {
  std::string dump(const std::string& more) {
    ScriptedTerminal terminal;
    std::vector<std::string> args = {"--files", "/00000000000000000010" + more.substr(0, more.find(' '))};
    if (more.find(' ') != std::string::npos) args.push_back(more.substr(more.find(' ') + 1));
    tools::run(*find("kafka-dump-log"), {here, connector, terminal}, args);
    return terminal.printed + terminal.complained;
  }
  void write_log(std::string_view tail = {}) {
    wire::BatchBuilder builder;
    const wire::RecordHeader header{"h", "v"};
    builder.append(1000, "k", "one", {&header, 1});
    builder.append(1001, std::nullopt, std::nullopt);
    Buf batch = builder.seal({});
    wire::BatchStamp(batch.mutable_data()).base_offset(10);
    write_file("/00000000000000000010.log", std::string(batch.view()) + std::string(tail));
  }
};

TEST_F(DumpLogTest, BatchesAndRecordsAreToldInKafkasWords) {
  write_log();
  EXPECT_THAT(dump(".log"),
              StartsWith("Dumping /00000000000000000010.log\nLog starting offset: 10\nbaseOffset: 10 lastOffset: 11 "
                         "count: 2 baseSequence: -1 lastSequence: -1 producerId: -1 producerEpoch: -1 "));
  EXPECT_THAT(
      dump(".log --print-data-log"),
      HasSubstr(
          "isvalid: true\n| offset: 10 CreateTime: 1000 keySize: 1 valueSize: 3 sequence: -1 headerKeys: [h] key: k "
          "payload: one\n| offset: 11 CreateTime: 1001 keySize: -1 valueSize: -1 sequence: -1 headerKeys: []\n"));
}

TEST_F(DumpLogTest, ATornTailAndAWrongIndexAreFound) {
  write_log("torn");
  EXPECT_THAT(dump(".log"), HasSubstr("Found 4 invalid bytes at the end of 00000000000000000010.log\n"));
  Bytes index;
  append_big_endian<std::int32_t>(index, 5);
  append_big_endian<std::int32_t>(index, 0);
  write_file("/00000000000000000010.index", index);
  EXPECT_EQ(dump(".index"),
            "Dumping /00000000000000000010.index\noffset: 15 position: 0\nMismatches in "
            ":/00000000000000000010.index\n  Index offset: 15, log offset: 11\n");
}

}  // namespace
}  // namespace leat::tools
