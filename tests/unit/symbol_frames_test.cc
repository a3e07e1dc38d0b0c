// Frames of stacks: callers by their calls, signal handlers, addresses that are no code. Never a bare address.
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/unique_fd.h"
#include "core/output/stack_frames.h"
#include "core/symbol/symbolizer.h"
#include "gtest/gtest.h"
#include "tests/unit/symbol_test_programs.h"

namespace polytap {
namespace {

std::vector<std::string> frames_of(Symbolizer& symbolizer, StackMode mode, int64_t pid,
                                   const std::vector<uint64_t>& addresses) {
  const Type type = types::user_stack(static_cast<uint32_t>(addresses.size()), mode);
  StackFrames frames(symbolizer, type, pid);
  std::vector<std::string> lines;
  for (const uint64_t address : addresses) frames.append(lines.emplace_back(), address, "");
  return lines;
}

// A file of two functions, of which the first ends with a call, mapped here.
class TwoFunctions : public testing::Test {
 protected:
  void SetUp() override {
    write_file(directory_ / "two.s", R"(
.globl first, second
.type first, @function
first: .cfi_startproc
nop
call second
.cfi_endproc
.size first, .-first
.type second, @function
second: .cfi_startproc
nop
ret
.cfi_endproc
.size second, .-second
.type __restore_rt, @function
nop
__restore_rt: mov $15, %rax
syscall
.size __restore_rt, .-__restore_rt
.globl sigaction
.type sigaction, @function
sigaction: ret
.size sigaction, .-sigaction
)");
    path_ = directory_ / "two.so";
    output_of(
        fmt::format("gcc -shared -nostdlib -Wl,--build-id=0x0123456789abcdef0123456789abcdef01234567 -o {} {}/two.s",
                    path_, directory_.path()));
  }
  uint64_t address_of(const std::string& name) {
    return std::stoull(output_of(fmt::format("nm {} | awk '$3 == \"{}\" {{ print $1 }}'", path_, name)), nullptr, 16);
  }
  // Maps the code segment; what is to be added to the file's addresses.
  uint64_t map() {
    const UniqueFd fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    const uint64_t offset = address_of("first") & ~uint64_t{4095};
    code_ = ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd.get(), static_cast<off_t>(offset));
    EXPECT_NE(code_, MAP_FAILED);
    return reinterpret_cast<uint64_t>(code_) - offset;
  }
  void TearDown() override {
    if (code_ != nullptr) ::munmap(code_, 4096);
  }

