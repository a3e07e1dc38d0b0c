// The DWARF reader: what compilers write in all their ways, and what damaged files do to it.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <random>

#include "core/symbol/debug_info.h"
#include "core/symbol/dwarf_cursor.h"
#include "core/symbol/mapped_file.h"
#include "gtest/gtest.h"
#include "tests/unit/symbol_test_programs.h"

namespace polytap {
namespace {

// Line numbers matter: add() is inlined into twice() in line 5, which is inlined into work() in line 8.
constexpr const char* kSource = R"(volatile int sink;
namespace deep {
static inline __attribute__((always_inline)) int add(int a, int b) { sink = a; return a + b; }
static inline __attribute__((always_inline)) int twice(int a) {
  return add(a, a);
}
__attribute__((noinline)) int work(int a) {
  return twice(a) + 1;
}
struct Widget { int turn(int by); };
__attribute__((noinline)) int Widget::turn(int by) { sink = by; return by * 3; }
}
int main(int argc, char**) { return deep::work(argc) + deep::Widget().turn(argc); }
)";

struct Built {
  std::string path;
  std::map<std::string, uint64_t> functions;  // by linkage name, as nm has them
};

class DebugInfoTest : public testing::Test {
 protected:
  Built build(const std::string& command) {
    write_file(directory_ / "source.cc", kSource);
    output_of("cd " + directory_.path() + " && " + command);
    Built built{directory_ / "program", {}};
    std::istringstream lines(output_of("nm --defined-only " + built.path));
    for (std::string address, type, name; lines >> address >> type >> name;) {
      if (type == "T" || type == "t") built.functions[name] = std::stoull(address, nullptr, 16);
    }
    return built;
  }

  std::unique_ptr<DebugInfo> open(const std::string& path) {
    auto file = ElfFile::open(UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)));
    EXPECT_TRUE(file);
    DebugFileSearch search;
    search.path = path;
    search.roots = {""};
    search.debug_directory = "/nonexistent";
    auto info = DebugInfo::open(std::move(*file), search, why_);
    EXPECT_NE(info, nullptr) << why_;
    return info;
  }

  // Some instruction of work() has all three frames, with their lines.
  void expect_all_frames(const Built& built) {
    const auto info = open(built.path);
    ASSERT_NE(info, nullptr);
    const uint64_t work = built.functions.at("_ZN4deep4workEi");
    std::vector<SourceFrame> best;
    for (uint64_t address = work; address < work + 24; ++address) {
      std::vector<SourceFrame> frames;
      if (info->find(address, true, frames) && frames.back().function == "_ZN4deep4workEi" &&
          frames.size() > best.size()) {
        best = frames;
      }
    }
    ASSERT_EQ(best.size(), 3U) << info->why();
    EXPECT_TRUE(best[0].function.ends_with("add") || best[0].function == "_ZN4deepL3addEii") << best[0].function;
    EXPECT_TRUE(best[1].function.ends_with("twice") || best[1].function == "_ZN4deepL5twiceEi") << best[1].function;
    EXPECT_EQ(best[0].line, 3U);
    EXPECT_EQ(best[1].line, 5U);
    EXPECT_EQ(best[2].line, 8U);
    for (const SourceFrame& frame : best) EXPECT_TRUE(frame.file.ends_with("source.cc")) << frame.file;
    std::vector<SourceFrame> turn;
    ASSERT_TRUE(info->find(built.functions.at("_ZN4deep6Widget4turnEi") + 1, true, turn)) << info->why();
    EXPECT_EQ(turn.back().function, "_ZN4deep6Widget4turnEi");
    EXPECT_EQ(turn.back().line, 11U);
    std::vector<SourceFrame> none;
    EXPECT_FALSE(info->find(1, true, none));
    EXPECT_FALSE(info->why().empty());
  }

  TemporaryDirectory directory_;
  std::string why_;
};

TEST_F(DebugInfoTest, EveryVersionOfDwarf) {
  for (const char* version : {"2", "3", "4", "5"}) {
    SCOPED_TRACE(version);
    expect_all_frames(build(std::string("g++ -O2 -gdwarf-") + version + " source.cc -o program"));
  }
}

TEST_F(DebugInfoTest, SixtyFourBitDwarf) { expect_all_frames(build("g++ -O2 -g -gdwarf64 source.cc -o program")); }

TEST_F(DebugInfoTest, CompressedSections) { expect_all_frames(build("g++ -O2 -g -gz=zlib source.cc -o program")); }

TEST_F(DebugInfoTest, SectionsCompressedByZstd) {
  if (std::system("objcopy --help | grep -q zstd") != 0) GTEST_SKIP() << "needs an objcopy with zstd (binutils 2.40)";
  expect_all_frames(build("g++ -O2 -g source.cc -o program && objcopy --compress-debug-sections=zstd program"));
  const std::string sections = output_of("readelf -tW " + (directory_ / "program"));
  EXPECT_NE(sections.find("ZSTD"), std::string::npos);
}

