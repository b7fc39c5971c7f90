// RealNet: TCP through Boost.Asio.
#pragma once

#include "base/net.h"
#include "base/os/real_loop.h"

namespace leat::os {

class RealNet : public Net {
 public:
  explicit RealNet(RealLoop& loop) : loop_(loop) {}
  Result<std::unique_ptr<Listener>> listen(const Endpoint& at,
                                           MoveFunction<void(std::unique_ptr<Connection>)> on_accept) override;
  void connect(const Endpoint& to, OneShot<Result<std::unique_ptr<Connection>>> done) override;

 private:
  RealLoop& loop_;
};

}  // namespace leat::os
