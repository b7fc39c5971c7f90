// DescribeUserScramCredentials (50) and AlterUserScramCredentials (51), version 0: credentials of users, kept in the
// metadata log as keys that the password cannot be told from.
#include <memory>
#include <set>

#include "base/gathering.h"
#include "broker/server/admin_handlers.h"
#include "broker/server/scram.h"
#include "broker/wire/records/admin_records.h"

namespace leat::server {

using wire::ErrorCode;

namespace {

struct Verdict {
  ErrorCode error = ErrorCode::kNone;
  std::string message;
};

Verdict judge(const std::string& user, std::int8_t mechanism) {
  if (user.empty()) return {ErrorCode::kUnacceptableCredential, "Username must not be empty"};
  if (!scram_mechanism(mechanism)) return {ErrorCode::kUnsupportedSaslMechanism, "Unknown SCRAM mechanism"};
  return {};
}

bool has_credential(const Settings& settings, const std::string& user, std::int8_t mechanism) {
  const auto found = settings.scram().find(user);
  return found != settings.scram().end() && found->second.contains(mechanism);
}

/// What one request changes, by user: a user who is named twice is refused as a whole.
struct Changes {
  std::map<std::string, Verdict> verdicts;
  std::map<std::string, coordinator::InternalRecord> records;

  void note(const std::string& user, Verdict verdict, coordinator::InternalRecord record) {
    if (verdicts.contains(user))
      verdict = {ErrorCode::kDuplicateResource, "A user credential cannot be altered twice in the same request"};
    if (verdict.error == ErrorCode::kNone) {
      records[user] = std::move(record);
    } else {
      records.erase(user);
    }
    verdicts[user] = std::move(verdict);
  }
};

Changes changes_of(const Settings& settings, const wire::AlterUserScramCredentialsRequest& request) {
  Changes changes;
  for (const auto& deletion : request.deletions) {
    Verdict verdict = judge(deletion.name, deletion.mechanism);
    if (verdict.error == ErrorCode::kNone && !has_credential(settings, deletion.name, deletion.mechanism))
      verdict = {ErrorCode::kResourceNotFound, "Attempt to delete a user credential that does not exist"};
    wire::RemoveUserScramCredentialRecord record;
    record.name = deletion.name;
    record.mechanism = deletion.mechanism;
    changes.note(deletion.name, std::move(verdict), metadata_record(record));
  }
  for (const auto& upsertion : request.upsertions) {
    Verdict verdict = judge(upsertion.name, upsertion.mechanism);
    if (verdict.error == ErrorCode::kNone && upsertion.iterations < kScramIterationsMin)
      verdict = {ErrorCode::kUnacceptableCredential, "Too few iterations"};
    if (verdict.error == ErrorCode::kNone && upsertion.iterations > kScramIterationsMax)
      verdict = {ErrorCode::kUnacceptableCredential, "Too many iterations"};
    wire::UserScramCredentialRecord record;
    if (verdict.error == ErrorCode::kNone) {
      const ScramCredential credential = scram_credential(*scram_mechanism(upsertion.mechanism), upsertion.salt,
                                                          upsertion.salted_password, upsertion.iterations);
      record.name = upsertion.name;
      record.mechanism = upsertion.mechanism;
      record.salt = credential.salt;
      record.stored_key = credential.stored_key;
      record.server_key = credential.server_key;
      record.iterations = credential.iterations;
    }
    changes.note(upsertion.name, std::move(verdict), metadata_record(record));
  }
  return changes;
}

}  // namespace

void handle(Broker& broker, const RequestContext& /*context*/, wire::DescribeUserScramCredentialsRequest request,
            OneShot<wire::DescribeUserScramCredentialsResponse> reply) {
  wire::DescribeUserScramCredentialsResponse response;
  response.error_message = "";
  const auto& known = broker.settings().scram();
  std::multiset<std::string> asked;
  if (request.users)
    for (const auto& user : *request.users) asked.insert(user.name);
  if (asked.empty())
    for (const auto& [user, credentials] : known) asked.insert(user);
  for (auto name = asked.begin(); name != asked.end(); name = asked.upper_bound(*name)) {
    auto& result = response.results.emplace_back();
    result.user = *name;
    const auto found = known.find(*name);
    if (asked.count(*name) > 1) {
      result.error_code = ErrorCode::kDuplicateResource;
      result.error_message = "Cannot describe SCRAM credentials for the same user twice in a single request: " + *name;
    } else if (found == known.end()) {
      result.error_code = ErrorCode::kResourceNotFound;
      result.error_message = "Attempt to describe a user credential that does not exist: " + *name;
    } else {
      for (const auto& [mechanism, credential] : found->second)
        result.credential_infos.push_back({mechanism, credential.iterations});
    }
  }
  reply(std::move(response));
}

void handle(Broker& broker, const RequestContext& /*context*/, wire::AlterUserScramCredentialsRequest request,
            OneShot<wire::AlterUserScramCredentialsResponse> reply) {
  auto altering = std::make_shared<Gathering<wire::AlterUserScramCredentialsResponse>>(std::move(reply));
  Changes changes = changes_of(broker.settings(), request);
  std::vector<coordinator::InternalRecord> records;
  for (auto& [user, record] : changes.records) records.push_back(std::move(record));
  for (auto& [user, verdict] : changes.verdicts) {
    auto& result = altering->response.results.emplace_back();
    result.user = user;
    result.error_code = verdict.error;
    if (verdict.error != ErrorCode::kNone) result.error_message = std::move(verdict.message);
  }
  if (!records.empty()) {
    ++altering->left;
    broker.topics().write(std::move(records), [altering](Status status) {
      for (auto& result : altering->response.results)
        if (!status && result.error_code == ErrorCode::kNone) result.error_code = ErrorCode::kKafkaStorageError;
      altering->one_done();
    });
  }
  altering->one_done();
}

}  // namespace leat::server
