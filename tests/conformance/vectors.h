// Where the recorded vectors are: the small selection that the repository carries, and the whole collection where it
// lies beside the checkout.
#pragma once

#include <string>

namespace leat::conformance {

/// tests/data of this checkout.
std::string carried_vectors_directory();
/// `../shared/conformance` beside the checkout, or $LEAT_CONFORMANCE; empty where neither exists.
std::string full_vectors_directory();

}  // namespace leat::conformance
