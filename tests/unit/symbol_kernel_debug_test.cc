// Lines of the kernel from an installed vmlinux: found by its release, moved by KASLR, checked by its build-id.
#include <fcntl.h>

#include "core/symbol/kernel_debug.h"
#include "core/symbol/mapped_file.h"
#include "gtest/gtest.h"
#include "tests/unit/symbol_test_programs.h"

namespace polytap {
namespace {

TEST(KernelDebug, AnInstalledVmlinuxThatWasMoved) {
  TemporaryDirectory directory;
  write_file(directory / "kernel.c",
             "__asm__(\".globl _stext\\n.text\\n_stext:\\n nop\\n\");\nvolatile int sink;\n"
             "int vfs_example(int a) {\n  sink = a;\n  return a;\n}\n");
  output_of("mkdir -p " + (directory / "proc/sys/kernel") + " " + (directory / "debug/boot"));
  write_file(directory / "proc/sys/kernel/osrelease", "6.1.0-test\n");
  const std::string vmlinux = directory / "debug/boot/vmlinux-6.1.0-test";
  output_of("gcc -O2 -g -nostdlib -static -Wl,--build-id -Wl,-e,_stext -o " + vmlinux + " " + (directory / "kernel.c"));
  uint64_t stext = 0;
  uint64_t example = 0;
  std::istringstream lines(output_of("nm --defined-only " + vmlinux));
  for (std::string address, type, name; lines >> address >> type >> name;) {
    if (name == "_stext") stext = std::stoull(address, nullptr, 16);
    if (name == "vfs_example") example = std::stoull(address, nullptr, 16);
  }
  ASSERT_NE(stext, 0U);
  constexpr uint64_t kMoved = 0xffffffff80000000;
  std::vector<SourceFrame> frames;
  std::string why;
  KernelDebug kernel(directory / "proc", directory / "debug", directory / "sys");
  ASSERT_TRUE(kernel.find_source(example + kMoved, stext + kMoved, true, frames, why)) << why;
  EXPECT_EQ(frames.at(0).function, "vfs_example");
  EXPECT_TRUE(frames[0].file.ends_with("kernel.c"));

  // The same file for a kernel of another build.
  output_of("mkdir -p " + (directory / "sys/kernel"));
  const std::string note("\4\0\0\0\4\0\0\0\3\0\0\0GNU\0abcd", 20);
  write_file(directory / "sys/kernel/notes", note);
  KernelDebug other(directory / "proc", directory / "debug", directory / "sys");
  EXPECT_FALSE(other.find_source(example + kMoved, stext + kMoved, true, frames, why));
  EXPECT_NE(why.find("another build"), std::string::npos) << why;

  KernelDebug none(directory / "proc", directory / "nothing", directory / "sys");
  EXPECT_FALSE(none.find_source(example + kMoved, stext + kMoved, true, frames, why));
  EXPECT_NE(why.find("vmlinux-6.1.0-test"), std::string::npos) << why;
}

// What the kernel's build makes of a module, as far as DWARF is concerned: not linked, with code in several sections.
std::string make_module(const TemporaryDirectory& directory, const std::string& folder) {
  write_file(directory / "module.c",
             "volatile int sink;\nstatic inline __attribute__((always_inline)) void store(int a) {\n  sink = a;\n}\n"
             "int first(int a) {\n  return a + 1;\n}\n"
             "int reads(int a) {\n  store(a);\n  return a;\n}\n"
             "__attribute__((section(\".text.unlikely\"))) int warns(int a) {\n  sink = a;\n  return 7;\n}\n");
  output_of("mkdir -p " + folder);
  output_of("gcc -O2 -g -mcmodel=kernel -fno-pic -c -o " + folder + "/some-module.ko " + (directory / "module.c"));
  return folder + "/some-module.ko";
}

uint64_t offset_of(const std::string& file, const std::string& wanted) {
  std::istringstream lines(output_of("nm --defined-only " + file));
  for (std::string address, type, name; lines >> address >> type >> name;) {
    if (name == wanted) return std::stoull(address, nullptr, 16);
  }
  ADD_FAILURE() << "no " << wanted;
  return 0;
}

TEST(KernelDebug, AModuleThatWasLoadedSomewhere) {
  TemporaryDirectory directory;
  output_of("mkdir -p " + (directory / "proc/sys/kernel") + " " + (directory / "sys/module/some_module/sections"));
  write_file(directory / "proc/sys/kernel/osrelease", "6.1.0-test\n");
  const std::string file = make_module(directory, directory / "debug/lib/modules/6.1.0-test/kernel/fs");
  constexpr uint64_t kText = 0xffffffffc0200000;
  constexpr uint64_t kUnlikely = 0xffffffffc0300000;
  const std::string sections = directory / "sys/module/some_module/sections";
  std::vector<SourceFrame> frames;
  std::string why;
  KernelDebug kernel(directory / "proc", directory / "debug", directory / "sys");
  const uint64_t reads = kText + offset_of(file, "reads");

  // An ordinary user cannot see where it was loaded.
  EXPECT_FALSE(kernel.find_module_source("some_module", reads, true, frames, why));
  EXPECT_NE(why.find("only root"), std::string::npos) << why;

  write_file(sections + "/.text", "0xffffffffc0200000\n");
  write_file(sections + "/.text.unlikely", "0xffffffffc0300000\n");
  ASSERT_TRUE(kernel.find_module_source("some_module", reads, true, frames, why)) << why;
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0].function, "store");
  EXPECT_EQ(frames[0].line, 3U);
  EXPECT_EQ(frames[1].function, "reads");
  EXPECT_EQ(frames[1].line, 9U);
  EXPECT_TRUE(frames[1].file.ends_with("module.c")) << frames[1].file;

