#include "tests/conformance/topologies/dsl.h"

#include "base/bytes.h"

namespace leat::conformance {

std::u16string utf16(std::string_view text) {
  std::u16string units;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    std::uint32_t point = size == 1 ? lead : lead & (0xff >> (size + 1));
    for (std::size_t k = 1; k < size && i + k < text.size(); ++k) {
      point = point << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3f);
    }
    i += size;
    if (point < 0x10000) {
      units.push_back(static_cast<char16_t>(point));
    } else {
      units.push_back(static_cast<char16_t>(0xd800 + ((point - 0x10000) >> 10)));
      units.push_back(static_cast<char16_t>(0xdc00 + ((point - 0x10000) & 0x3ff)));
    }
  }
  return units;
}

S utf8(const std::u16string& text) {
  S out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::uint32_t point = text[i];
    const bool high = point >= 0xd800 && point < 0xdc00;
    if (high && i + 1 < text.size() && text[i + 1] >= 0xdc00 && text[i + 1] < 0xe000) {
      point = 0x10000 + ((point - 0xd800) << 10) + (text[++i] - 0xdc00);
    } else if (point >= 0xd800 && point < 0xe000) {
      point = '?';
    }
    if (point < 0x80) {
      out.push_back(static_cast<char>(point));
    } else if (point < 0x800) {
      out.push_back(static_cast<char>(0xc0 | point >> 6));
      out.push_back(static_cast<char>(0x80 | (point & 0x3f)));
    } else if (point < 0x10000) {
      out.push_back(static_cast<char>(0xe0 | point >> 12));
      out.push_back(static_cast<char>(0x80 | (point >> 6 & 0x3f)));
      out.push_back(static_cast<char>(0x80 | (point & 0x3f)));
    } else {
      out.push_back(static_cast<char>(0xf0 | point >> 18));
      out.push_back(static_cast<char>(0x80 | (point >> 12 & 0x3f)));
      out.push_back(static_cast<char>(0x80 | (point >> 6 & 0x3f)));
      out.push_back(static_cast<char>(0x80 | (point & 0x3f)));
    }
  }
  return out;
}

std::size_t length(std::string_view text) { return utf16(text).size(); }

S s(const OS& text) { return text.value_or("~"); }
S s(L number) { return std::to_string(number); }

S app(const OS& list, const OS& item) {
  const std::u16string all = utf16(s(list) + "," + s(item));
  return utf8(all.size() <= 60 ? all : all.substr(all.size() - 60));
}

OS fk(const OS& value) {
  if (!value || value->rfind('-', 0) == 0 || value->find('|') == S::npos) return std::nullopt;
  return value->substr(0, value->find('|'));
}

OS first(const OS& value) {
  if (!value || value->empty()) return value;
  return utf8(utf16(*value).substr(0, 1));
}

S flat(const Windowed<S>& windowed) {
  return windowed.key + "@" + s(windowed.window.start) + "/" + s(windowed.window.end);
}

S heads(const Headers& headers) {
  S out;
  for (const Header& header : headers) out += header.name + "=" + (header.value ? to_hex(*header.value) : "~") + ";";
  return out;
}

std::vector<S> split(const OS& text) {
  std::vector<S> words;
  if (!text) return words;
  std::size_t from = 0;
  for (std::size_t space; (space = text->find(' ', from)) != S::npos; from = space + 1) {
    words.push_back(text->substr(from, space - from));
  }
  words.push_back(text->substr(from));
  return words;
}

}  // namespace leat::conformance
