#include "broker/tools/record_verbs.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "broker/tools/commands.h"
#include "broker/tools/times.h"

namespace leat::tools {

namespace {

constexpr std::string_view kIso = "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'";

Error invalid(std::string message) { return {ErrorKind::kInvalidArgument, std::move(message)}; }

std::string hex_of(BytesView bytes) {
  std::string hex;
  for (const char c : bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return hex;
}

/// How bytes are shown: as they are, or by what the braces say.
struct Coding {
  std::string (*text_of)(BytesView bytes) = nullptr;
};
Result<Coding> coding(std::string_view name) {
  if (name.empty()) return Coding{[](BytesView bytes) { return std::string(bytes); }};
  if (name == "hex") return Coding{[](BytesView bytes) { return hex_of(bytes); }};
  if (name == "base64") return Coding{[](BytesView bytes) { return to_base64(bytes); }};
  if (name == "json") return Coding{[](BytesView bytes) { return json_text(bytes); }};
  return invalid(fmt::format("-f: '{{{}}}' is none of {{hex}}, {{base64}} and {{json}}", name));
}

std::int64_t size_of(const std::optional<BytesView>& bytes) {
  return bytes ? static_cast<std::int64_t>(bytes->size()) : -1;
}

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

std::vector<wire::RecordHeader> headers_of(const wire::RecordView& record) {
  std::vector<wire::RecordHeader> headers;
  record.headers(headers);
  return headers;
}

void write_json_bytes(std::string_view name, const std::optional<BytesView>& bytes, std::string& to) {
  if (!bytes) {
    to += fmt::format(",\"{}\":null", name);
  } else if (is_utf8(*bytes)) {
    to += fmt::format(",\"{}\":{}", name, json_text(*bytes));
  } else {
    to += fmt::format(",\"{}_base64\":\"{}\"", name, to_base64(*bytes));
  }
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const std::size_t more = first < 0x80   ? 0
                             : first < 0xc2 ? 9
                             : first < 0xe0 ? 1
                             : first < 0xf0 ? 2
                             : first < 0xf5 ? 3
                                            : 9;
    if (more > 3 || i + more >= text.size() + (more == 0 ? 1 : 0)) return false;
    for (std::size_t j = 1; j <= more; ++j)
      if ((static_cast<unsigned char>(text[i + j]) & 0xc0) != 0x80) return false;
    i += more + 1;
  }
  return true;
}

Result<std::string> unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      plain += text[i];
      continue;
    }
    switch (const char c = text[++i]; c) {
      case 'n': plain += '\n'; break;
      case 't': plain += '\t'; break;
      case 'r': plain += '\r'; break;
      case '0': plain += '\0'; break;
      case '\\': plain += '\\'; break;
      case 'x': {
        const auto high = i + 1 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
        const auto low = i + 2 < text.size() ? hex_digit(text[i + 2]) : std::nullopt;
        if (!high || !low) return invalid("\\x must be followed by two hex digits, such as \\x1f");
        plain += static_cast<char>(*high * 16 + *low);
        i += 2;
        break;
      }
      default: return invalid(fmt::format("\\{} is no escape; \\n, \\t, \\r, \\0, \\\\ and \\xHH are", c));
    }
  }
  return plain;
}

