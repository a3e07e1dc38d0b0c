// Symbolization of real processes against what the programs say of themselves, nm, addr2line and gdb.
#include <fmt/format.h>
#include <link.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "core/symbol/demangle.h"
#include "core/symbol/symbolizer.h"
#include "gtest/gtest.h"
#include "tests/unit/symbol_test_programs.h"

namespace polytap {
namespace {

// What the program printed about itself must be what the Symbolizer says.
void expect_all_named(Symbolizer& symbolizer, const RunningProgram& program, const std::string& module) {
  ASSERT_EQ(program.functions().size(), 4u);
  for (const auto& [name, address] : program.functions()) {
    const Symbol symbol = symbolizer.user(program.pid(), address + 3);
    EXPECT_EQ(symbol.name, name);
    EXPECT_EQ(symbol.offset, 3u);
    EXPECT_EQ(symbol.module, module);
  }
}

void expect_all_named(const RunningProgram& program, const std::string& module,
                      const std::string& debug_directory = "/usr/lib/debug") {
  ProcessMaps maps;
  Symbolizer symbolizer(maps, {.demangle = true, .debug_directory = debug_directory});
  expect_all_named(symbolizer, program, module);
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Functions with a size, from nm: address to all the names there.
std::map<uint64_t, std::vector<std::string>> functions_by_nm(const std::string& options, const std::string& path,
                                                             std::map<uint64_t, uint64_t>* sizes = nullptr) {
  std::istringstream lines(output_of("nm -S " + options + " " + path + " | awk 'NF == 4 && $3 ~ /^[tTwWi]$/'"));
  std::map<uint64_t, std::vector<std::string>> names;
  uint64_t address = 0;
  uint64_t size = 0;
  for (std::string name, type; lines >> std::hex >> address >> size >> type >> name;) {
    if (name == "_.stapsdt.base") continue;  // a mark of libstdc++'s static probes among the data
    names[address].push_back(name.substr(0, name.find('@')));
    if (sizes != nullptr) (*sizes)[address] = std::max((*sizes)[address], size);
  }
  return names;
}

class LayoutTest : public testing::TestWithParam<const char*> {};

TEST_P(LayoutTest, EveryFunctionNamed) {
  TemporaryDirectory directory;
  const std::string binary = compile_sample(directory, GetParam());
  const RunningProgram program(binary);
  expect_all_named(program, binary);
}

INSTANTIATE_TEST_SUITE_P(Linking, LayoutTest,
                         testing::Values("-pie -fPIE", "-no-pie -fno-pie", "-static", "-static-pie -fPIE",
                                         "-pie -fPIE -Wl,-z,noseparate-code",
                                         "-no-pie -fno-pie -Wl,-z,noseparate-code -Wl,-Ttext-segment=0x7650000",
                                         "-pie -fPIE -Wl,-z,max-page-size=2097152", "-pie -fPIE -fuse-ld=gold"));

// Segments at odd places in the file, two of them in one page of it: what lld and mold make.
TEST(Symbolizer, SegmentsAtOddOffsets) {
  if (::system("ld.lld --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "ld.lld is not installed";
  TemporaryDirectory directory;
  const std::string binary = compile_sample(directory, "-pie -fPIE -fuse-ld=lld");
  expect_all_named(RunningProgram(binary), binary);
}

TEST(Symbolizer, AgreesWithAddr2lineAndGdb) {
  TemporaryDirectory directory;
  const std::string binary = compile_sample(directory, "-g -pie -fPIE");
  const RunningProgram program(binary);
  ProcessMaps maps;
  Symbolizer symbolizer(maps, {});
  for (const auto& [name, address] : program.functions()) {
    const Symbol symbol = symbolizer.user(program.pid(), address + 5);
    const std::string by_addr2line =
        output_of(fmt::format("addr2line -C -f -e {} {:#x} | head -1", binary, symbol.module_offset));
    EXPECT_EQ(symbol.name.substr(0, symbol.name.find('(')), by_addr2line.substr(0, by_addr2line.find_first_of("(\n")));
    const std::string by_gdb = output_of(fmt::format(
        "gdb -nx -batch -p {} -ex 'info symbol {:#x}' 2>/dev/null | grep 'in section'", program.pid(), address + 5));
    EXPECT_TRUE(by_gdb.starts_with(fmt::format("{} + 5 in section .text", symbol.name))) << by_gdb;
  }
}

TEST(Symbolizer, EveryFunctionOfThisBinaryAsNmHasIt) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe");
  uint64_t bias = 0;
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* result) {
        *static_cast<uint64_t*>(result) = info->dlpi_addr;
        return 1;  // the first is the program
      },
      &bias);
  ProcessMaps maps;
  Symbolizer symbolizer(maps, {.demangle = false});
  const auto functions = functions_by_nm("", self);
  ASSERT_GT(functions.size(), 500u);
  for (const auto& [address, names] : functions) {
    const Symbol symbol = symbolizer.user(::getpid(), bias + address);
    ASSERT_TRUE(contains(names, symbol.name)) << symbol.name << " instead of " << names[0];
    ASSERT_EQ(symbol.offset, 0u);
    ASSERT_EQ(symbol.module_offset, address);
  }
}

TEST(Symbolizer, EveryFunctionOfLibcAsNmHasIt) {
  struct Libc {
    std::string path;
    uint64_t bias = 0;
  } libc;
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* result) {
        auto& found = *static_cast<Libc*>(result);
        if (std::string(info->dlpi_name).find("libc.so") == std::string::npos) return 0;
        found = {info->dlpi_name, info->dlpi_addr};
        return 1;
      },
      &libc);
  ASSERT_FALSE(libc.path.empty());
  ProcessMaps maps;
  Symbolizer symbolizer(maps, {.demangle = false, .debug_directory = "/nonexistent"});
  const auto begin = std::chrono::steady_clock::now();
  symbolizer.user(::getpid(), reinterpret_cast<uint64_t>(&::getppid));
  const auto elapsed = std::chrono::steady_clock::now() - begin;
  RecordProperty("libc_index_us",
                 static_cast<int>(std::chrono::duration_cast<std::chrono::microseconds>(elapsed).count()));
  std::map<uint64_t, uint64_t> sizes;
  const auto functions = functions_by_nm("-D", libc.path, &sizes);
  ASSERT_GT(functions.size(), 1000u);
  for (const auto& [address, names] : functions) {
    const Symbol symbol = symbolizer.user(::getpid(), libc.bias + address);
    ASSERT_TRUE(contains(names, symbol.name)) << symbol.name << " instead of " << names[0];
    const uint64_t last = sizes[address] - 1;
    const Symbol same = symbolizer.user(::getpid(), libc.bias + address + last);
    if (same.offset != last) continue;  // another symbol begins within this one
    EXPECT_TRUE(contains(names, same.name)) << same.name;
  }
}

