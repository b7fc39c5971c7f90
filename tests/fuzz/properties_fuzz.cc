// Properties files: what was parsed can be written so that it is parsed again.
#include "base/properties.h"

#include "base/check.h"
#include "tests/fuzz/fuzz_target.h"

namespace leat::fuzz {

namespace {

/// Every character that means something, escaped.
Bytes escaped(BytesView text) {
  Bytes out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\f') {
      out += "\\f";
    } else {
      if (c == '\\' || c == ' ' || c == '=' || c == ':' || c == '#' || c == '!') out += '\\';
      out += c;
    }
  }
  return out;
}

}  // namespace

std::vector<Bytes> seeds() {
  return {"a=b\n",
          "# comment\n! another\nkey : value\n  indented\\\n    continued = x\n",
          "log.dirs=/var/lib/leat\nlisteners PLAINTEXT://:9092\r\n",
          "tab\\tnew\\nuni\\u00e9 \\ud83d\\ude00=\\\\",
          "k\\=ey\\:x==v",
          "\\u12",
          "last\\"};
}

}  // namespace leat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace leat;
  const auto parsed = parse_properties(fuzz::view(data, size));
  if (!parsed) return 0;
  Bytes written;
  for (const Property& property : *parsed)
    written += fuzz::escaped(property.key) + "=" + fuzz::escaped(property.value) + "\n";
  const auto again = parse_properties(written);
  LEAT_CHECK(again.ok() && again->size() == parsed->size());
  for (std::size_t i = 0; i < parsed->size(); ++i)
    LEAT_CHECK((*again)[i].key == (*parsed)[i].key && (*again)[i].value == (*parsed)[i].value);
  return 0;
}
