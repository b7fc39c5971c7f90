#include "base/os/real_world.h"

#include <signal.h>

#include <boost/asio/signal_set.hpp>
#include <random>

#include "base/os/reactor.h"

namespace leat::os {

namespace {

std::uint64_t seed_of_the_machine() {
  std::random_device device;
  return static_cast<std::uint64_t>(device()) << 32 | device();
}

}  // namespace

RealWorld::RealWorld(Duration spin) : loop_(spin), files_(loop_), net_(loop_), random_(seed_of_the_machine()) {}

struct TerminationSignal::Signals {
  boost::asio::signal_set set;
  MoveFunction<void()> handler;

  void wait_again() {
    set.async_wait([this](boost::system::error_code error, int) {
      if (error) return;
      wait_again();
      handler();
    });
  }
};

TerminationSignal::TerminationSignal(RealLoop& loop, MoveFunction<void()> handler)
    : signals_(new Signals{boost::asio::signal_set(loop.reactor().io(), SIGTERM, SIGINT), std::move(handler)}) {
  signals_->set.async_wait([signals = signals_.get()](boost::system::error_code error, int) {
    if (!error) signals->handler();
  });
}

TerminationSignal::~TerminationSignal() = default;

HangupSignal::HangupSignal(RealLoop& loop, MoveFunction<void()> handler)
    : signals_(
          new TerminationSignal::Signals{boost::asio::signal_set(loop.reactor().io(), SIGHUP), std::move(handler)}) {
  signals_->wait_again();
}
HangupSignal::~HangupSignal() = default;

}  // namespace leat::os
