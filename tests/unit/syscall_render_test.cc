// The rendering of system calls from captured memory.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/unistd.h>
#include <sys/stat.h>

#include <cstring>
#include <string>

#include "core/syscall/render_call.h"

namespace polytap {
namespace {

constexpr uint64_t kAt = 0x10000;

struct Rendered {
  std::string entry;
  std::string whole;
};

// A call with MEMORY, as one line: the part shown at the entry, and all of it.
Rendered render(const CapturedMemory& memory, uint64_t number, std::array<uint64_t, 6> arguments, int64_t result,
                RenderStyle style = {}) {
  CallValues values;
  values.number = number;
  values.arguments = arguments;
  Rendered rendered;
  CallText entry(rendered.whole, memory, style, values);
  const CallProgress progress = render_entry(entry);
  rendered.entry = rendered.whole;
  values.result = result;
  values.failed = result < 0;
  CallText exit(rendered.whole, memory, style, values);
  render_exit(exit, progress);
  exit.put(" = ");
  render_result(exit);
  return rendered;
}

CapturedMemory with_text(std::string_view text) {
  CapturedMemory memory;
  memory.add(kAt, std::as_bytes(std::span(text)));
  return memory;
}

using namespace std::string_view_literals;

TEST(RenderCall, OpensShowTheModeOnlyWhereAFileMayBeMade) {
  const CapturedMemory memory = with_text("/etc/passwd\0"sv);
  EXPECT_EQ(render(memory, __NR_openat, {static_cast<uint32_t>(AT_FDCWD), kAt, O_RDONLY | O_CLOEXEC, 0666}, 3).whole,
            R"(openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 3)");
  EXPECT_EQ(render(memory, __NR_open, {kAt, O_WRONLY | O_CREAT, 0644}, -2).whole,
            R"(open("/etc/passwd", O_WRONLY|O_CREAT, 0644) = -1 ENOENT (No such file or directory))");
}

TEST(RenderCall, WhatTheKernelFillsInComesAtTheExitAndOnlyOnSuccess) {
  const CapturedMemory memory = with_text("hello\n"sv);
  const Rendered read = render(memory, __NR_read, {0, kAt, 100}, 6);
  EXPECT_EQ(read.entry, "read(0");
  EXPECT_EQ(read.whole, R"(read(0, "hello\n", 100) = 6)");
  EXPECT_EQ(render(memory, __NR_read, {0, kAt, 100}, -9).whole,
            "read(0, 0x10000, 100) = -1 EBADF (Bad file descriptor)");
}

TEST(RenderCall, StringsAreCutEscapedAndNeverReadBeyondWhatIsThere) {
  const CapturedMemory memory = with_text("\1\0017\0019\tabc\"\\\377"sv);
  EXPECT_EQ(render(memory, __NR_write, {1, kAt, 6}, 6).whole, R"(write(1, "\1\0017\19\t", 6) = 6)");
  RenderStyle style;
  style.string_limit = 2;
  EXPECT_EQ(render(memory, __NR_write, {1, kAt, 6}, 6, style).whole, R"(write(1, "\1\1"..., 6) = 6)");
  EXPECT_EQ(render(memory, __NR_write, {1, kAt, 30}, 6).whole, "write(1, 0x10000, 30) = 6");
  EXPECT_EQ(render(memory, __NR_write, {1, 0, 30}, 6).whole, "write(1, NULL, 30) = 6");
  style.hex = RenderStyle::Hex::kAll;
  EXPECT_EQ(render(memory, __NR_write, {1, kAt, 1}, 1, style).whole, R"(write(1, "\x01", 1) = 1)");
  // A path without an end is no path.
  EXPECT_EQ(render(memory, __NR_chdir, {kAt}, 0).whole, "chdir(0x10000) = 0");
}

TEST(RenderCall, StylesOfConstants) {
  const CapturedMemory memory;
  RenderStyle style;
  EXPECT_EQ(render(memory, __NR_madvise, {kAt, 4096, 77}, 0).whole, "madvise(0x10000, 4096, 0x4d /* MADV_??? */) = 0");
  EXPECT_EQ(render(memory, __NR_mprotect, {kAt, 1, 3 | 0x40000000}, 0).whole,
            "mprotect(0x10000, 1, PROT_READ|PROT_WRITE|0x40000000) = 0");
  style.constants = ConstantStyle::kRaw;
  EXPECT_EQ(render(memory, __NR_mprotect, {kAt, 1, 3}, 0, style).whole, "mprotect(0x10000, 1, 0x3) = 0");
  style.constants = ConstantStyle::kVerbose;
  EXPECT_EQ(render(memory, __NR_mprotect, {kAt, 1, 3}, 0, style).whole,
            "mprotect(0x10000, 1, 0x3 /* PROT_READ|PROT_WRITE */) = 0");
}

TEST(RenderCall, ValuesWithNotesAndRestarts) {
  const CapturedMemory memory;
  EXPECT_EQ(render(memory, __NR_fcntl, {3, F_GETFD}, 1).whole, "fcntl(3, F_GETFD) = 0x1 (flags FD_CLOEXEC)");
  EXPECT_EQ(render(memory, __NR_fcntl, {3, F_GETFD}, 0).whole, "fcntl(3, F_GETFD) = 0");
  EXPECT_EQ(render(memory, __NR_pause, {}, -514).whole, "pause() = ? ERESTARTNOHAND (To be restarted if no handler)");
  EXPECT_EQ(render(memory, __NR_umask, {022}, 022).whole, "umask(022) = 022");
  EXPECT_EQ(render(memory, 999, {1, 2, 3, 4, 5, 0}, -38).whole,
            "syscall_0x3e7(0x1, 0x2, 0x3, 0x4, 0x5, 0) = -1 ENOSYS (Function not implemented)");
}

TEST(RenderCall, StructuresAreAbbreviatedUnlessAskedFor) {
  struct stat status {};
  status.st_mode = S_IFREG | 0640;
  status.st_size = 12;
  CapturedMemory memory;
  memory.add(kAt, std::as_bytes(std::span(&status, 1)));
  EXPECT_EQ(render(memory, __NR_fstat, {3, kAt}, 0).whole, "fstat(3, {st_mode=S_IFREG|0640, st_size=12, ...}) = 0");
  RenderStyle verbose;
  verbose.verbose = true;
  const std::string whole = render(memory, __NR_fstat, {3, kAt}, 0, verbose).whole;
  EXPECT_NE(whole.find("st_dev=makedev(0, 0), st_ino=0, st_mode=S_IFREG|0640, st_nlink=0"), std::string::npos) << whole;
}

TEST(DescribeCall, EveryCallOfTheTableIsDescribed) {
  EXPECT_EQ(call_name(__NR_openat), "openat");
  EXPECT_EQ(call_name(5000), "syscall_0x1388");
  EXPECT_NE(classes_of_call(__NR_openat) & kFile, 0U);
  EXPECT_NE(classes_of_call(__NR_openat) & kDesc, 0U);
  EXPECT_EQ(classes_of_call(__NR_getpid), static_cast<uint32_t>(kPure));
}

TEST(Names, SignalsAndErrors) {
  EXPECT_EQ(signal_name(17), "SIGCHLD");
  EXPECT_EQ(signal_name(32), "SIGRTMIN");
  EXPECT_EQ(signal_name(34), "SIGRT_2");
  EXPECT_EQ(signal_number("chld"), 17);
  EXPECT_EQ(signal_number("SIGRT_2"), 34);
  EXPECT_EQ(signal_number("SIGNONE"), 0);
  EXPECT_EQ(errno_name(512), "ERESTARTSYS");
  EXPECT_EQ(errno_number("ENOSPC"), 28);
  EXPECT_EQ(errno_number("ENOTHING"), 0);
}

}  // namespace
}  // namespace polytap
