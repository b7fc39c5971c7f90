// Instantiates the codecs of the messages about security.
#include "broker/wire/messages/alter_user_scram_credentials.h"
#include "broker/wire/messages/create_acls.h"
#include "broker/wire/messages/create_delegation_token.h"
#include "broker/wire/messages/delete_acls.h"
#include "broker/wire/messages/describe_acls.h"
#include "broker/wire/messages/describe_delegation_token.h"
#include "broker/wire/messages/describe_user_scram_credentials.h"
#include "broker/wire/messages/expire_delegation_token.h"
#include "broker/wire/messages/renew_delegation_token.h"
#include "broker/wire/messages/sasl_authenticate.h"
#include "broker/wire/messages/sasl_handshake.h"

#include "broker/wire/codec_inl.h"

namespace leat::wire {

LEAT_WIRE_MESSAGE(SaslHandshakeRequest)
LEAT_WIRE_MESSAGE(SaslHandshakeResponse)
LEAT_WIRE_MESSAGE(DescribeAclsRequest)
LEAT_WIRE_MESSAGE(DescribeAclsResponse)
LEAT_WIRE_MESSAGE(CreateAclsRequest)
LEAT_WIRE_MESSAGE(CreateAclsResponse)
LEAT_WIRE_MESSAGE(DeleteAclsRequest)
LEAT_WIRE_MESSAGE(DeleteAclsResponse)
LEAT_WIRE_MESSAGE(SaslAuthenticateRequest)
LEAT_WIRE_MESSAGE(SaslAuthenticateResponse)
LEAT_WIRE_MESSAGE(CreateDelegationTokenRequest)
LEAT_WIRE_MESSAGE(CreateDelegationTokenResponse)
LEAT_WIRE_MESSAGE(RenewDelegationTokenRequest)
LEAT_WIRE_MESSAGE(RenewDelegationTokenResponse)
LEAT_WIRE_MESSAGE(ExpireDelegationTokenRequest)
LEAT_WIRE_MESSAGE(ExpireDelegationTokenResponse)
LEAT_WIRE_MESSAGE(DescribeDelegationTokenRequest)
LEAT_WIRE_MESSAGE(DescribeDelegationTokenResponse)
LEAT_WIRE_MESSAGE(DescribeUserScramCredentialsRequest)
LEAT_WIRE_MESSAGE(DescribeUserScramCredentialsResponse)
LEAT_WIRE_MESSAGE(AlterUserScramCredentialsRequest)
LEAT_WIRE_MESSAGE(AlterUserScramCredentialsResponse)

}  // namespace leat::wire
