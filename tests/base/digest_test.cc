#include "base/digest.h"

#include <gtest/gtest.h>

namespace leat {
namespace {

TEST(Digest, IsThatOfTheStandard) {
  EXPECT_EQ(to_hex(digest_of(Digest::kSha256, "abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(digest_of(Digest::kSha512, "abc")).substr(0, 32), "ddaf35a193617abacc417349ae204131");
}

TEST(Digest, StretchedPasswordsAndKeysAreThoseOfTheExampleInRfc7677) {
  const auto salt = from_base64("W22ZaJ0SNY7soEsUEjb6gQ==");
  ASSERT_TRUE(salt.ok());
  const Bytes salted = stretched(Digest::kSha256, "pencil", *salt, 4096);
  EXPECT_EQ(to_base64(digest_of(Digest::kSha256, hmac(Digest::kSha256, salted, "Client Key"))),
            "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=");
  EXPECT_EQ(to_base64(hmac(Digest::kSha256, salted, "Server Key")), "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=");
}

TEST(Base64, ComesBackWithEveryPadding) {
  for (const std::string text : {"", "a", "ab", "abc", "abcd"}) {
    const auto back = from_base64(to_base64(text));
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(*back, text);
  }
  EXPECT_EQ(to_base64("ab"), "YWI=");
}

TEST(Base64, RefusesWhatIsMalformed) {
  EXPECT_FALSE(from_base64("YWI").ok());
  EXPECT_FALSE(from_base64("Y*I=").ok());
}

TEST(Secrets, AreEqualOnlyWhenEveryByteIs) {
  EXPECT_TRUE(equal_secrets("same", "same"));
  EXPECT_FALSE(equal_secrets("same", "sane"));
  EXPECT_FALSE(equal_secrets("same", "samesame"));
}

}  // namespace
}  // namespace leat