TEST_F(DebugInfoTest, SectionsCompressedTheOlderWay) {
  expect_all_frames(build("g++ -O2 -g source.cc -o program && objcopy --compress-debug-sections=zlib-gnu program"));
}

TEST_F(DebugInfoTest, WithoutAranges) {
  expect_all_frames(build("g++ -O2 -g source.cc -o program && objcopy -R .debug_aranges program"));
}

TEST_F(DebugInfoTest, FunctionsInSectionsOfTheirOwn) {
  expect_all_frames(build("g++ -O2 -g -ffunction-sections -Wl,--gc-sections source.cc -o program"));
}

TEST_F(DebugInfoTest, LinesOnly) { expect_all_frames(build("g++ -O2 -g1 source.cc -o program")); }

TEST_F(DebugInfoTest, Clang) {
  if (std::system("command -v clang++ >/dev/null 2>&1") != 0) GTEST_SKIP() << "no clang++ here";
  for (const char* flags : {"-gdwarf-4", "-gdwarf-5"}) {
    SCOPED_TRACE(flags);
    expect_all_frames(build(std::string("clang++ -O2 ") + flags + " source.cc -o program"));
  }
}

TEST_F(DebugInfoTest, SplitDwarf) {
  for (const char* version : {"4", "5"}) {
    SCOPED_TRACE(version);
    const Built built = build(std::string("g++ -O2 -gsplit-dwarf -gdwarf-") + version +
                              " -c source.cc -o source.o && "
                              "g++ source.o -o program");
    expect_all_frames(built);
    output_of("rm " + (directory_ / "source.dwo"));
    const auto info = open(built.path);
    std::vector<SourceFrame> frames;
    EXPECT_TRUE(info->find(built.functions.at("main"), true, frames));  // the line is in the program
    EXPECT_EQ(frames.back().line, 13U);
    EXPECT_NE(info->why().find("source.dwo"), std::string::npos) << info->why();
  }
}

TEST_F(DebugInfoTest, PackageOfSplitDwarf) {
  write_file(directory_ / "more.cc",
             "namespace more { __attribute__((noinline)) int other(int a) { return a * 7; } }\n");
  // Binutils' dwp knows only version 4; LLVM 14's does not end for GCC's version 5.
  const std::vector<std::array<std::string, 3>> tools = {{"g++", "4", "dwp"}, {"clang++-14", "5", "llvm-dwp-14"}};
  int packed = 0;
  for (const auto& [compiler, version, packer] : tools) {
    SCOPED_TRACE(packer);
    if (std::system(fmt::format("command -v {} >/dev/null && command -v {} >/dev/null", compiler, packer).c_str()) !=
        0) {
      continue;
    }
    const Built built = build(fmt::format(
        "for f in more source; do {0} -O2 -gsplit-dwarf -gdwarf-{1} -c $f.cc -o $f.o; done && {0} more.o source.o -o "
        "program && timeout 20 {2} -e program -o program.dwp && rm source.dwo more.dwo",
        compiler, version, packer));
    expect_all_frames(built);
    ++packed;
  }
  if (packed == 0) GTEST_SKIP() << "needs dwp of binutils, or clang-14 with llvm-dwp-14";
}

TEST_F(DebugInfoTest, EntriesMovedByDwz) {
  if (std::system("command -v dwz >/dev/null 2>&1") != 0) GTEST_SKIP() << "no dwz here: scripts/setup test installs it";
  // dwz moves to the common file what both have.
  Built built = build("g++ -O2 -gdwarf-4 source.cc -o program && cp program other && dwz -m common -r program other");
  const auto sections = output_of("readelf -SW " + built.path);
  ASSERT_NE(sections.find(".gnu_debugaltlink"), std::string::npos);
  expect_all_frames(built);
}

TEST_F(DebugInfoTest, SeparateDebugFileOfAStrippedProgram) {
  const Built built = build(
      "g++ -O2 -g -Wl,--build-id source.cc -o program && objcopy --only-keep-debug program program.debug && "
      "cp program whole && strip program -o stripped && objcopy --add-gnu-debuglink=program.debug stripped");
  DebugFileSearch search;
  search.path = directory_ / "stripped";
  search.roots = {""};
  search.debug_directory = "/nonexistent";
  search.lines = true;
  MappedFile file(UniqueFd(::open(search.path.c_str(), O_RDONLY | O_CLOEXEC)), search);
  std::vector<SourceFrame> frames;
  std::string why;
  ASSERT_TRUE(file.find_source(built.functions.at("_ZN4deep4workEi"), true, frames, why)) << why;
  EXPECT_EQ(frames.back().function, "_ZN4deep4workEi");
  output_of("rm " + (directory_ / "program.debug"));
  MappedFile lonely(UniqueFd(::open(search.path.c_str(), O_RDONLY | O_CLOEXEC)), search);
  EXPECT_FALSE(lonely.find_source(built.functions.at("_ZN4deep4workEi"), true, frames, why));
  EXPECT_NE(why.find("stripped"), std::string::npos) << why;
}

