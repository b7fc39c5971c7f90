// What the twins of Java applications have in common: they run until SIGTERM and say when they are ready.
#pragma once

#include <leat/streams.h>

namespace leat::interop {

/// Runs `topology`; prints READY when it runs for the first time, every state to stderr. A stream thread that dies is
/// replaced. Returns the exit code.
int run_until_terminated(Topology topology, StreamsConfig config);

/// Sets `name` of `config`; a setting that cannot be read ends the program.
void set_or_exit(StreamsConfig& config, const std::string& name, const std::string& value);

/// The settings of an application that is called as `PROGRAM BOOTSTRAP APPLICATION_ID STATE_DIR GUARANTEE
/// GROUP_PROTOCOL`; other calls end the program.
StreamsConfig config_from_arguments(int argc, char** argv);

}  // namespace leat::interop