  // The first function of a section is at its offset 0.
  for (const auto& [address, name] : {std::pair(kText + offset_of(file, "first"), "first"),
                                      std::pair(kUnlikely + offset_of(file, "warns"), "warns")}) {
    frames.clear();
    ASSERT_TRUE(kernel.find_module_source("some_module", address, true, frames, why)) << why;
    EXPECT_EQ(frames.at(0).function, name);
  }

  // Taken out and put in again.
  write_file(sections + "/.text", "0xffffffffc0400000\n");
  frames.clear();
  ASSERT_TRUE(kernel.find_module_source("some_module", reads + 0x200000, false, frames, why)) << why;
  EXPECT_EQ(frames.at(0).function, "reads");

  EXPECT_FALSE(kernel.find_module_source("other", reads, true, frames, why));
  EXPECT_NE(why.find("other.ko"), std::string::npos) << why;
}

TEST(KernelDebug, AModuleOfAnotherBuild) {
  TemporaryDirectory directory;
  output_of("mkdir -p " + (directory / "proc/sys/kernel") + " " + (directory / "sys/module/some_module/sections") +
            " " + (directory / "sys/module/some_module/notes"));
  write_file(directory / "proc/sys/kernel/osrelease", "6.1.0-test\n");
  const std::string file = make_module(directory, directory / "debug/lib/modules/6.1.0-test/kernel/fs");
  write_file(directory / "sys/module/some_module/sections/.text", "0xffffffffc0200000\n");
  write_file(directory / "sys/module/some_module/notes/.note.gnu.build-id",
             std::string("\4\0\0\0\4\0\0\0\3\0\0\0GNU\0abcd", 20));
  std::vector<SourceFrame> frames;
  std::string why;
  KernelDebug kernel(directory / "proc", directory / "debug", directory / "sys");
  EXPECT_FALSE(
      kernel.find_module_source("some_module", 0xffffffffc0200000 + offset_of(file, "reads"), true, frames, why));
  EXPECT_NE(why.find("another build"), std::string::npos) << why;
}

// addr2line's way: an address is one in .text.
TEST(MappedFile, AFileThatWasNotLinked) {
  TemporaryDirectory directory;
  const std::string path = make_module(directory, directory / "folder");
  MappedFile file(UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)),
                  {.path = path, .roots = {""}, .debug_directory = "/nothing", .lines = true});
  std::vector<SourceFrame> frames;
  std::string why;
  ASSERT_TRUE(file.find_source(offset_of(path, "first"), true, frames, why)) << why;
  EXPECT_EQ(frames.at(0).function, "first");
  // The line of its head or that of its body: compilers may give both to its first instruction.
  EXPECT_TRUE(frames[0].line == 5 || frames[0].line == 6) << frames[0].line;
  const auto hit = file.find(offset_of(path, "first"));
  ASSERT_TRUE(hit);
  EXPECT_EQ(hit->name, "first");
}

}  // namespace
}  // namespace polytap