TEST_F(DebugInfoTest, DebuginfodsCache) {
  const Built built = build(
      "g++ -O2 -g -Wl,--build-id source.cc -o program && id=$(readelf -n program | sed -n 's/.*Build ID: //p') && "
      "mkdir -p cache/$id && objcopy --only-keep-debug program cache/$id/debuginfo && strip program -o stripped");
  DebugFileSearch search;
  search.path = directory_ / "stripped";
  search.roots = {""};
  search.debug_directory = "/nonexistent";
  search.lines = true;
  search.debuginfod_cache = directory_ / "cache";
  MappedFile file(UniqueFd(::open(search.path.c_str(), O_RDONLY | O_CLOEXEC)), search);
  std::vector<SourceFrame> frames;
  std::string why;
  ASSERT_TRUE(file.find_source(built.functions.at("_ZN4deep4workEi"), true, frames, why)) << why;
  EXPECT_EQ(frames.back().function, "_ZN4deep4workEi");
  EXPECT_TRUE(file.find(built.functions.at("main")));
}

// Any byte of the DWARF may be anything: answers may be wrong, but they come, and soon.
TEST_F(DebugInfoTest, DamagedFiles) {
  const Built built = build("g++ -O2 -g source.cc -o program");
  std::ifstream in(built.path, std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(in)), {});
  const size_t debug_begin = whole.size() / 3;
  std::mt19937 random(1);
  const std::string damaged = directory_ / "damaged";
  for (int round = 0; round < 300; ++round) {
    std::string bytes = whole;
    const unsigned changes = 1 + random() % 20;
    for (unsigned i = 0; i < changes; ++i) {
      bytes[debug_begin + random() % (bytes.size() - debug_begin)] = static_cast<char>(random());
    }
    if (round % 5 == 0) bytes.resize(random() % bytes.size());
    write_file(damaged, bytes);
    auto file = ElfFile::open(UniqueFd(::open(damaged.c_str(), O_RDONLY | O_CLOEXEC)));
    if (!file) continue;
    DebugFileSearch search;
    search.path = damaged;
    auto info = DebugInfo::open(std::move(*file), search, why_);
    if (info == nullptr) {
      EXPECT_FALSE(why_.empty());
      continue;
    }
    for (const auto& [name, address] : built.functions) {
      for (uint64_t offset = 0; offset < 32; offset += 5) {
        std::vector<SourceFrame> frames;
        EXPECT_TRUE(info->find(address + offset, true, frames) || !info->why().empty());
      }
    }
  }
}

TEST(DwarfCursor, NumbersAtTheirLimits) {
  const uint8_t bytes[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x7f, 0x80, 0x80, 0x80};
  DwarfCursor cursor(bytes, 0, sizeof bytes);
  EXPECT_EQ(cursor.uleb(), UINT64_MAX);
  EXPECT_EQ(cursor.sleb(), -1);
  EXPECT_TRUE(cursor.ok());
  EXPECT_EQ(cursor.uleb(), 0U);  // it does not end
  EXPECT_FALSE(cursor.ok());
  EXPECT_EQ(cursor.u64(), 0U);
  EXPECT_TRUE(cursor.at_end());
}

TEST(SectionData, AStreamThatEndsEarlyOrIsNone) {
  TemporaryDirectory directory;
  write_file(directory / "file", std::string(100, 'x'));
  const UniqueFd fd(::open((directory / "file").c_str(), O_RDONLY | O_CLOEXEC));
  SectionData damaged = SectionData::from_compressed(SectionData::Compression::kZlib, fd.get(), 0, 100, 4096);
  EXPECT_EQ(damaged.size(), 4096U);
  EXPECT_FALSE(damaged.load(0, 1));
  for (const auto compression : {SectionData::Compression::kZlib, SectionData::Compression::kZstd}) {
    // Cannot have come from 100 bytes.
    EXPECT_EQ(SectionData::from_compressed(compression, fd.get(), 0, 100, uint64_t{1} << 40).size(), 0U);
    SectionData garbage = SectionData::from_compressed(compression, fd.get(), 0, 100, 4096);
    EXPECT_FALSE(garbage.load_all());
  }
  SectionData longer = SectionData::from_file(fd.get(), 50, 100);
  EXPECT_FALSE(longer.load(0, 100));  // the file is shorter
  EXPECT_FALSE(longer.load(0, 101));
}

}  // namespace
}  // namespace polytap
