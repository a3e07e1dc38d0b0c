// The parts of symbolization that need no process: the index, demangling, perf maps, kallsyms.
#include <elf.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>

#include "core/symbol/debug_files.h"
#include "core/symbol/demangle.h"
#include "core/symbol/kernel_symbols.h"
#include "core/symbol/symbol_index.h"
#include "core/symbol/symbolizer.h"
#include "gtest/gtest.h"
#include "tests/unit/symbol_test_programs.h"

namespace polytap {
namespace {

using enum SymbolBinding;

std::string name_at(const SymbolIndex& index, uint64_t address) {
  const auto hit = index.find(address);
  return hit ? fmt::format("{}+{}", hit->name, address - hit->start) : "";
}

TEST(SymbolIndex, SizedSymbolsLeaveGaps) {
  SymbolIndex index;
  index.add("b", 0x200, 0x10, 0x1000, kGlobal);
  index.add("a", 0x100, 0x10, 0x1000, kLocal);
  index.finish();
  EXPECT_EQ(name_at(index, 0xff), "");
  EXPECT_EQ(name_at(index, 0x10f), "a+15");
  EXPECT_EQ(name_at(index, 0x110), "");
  EXPECT_EQ(name_at(index, 0x200), "b+0");
  EXPECT_EQ(name_at(index, 0x210), "");
}

TEST(SymbolIndex, WithoutASizeASymbolReachesTheNextOrItsSectionsEnd) {
  SymbolIndex index;
  index.add("start", 0x100, 0, 0x1000, kGlobal);
  index.add("next", 0x140, 0, 0x1000, kGlobal);
  index.finish();
  EXPECT_EQ(name_at(index, 0x13f), "start+63");
  EXPECT_EQ(name_at(index, 0xfff), "next+3775");
  EXPECT_EQ(name_at(index, 0x1000), "");
}

TEST(SymbolIndex, PrefersGlobalThenShortThenAlphabet) {
  const std::vector<std::pair<std::string, SymbolBinding>> names = {
      {"zz", kGlobal}, {"aaa", kGlobal}, {"ab", kGlobal}, {"w", kWeak}, {"l", kLocal}};
  for (const bool reversed : {false, true}) {
    SymbolIndex index;
    for (size_t i = 0; i < names.size(); ++i) {
      const auto& [name, binding] = names[reversed ? names.size() - 1 - i : i];
      index.add(name, 0x100, 0x10, 0, binding);
    }
    index.add("u", 0x100, 0, 0, kGlobal);  // a label: without a size
    index.finish();
    EXPECT_EQ(name_at(index, 0x108), "ab+8");
  }
}

TEST(SymbolIndex, BehindAnInnerSymbolTheOuterGoesOn) {
  SymbolIndex index;
  index.add("outer", 0x100, 0x100, 0, kGlobal);
  index.add("inner", 0x140, 0x10, 0, kLocal);
  index.add("innermost", 0x144, 0x4, 0, kLocal);
  index.add("overlapping", 0x1f0, 0x20, 0, kLocal);
  index.finish();
  EXPECT_EQ(name_at(index, 0x13f), "outer+63");
  EXPECT_EQ(name_at(index, 0x143), "inner+3");
  EXPECT_EQ(name_at(index, 0x147), "innermost+3");
  EXPECT_EQ(name_at(index, 0x148), "inner+8");
  EXPECT_EQ(name_at(index, 0x150), "outer+80");
  EXPECT_EQ(name_at(index, 0x20f), "overlapping+31");
  EXPECT_EQ(name_at(index, 0x210), "");
}

TEST(SymbolIndex, EmptyHasNoNames) {
  SymbolIndex index;
  index.finish();
  EXPECT_EQ(name_at(index, 0x100), "");
}

TEST(Demangle, LeavesOtherNamesAlone) {
  EXPECT_EQ(demangle("main"), "main");
  EXPECT_EQ(demangle("i"), "i");
  EXPECT_EQ(demangle("_Zgarbage"), "_Zgarbage");
  EXPECT_EQ(demangle("_ZN6sample6Widget4turnEi"), "sample::Widget::turn(int)");
}

TEST(Demangle, RustLegacyWithoutTheHash) {
  EXPECT_EQ(demangle("_ZN3std2io5stdio6_print17h0123456789abcdefE"), "std::io::stdio::_print");
  EXPECT_EQ(demangle("_ZN4core3ptr42drop_in_place$LT$std..io..error..Error$GT$17h0123456789abcdefE"),
            "core::ptr::drop_in_place<std::io::error::Error>");
  EXPECT_EQ(
      demangle("_ZN71_$LT$Test$u20$$u2b$$u20$$u27$static$u20$as$u20$foo..Bar$LT$Test$GT$$GT$3bar17h930b740aa94f1d3aE"),
      "<Test + 'static as foo::Bar<Test>>::bar");
}

TEST(Demangle, AgreesWithCxxfilt) {
  const std::string names = output_of("nm /proc/" + std::to_string(::getpid()) +
                                      "/exe | awk '$3 ~ /^_Z/ {sub(/@.*/, \"\", $3); print $3}' | head -2000");
  TemporaryDirectory directory;
  write_file(directory / "names", names);
  std::istringstream expected(output_of("c++filt -i < " + directory / "names"));
  std::istringstream mangled(names);
  size_t count = 0;
  for (std::string name, plain; std::getline(mangled, name) && std::getline(expected, plain); ++count) {
    ASSERT_EQ(demangle(name), plain) << name;
  }
  EXPECT_GT(count, 500u);
}

TEST(DecompressXz, RefusesDamageAndExcess) {
  TemporaryDirectory directory;
  write_file(directory / "plain", std::string(300'000, 'x') + "end");
  const std::string compressed = output_of("xz -c " + directory / "plain");
  EXPECT_EQ(decompress_xz(compressed, 1 << 20), std::string(300'000, 'x') + "end");
  EXPECT_EQ(decompress_xz(compressed, 1000), "");
  EXPECT_EQ(decompress_xz(compressed.substr(0, compressed.size() - 10), 1 << 20), "");
  EXPECT_EQ(decompress_xz("no xz", 1 << 20), "");
}

constexpr const char* kKallsyms =
    "0000000000000000 A fixed_percpu_data\n"
    "ffffffff81000000 t local_first\n"
    "ffffffff81000000 T first\n"
    "ffffffff81000000 T first_alias\n"
    "ffffffff81000100 W weak_one\n"
    "ffffffff81000200 T _etext\n"
    "ffffffff82000000 D data\n"
    "ffffffffc0001000 t ext4_read\t[ext4]\n"
    "ffffffffc0002000 T last_one\t[ext4]\n"
    "ffffffffc0100000 t other\t[xfs]\n";

TEST(KernelSymbols, ParsesNamesModulesAndGaps) {
  const auto symbols = KernelSymbols::parse(kKallsyms);
  EXPECT_EQ(symbols.find(0xffffffff81000010)->name, "first");
  EXPECT_EQ(symbols.find(0xffffffff810001ff)->name, "weak_one");
  EXPECT_FALSE(symbols.find(0xffffffff81000200));
  EXPECT_FALSE(symbols.find(0xffffffff80000000));
  const auto hit = symbols.find(0xffffffffc0001010);
  ASSERT_TRUE(hit);
  EXPECT_EQ(hit->name, "ext4_read");
  EXPECT_EQ(hit->module, "ext4");
  EXPECT_EQ(symbols.find(0xffffffffc0002010)->name, "last_one");
  EXPECT_FALSE(symbols.find(0xffffffffc0002000 + 0x10000));
  EXPECT_EQ(symbols.find(0xffffffffc0100000)->module, "xfs");
  EXPECT_FALSE(symbols.find(0xffffffffffff0000));
}

TEST(KernelSymbols, TheStartOfTheKernelHasManyNames) {
  // As Debian's kernels have it: find() takes the shortest, the debug file is asked for _stext.
  const auto symbols = KernelSymbols::parse(
      "ffffffff81000000 T startup_64\nffffffff81000000 T _stext\nffffffff81000000 T _text\n"
      "ffffffffc0001000 t _stext\t[strange]\n");
  EXPECT_EQ(symbols.find(0xffffffff81000010)->name, "_text");
  EXPECT_EQ(symbols.stext(), 0xffffffff81000000);
}

TEST(KernelSymbols, HiddenAddressesMeanNoNames) {
  const auto symbols = KernelSymbols::parse("0000000000000000 T _stext\n0000000000000000 t x\t[m]\n");
  EXPECT_TRUE(symbols.empty());
  EXPECT_FALSE(symbols.find(0));
}

TEST(KernelSymbols, SymbolizerReadsAnInjectedKallsyms) {
  TemporaryDirectory proc;
  write_file(proc / "kallsyms", kKallsyms);
  ProcessMaps maps(proc.path());
  Symbolizer symbolizer(maps, {});
  EXPECT_EQ(kernel_frame(symbolizer.kernel(0xffffffff81000019), 0xffffffff81000019), "first+25");
  EXPECT_EQ(kernel_frame(symbolizer.kernel(0xffffffffc0001019), 0xffffffffc0001019), "ext4_read+25 [ext4]");
  EXPECT_EQ(kernel_frame(symbolizer.kernel(0xffffffff90000000), 0xffffffff90000000), "[kernel]+0xffffffff90000000");
}

TEST(KernelSymbols, EveryFunctionOfTheRunningKernelFast) {
  // Programs of eBPF come and go.
  std::istringstream lines(
      output_of("awk '$2 ~ /^[tTwW]$/ && $4 != \"[bpf]\" {print $1, $3}' /proc/kallsyms | sort -k1,1 -s"));
  ProcessMaps maps;
  Symbolizer symbolizer(maps, {.demangle = false});
  const auto begin = std::chrono::steady_clock::now();
  symbolizer.kernel(0xffffffff81000000);
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin).count();
  RecordProperty("first_lookup_ms", static_cast<int>(milliseconds));
  std::map<uint64_t, std::vector<std::string>> names;
  for (std::string line; std::getline(lines, line);) {
    const size_t space = line.find(' ');
    names[std::stoull(line, nullptr, 16)].push_back(line.substr(space + 1));
  }
  names.erase(0);
  if (names.empty()) GTEST_SKIP() << "/proc/kallsyms hides its addresses (not root, or kptr_restrict)";
  for (const auto& [address, expected] : names) {
    const Symbol symbol = symbolizer.kernel(address);
    if (expected[0] == "_etext" || expected[0] == "_einittext") continue;
    ASSERT_EQ(symbol.offset, 0u) << expected[0];
    ASSERT_NE(std::find(expected.begin(), expected.end(), symbol.name), expected.end()) << symbol.name;
  }
}

TEST(Frames, Formats) {
  EXPECT_EQ(user_frame({"main", 12, "/usr/bin/x", 0x1234}, 0x401234), "main+12 (/usr/bin/x)");
  EXPECT_EQ(user_frame({"", 0, "/usr/bin/x", 0x1234}, 0x401234), "/usr/bin/x+0x1234");
  EXPECT_EQ(user_frame({}, 0x7f12), "[unknown]+0x7f12");
  EXPECT_EQ(user_frame({"", 0, "[heap]", 0x20}, 0x7f12), "[heap]+0x20");
  EXPECT_EQ(kernel_frame({"vfs_read", 25, "", 0}, 1), "vfs_read+25");
  EXPECT_EQ(kernel_frame({"", 0, "", 0}, 0xffffffff81000000), "[kernel]+0xffffffff81000000");
  EXPECT_EQ(kernel_frame({}, 0x20), "[unmapped]+0x20");
}

TEST(Demangle, BareNames) {
  EXPECT_EQ(bare_function_name("main"), "main");
  EXPECT_EQ(bare_function_name("ns::f(int, char const*)"), "ns::f");
  EXPECT_EQ(bare_function_name("ns::f[abi:cxx11](int)"), "ns::f");
  EXPECT_EQ(bare_function_name("C::get() const"), "C::get");
  EXPECT_EQ(bare_function_name("std::vector<int, std::allocator<int> > ns::make<int>(void (*)(int))"), "ns::make<int>");
  EXPECT_EQ(bare_function_name("(anonymous namespace)::f(int)"), "(anonymous namespace)::f");
  EXPECT_EQ(bare_function_name("C::operator()(int)"), "C::operator()");
  EXPECT_EQ(bare_function_name("bool operator< <int>(X const&, X const&)"), "bool operator< <int>");
}

}  // namespace
}  // namespace polytap
