// Gathering: a response whose parts become ready one by one. Shared by the callbacks of the parts, which may keep
// references into `response`: it is laid out before the first of them is begun.
//
//   auto gathering = std::make_shared<Gathering<Response>>(std::move(reply));
//   ++gathering->left;                      // for each part that is begun
//   begin(part, [gathering] { ...; gathering->one_done(); });
//   gathering->one_done();                  // for the one who began them
#pragma once

#include <cstddef>
#include <utility>

#include "base/function.h"

namespace leat {

template <class Response>
struct Gathering {
  explicit Gathering(OneShot<Response> to) : reply(std::move(to)) {}

  void one_done() {
    if (--left == 0) reply(std::move(response));
  }

  Response response;
  OneShot<Response> reply;
  std::size_t left = 1;
};

}  // namespace leat
