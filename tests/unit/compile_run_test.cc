// Scripts compiled and run by the interpreter: what they print and count.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstddef>

#include "tests/support/compiled.h"

namespace polytap::test {
namespace {

// A record whose bytes at the given offsets are set.
class Record {
 public:
  explicit Record(size_t size) : bytes_(size) {}
  template <typename T>
  Record& set(size_t offset, T value) {
    std::memcpy(bytes_.data() + offset, &value, sizeof value);
    return *this;
  }
  Record& text(size_t offset, std::string_view value) {
    std::memcpy(bytes_.data() + offset, value.data(), value.size());
    return *this;
  }
  Bytes bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

std::span<const std::byte> memory_of(const auto& object) { return std::as_bytes(std::span(&object, 1)); }

TEST(CompileRun, IntegersFollowTheLanguage) {
  EXPECT_EQ(begin_output("print(7 / 2); print(-7 / 2); print(7 % 3); print(-7 % 3); print(1 << 4); print(0xff >> 4);"),
            "3\n-3\n1\n-1\n16\n15\n");
  EXPECT_EQ(begin_output("print(~0); print(!5); print(5 & 3 | 8 ^ 1); print(10 > 5 && 0 || 1);"),
            "18446744073709551615\nfalse\n9\ntrue\n");
  EXPECT_EQ(begin_output("$a = 1; print($a++); print(++$a); print((int64)-1 < 1); print((uint64)-1 > 1);"),
            "1\n3\ntrue\ntrue\n");
}

// The same without constants, so that nothing is folded.
TEST(CompileRun, VariablesFollowTheSameRules) {
  EXPECT_EQ(begin_output("$a = -7; $b = 2; print($a / $b); print($a % 3); $u = (uint64)$a; print($u / 2);"),
            "-3\n-1\n9223372036854775804\n");
  EXPECT_EQ(begin_output("$p = (uint32)5; $n = -3; print($p > $n); print($p - 6); print($n >> 1);"), "true\n-1\n-2\n");
  EXPECT_EQ(begin_output("$i = 300; print((uint8)$i); print((int8)($i - 100)); print((bool)$i);"), "44\n-56\ntrue\n");
}

TEST(CompileRun, LogicStopsEarly) {
  EXPECT_EQ(begin_output("@n = 0; $x = 0; if ($x && @n++) { } if (!$x || @n++) { print(\"in\"); } print(@n);"),
            "in\n@n: 0\n");
  EXPECT_EQ(begin_output("$x = 5; $c = $x == 5 && !($x == 6) || $x > 9; print($c); print(1 + ($x == 5 && $x != 4));"),
            "true\n2\n");
}

TEST(CompileRun, BranchesHaveValues) {
  EXPECT_EQ(begin_output("$x = 5; print($x > 3 ? \"long string\" : \"s\"); print($x + ($x > 9 ? 1 : 2));"),
            "long string\n7\n");
  EXPECT_EQ(
      begin_output("$x = 5; print(if ($x > 3) { let $z = 7; $z * 2 } else { 3 }); print({ let $q = 3; $q + $x });"),
      "14\n8\n");
}

TEST(CompileRun, UnrollRepeats) {
  EXPECT_EQ(begin_output("$i = 0; unroll(3) { let $j; $j += 2; $i += $j; } print($i);"), "6\n");
}

TEST(CompileRun, StringsCompareByContent) {
  EXPECT_EQ(begin_output("$s = \"ab\"; $s = \"abcdefghijkl\"; $s = \"q\"; print($s == \"q\"); print($s == \"qq\"); "
                         "print(\"abcdefghij\" == $s); print(comm == \"sshd-with-a-long-name\");"),
            "true\nfalse\nfalse\nfalse\n");
  EXPECT_EQ(begin_output("$s = \"abcdef\"; print(strncmp($s, \"abcxyz\", 3)); print(strncmp($s, \"abcxyz\", 4)); "
                         "print(strlen($s)); let $t: string[4] = $s; print($t); print(str($1, 2));",
                         {"word"}),
            "0\n1\n6\nabc\nwo\n");
}

TEST(CompileRun, TuplesAndRecords) {
  EXPECT_EQ(begin_output("$t = (1, (2, \"q\")); print($t.1.1); print($t.1.0 + 1); $r = (a=1, b=\"x\"); print($r.b); "
                         "print($r);"),
            "q\n3\nx\n{ .a = 1, .b = x }\n");
}

TEST(CompileRun, MapsCountAndForget) {
  EXPECT_EQ(begin_output("@x = 1; @x += 5; @x--; print(@x); @x *= 3; print(@x); clear(@x); print(@x); print(@x + 1);"),
            "@x: 5\n@x: 15\n1\n");
  EXPECT_EQ(begin_output("@y[1] = 2; @y[1]++; @y[2] -= 4; print(@y[2]); print(has_key(@y, 2)); delete(@y, 2); "
                         "print(has_key(@y, 2)); print(len(@y)); delete(@y[1]); print(len(@y));"),
            "-4\ntrue\nfalse\n1\n0\n");
  EXPECT_EQ(begin_output("print(@other[1]); @other[2] = 3; clear(@other);"), "0\n");
}

TEST(CompileRun, KeysOfSeveralPartsAreTuples) {
  EXPECT_EQ(begin_output("@a[1, \"q\"] = 5; $k = (1, \"q\"); print(@a[$k]); print(has_key(@a, (1, \"q\")));"),
            "5\ntrue\n");
  // The longer string of another key changes the layout, not the key.
  EXPECT_EQ(begin_output("@a[\"x\"] = 1; @a[\"a much longer key\"] = 2; print(@a[\"x\"]); print(len(@a));"), "1\n2\n");
}

TEST(CompileRun, AggregationsCanBeRead) {
  EXPECT_EQ(begin_output("@c = count(); @c = count(); if (@c > 1) { print(\"two\"); } print((int64)@c + 1); "
                         "printf(\"%d\\n\", @c); @m[1] = max(5); @m[1] = max(3); print(@m[1]); print(@c);"),
            "two\n3\n2\n5\n@c: 2\n");
}

TEST(CompileRun, ExitEndsTheProbe) {
  CompiledRun run("BEGIN { print(1); exit(3); print(2); } END { print(\"end\"); }");
  ASSERT_TRUE(run.ok()) << run.diagnostics();
  run.fire("BEGIN");
  EXPECT_EQ(run.take(), "1\n");
  EXPECT_EQ(run.machine().exit_code(), 3);
}

TEST(CompileRun, SyscallArgumentsHaveTheirCType) {
  CompiledRun run(
      "tracepoint:syscalls:sys_enter_openat { printf(\"%d %s %d\\n\", args.dfd, str(args->filename), args.mode); }");
  ASSERT_TRUE(run.ok()) << run.diagnostics();
  const char name[] = "/etc/passwd";
  run.machine().add_memory(memory_of(name));
  run.fire("tracepoint:syscalls:sys_enter_openat", Record(48)
                                                       .set<uint64_t>(16, 0xffffff9c)
                                                       .set(24, reinterpret_cast<uint64_t>(name))
                                                       .set<uint64_t>(40, 0x101a4)
                                                       .bytes());
  EXPECT_EQ(run.take(), "-100 /etc/passwd 420\n");
}

TEST(CompileRun, PredicatesDecide) {
  CompiledRun run("tracepoint:raw_syscalls:sys_exit /args.ret < 0 && pid == 7/ { @[args.id] = count(); }");
  ASSERT_TRUE(run.ok()) << run.diagnostics();
  run.machine().set_builtin(ir::Builtin::kPid, 7);
  run.fire("tracepoint:raw_syscalls:sys_exit", Record(24).set<int64_t>(8, 257).set<int64_t>(16, -2).bytes());
  run.fire("tracepoint:raw_syscalls:sys_exit", Record(24).set<int64_t>(8, 257).set<int64_t>(16, 3).bytes());
  run.machine().set_builtin(ir::Builtin::kPid, 8);
  run.fire("tracepoint:raw_syscalls:sys_exit", Record(24).set<int64_t>(8, 257).set<int64_t>(16, -2).bytes());
  EXPECT_EQ(run.value("@", 257), 1);
  EXPECT_EQ(run.program().functions.size(), 1U);
  EXPECT_FALSE(run.program().sites.empty());
}

TEST(CompileRun, CharactersInTheRecordAreStrings) {
  CompiledRun run(
      "tracepoint:sched:sched_switch { @[args.next_comm] = count(); printf(\"%s %d\\n\", args.prev_comm, "
      "args.next_comm == \"bash\"); }");
  ASSERT_TRUE(run.ok()) << run.diagnostics();
  run.fire("tracepoint:sched:sched_switch", Record(64).text(8, "swapper/0").text(40, "bash").bytes());
  EXPECT_EQ(run.take(), "swapper/0 1\n");
  CompiledRun exec("tracepoint:sched:sched_process_exec { print(args.filename); }");
  ASSERT_TRUE(exec.ok()) << exec.diagnostics();
  Record record(64);
  const ProbeArgument* filename = exec.program().sites[0].find_argument("filename");
  ASSERT_NE(filename, nullptr);
  record.set<uint32_t>(filename->offset, (8U << 16) | 48U).text(48, "/bin/ls");
  exec.fire("tracepoint:sched:sched_process_exec", record.bytes());
  EXPECT_EQ(exec.take(), "/bin/ls\n");
}

struct Inner {
  int32_t x;
  int64_t y;
};
struct Outer {
  int32_t a;
  char name[8];
  unsigned low : 3;
  int high : 5;
  Inner inner;
  Inner* next;
  int32_t list[3];
};

TEST(CompileRun, MemoryIsReadThroughPointers) {
  static const Inner inner{7, 8};
  static const Outer outer{5, "outer", 6, -3, {1, -2}, const_cast<Inner*>(&inner), {10, 20, 30}};
  CompiledRun run(
      "struct Inner { int x; long y; }\n"
      "struct Outer { int a; char name[8]; unsigned low:3; int high:5; struct Inner inner; struct Inner *next; int "
      "list[3]; }\n"
      "BEGIN { $o = (struct Outer *)$1; print(sizeof(struct Outer)); print(offsetof(struct Outer, inner.y)); "
      "print($o.a);\n"
      "print($o->name); print($o.low); print($o.high); print($o.inner.y); print($o.next->x); $i = 2; "
      "print($o.list[$i]);\n"
      "$copy = *$o; print($copy.high); print($copy.name); print($copy.inner.y); print($o.next.y == $copy.next.y); }",
      {fmt::format("{}", reinterpret_cast<uint64_t>(&outer))});
  ASSERT_TRUE(run.ok()) << run.diagnostics();
  run.machine().add_memory(memory_of(outer));
  run.machine().add_memory(memory_of(inner));
  run.fire("BEGIN");
  EXPECT_EQ(run.take(), fmt::format("{}\n{}\n5\nouter\n6\n-3\n-2\n7\n30\n-3\nouter\n-2\ntrue\n", sizeof(Outer),
                                    offsetof(Outer, inner) + offsetof(Inner, y)));
  EXPECT_EQ(run.machine().faults(), 0U);
}

TEST(CompileRun, BuffersAndAddresses) {
  EXPECT_EQ(begin_output("print(buf(\"abc\\x01\\xff\", 5)); print(ntop(0x0100007f)); print(ntop(pton(\"::1\"))); "
                         "print(bswap((uint16)0x1234)); print(bswap((uint32)0x01020304));"),
            "abc\\x01\\xff\n127.0.0.1\n::1\n13330\n67305985\n");
}

TEST(CompileRun, JoinTakesWhatIsThere) {
  CompiledRun run("tracepoint:syscalls:sys_enter_execve { join(args.argv, \"-\"); }");
  ASSERT_TRUE(run.ok()) << run.diagnostics();
  static const char first[] = "ls";
  static const char second[] = "-l";
  static const char* const arguments[] = {first, second, nullptr};
  run.machine().add_memory(memory_of(first));
  run.machine().add_memory(memory_of(second));
  run.machine().add_memory(memory_of(arguments));
  run.fire("tracepoint:syscalls:sys_enter_execve",
           Record(40).set(24, reinterpret_cast<uint64_t>(&arguments[0])).bytes());
  EXPECT_EQ(run.take(), "ls--l\n");
}

TEST(CompileRun, SitesWithTheSameLayoutShareAFunction) {
  const auto entered = compile_text("tracepoint:syscalls:sys_enter_* { @[probe] = count(); }");
  ASSERT_TRUE(entered.compiled.has_value()) << entered.diagnostics;
  EXPECT_EQ(entered.compiled->program.functions.size(), 1U);
  EXPECT_EQ(entered.compiled->program.sites.size(), 7U);
  const auto exited = compile_text("tracepoint:syscalls:sys_exit_* { @[args.ret] = count(); }");
  ASSERT_TRUE(exited.compiled.has_value()) << exited.diagnostics;
  EXPECT_EQ(exited.compiled->program.functions.size(), 1U);
  // The file descriptor is the second argument of none and the first of both.
  const auto mixed = compile_text(
      "tracepoint:syscalls:sys_enter_read, tracepoint:syscalls:sys_enter_close, tracepoint:sched:sched_process_exit "
      "{ @[pid] = count(); }");
  ASSERT_TRUE(mixed.compiled.has_value()) << mixed.diagnostics;
  EXPECT_EQ(mixed.compiled->program.functions.size(), 1U);
}

TEST(CompileRun, PredicatesNameTheProcess) {
  const auto pid_of = [](const std::string& script) { return compile_text(script, {"42"}).compiled->implied_pid; };
  EXPECT_EQ(pid_of("tracepoint:syscalls:sys_enter_read /pid == $1/ { @ = count(); } END { print(1); }"), 42);
  EXPECT_EQ(pid_of("tracepoint:syscalls:sys_enter_read /args.fd == 1 && 7 == pid/ { @ = count(); }"), 7);
  EXPECT_EQ(pid_of("tracepoint:syscalls:sys_enter_read /pid == 7 || uid == 0/ { @ = count(); }"), std::nullopt);
  EXPECT_EQ(pid_of("tracepoint:syscalls:sys_enter_read /pid == 7/ { @ = count(); } "
                   "tracepoint:syscalls:sys_enter_write { @ = count(); }"),
            std::nullopt);
}

TEST(CompileRun, UnsafeFunctionsNeedPermission) {
  EXPECT_FALSE(compile_text("BEGIN { system(\"ls\"); }").compiled.has_value());
  EXPECT_TRUE(compile_text("BEGIN { system(\"ls\"); }", {}, "stdin", true).compiled.has_value());
}

TEST(CompileRun, ConfigurationAndDefines) {
  const auto result = compile_text(
      "config = { max_strlen = 100; print_maps_on_exit = false }\n#define LIMIT 3\n#ifndef BPFTRACE_HAVE_BTF\n"
      "#include <linux/fs.h>\n#endif\nBEGIN { @ = LIMIT; }");
  ASSERT_TRUE(result.compiled.has_value()) << result.diagnostics;
  EXPECT_EQ(result.diagnostics, "");
  EXPECT_EQ(result.compiled->program.settings.max_string, 104U);
  EXPECT_FALSE(result.compiled->program.maps[0].print_at_end);
}

}  // namespace
}  // namespace polytap::test