Result<RecordVerbs> RecordVerbs::parse(std::string_view given) {
  LEAT_ASSIGN_OR_RETURN(const std::string format, unescaped(given));
  RecordVerbs verbs;
  std::string plain;
  const auto add = [&](Writer writer) {
    if (!plain.empty())
      verbs.writers_.push_back(
          [text = std::exchange(plain, {})](const PrintedRecord&, std::string& to) { to += text; });
    verbs.writers_.push_back(std::move(writer));
  };
  const auto add_number = [&](std::int64_t (*number)(const PrintedRecord&)) {
    add([number](const PrintedRecord& printed, std::string& to) { to += std::to_string(number(printed)); });
  };
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      plain += format[i];
      continue;
    }
    if (++i == format.size()) return invalid("-f ends with a % that nothing follows; %% prints one");
    const char verb = format[i];
    if (verb == '%' || verb == '{' || verb == '}') {
      plain += verb;
      continue;
    }
    std::string braces;
    if (i + 1 < format.size() && format[i + 1] == '{') {
      const std::size_t end = format.find('}', i);
      if (end == std::string::npos) return invalid("-f: a { behind a verb is not closed");
      braces = format.substr(i + 2, end - i - 2);
      i = end;
    }
    using P = PrintedRecord;
    switch (verb) {
      case 't': add([](const P& p, std::string& to) { to += p.partition.topic; }); break;
      case 'p': add_number([](const P& p) { return std::int64_t{p.partition.partition}; }); break;
      case 'o': add_number([](const P& p) { return p.record.offset; }); break;
      case 'e': add_number([](const P& p) { return std::int64_t{p.batch.leader_epoch()}; }); break;
      case 'x': add_number([](const P& p) { return p.batch.producer_id(); }); break;
      case 'i': add_number([](const P& p) { return p.number; }); break;
      case 'K': add_number([](const P& p) { return size_of(p.record.key); }); break;
      case 'S':
      case 'V': add_number([](const P& p) { return size_of(p.record.value); }); break;
      case 'H': add_number([](const P& p) { return std::int64_t{p.record.header_count}; }); break;
      case 'T':
      case 'd':
        if (braces == "iso") {
          add([](const P& p, std::string& to) { to += format_time(p.record.timestamp, kIso); });
        } else if (braces.empty()) {
          add_number([](const P& p) { return p.record.timestamp; });
        } else {
          return invalid(fmt::format("-f: behind %{} only {{iso}} may stand", verb));
        }
        break;
      case 'k':
      case 's':
      case 'v': {
        LEAT_ASSIGN_OR_RETURN(const auto code, coding(braces));
        const bool key = verb == 'k';
        add([code, key](const P& p, std::string& to) {
          if (const auto& bytes = key ? p.record.key : p.record.value) to += code.text_of(*bytes);
        });
        break;
      }
      case 'h': {
        LEAT_ASSIGN_OR_RETURN(const auto code, coding(braces));
        add([code](const P& p, std::string& to) {
          bool first = true;
          for (const wire::RecordHeader& header : headers_of(p.record)) {
            to += std::exchange(first, false) ? "" : ",";
            to += std::string(header.key) + "=" + (header.value ? code.text_of(*header.value) : "NULL");
          }
        });
        break;
      }
      default:
        return invalid(fmt::format("-f: there is no verb %{}; %t %p %o %k %v %h %T %K %V %H %e %x %i are", verb));
    }
  }
  add([](const PrintedRecord&, std::string&) {});
  return verbs;
}

void RecordVerbs::write(const PrintedRecord& printed, std::string& to) const {
  for (const Writer& writer : writers_) writer(printed, to);
}

void write_json(const PrintedRecord& printed, JsonShape shape, bool meta_only, std::string& to) {
  const auto& [partition, batch, record, number] = printed;
  const bool kcat = shape == JsonShape::kKcat;
  to += fmt::format("{{\"topic\":{},\"partition\":{},\"offset\":{}", json_text(partition.topic), partition.partition,
                    record.offset);
  to += kcat ? fmt::format(",\"tstype\":\"{}\",\"ts\":{},\"broker\":0",
                           batch.log_append_time() ? "logappend" : "create", record.timestamp)
             : fmt::format(",\"timestamp\":{}", record.timestamp);
  if (meta_only) {
    to += "}\n";
    return;
  }
  const auto headers = headers_of(record);
  if (kcat && !headers.empty()) {
    to += ",\"headers\":[";
    for (std::size_t i = 0; i < headers.size(); ++i)
      to += fmt::format("{}{},{}", i == 0 ? "" : ",", json_text(headers[i].key),
                        headers[i].value ? json_text(*headers[i].value) : "null");
    to += "]";
  }
  write_json_bytes("key", record.key, to);
  write_json_bytes(kcat ? "payload" : "value", record.value, to);
  if (!kcat && !headers.empty()) {
    to += ",\"headers\":[";
    for (std::size_t i = 0; i < headers.size(); ++i) {
      to += fmt::format("{}{{\"key\":{}", i == 0 ? "" : ",", json_text(headers[i].key));
      write_json_bytes("value", headers[i].value, to);
      to += "}";
    }
    to += "]";
  }
  to += "}\n";
}

}  // namespace leat::tools
