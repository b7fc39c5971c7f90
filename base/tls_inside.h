// What the .cc files of TLS share; nobody else includes it.
#pragma once

#include "base/tls.h"

struct ssl_ctx_st;

namespace leat {

struct Tls::Context {
  Context() = default;
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context();

  ssl_ctx_st* context = nullptr;
  bool of_server = false;
  bool check_host = true;
};

}  // namespace leat
