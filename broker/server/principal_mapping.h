// PrincipalMapping: from the subject of a client's certificate to the name of a user (ssl.principal.mapping.rules).
//
//   RULE:^CN=(.*?),OU=Users.*$/$1/L,RULE:^CN=(.*?),.*$/$1/,DEFAULT
//
// The first rule whose pattern matches the whole subject names the user; /L and /U change its case; DEFAULT leaves the
// subject as it is. Patterns are those of ECMAScript, which Kafka's documentation stays within.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace leat::server {

class PrincipalMapping {
 public:
  static Result<PrincipalMapping> parse(const std::string& rules);

  /// The user of a subject ("CN=ann,O=leat"); nothing where no rule matches.
  std::optional<std::string> user_of(const std::string& subject) const;

 private:
  struct Rule;
  /// Empty: DEFAULT alone.
  std::vector<std::shared_ptr<const Rule>> rules_;
};

}  // namespace leat::server
