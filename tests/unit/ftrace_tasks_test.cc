// Who the threads are, and what is left of tracers that were killed.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "backends/ftrace/instance.h"
#include "backends/ftrace/task_table.h"

namespace polytap::ftrace {
namespace {

class Folder {
 public:
  Folder() {
    std::string name = testing::TempDir() + "polytap-ftrace-XXXXXX";
    path_ = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }
  void put(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = path_ + "/" + name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }

 private:
  std::string path_;
};

std::string name_of(TaskTable& tasks, pid_t tid) {
  const Task* task = tasks.find(tid);
  return task == nullptr ? "?" : task->name.data();
}

pid_t dead_process() {
  const pid_t pid = fork();
  if (pid == 0) _exit(0);
  waitpid(pid, nullptr, 0);
  return pid;
}

TEST(FtraceTasks, NamesOfWorkersAreThoseOfTheTask) {
  EXPECT_STREQ(task_name_of_proc("kworker/0:1-events").data(), "kworker/0:1");
  EXPECT_STREQ(task_name_of_proc("kworker/u8:2+flush-8:0").data(), "kworker/u8:2");
  EXPECT_STREQ(task_name_of_proc("kworker/0:1H").data(), "kworker/0:1H");
  EXPECT_STREQ(task_name_of_proc("a-very-long-name-of-a-kthread").data(), "a-very-long-nam");
  EXPECT_STREQ(task_name_of_proc("git-gc").data(), "git-gc");
}

TEST(FtraceTasks, StartsFromProc) {
  const Folder proc;
  proc.put("10/task/10/comm", "main\n");
  proc.put("10/task/11/comm", "worker\n");
  proc.put("12/task/12/comm", "late\n");
  proc.put("12/status", "Name:\tlate\nTgid:\t12\n");
  TaskTable tasks(proc.path());
  EXPECT_EQ(tasks.read_process(10).size(), 2U);
  EXPECT_EQ(name_of(tasks, 11), "worker");
  EXPECT_EQ(tasks.find(11)->tgid, 10);
  EXPECT_EQ(name_of(tasks, 12), "late");
  EXPECT_EQ(tasks.find(13), nullptr);
}

TEST(FtraceTasks, FollowsForksThreadsNamesAndEnds) {
  const Folder proc;
  proc.put("10/task/10/comm", "sh\n");
  TaskTable tasks(proc.path());
  tasks.read_process(10);
  tasks.add_target(10);
  tasks.created(10, 20, "sh", false);
  EXPECT_TRUE(tasks.in_target(20));
  tasks.renamed(20, "ls");
  tasks.created(20, 21, "ls", true);
  EXPECT_EQ(tasks.find(21)->tgid, 20);
  EXPECT_EQ(name_of(tasks, 20), "ls");
  EXPECT_EQ(name_of(tasks, 21), "ls");
  EXPECT_EQ(name_of(tasks, 10), "sh");
  // A process is there as long as one of its threads.
  tasks.exited(20, 1);
  EXPECT_TRUE(tasks.in_target(21));
  tasks.exited(21, 2);
  // Its last sched_switch is still to come.
  EXPECT_TRUE(tasks.in_target(21));
  EXPECT_FALSE(tasks.no_target_left());
  tasks.exited(10, 3);
  EXPECT_TRUE(tasks.no_target_left());
}

// A child that came and went before its records are looked at is a target, whatever the kernel says of it by then.
TEST(FtraceTasks, TheDeadStayTargetsUntilTheirRecordsWereSeen) {
  const Folder proc;
  const pid_t gone = dead_process();
  TaskTable tasks(proc.path());
  proc.put(fmt::format("{0}/task/{0}/comm", gone), "a\n");
  tasks.read_process(gone);
  tasks.add_target(gone);
  tasks.drop_dead_targets();
  EXPECT_FALSE(tasks.no_target_left());
  tasks.drop_dead_targets();
  EXPECT_TRUE(tasks.no_target_left());
  EXPECT_TRUE(tasks.in_target(gone));
}

TEST(FtraceTasks, AThreadThatExecsBecomesTheLeader) {
  const Folder proc;
  proc.put("10/task/10/comm", "a\n");
  TaskTable tasks(proc.path());
  tasks.read_process(10);
  tasks.add_target(10);
  tasks.created(10, 11, "a", true);
  tasks.exited(10, 1);
  tasks.executed(11, 10, 2);
  EXPECT_TRUE(tasks.in_target(10));
  // The former leader, now number 11, may have its last moments yet.
  EXPECT_TRUE(tasks.in_target(11));
  tasks.exited(10, 2);
  EXPECT_TRUE(tasks.no_target_left());
}

TEST(FtraceTasks, ANumberUsedAgainIsAnotherTask) {
  const Folder proc;
  proc.put("10/task/10/comm", "a\n");
  proc.put("30/task/30/comm", "b\n");
  TaskTable tasks(proc.path());
  tasks.read_all();
  tasks.add_target(10);
  tasks.created(10, 20, "a", false);
  tasks.exited(20, 1);
  tasks.created(30, 20, "b", false);
  EXPECT_FALSE(tasks.in_target(20));
  EXPECT_EQ(name_of(tasks, 20), "b");
}

TEST(FtraceInstance, ReadsWhatWasLost) {
  const CpuLosses losses =
      parse_stats("entries: 3\noverrun: 5\ncommit overrun: 7\nbytes: 9\ndropped events: 11\nread events: 4\n");
  EXPECT_EQ(losses.overrun, 5U);
  EXPECT_EQ(losses.commit_overrun, 7U);
  EXPECT_EQ(losses.dropped, 11U);
  EXPECT_EQ(losses.total(), 23U);
}

TEST(FtraceInstance, SweepsWhatTheDeadLeft) {
  const Folder root;
  const auto make = [&](const std::string& name) {
    std::filesystem::create_directories(root.path() + "/instances/" + name);
    return root.path() + "/instances/" + name;
  };
  const std::string dead = std::to_string(dead_process());
  const std::string self = std::to_string(getpid());
  make("polytap-" + dead);
  make("polytap-" + dead + "-1");
  const std::string own = make("polytap-" + self);
  const std::string others = make("trace-cmd-" + dead);
  const std::string odd = make("polytap-" + dead + "x");
  const auto removed = sweep_stale_instances(root.path());
  EXPECT_EQ(removed, (std::vector<std::string>{"polytap-" + dead, "polytap-" + dead + "-1"}));
  for (const std::string& path : {own, others, odd}) EXPECT_TRUE(std::filesystem::exists(path)) << path;
  // Made before the process that has the number now: by another one.
  const timespec old[2] = {{1000, 0}, {1000, 0}};
  ASSERT_EQ(utimensat(AT_FDCWD, own.c_str(), old, 0), 0);
  EXPECT_EQ(sweep_stale_instances(root.path()), (std::vector<std::string>{"polytap-" + self}));
  EXPECT_TRUE(sweep_stale_instances(root.path() + "/nowhere").empty());
}

}  // namespace
}  // namespace polytap::ftrace
