#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "core/symbol/process_maps.h"
#include "gtest/gtest.h"
#include "tests/unit/symbol_test_programs.h"

namespace polytap {
namespace {

constexpr pid_t kPid = 4'500'000;  // above any pid_max: never a living process

Mapping map_at(uint64_t start, uint64_t end, const std::string& path, uint64_t offset = 0) {
  return Mapping{start, end, offset, path, makedev(8, 1), 77};
}

TEST(ParseProcessMaps, TakesExecutableMappingsOnly) {
  const auto mappings = parse_process_maps(
      "55dd73fae000-55dd73fb0000 r--p 00000000 fe:00 247134                     /usr/bin/cat\n"
      "55dd73fb0000-55dd73fb5000 r-xp 00002000 fe:00 247134                     /usr/bin/cat\n"
      "7f0000000000-7f0000001000 rwxp 00000000 00:00 0 \n"
      "7f0000002000-7f0000003000 r-xs 00000000 00:01 9     /tmp/a b\\012c (deleted)\n"
      "7ffd4a5f2000-7ffd4a5f4000 r-xp 00000000 00:00 0                          [vdso]\n"
      "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n"
      "garbage\n");
  ASSERT_EQ(mappings.size(), 5u);
  EXPECT_EQ(mappings[0], (Mapping{0x55dd73fb0000, 0x55dd73fb5000, 0x2000, "/usr/bin/cat", makedev(0xfe, 0), 247134}));
  EXPECT_EQ(mappings[1].path, "");
  EXPECT_EQ(mappings[2].path, "/tmp/a b\nc");
  EXPECT_EQ(mappings[3].path, "[vdso]");
  EXPECT_EQ(mappings[4].start, 0xffffffffff600000u);
}

TEST(ProcessMaps, ReadsOwnProcess) {
  ProcessMaps maps;
  ASSERT_TRUE(maps.read_from_proc(::getpid()).ok());
  const auto here = reinterpret_cast<uint64_t>(&map_at);
  const auto mapping = maps.find(::getpid(), here);
  ASSERT_TRUE(mapping);
  EXPECT_EQ(mapping->path, std::filesystem::read_symlink("/proc/self/exe").string());
  EXPECT_FALSE(maps.find(::getpid(), reinterpret_cast<uint64_t>(&maps)));  // the stack is not executable
  EXPECT_FALSE(maps.find(::getpid(), 0));
}

TEST(ProcessMaps, FailsForAMissingProcessAndKeepsWhatItKnew) {
  ProcessMaps maps;
  EXPECT_FALSE(maps.read_from_proc(kPid).ok());
  EXPECT_FALSE(maps.knows(kPid));
  maps.add(kPid, map_at(0x1000, 0x2000, "/x"));
  EXPECT_FALSE(maps.read_from_proc(kPid).ok());
  EXPECT_TRUE(maps.find(kPid, 0x1000));
}

TEST(ProcessMaps, AZombieIsGone) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  siginfo_t info;
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  ProcessMaps maps;
  maps.add(child, map_at(0x1000, 0x2000, "/x"));
  EXPECT_FALSE(maps.read_from_proc(child).ok());
  EXPECT_TRUE(maps.find(child, 0x1000));
  ::waitpid(child, nullptr, 0);
}

TEST(ProcessMaps, ANewMappingCutsWhatItOverlaps) {
  ProcessMaps maps;
  maps.add(kPid, map_at(0x1000, 0x9000, "/old", 0x100000));
  maps.add(kPid, map_at(0x3000, 0x5000, "/new"));
  EXPECT_EQ(maps.find(kPid, 0x2fff)->path, "/old");
  EXPECT_EQ(maps.find(kPid, 0x3000)->path, "/new");
  EXPECT_EQ(maps.find(kPid, 0x4fff)->path, "/new");
  const auto rest = maps.find(kPid, 0x5000);
  EXPECT_EQ(rest->path, "/old");
  EXPECT_EQ(rest->start, 0x5000u);
  EXPECT_EQ(rest->offset, 0x104000u);
  EXPECT_FALSE(maps.find(kPid, 0x9000));
  maps.add(kPid, map_at(0x0800, 0xa000, "/all"));
  EXPECT_EQ(maps.mappings(kPid).size(), 1u);
}

TEST(ProcessMaps, ExecBeginsAnotherImageWithTheOldOneBehindIt) {
  ProcessMaps maps;
  maps.add(kPid, map_at(0x1000, 0x2000, "/x"));
  const auto before = maps.version(kPid);
  maps.exec(kPid);
  EXPECT_TRUE(maps.knows(kPid));
  EXPECT_NE(maps.version(kPid).image, before.image);
  EXPECT_TRUE(maps.mappings(kPid).empty());
  EXPECT_EQ(maps.find(kPid, 0x1000)->path, "/x");  // of a record made before the exec
  maps.add(kPid, map_at(0x1000, 0x2000, "/y"));
  EXPECT_EQ(maps.find(kPid, 0x1000)->path, "/y");
  maps.exited(kPid);
  maps.exec(kPid);
  EXPECT_FALSE(maps.find(kPid, 0x1000));  // another process with that pid
}

TEST(ProcessMaps, AForkedChildSeesTheParentsAndGoesItsOwnWay) {
  ProcessMaps maps;
  const pid_t child = kPid + 1;
  maps.add(kPid, map_at(0x1000, 0x2000, "/x"));
  maps.fork(kPid, child);
  EXPECT_EQ(maps.find(child, 0x1000)->path, "/x");
  EXPECT_EQ(maps.version(child).image, maps.version(kPid).image);
  maps.add(child, map_at(0x1000, 0x2000, "/y"));
  EXPECT_EQ(maps.find(kPid, 0x1000)->path, "/x");
  EXPECT_EQ(maps.find(child, 0x1000)->path, "/y");
  maps.exec(child);
  EXPECT_TRUE(maps.find(kPid, 0x1000));
}

TEST(ProcessMaps, KeptAfterExitUntilThePidIsUsedAgain) {
  ProcessMaps maps;
  const pid_t parent = kPid + 1;
  maps.add(kPid, map_at(0x1000, 0x2000, "/x"));
  const auto first = maps.version(kPid);
  maps.exited(kPid);
  EXPECT_TRUE(maps.find(kPid, 0x1000));
  EXPECT_TRUE(maps.version(kPid).exited);
  maps.add(kPid, map_at(0x5000, 0x6000, "/z"));  // the pid's next process
  EXPECT_FALSE(maps.find(kPid, 0x1000));
  EXPECT_NE(maps.version(kPid).image, first.image);
  maps.exited(kPid);
  maps.fork(parent, kPid);  // of a parent nobody knows
  EXPECT_FALSE(maps.knows(kPid));
}

TEST(ProcessMaps, RemembersABoundedNumberOfDeadProcesses) {
  ProcessMaps maps;
  constexpr pid_t kCount = 20'000;
  for (pid_t i = 0; i < kCount; ++i) {
    maps.add(kPid + i, map_at(0x1000, 0x2000, "/x"));
    maps.exited(kPid + i);
  }
  EXPECT_FALSE(maps.knows(kPid));
  EXPECT_TRUE(maps.knows(kPid + kCount - 1));
}

TEST(ProcessMaps, IsThreadSafe) {
  ProcessMaps maps;
  std::thread tracer([&] {
    for (uint64_t i = 1; i < 2000; ++i) {
      maps.add(kPid, map_at(i % 50 * 0x1000, i % 50 * 0x1000 + 0x1000, "/x"));
      if (i % 100 == 0) maps.exec(kPid);
      maps.fork(kPid, kPid + 1);
    }
  });
  size_t found = 0;
  for (uint64_t i = 0; i < 2000; ++i) found += maps.find(kPid + 1, i % 50 * 0x1000).has_value() ? 1 : 0;
  tracer.join();
  EXPECT_LE(found, 2000u);
  EXPECT_EQ(maps.find(kPid + 1, 49 * 0x1000)->path, "/x");
}

}  // namespace
}  // namespace polytap
