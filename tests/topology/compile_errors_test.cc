// Mistakes in a program must be told on the user's line, in a sentence. Each test compiles a program with one mistake.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

namespace leat {
namespace {

/// What the compiler says about `body` inside of main().
std::string errors_of(const std::string& body) {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  const auto file = std::filesystem::temp_directory_path() / (std::string("leat_") + test->name() + ".cc");
  std::ofstream(file) << "#include <leat/streams.h>\n"
                         "using namespace std::chrono_literals;\n"
                         "struct Opaque { int field = 0; };\n"
                         "int main() {\n"
                         "  leat::StreamsBuilder builder;\n"
                         "  auto lines = builder.stream<std::string, std::string>(\"lines\");\n"
                      << body << "\n}\n";
  const std::string root = LEAT_SOURCE_DIR;
  const std::string command =
      "c++ -std=c++20 -fsyntax-only -I" + root + " -I" + root + "/streams/public " + file.string() + " 2>&1";
  std::string output;
  FILE* pipe = popen(command.c_str(), "r");
  std::array<char, 4096> buffer;
  while (std::size_t size = fread(buffer.data(), 1, buffer.size(), pipe)) output.append(buffer.data(), size);
  pclose(pipe);
  std::filesystem::remove(file);
  return output;
}

using testing::HasSubstr;

TEST(CompileErrorsTest, ThereIsNoneInARightProgram) {
  EXPECT_EQ(errors_of("lines.filter([](const std::string& v) { return !v.empty(); }).to(\"o\");"), "");
}

TEST(CompileErrorsTest, AMissingSerdeIsNamed) {
  EXPECT_THAT(errors_of("lines.map_values([](const std::string&) { return Opaque{}; }).to(\"o\");"),
              HasSubstr("to() needs a serde for the key and the value type"));
}

TEST(CompileErrorsTest, APredicateThatReturnsNoBoolIsNamed) {
  EXPECT_THAT(errors_of("lines.filter([](const std::string&) { return Opaque{}; });"),
              HasSubstr("filter() takes a function (value) or (key, value) that returns bool"));
}

TEST(CompileErrorsTest, AMapperOfAnotherValueTypeIsNamed) {
  EXPECT_THAT(errors_of("lines.map_values([](int v) { return v; });"),
              HasSubstr("map_values() takes a function (value) or (key, value)"));
}

TEST(CompileErrorsTest, AFlatMapperThatReturnsNoRangeIsNamed) {
  EXPECT_THAT(errors_of("lines.flat_map_values([](const std::string&) { return 1; });"),
              HasSubstr("returns a range of values"));
}

TEST(CompileErrorsTest, AJoinOfDifferentKeysIsNamed) {
  EXPECT_THAT(errors_of("auto table = builder.table<std::int64_t, std::string>(\"t\");\n"
                        "lines.join(table, [](const std::string& a, const std::string& b) { return a + b; });"),
              HasSubstr("a stream can be joined with a table of the same key type only"));
}

TEST(CompileErrorsTest, ALeftJoinerThatTakesNoNullIsNamed) {
  EXPECT_THAT(errors_of("auto table = builder.table<std::string, std::string>(\"t\");\n"
                        "lines.left_join(table, [](const std::string& a, const std::string& b) { return a + b; });"),
              HasSubstr("must take the table's value as std::optional"));
}

TEST(CompileErrorsTest, AnUnlimitedWindowThatIsToEmitOnCloseIsNamed) {
  EXPECT_THAT(errors_of("lines.group_by_key().windowed_by(leat::UnlimitedWindows::of())\n"
                        "    .emit_strategy(leat::EmitStrategy::on_window_close()).count();"),
              HasSubstr("emit_strategy() is for windows that close"));
}

TEST(CompileErrorsTest, AProcessorOfAnotherTypeIsNamed) {
  EXPECT_THAT(errors_of("struct P : leat::Processor<std::string, int> {\n"
                        "  void process(const leat::Record<std::string, int>&) override {}\n"
                        "};\n"
                        "lines.process<P>();"),
              HasSubstr("the processor takes another key or value type than the stream has"));
}

}  // namespace
}  // namespace leat
