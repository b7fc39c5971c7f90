// The table of docs/ARCHITECTURE.md, section 1, held against every #include of the product. Who needs a line here
// that is not in the picture there changes the architecture, and says so there.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/architecture/source_tree.h"

namespace leat::architecture {
namespace {

using Rooms = std::set<std::string>;

/// The rooms, and the rooms whose headers each may include beside its own.
const std::map<std::string, Rooms>& table() {
  static const std::map<std::string, Rooms> rooms = [] {
    std::map<std::string, Rooms> may;
    may["base"] = {};
    may["base/os"] = {"base"};
    may["base/sim"] = {"base"};
    may["broker/wire"] = {"base"};
    may["broker/log"] = {"base", "broker/wire"};
    may["broker/coordinator"] = {"base", "broker/wire", "broker/log"};
    may["broker/client"] = {"base", "broker/wire"};
    may["broker/server"] = {"base", "broker/wire", "broker/log", "broker/coordinator"};
    may["broker/tools"] = {"base", "broker/wire", "broker/client"};
    may["state"] = {"base"};
    may["topology"] = {"base", "state"};
    may["schemas"] = {"base"};
    may["streams"] = {"base", "state", "topology", "broker/wire", "broker/client"};
    return may;
  }();
  return rooms;
}

/// Those that choose a world and put the whole together: the broker's programs, the app with its embedded broker, the
/// simulation of an app, and the registry that programs on real machines ask.
bool is_composition_root(const Source& source) {
  if (source.in("broker/server")) return source.path.ends_with("_main.cc");
  for (const char* root : {"streams/app", "streams/kafka_streams", "streams/embedded_broker", "streams/simulat",
                           "schemas/http_schema_registry"}) {
    if (source.path.starts_with(root)) return true;
  }
  return false;
}

/// The room that a path lies in: the longest that fits.
std::string room_of(const std::string& path) {
  std::string room;
  for (const auto& [name, may] : table()) {
    if (path.starts_with(name + "/") && name.size() > room.size()) room = name;
  }
  return room;
}

TEST(IncludeDirection, EveryProductFileLiesInARoom) {
  for (const Source& source : product_sources()) EXPECT_NE(room_of(source.path), "") << source.path;
}

TEST(IncludeDirection, IncludesPointDown) {
  for (const Source& source : product_sources()) {
    if (is_composition_root(source)) continue;
    const std::string room = room_of(source.path);
    for (const std::string& line : source.lines) {
      const std::string target = room_of(included(line));
      if (target.empty() || target == room) continue;
      EXPECT_TRUE(table().at(room).contains(target)) << source.path << ": " << line << "\n"
                                                     << room << " must not know " << target;
    }
  }
}

TEST(IncludeDirection, OurOwnHeadersAreIncludedFromTheRootOfTheRepository) {
  for (const Source& source : product_sources()) {
    for (const std::string& line : source.lines) {
      if (!line.starts_with("#include \"")) continue;
      EXPECT_TRUE(room_of(included(line)) != "" || included(line).starts_with("leat/")) << source.path << ": " << line;
    }
  }
}

TEST(IncludeDirection, ForeignLibrariesStayInTheirFew) {
  struct Library {
    std::string prefix;
    bool (*may)(const Source&);
  };
  const Library libraries[] = {
      // base/os/reactor.h is the inside of the loop, shared by the .cc files of its folder only.
      {"boost/",
       [](const Source& s) {
         const bool of_the_loop = s.folder() == "base/os" && (!s.is_header() || s.path.ends_with("/reactor.h"));
         return of_the_loop || s.path == "base/http.cc";  // Beast's parser
       }},
      {"rocksdb/", [](const Source& s) { return s.folder() == "state" && !s.is_header(); }},
      {"openssl/", [](const Source& s) { return !s.is_header(); }},
      {"zstd", [](const Source& s) { return !s.is_header(); }},
      {"lz4", [](const Source& s) { return !s.is_header(); }},
      {"snappy", [](const Source& s) { return !s.is_header(); }},
      {"zlib", [](const Source& s) { return !s.is_header(); }},
      {"google/protobuf", [](const Source& s) { return s.folder() == "schemas" && !s.is_header(); }},
      {"avro", [](const Source& s) { return s.folder() == "schemas" && !s.is_header(); }},
      {"fmt/", [](const Source& s) { return !s.is_header(); }},
  };
  for (const Source& source : product_sources()) {
    for (const std::string& line : source.lines) {
      const std::string target = included(line);
      for (const Library& library : libraries) {
        if (line.find('<') == std::string::npos || !target.starts_with(library.prefix)) continue;
        EXPECT_TRUE(library.may(source)) << source.path << ": " << line;
      }
      const bool inside = source.folder() == "base/os" && !source.is_header();
      EXPECT_TRUE(target != "base/os/reactor.h" || inside) << source.path;
    }
  }
}

}  // namespace
}  // namespace leat::architecture
