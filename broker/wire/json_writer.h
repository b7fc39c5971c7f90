// JsonWriter: compact JSON, one call per token; commas are its own business.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace leat::wire {

class JsonWriter {
 public:
  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }
  void key(std::string_view name);
  void text(std::string_view value);
  void base64(BytesView value);
  void number(std::int64_t value);
  void number(double value);
  void boolean(bool value);
  void null();
  std::string take() { return std::move(json_); }

 private:
  void open(char bracket);
  void close(char bracket);
  void separate();
  void quote(std::string_view text);

  std::string json_;
  bool first_ = true;
};

}  // namespace leat::wire
