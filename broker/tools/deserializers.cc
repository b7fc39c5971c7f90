// Kafka's own deserializers, as the text of what they make.
#include <fmt/format.h>

#include <array>
#include <bit>
#include <cmath>

#include "base/big_endian.h"
#include "base/did_you_mean.h"
#include "base/uuid.h"
#include "broker/tools/record_format.h"

namespace leat::tools {

namespace {

Status of_size(BytesView bytes, std::size_t size, std::string_view what) {
  if (bytes.size() == size) return {};
  return Error{ErrorKind::kCorrupt,
               fmt::format("Size of data received by {}Deserializer is not {}: it is {}", what, size, bytes.size())};
}

Result<std::string> text(BytesView bytes) { return std::string(bytes); }

Result<std::string> long_text(BytesView bytes) {
  LEAT_RETURN_IF_ERROR(of_size(bytes, 8, "Long"));
  return std::to_string(load_big_endian<std::int64_t>(bytes.data()));
}

Result<std::string> integer_text(BytesView bytes) {
  LEAT_RETURN_IF_ERROR(of_size(bytes, 4, "Integer"));
  return std::to_string(load_big_endian<std::int32_t>(bytes.data()));
}

Result<std::string> short_text(BytesView bytes) {
  LEAT_RETURN_IF_ERROR(of_size(bytes, 2, "Short"));
  return std::to_string(load_big_endian<std::int16_t>(bytes.data()));
}

Result<std::string> double_text(BytesView bytes) {
  LEAT_RETURN_IF_ERROR(of_size(bytes, 8, "Double"));
  return java_text(std::bit_cast<double>(load_big_endian<std::uint64_t>(bytes.data())));
}

Result<std::string> float_text(BytesView bytes) {
  LEAT_RETURN_IF_ERROR(of_size(bytes, 4, "Float"));
  return java_text(std::bit_cast<float>(load_big_endian<std::uint32_t>(bytes.data())));
}

Result<std::string> boolean_text(BytesView bytes) {
  LEAT_RETURN_IF_ERROR(of_size(bytes, 1, "Boolean"));
  return std::string(bytes[0] == 0 ? "false" : "true");
}

Result<std::string> uuid_text(BytesView bytes) {
  LEAT_ASSIGN_OR_RETURN(const Uuid uuid, Uuid::from_string(bytes));
  return uuid.to_string();
}

/// org.apache.kafka.common.utils.Bytes prints what is not printable ASCII as \xNN.
Result<std::string> bytes_text(BytesView bytes) {
  std::string printed;
  for (const char each : bytes) {
    const auto byte = static_cast<unsigned char>(each);
    byte >= ' ' && byte <= '~' ? printed.push_back(each) : (void)(printed += fmt::format("\\x{:02X}", byte));
  }
  return printed;
}

struct Named {
  std::string_view name;
  Result<std::string> (*text_of)(BytesView bytes);
};

constexpr Named kDeserializers[] = {
    {"BooleanDeserializer", boolean_text}, {"ByteArrayDeserializer", text},   {"BytesDeserializer", bytes_text},
    {"DoubleDeserializer", double_text},   {"FloatDeserializer", float_text}, {"IntegerDeserializer", integer_text},
    {"LongDeserializer", long_text},       {"ShortDeserializer", short_text}, {"StringDeserializer", text},
    {"UUIDDeserializer", uuid_text},
};

/// The shortest digits as Java writes them: plain from 0.001 up to 10 million, with an exponent otherwise.
template <class Number>
std::string shortest(Number number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
  const Number size = std::abs(number);
  if (number == 0 || (size >= Number(1e-3) && size < Number(1e7))) {
    std::string plain = fmt::format("{}", number);
    if (plain.find('.') == std::string::npos) plain += ".0";
    return plain;
  }
  // fmt says 1.5e+10 or 1e-05.
  std::string digits = fmt::format("{}", number);
  std::string mantissa = digits.substr(0, digits.find('e'));
  int exponent = 0;
  if (const std::size_t e = digits.find('e'); e != std::string::npos) {
    exponent = std::atoi(digits.c_str() + e + 1);
  } else {
    exponent = static_cast<int>(std::floor(std::log10(size)));
    std::string all;
    for (const char each : mantissa)
      if (each >= '0' && each <= '9' && !(all.empty() && each == '0')) all.push_back(each);
    while (all.size() > 1 && all.back() == '0') all.pop_back();
    mantissa = (number < 0 ? "-" : "") + all.substr(0, 1) + "." + all.substr(1);
  }
  if (mantissa.find('.') == std::string::npos) mantissa += '.';
  if (mantissa.back() == '.') mantissa += '0';
  return fmt::format("{}E{}", mantissa, exponent);
}

}  // namespace

std::string java_text(double number) { return shortest(number); }
std::string java_text(float number) { return shortest(number); }

Result<Deserializer> find_deserializer(const std::string& class_name) {
  const std::string_view plain = std::string_view(class_name).substr(class_name.rfind('.') + 1);
  std::vector<std::string_view> names;
  for (const Named& each : kDeserializers) {
    if (each.name == plain) return Deserializer{each.text_of};
    names.push_back(each.name);
  }
  return Error{ErrorKind::kInvalidArgument,
               fmt::format("There is no deserializer {}: Kafka's own are known, from StringDeserializer to "
                           "UUIDDeserializer.{}",
                           class_name, did_you_mean(plain, names))};
}

}  // namespace leat::tools