  TemporaryDirectory directory_;
  std::string path_;
  void* code_ = nullptr;
};

TEST_F(TwoFunctions, ACallThatIsTheLastInstructionBelongsToItsFunction) {
  const uint64_t bias = map();
  const uint64_t second = bias + address_of("second");
  ProcessMaps maps;
  Symbolizer symbolizer(maps, {});
  const auto frames = frames_of(symbolizer, StackMode::kBpftrace, ::getpid(), {second, second, second + 1});
  EXPECT_EQ(frames[0], fmt::format("second+0 ({})", path_));  // the instruction that is about to run
  EXPECT_EQ(frames[1], fmt::format("first+6 ({})", path_));
  EXPECT_EQ(frames[2], fmt::format("second+1 ({})", path_));
}

TEST_F(TwoFunctions, BehindASignalFrameIsTheInstructionThatWasInterrupted) {
  const uint64_t in_file = address_of("second");
  const uint64_t bias = map();
  const uint64_t second = bias + in_file;
  const uint64_t restorer = second + 3;
  for (const bool stripped : {false, true}) {
    if (stripped) output_of(fmt::format("strip -o {0}.stripped {0} && cat {0}.stripped > {0}", path_));
    ProcessMaps maps;
    Symbolizer symbolizer(maps, {});
    const auto frames = frames_of(symbolizer, StackMode::kBpftrace, ::getpid(), {second, restorer, second, second});
    EXPECT_EQ(frames[1],
              stripped ? fmt::format("{}+{:#x}", path_, in_file + 3) : fmt::format("__restore_rt+0 ({})", path_));
    EXPECT_EQ(frames[2], fmt::format("second+0 ({})", path_));
    EXPECT_EQ(frames[3], fmt::format("first+6 ({})", path_));
  }
}

TEST_F(TwoFunctions, BuildIdsAndOffsetsInTheFile) {
  const uint64_t bias = map();
  const uint64_t first = address_of("first");
  ProcessMaps maps;
  Symbolizer symbolizer(maps, {});
  const auto frames = frames_of(symbolizer, StackMode::kBuildId, ::getpid(), {bias + first + 1, 0x10});
  EXPECT_EQ(frames[0], fmt::format("0123456789abcdef0123456789abcdef01234567 {:#x}", first + 1));
  EXPECT_EQ(frames[1], "[unmapped]+0x10");
}

TEST(FrameNames, MemoryThatIsNoCode) {
  ProcessMaps maps;
  Symbolizer symbolizer(maps, {});
  const int on_stack = 0;
  static const int in_data = 7;
  const auto page = reinterpret_cast<uint64_t>(::mmap(nullptr, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  const auto heap = reinterpret_cast<uint64_t>(::sbrk(0)) - 1;
  const std::string self = std::filesystem::read_symlink("/proc/self/exe");
  for (const StackMode mode : {StackMode::kBpftrace, StackMode::kInline, StackMode::kLines, StackMode::kBuildId}) {
    const auto frames = frames_of(symbolizer, mode, ::getpid(),
                                  {page + 4096, heap, reinterpret_cast<uint64_t>(&on_stack),
                                   reinterpret_cast<uint64_t>(&in_data), 16, 0xffff'0000'0000'0000});
    EXPECT_TRUE(frames[0].starts_with("[anon]+0x")) << frames[0];
    EXPECT_TRUE(frames[1].starts_with("[heap]+0x")) << frames[1];
    EXPECT_TRUE(frames[2].starts_with("[stack]+0x")) << frames[2];
    EXPECT_TRUE(frames[3].starts_with(self + "+0x")) << frames[3];
    EXPECT_EQ(frames[4], "[unmapped]+0x10");
    EXPECT_EQ(frames[5], "[unmapped]+0xffff000000000000");
  }
  EXPECT_EQ(symbolizer.locate(::getpid(), page, true).missing, "data, not code");
  ::munmap(reinterpret_cast<void*>(page), 8192);
}

TEST(FrameNames, AProcessThatNobodyKnows) {
  ProcessMaps maps;
  Symbolizer symbolizer(maps, {});
  EXPECT_EQ(frames_of(symbolizer, StackMode::kBpftrace, 4'500'000, {0x401000})[0], "[unknown]+0x401000");
  EXPECT_EQ(frames_of(symbolizer, StackMode::kPerf, 4'500'000, {0x401000})[0], "401000 [unknown] ([unknown])");
  EXPECT_EQ(frames_of(symbolizer, StackMode::kLines, 4'500'000, {0x401000})[0], "[unknown]+0x401000");
}

// Programs of eBPF come and go: one that is loaded where another one was has its own name a second later.
TEST(FrameNames, KernelFunctionsAndProgramsLoadedLater) {
  TemporaryDirectory proc;
  const std::string kernel = "ffffffff81000000 T _stext\nffffffff81000010 T panics\nffffffff81000020 T after\n";
  write_file(proc / "kallsyms", kernel + "ffffffffc0000010 t bpf_prog_0123456789abcdef_old\t[bpf]\n");
  ProcessMaps maps(proc.path());
  Symbolizer symbolizer(maps, {});
  const auto frame = [&](uint64_t address, bool returned_to) {
    return kernel_frame(symbolizer.kernel_frame_symbol(address, returned_to), address);
  };
  EXPECT_EQ(frame(0xffffffff81000020, false), "after+0");
  EXPECT_EQ(frame(0xffffffff81000020, true), "panics+16");
  EXPECT_EQ(frame(0xffffffffc0000014, true), "bpf_prog_0123456789abcdef_old+4 [bpf]");
  write_file(proc / "kallsyms", kernel + "ffffffffc0000012 t bpf_prog_fedcba9876543210_new\t[bpf]\n");
  EXPECT_EQ(frame(0xffffffffc0000014, true), "bpf_prog_0123456789abcdef_old+4 [bpf]");
  ::usleep(1'100'000);
  EXPECT_EQ(frame(0xffffffffc0000014, true), "bpf_prog_fedcba9876543210_new+2 [bpf]");
}

}  // namespace
}  // namespace polytap
