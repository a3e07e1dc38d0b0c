// Source lines of processes: deleted files, processes that have gone, another root, code made at run time.
#include <fcntl.h>
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "core/symbol/debug_files.h"
#include "core/symbol/symbolizer.h"
#include "gtest/gtest.h"
#include "tests/unit/symbol_test_programs.h"

namespace polytap {
namespace {

constexpr const char* kSource = R"(#include <stdio.h>
#include <unistd.h>
volatile int sink;
static inline __attribute__((always_inline)) int inner(int a) { sink = a; return a * 3; }
__attribute__((noinline)) int outer(int a) {
  return inner(a) + 1;
}
int main(void) {
  printf("%p\n", (void*)outer);
  fflush(stdout);
  sink = outer(1);
  pause();
}
)";

// A command that prints an address and stays; killed with its owner.
class Child {
 public:
  explicit Child(const std::string& command) {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::execl("/bin/sh", "sh", "-c", ("exec " + command).c_str(), nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    FILE* output = ::fdopen(ends[0], "r");
    char line[64] = {};
    EXPECT_NE(::fgets(line, sizeof line, output), nullptr) << command;
    ::fclose(output);
    address_ = std::strtoull(line, nullptr, 16);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { end(); }
  void end() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  pid_t pid() const { return pid_; }
  uint64_t address() const { return address_; }

 private:
  pid_t pid_ = 0;
  uint64_t address_ = 0;
};

class LocateTest : public testing::Test {
 protected:
  LocateTest() {
    write_file(directory_ / "source.c", kSource);
    output_of("cd " + directory_.path() + " && gcc -O2 -g -static source.c -o program");
  }

  // Some instruction of outer() has the inlined call, with the lines of both.
  static void expect_lines(Symbolizer& symbolizer, pid_t pid, uint64_t outer) {
    size_t with_both = 0;
    for (uint64_t address = outer; address < outer + 12; ++address) {
      const Location location = symbolizer.locate(pid, address, true);
      ASSERT_FALSE(location.frames.empty());
      if (location.frames.back().function != "outer" || location.frames.size() != 2) continue;
      ++with_both;
      EXPECT_EQ(location.symbol.name, "outer");
      EXPECT_EQ(location.frames[0].function, "inner");
      EXPECT_EQ(location.frames[0].line, 4U);
      EXPECT_EQ(location.frames[1].line, 6U);
      EXPECT_TRUE(location.frames[1].file.ends_with("/source.c"));
      EXPECT_EQ(location.missing, "");
    }
    EXPECT_GT(with_both, 0U) << symbolizer.locate(pid, outer, true).missing;
  }

  TemporaryDirectory directory_;
  ProcessMaps maps_;
  Symbolizer symbolizer_{maps_, {.demangle = true, .lines = true}};
};

TEST_F(LocateTest, ReplacedAndDeletedWhileItRuns) {
  Child child(directory_ / "program");
  output_of("cd " + directory_.path() + " && cp /bin/true other && mv other program");
  expect_lines(symbolizer_, child.pid(), child.address());
  output_of("rm " + (directory_ / "program"));
  ProcessMaps maps;
  Symbolizer later(maps, {.demangle = true, .lines = true});
  expect_lines(later, child.pid(), child.address());
}

TEST_F(LocateTest, AfterTheProcessAndItsFileHaveGone) {
  Child child(directory_ / "program");
  symbolizer_.hold(child.pid());
  const pid_t pid = child.pid();
  output_of("rm " + (directory_ / "program"));
  child.end();
  maps_.exited(pid);
  expect_lines(symbolizer_, pid, child.address());
}

TEST_F(LocateTest, InAnotherRoot) {
  if (::geteuid() != 0) GTEST_SKIP() << "chroot needs root";
  Child child("chroot " + directory_.path() + " /program");
  expect_lines(symbolizer_, child.pid(), child.address());
}

TEST_F(LocateTest, WhatIsMissingIsTold) {
  output_of("strip " + (directory_ / "program"));
  Child child(directory_ / "program");
  const Location location = symbolizer_.locate(child.pid(), child.address(), true);
  ASSERT_EQ(location.frames.size(), 1U);
  EXPECT_TRUE(location.frames[0].function.starts_with((directory_ / "program") + "+0x")) << location.frames[0].function;
  EXPECT_NE(location.missing.find("stripped"), std::string::npos) << location.missing;
  const Location nowhere = symbolizer_.locate(child.pid(), 0x10, true);
  EXPECT_EQ(nowhere.frames.at(0).function, "[unmapped]+0x10");
  EXPECT_NE(nowhere.missing.find("nothing is mapped"), std::string::npos) << nowhere.missing;
}

// Node writes its map while it compiles; every function in it must have its name.
TEST_F(LocateTest, CodeThatNodeCompiled) {
  if (std::system("command -v node >/dev/null 2>&1") != 0) GTEST_SKIP() << "needs node";
  write_file(directory_ / "hot.js",
             "function hotFunction(n) { let s = 0; for (let i = 0; i < n; ++i) s += i % 7; return s; }\n"
             "let t = 0; for (let i = 0; i < 20000; ++i) t += hotFunction(100);\n"
             "console.log(t.toString(16)); setInterval(() => hotFunction(10), 50);\n");
  Child child("node --perf-basic-prof " + (directory_ / "hot.js"));
  const std::string map = "/tmp/perf-" + std::to_string(child.pid()) + ".map";
  uint64_t start = 0;
  for (int tries = 0; tries < 100 && start == 0; ++tries) {
    std::ifstream lines(map);
    for (std::string line; std::getline(lines, line);) {
      if (line.find("hotFunction") != std::string::npos) start = std::stoull(line, nullptr, 16);
    }
    if (start == 0) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  ASSERT_NE(start, 0U) << "no hotFunction in " << map;
  const Location location = symbolizer_.locate(child.pid(), start + 1, true);
  EXPECT_NE(location.frames.at(0).function.find("hotFunction"), std::string::npos) << location.frames.at(0).function;
  EXPECT_EQ(location.symbol.module, map);
  ::unlink(map.c_str());
}

TEST_F(LocateTest, AProgramOfRust) {
  if (std::system("command -v rustc >/dev/null 2>&1") != 0) GTEST_SKIP() << "needs rustc";
  write_file(
      directory_ / "p.rs",
      "struct Widget;\nimpl Widget {\n  #[inline(never)]\n  fn turn(&self, by: u64) -> u64 {\n    by * 3\n  }\n}\n"
      "fn main() {\n  println!(\"{:x}\", Widget::turn as usize);\n  let t = Widget.turn(std::process::id() as u64);\n"
      "  std::thread::sleep(std::time::Duration::from_secs(1000 + t % 2));\n}\n");
  output_of("rustc -O -g -o " + (directory_ / "p") + " " + (directory_ / "p.rs") + " 2>/dev/null");
  Child child(directory_ / "p");
  const Location location = symbolizer_.locate(child.pid(), child.address(), true);
  EXPECT_NE(location.frames.back().function.find("Widget"), std::string::npos) << location.frames.back().function;
  EXPECT_TRUE(location.frames.back().function.ends_with("turn")) << location.frames.back().function;
  EXPECT_TRUE(location.frames.back().file.ends_with("p.rs")) << location.frames.back().file;
  EXPECT_EQ(location.frames.back().line, 5U);  // where its body begins
}

TEST_F(LocateTest, AProgramOfGo) {
  if (std::system("command -v go >/dev/null 2>&1") != 0) GTEST_SKIP() << "needs go (golang-go)";
  write_file(directory_ / "p.go",
             "package main\nimport (\"fmt\"; \"reflect\"; \"time\")\n//go:noinline\nfunc turn(by int) int {\n\treturn "
             "by * 3\n}\n"
             "func main() {\n\tfmt.Printf(\"%x\\n\", "
             "reflect.ValueOf(turn).Pointer())\n\ttime.Sleep(time.Duration(turn(1000)) * time.Second)\n}\n");
  output_of("cd " + directory_.path() + " && GO111MODULE=off GOCACHE=" + (directory_ / "cache") +
            " go build -o p p.go");
  Child child(directory_ / "p");
  const Location location = symbolizer_.locate(child.pid(), child.address(), true);
  EXPECT_EQ(location.frames.back().function, "main.turn");
  EXPECT_EQ(location.frames.back().line, 5U);  // a leaf needs no code for line 4
}

// strip leaves Go's own table: every function has the name that the symbol table had.
TEST_F(LocateTest, AStrippedProgramOfGo) {
  if (std::system("command -v go >/dev/null 2>&1") != 0) GTEST_SKIP() << "needs go (golang-go)";
  write_file(directory_ / "p.go", "package main\nimport \"fmt\"\nfunc main() { fmt.Println(1) }\n");
  for (const std::string mode : {"exe", "pie"}) {
    const std::string program = directory_ / mode;
    output_of(
        fmt::format("cd {} && GO111MODULE=off GOCACHE={}/cache go build -buildmode={} -o {} p.go && strip -o "
                    "{}.stripped {}",
                    directory_.path(), directory_.path(), mode, program, program, program));
    const auto stripped = ElfFile::open(UniqueFd(::open((program + ".stripped").c_str(), O_RDONLY | O_CLOEXEC)));
    ASSERT_TRUE(stripped && !stripped->has_symtab());
    const SymbolIndex index = read_symbols(*stripped, {.path = "", .roots = {}, .debug_directory = "/nonexistent"});
    std::istringstream functions(output_of("nm " + program + " | awk '$2 ~ /[tT]/ && $3 ~ /^(main|fmt|os)[.]/'"));
    std::string address, type;
    size_t compared = 0;
    for (std::string name; functions >> address >> type && std::getline(functions >> std::ws, name); ++compared) {
      const auto hit = index.find(std::stoull(address, nullptr, 16));
      ASSERT_TRUE(hit) << name;
      EXPECT_EQ(hit->name, name);
    }
    EXPECT_GT(compared, 40U);
  }
}

}  // namespace
}  // namespace polytap
