// Lines of the kernel from an installed vmlinux: found by its release, moved by KASLR, checked by its build-id.
#include "core/symbol/kernel_debug.h"
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

}  // namespace
}  // namespace polytap