TEST(Symbolizer, VdsoAsNmHasIt) {
  const uint64_t base = ::getauxval(AT_SYSINFO_EHDR);
  ASSERT_NE(base, 0u);
  TemporaryDirectory directory;
  // Two pages hold the image on every kernel so far.
  write_file(directory / "vdso", std::string(reinterpret_cast<const char*>(base), 8192));
  const auto functions = functions_by_nm("-D", directory / "vdso");
  ASSERT_GT(functions.size(), 3u);
  const RunningProgram program(compile_sample(directory, ""));
  ProcessMaps maps;
  Symbolizer symbolizer(maps, {});
  ASSERT_TRUE(maps.read_from_proc(program.pid()).ok());
  uint64_t other_base = 0;
  for (const Mapping& mapping : maps.mappings(program.pid())) {
    if (mapping.path == "[vdso]") other_base = mapping.start;
  }
  ASSERT_NE(other_base, 0u);
  for (const auto& [address, names] : functions) {
    const Symbol symbol = symbolizer.user(program.pid(), other_base + address + 1);
    EXPECT_TRUE(contains(names, symbol.name)) << symbol.name << " instead of " << names[0];
    EXPECT_EQ(symbol.offset, 1u);
    EXPECT_EQ(symbol.module, "[vdso]");
  }
}

TEST(Symbolizer, StrippedHasOnlyTheModule) {
  TemporaryDirectory directory;
  const std::string binary = compile_sample(directory, "-pie -fPIE");
  const uint64_t main_offset = std::stoull(output_of("nm " + binary + " | grep ' T main$'"), nullptr, 16);
  output_of("strip -s " + binary);
  const RunningProgram program(binary);
  ProcessMaps maps;
  Symbolizer symbolizer(maps, {});
  const uint64_t address = program.functions().at("main");
  EXPECT_EQ(user_frame(symbolizer.user(program.pid(), address), address), fmt::format("{}+{:#x}", binary, main_offset));
}

TEST(Symbolizer, GnuDebugdata) {
  TemporaryDirectory directory;
  const std::string binary = compile_sample(directory, "-pie -fPIE");
  // As gdb's manual describes it for MiniDebugInfo.
  output_of(
      fmt::format("cd {} && objcopy --only-keep-debug sample mini && objcopy -S --remove-section .gdb_index "
                  "--remove-section .comment --keep-symbol=local_function --wildcard --keep-symbol='*' mini "
                  "&& xz mini && strip -s sample && objcopy --add-section .gnu_debugdata=mini.xz sample",
                  directory.path()));
  ASSERT_EQ(output_of("nm " + binary + " 2>&1 | grep -c 'no symbols'"), "1\n");
  const RunningProgram program(binary);
  expect_all_named(program, binary);
}

