// The smallest app: every record of one topic goes to another, as it is.
#include <leat/streams.h>

int main(int argc, char** argv) {
  leat::StreamsBuilder builder;
  builder.stream<leat::Bytes, leat::Bytes>("pipe-in").to("pipe-out");
  return leat::App{"pipe", builder.build()}.main(argc, argv);
}
