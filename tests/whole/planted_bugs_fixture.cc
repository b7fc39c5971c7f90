#include "planted_bugs_fixture.h"

#include <map>

#include "broker/wire/messages/end_txn.h"
#include "broker/wire/messages/fetch.h"
#include "broker/wire/messages/init_producer_id.h"
#include "broker/wire/messages/list_offsets.h"
#include "broker/wire/messages/offset_commit.h"
#include "broker/wire/messages/offset_fetch.h"
#include "broker/wire/messages/produce.h"
#include "broker/wire/messages/txn_offset_commit.h"
#include "broker/wire/record_batch.h"
#include "meddling_fixture.h"

namespace leat::whole {

namespace {

bool everyone(const std::string&) { return true; }
bool is_app(const std::string& process) { return process.starts_with("app-"); }
bool is_feeder(const std::string& process) { return process.starts_with("feeder"); }

/// Meddles with the frames of those processes that `who` says yes to.
Plant on_the_wire(bool (*who)(const std::string&), Meddling what) {
  Plant plant;
  plant.connector = [who, what](const std::string& process, std::unique_ptr<wire::Connector> under) {
    return who(process) ? meddling(std::move(under), what) : std::move(under);
  };
  return plant;
}

Plant without_sync(std::function<bool(const std::string&)> skips) {
  Plant plant;
  plant.broker_files = [skips = std::move(skips)](World world) { return unsynced_files(world, skips); };
  return plant;
}

template <class Request, class Change>
Plant changing(bool (*who)(const std::string&), Change change) {
  return on_the_wire(who, {.request = [change](const wire::ParsedRequest& request) {
                       return changed_request<Request>(request, change);
                     }});
}

bool is_log_of(const std::string& path, const std::string& topic) {
  return path.ends_with(".log") && path.find("/" + topic) != std::string::npos;
}

/// Runs `change` on every batch of the request, each in a block of its own.
template <class Change>
void change_batches(wire::ProduceRequest& request, Change change) {
  for (auto& topic : request.topic_data)
    for (auto& partition : topic.partition_data) {
      if (!partition.records || partition.records->empty()) continue;
      Buf copy = Buf::copy_of(partition.records->view());
      change(wire::BatchView::trusted(copy.view()), wire::BatchStamp(copy.mutable_data()));
      wire::BatchStamp(copy.mutable_data()).seal(copy.size());
      partition.records = std::move(copy);
    }
}

void forget_producer(wire::ProduceRequest& request) {
  change_batches(request, [](const wire::BatchView&, wire::BatchStamp stamp) {
    stamp.producer(wire::kNoProducerId, wire::kNoProducerEpoch, wire::kNoSequence);
  });
}

/// TxnOffsetCommit goes out as OffsetCommit.
Plant offsets_outside_of_the_transaction() {
  constexpr int kVersion = 8;
  constexpr auto kTransactional = static_cast<std::int16_t>(wire::ApiKey::kTxnOffsetCommit);
  Meddling what;
  what.request = [](const wire::ParsedRequest& request) -> std::optional<wire::Frame> {
    if (request.header.api_key != kTransactional) return {};
    const auto from = wire::decode<wire::TxnOffsetCommitRequest>(request.body, request.header.api_version);
    if (!from) return {};
    wire::OffsetCommitRequest to;
    to.group_id = from->group_id;
    to.generation_id_or_member_epoch = from->generation_id;
    to.member_id = from->member_id;
    for (const auto& topic : from->topics) {
      to.topics.emplace_back().name = topic.name;
      for (const auto& partition : topic.partitions) {
        auto& each = to.topics.back().partitions.emplace_back();
        each.partition_index = partition.partition_index;
        each.committed_offset = partition.committed_offset;
        each.committed_metadata = partition.committed_metadata;
      }
    }
    return wire::request_frame(wire::ApiKey::kOffsetCommit, kVersion, request.header.correlation_id,
                               request.header.client_id, wire::encode(to, kVersion));
  };
  what.response = [](const wire::RequestHeader& header, const Buf& frame) -> std::optional<wire::Frame> {
    if (header.api_key != kTransactional) return {};
    wire::RequestHeader sent = header;
    sent.api_key = static_cast<std::int16_t>(wire::ApiKey::kOffsetCommit);
    sent.api_version = kVersion;
    const auto from = response_body<wire::OffsetCommitResponse>(sent, frame);
    if (!from) return {};
    wire::TxnOffsetCommitResponse to;
    for (const auto& topic : from->topics) {
      to.topics.emplace_back().name = topic.name;
      for (const auto& partition : topic.partitions) {
        auto& each = to.topics.back().partitions.emplace_back();
        each.partition_index = partition.partition_index;
        each.error_code = partition.error_code;
      }
    }
    return response_frame(header, to);
  };
  return on_the_wire(is_app, std::move(what));
}

/// Whatever epoch a producer believes in, the newest one is what the broker hears.
Plant without_epochs() {
  auto newest = std::make_shared<std::map<std::int64_t, std::int16_t>>();
  const auto epoch_of = [newest](std::int64_t producer, std::int16_t otherwise) {
    const auto found = newest->find(producer);
    return found == newest->end() ? otherwise : std::max(found->second, otherwise);
  };
  Meddling what;
  what.request = [epoch_of](const wire::ParsedRequest& request) -> std::optional<wire::Frame> {
    if (auto end = changed_request<wire::EndTxnRequest>(
            request, [&](auto& body) { body.producer_epoch = epoch_of(body.producer_id, body.producer_epoch); }))
      return end;
    return changed_request<wire::ProduceRequest>(request, [&](wire::ProduceRequest& body) {
      change_batches(body, [&](const wire::BatchView& batch, wire::BatchStamp stamp) {
        const std::int16_t epoch = epoch_of(batch.producer_id(), batch.producer_epoch());
        if (epoch != batch.producer_epoch()) stamp.producer(batch.producer_id(), epoch, wire::kNoSequence);
      });
    });
  };
  what.response = [newest](const wire::RequestHeader& header, const Buf& frame) -> std::optional<wire::Frame> {
    const auto learn = [&](const auto& response) {
      if (!response || response->error_code != wire::ErrorCode::kNone) return;
      auto& epoch = (*newest)[response->producer_id];
      epoch = std::max(epoch, response->producer_epoch);
    };
    learn(response_body<wire::InitProducerIdResponse>(header, frame));
    learn(response_body<wire::EndTxnResponse>(header, frame));
    return {};
  };
  return on_the_wire(is_feeder, std::move(what));
}

/// The end of a changelog is told one record too early.
Plant restore_that_stops_early() {
  Meddling what;
  what.response = [](const wire::RequestHeader& header, const Buf& frame) -> std::optional<wire::Frame> {
    auto response = response_body<wire::ListOffsetsResponse>(header, frame);
    if (!response) return {};
    for (auto& topic : response->topics)
      if (topic.name.ends_with("-changelog"))
        for (auto& partition : topic.partitions) partition.offset = std::max<std::int64_t>(0, partition.offset - 2);
    return response_frame(header, *response);
  };
  return on_the_wire(is_app, std::move(what));
}

/// An app hears of its committed offsets, but for so many.
Plant going_on_at_another_offset(std::int64_t by) {
  Meddling what;
  what.response = [by](const wire::RequestHeader& header, const Buf& frame) -> std::optional<wire::Frame> {
    auto response = response_body<wire::OffsetFetchResponse>(header, frame);
    if (!response) return {};
    for (auto& group : response->groups)
      for (auto& topic : group.topics)
        for (auto& partition : topic.partitions)
          if (topic.name == kLines && partition.committed_offset > 0) partition.committed_offset += by;
    return response_frame(header, *response);
  };
  return on_the_wire(is_app, std::move(what));
}

/// Rows of changelogs count whether their transaction ends well or not.
Plant changelogs_outside_of_the_transaction() {
  return changing<wire::ProduceRequest>(is_app, [](wire::ProduceRequest& request) {
    for (auto& topic : request.topic_data) {
      if (!topic.name.ends_with("-changelog")) continue;
      wire::ProduceRequest of_changelog;
      of_changelog.topic_data.push_back(std::move(topic));
      change_batches(of_changelog, [](const wire::BatchView&, wire::BatchStamp stamp) {
        stamp.attributes(0);
        stamp.producer(wire::kNoProducerId, wire::kNoProducerEpoch, wire::kNoSequence);
      });
      topic = std::move(of_changelog.topic_data.front());
    }
  });
}

Plant acknowledging_from_the_page_cache() {
  Plant plant;
  plant.broker_config = [](server::BrokerConfig& config) { config.log.durability = log::Durability::kPageCache; };
  return plant;
}

}  // namespace

std::vector<PlantedBug> planted_bugs() {
  const auto no_sync_of = [](const std::string& topic) {
    return [topic] { return without_sync([topic](const std::string& path) { return is_log_of(path, topic); }); };
  };
  return {
      {"acknowledged from the page cache", acknowledging_from_the_page_cache},
      {"no fsync of the lines", no_sync_of(kLines)},
      {"no fsync of committed offsets", no_sync_of("__consumer_offsets")},
      {"no fsync of decisions about transactions", no_sync_of("__transaction_state")},
      {"no fsync of directories",
       [] { return without_sync([](const std::string& path) { return path.ends_with("/"); }); }},
      {"a duplicate is written again",
       [] {
         return changing<wire::ProduceRequest>(is_feeder, [](wire::ProduceRequest& request) {
           if (!request.transactional_id) forget_producer(request);
         });
       }},
      {"no check of the producer's epoch", without_epochs},
      {"an abort ends as a commit",
       [] {
         return changing<wire::EndTxnRequest>(is_feeder,
                                              [](wire::EndTxnRequest& request) { request.committed = true; });
       }},
      {"read_committed goes beyond the last stable offset",
       [] {
         return changing<wire::FetchRequest>(everyone,
                                             [](wire::FetchRequest& request) { request.isolation_level = 0; });
       }},
      {"a changelog is restored as read_uncommitted",
       [] {
         return changing<wire::FetchRequest>(is_app, [](wire::FetchRequest& request) {
           for (const auto& topic : request.topics)
             if (topic.topic.ends_with("-changelog")) request.isolation_level = 0;
         });
       }},
      {"a restore ends at the last stable offset",
       [] {
         return changing<wire::ListOffsetsRequest>(
             is_app, [](wire::ListOffsetsRequest& request) { request.isolation_level = 1; });
       }},
      {"a restore stops early", restore_that_stops_early},
      {"offsets are committed outside of the transaction", offsets_outside_of_the_transaction},
      {"an app goes on one record too early", [] { return going_on_at_another_offset(-1); }},
      {"an app goes on one record too late", [] { return going_on_at_another_offset(1); }},
      {"a changelog is written outside of the transaction", changelogs_outside_of_the_transaction},
      {"no check of the member's generation",
       [] {
         return changing<wire::TxnOffsetCommitRequest>(is_app, [](wire::TxnOffsetCommitRequest& request) {
           request.generation_id = -1;
           request.member_id.clear();
         });
       }},
  };
}

}  // namespace leat::whole
