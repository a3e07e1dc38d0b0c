// Programs for the symbol tests: compiled at test time, run, and killed with their owner.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace polytap {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = "/tmp/polytap-symbol-XXXXXX";
    path_ = ::mkdtemp(name.data()) == nullptr ? "" : name;
    EXPECT_FALSE(path_.empty());
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    if (!path_.empty()) std::filesystem::remove_all(path_);
  }
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// What the shell command prints; its failure fails the test.
inline std::string output_of(const std::string& command) {
  std::string output;
  FILE* pipe = ::popen(command.c_str(), "re");
  EXPECT_NE(pipe, nullptr);
  if (pipe == nullptr) return output;
  char buffer[4096];
  for (size_t got = 0; (got = ::fread(buffer, 1, sizeof buffer, pipe)) > 0;) output.append(buffer, got);
  EXPECT_EQ(::pclose(pipe), 0) << command;
  return output;
}

inline void write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  EXPECT_TRUE(file) << path;
}

// A program that prints "NAME ADDRESS" for some of its functions and "." and then sleeps.
inline const char* sample_source() {
  return R"(
#include <cstdio>
#include <unistd.h>
namespace sample {
struct Widget { __attribute__((noinline)) int turn(int by); };
int Widget::turn(int by) { volatile int x = by; return x * 3; }
}
__attribute__((noinline)) static int local_function(int by) { volatile int x = by; return x + 2; }
extern "C" __attribute__((noinline)) int global_function(int by) { volatile int x = by; return x + local_function(by); }
int main() {
  int (sample::Widget::*turn)(int) = &sample::Widget::turn;
  std::printf("sample::Widget::turn(int) %p\n", *reinterpret_cast<void**>(&turn));
  std::printf("local_function(int) %p\n", reinterpret_cast<void*>(&local_function));
  std::printf("global_function %p\n", reinterpret_cast<void*>(&global_function));
  std::printf("main %p\n.\n", reinterpret_cast<void*>(&main));
  std::fflush(stdout);
  sample::Widget widget;
  for (int i = widget.turn(1) + global_function(2); ; ++i) sleep(100);
}
)";
}

inline std::string compile_sample(const TemporaryDirectory& directory, const std::string& flags,
                                  const std::string& name = "sample") {
  write_file(directory / "sample.cc", sample_source());
  const std::string binary = directory / name;
  output_of("g++ -O1 " + flags + " -o " + binary + " " + directory / "sample.cc 2>&1");
  return binary;
}

class RunningProgram {
 public:
  // Waits until the program has printed its addresses. `command` is run as `exec COMMAND` by the shell.
  explicit RunningProgram(const std::string& command) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return;
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(ends[1], 1);
      const std::string line = "exec " + command;
      ::execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    std::string text;
    char byte = 0;
    while (!text.ends_with(".\n") && ::read(ends[0], &byte, 1) == 1) text += byte;
    ::close(ends[0]);
    EXPECT_TRUE(text.ends_with(".\n")) << command;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line) && line != ".";) {
      const size_t space = line.rfind(' ');
      functions_[line.substr(0, space)] = std::stoull(line.substr(space + 1), nullptr, 16);
    }
  }
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;
  ~RunningProgram() { kill(); }

  void kill() {
    if (pid_ <= 0 || dead_) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    dead_ = true;
  }
  pid_t pid() const { return pid_; }
  // The printed functions, by name.
  const std::map<std::string, uint64_t>& functions() const { return functions_; }

 private:
  pid_t pid_ = -1;
  bool dead_ = false;
  std::map<std::string, uint64_t> functions_;
};

}  // namespace polytap
