// Handlers of what administrators ask for beside topics and groups; see handlers.h for the rules.
#pragma once

#include "broker/server/broker.h"
#include "broker/wire/messages/add_raft_voter.h"
#include "broker/wire/messages/alter_client_quotas.h"
#include "broker/wire/messages/alter_partition_reassignments.h"
#include "broker/wire/messages/alter_replica_log_dirs.h"
#include "broker/wire/messages/alter_user_scram_credentials.h"
#include "broker/wire/messages/create_acls.h"
#include "broker/wire/messages/create_delegation_token.h"
#include "broker/wire/messages/delete_acls.h"
#include "broker/wire/messages/describe_acls.h"
#include "broker/wire/messages/describe_client_quotas.h"
#include "broker/wire/messages/describe_delegation_token.h"
#include "broker/wire/messages/describe_log_dirs.h"
#include "broker/wire/messages/describe_quorum.h"
#include "broker/wire/messages/describe_user_scram_credentials.h"
#include "broker/wire/messages/elect_leaders.h"
#include "broker/wire/messages/expire_delegation_token.h"
#include "broker/wire/messages/get_telemetry_subscriptions.h"
#include "broker/wire/messages/list_config_resources.h"
#include "broker/wire/messages/list_partition_reassignments.h"
#include "broker/wire/messages/push_telemetry.h"
#include "broker/wire/messages/remove_raft_voter.h"
#include "broker/wire/messages/renew_delegation_token.h"
#include "broker/wire/messages/sasl_authenticate.h"
#include "broker/wire/messages/sasl_handshake.h"
#include "broker/wire/messages/unregister_broker.h"
#include "broker/wire/messages/update_features.h"

namespace leat::server {

// Limits, elections, the quorum: quota_handlers.cc, log_dir_handlers.cc, reassignment_handlers.cc, quorum_handlers.cc,
// feature_handlers.cc, telemetry_handlers.cc
void handle(Broker& broker, const RequestContext& context, wire::DescribeClientQuotasRequest request,
            OneShot<wire::DescribeClientQuotasResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::AlterClientQuotasRequest request,
            OneShot<wire::AlterClientQuotasResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::AlterReplicaLogDirsRequest request,
            OneShot<wire::AlterReplicaLogDirsResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::DescribeLogDirsRequest request,
            OneShot<wire::DescribeLogDirsResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::ElectLeadersRequest request,
            OneShot<wire::ElectLeadersResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::AlterPartitionReassignmentsRequest request,
            OneShot<wire::AlterPartitionReassignmentsResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::ListPartitionReassignmentsRequest request,
            OneShot<wire::ListPartitionReassignmentsResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::DescribeQuorumRequest request,
            OneShot<wire::DescribeQuorumResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::UnregisterBrokerRequest request,
            OneShot<wire::UnregisterBrokerResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::AddRaftVoterRequest request,
            OneShot<wire::AddRaftVoterResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::RemoveRaftVoterRequest request,
            OneShot<wire::RemoveRaftVoterResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::UpdateFeaturesRequest request,
            OneShot<wire::UpdateFeaturesResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::GetTelemetrySubscriptionsRequest request,
            OneShot<wire::GetTelemetrySubscriptionsResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::PushTelemetryRequest request,
            OneShot<wire::PushTelemetryResponse> reply);

// Configs: config_handlers.cc
void handle(Broker& broker, const RequestContext& context, wire::ListConfigResourcesRequest request,
            OneShot<wire::ListConfigResourcesResponse> reply);

// Security: sasl_handlers.cc, scram_credential_handlers.cc, acl_handlers.cc, delegation_token_handlers.cc
void handle(Broker& broker, const RequestContext& context, wire::SaslHandshakeRequest request,
            OneShot<wire::SaslHandshakeResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::SaslAuthenticateRequest request,
            OneShot<wire::SaslAuthenticateResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::DescribeUserScramCredentialsRequest request,
            OneShot<wire::DescribeUserScramCredentialsResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::AlterUserScramCredentialsRequest request,
            OneShot<wire::AlterUserScramCredentialsResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::DescribeAclsRequest request,
            OneShot<wire::DescribeAclsResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::CreateAclsRequest request,
            OneShot<wire::CreateAclsResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::DeleteAclsRequest request,
            OneShot<wire::DeleteAclsResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::CreateDelegationTokenRequest request,
            OneShot<wire::CreateDelegationTokenResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::RenewDelegationTokenRequest request,
            OneShot<wire::RenewDelegationTokenResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::ExpireDelegationTokenRequest request,
            OneShot<wire::ExpireDelegationTokenResponse> reply);
void handle(Broker& broker, const RequestContext& context, wire::DescribeDelegationTokenRequest request,
            OneShot<wire::DescribeDelegationTokenResponse> reply);

}  // namespace leat::server