std::string split_debug(const TemporaryDirectory& directory, const std::string& flags, const std::string& link) {
  const std::string binary = compile_sample(directory, "-g1 -pie -fPIE " + flags);
  output_of(fmt::format("cd {} && objcopy --only-keep-debug sample sample.debug && strip -s sample {}",
                        directory.path(), link));
  return binary;
}

TEST(Symbolizer, SeparateDebugFileByBuildId) {
  TemporaryDirectory directory;
  const std::string binary = split_debug(directory, "-Wl,--build-id=0xabcdef0123456789", "");
  std::filesystem::create_directories(directory / "debug/.build-id/ab");
  std::filesystem::rename(directory / "sample.debug", directory / "debug/.build-id/ab/cdef0123456789.debug");
  const RunningProgram program(binary);
  expect_all_named(program, binary, directory / "debug");
}

TEST(Symbolizer, SeparateDebugFileByLink) {
  for (const std::string place : {"", ".debug/"}) {
    TemporaryDirectory directory;
    const std::string binary =
        split_debug(directory, "-Wl,--build-id=none", "&& objcopy --add-gnu-debuglink=sample.debug sample");
    if (!place.empty()) std::filesystem::create_directory(directory / place);
    if (!place.empty()) std::filesystem::rename(directory / "sample.debug", directory / place + "sample.debug");
    const RunningProgram program(binary);
    expect_all_named(program, binary, "/nonexistent");
  }
}

TEST(Symbolizer, ADebugFileOfAnotherBuildIsNotTaken) {
  TemporaryDirectory directory;
  const std::string binary =
      split_debug(directory, "-Wl,--build-id=none", "&& objcopy --add-gnu-debuglink=sample.debug sample");
  output_of(fmt::format("printf x >> {}", directory / "sample.debug"));  // the CRC no longer fits
  const RunningProgram program(binary);
  ProcessMaps maps;
  Symbolizer symbolizer(maps, {});
  EXPECT_EQ(symbolizer.user(program.pid(), program.functions().at("main")).name, "");
}

TEST(Symbolizer, DeletedWhileRunning) {
  TemporaryDirectory directory;
  const std::string binary = compile_sample(directory, "-pie -fPIE");
  const RunningProgram program(binary);
  std::filesystem::remove(binary);
  expect_all_named(program, binary);
}

TEST(Symbolizer, ReplacedWhileRunning) {
  TemporaryDirectory directory;
  const std::string binary = compile_sample(directory, "-pie -fPIE");
  const RunningProgram program(binary);
  std::filesystem::copy_file("/bin/true", directory / "other");
  std::filesystem::rename(directory / "other", binary);
  expect_all_named(program, binary);
}

TEST(Symbolizer, HeldProcessKeepsItsNamesPastExitAndReplacement) {
  TemporaryDirectory directory;
  const std::string binary = compile_sample(directory, "-pie -fPIE");
  RunningProgram program(binary);
  ProcessMaps maps;
  Symbolizer symbolizer(maps, {});
  symbolizer.hold(program.pid());
  program.kill();
  maps.exited(program.pid());
  std::filesystem::remove(binary);
  std::filesystem::copy_file("/bin/true", binary);
  expect_all_named(symbolizer, program, binary);
}

TEST(Symbolizer, DeadProcessWithoutHold) {
  TemporaryDirectory directory;
  const std::string binary = compile_sample(directory, "-pie -fPIE");
  RunningProgram program(binary);
  ProcessMaps maps;
  ASSERT_TRUE(maps.read_from_proc(program.pid()).ok());
  program.kill();
  {
    Symbolizer symbolizer(maps, {});
    expect_all_named(symbolizer, program, binary);  // the file is still there
  }
  std::filesystem::copy_file("/bin/true", directory / "other");
  std::filesystem::rename(directory / "other", binary);
  Symbolizer symbolizer(maps, {});
  // Another file by its inode: no name rather than a wrong one.
  const Symbol symbol = symbolizer.user(program.pid(), program.functions().at("main"));
  EXPECT_EQ(symbol.name, "");
  EXPECT_EQ(symbol.module, binary);
}

TEST(Symbolizer, AForkedChildOfAHeldProcess) {
  TemporaryDirectory directory;
  const std::string binary = compile_sample(directory, "-pie -fPIE");
  RunningProgram program(binary);
  ProcessMaps maps;
  Symbolizer symbolizer(maps, {});
  symbolizer.hold(program.pid());
  const pid_t child = 4'500'000;
  maps.fork(program.pid(), child);
  maps.exited(child);
  program.kill();
  std::filesystem::remove(binary);
  const Symbol symbol = symbolizer.user(child, program.functions().at("main") + 1);
  EXPECT_EQ(user_frame(symbol, 0), fmt::format("main+1 ({})", binary));
}

TEST(Symbolizer, RebuiltInPlaceIsReadAnew) {
  TemporaryDirectory directory;
  const std::string binary = compile_sample(directory, "-pie -fPIE");
  ProcessMaps maps;
  Symbolizer symbolizer(maps, {});
  for (const char* flags : {"-pie -fPIE", "-pie -fPIE -O0", "-no-pie -O3"}) {
    compile_sample(directory, flags);  // often gets the inode of the one before
    const RunningProgram program(binary);
    maps.exec(program.pid());
    expect_all_named(symbolizer, program, binary);
  }
}

TEST(Symbolizer, AnotherMountNamespace) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root for unshare -m";
  TemporaryDirectory directory;
  const std::string binary = compile_sample(directory, "-static");
  std::filesystem::create_directory(directory / "inner");
  const RunningProgram program(
      fmt::format("unshare -m sh -c 'mount -t tmpfs none {0}/inner && cp {0}/sample {0}/inner "
                  "&& rm {0}/sample && exec {0}/inner/sample'",
                  directory.path()));
  ASSERT_FALSE(std::filesystem::exists(directory / "inner/sample"));
  expect_all_named(program, directory / "inner/sample");
}

TEST(Symbolizer, ALibraryLoadedLater) {
  ProcessMaps maps;
  Symbolizer symbolizer(maps, {});
  symbolizer.user(::getpid(), reinterpret_cast<uint64_t>(&contains));
  void* code = ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(code, MAP_FAILED);
  const auto address = reinterpret_cast<uint64_t>(code);
  const Symbol symbol = symbolizer.user(::getpid(), address);
  EXPECT_TRUE(maps.find(::getpid(), address));  // the maps were read again for it
  EXPECT_EQ(user_frame(symbol, address), "[anon]+0x0");
  EXPECT_EQ(user_frame(symbolizer.user(::getpid(), address + 0x123), address + 0x123), "[anon]+0x123");
  ::munmap(code, 4096);
}

TEST(Symbolizer, PerfMapOfJittedCode) {
  void* code = ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(code, MAP_FAILED);
  const auto base = reinterpret_cast<uint64_t>(code);
  const std::string path = fmt::format("/tmp/perf-{}.map", ::getpid());
  ProcessMaps maps;
  Symbolizer symbolizer(maps, {});
  EXPECT_EQ(symbolizer.user(::getpid(), base).name, "");
  write_file(path, fmt::format("{:x} 20 LazyCompile:~f a.js:1\n{:x} 10 sec", base, base + 0x20));
  EXPECT_EQ(user_frame(symbolizer.user(::getpid(), base + 0x1f), 0),
            fmt::format("LazyCompile:~f a.js:1+31 ({})", path));
  EXPECT_EQ(symbolizer.user(::getpid(), base + 0x20).name, "");  // its line is not complete
  std::ofstream(path, std::ios::app) << fmt::format("ond\n{:x} 8 again\n", base);
  EXPECT_EQ(symbolizer.user(::getpid(), base + 0x20).name, "second");
  EXPECT_EQ(symbolizer.user(::getpid(), base + 7).name, "again");
  EXPECT_EQ(symbolizer.user(::getpid(), base + 8).name, "");  // thrown away
  ::unlink(path.c_str());
  EXPECT_EQ(symbolizer.user(::getpid(), base + 0x20).name, "second");
  ::munmap(code, 4096);
}

TEST(Symbolizer, NumbersThatAreNoAddresses) {
  ProcessMaps maps;
  Symbolizer symbolizer(maps, {});
  for (const uint64_t address : {uint64_t{0}, uint64_t{1}, uint64_t{0x6d2e393735382d66}, ~uint64_t{0}}) {
    EXPECT_EQ(user_frame(symbolizer.user(::getpid(), address), address), fmt::format("[unmapped]+{:#x}", address));
  }
  EXPECT_EQ(user_frame(symbolizer.user(4'500'000, 0x401000), 0x401000), "[unknown]+0x401000");
}

TEST(Symbolizer, WithoutDemangling) {
  TemporaryDirectory directory;
  const RunningProgram program(compile_sample(directory, ""));
  ProcessMaps maps;
  Symbolizer symbolizer(maps, {.demangle = false});
  EXPECT_EQ(symbolizer.user(program.pid(), program.functions().at("sample::Widget::turn(int)")).name,
            "_ZN6sample6Widget4turnEi");
}

}  // namespace
}  // namespace polytap
