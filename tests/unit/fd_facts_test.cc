#include "core/syscall/fd_facts.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/sched.h>
#include <linux/unistd.h>
#include <unistd.h>

#include "core/base/unique_fd.h"

namespace polytap {
namespace {

CallValues call(uint64_t number, uint64_t first = 0, uint64_t second = 0, int64_t result = 0) {
  CallValues values;
  values.number = number;
  values.arguments[0] = first;
  values.arguments[1] = second;
  values.result = result;
  return values;
}

// The test is the tracee itself.
class FdFactsTest : public testing::Test {
 protected:
  void SetUp() override {
    fd_.reset(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
    ASSERT_TRUE(fd_.valid());
    make(call(__NR_getppid));  // it is known from its first call on
    EXPECT_EQ(name(), "</etc/passwd>");
  }
  std::string name(pid_t tid = getpid()) { return facts_.suffix(tid, fd_.get()); }
  void make(const CallValues& values, pid_t tid = getpid()) {
    const CapturedMemory none;
    facts_.on_entry(tid, values, none);
    facts_.on_exit(tid, values);
  }
  // The same number, another file, without the calls that lead there.
  void replace() {
    const UniqueFd other(open("/etc/hostname", O_RDONLY | O_CLOEXEC));
    ASSERT_EQ(dup3(other.get(), fd_.get(), O_CLOEXEC), fd_.get());
  }
  uint64_t number() const { return static_cast<uint64_t>(fd_.get()); }

  UniqueFd fd_;
  FdFacts facts_{static_cast<uint8_t>(FdDetail::kPath), true};
};

TEST_F(FdFactsTest, ANameIsAskedForOnce) {
  for (int i = 0; i < 10; i++) name();
  EXPECT_EQ(facts_.looked_up(), 1U);
}

TEST_F(FdFactsTest, CallsThatCloseAreFollowed) {
  for (const CallValues& each : {call(__NR_close, number()), call(__NR_dup2, 0, number()), call(__NR_dup3, 0, number()),
                                 call(__NR_close_range, 3, ~0U)}) {
    fd_.reset(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
    make(call(__NR_close, number()));
    ASSERT_EQ(name(), "</etc/passwd>");
    replace();
    EXPECT_EQ(name(), "</etc/passwd>") << "nothing was remembered";
    CallValues values = each;
    if (values.number == __NR_close) values.arguments[0] = number();
    if (values.number == __NR_dup2 || values.number == __NR_dup3) values.arguments[1] = number();
    make(values);
    EXPECT_EQ(name(), "</etc/hostname>") << each.number;
  }
}

TEST_F(FdFactsTest, RenamesChangeAllNames) {
  replace();
  CallValues failed = call(__NR_rename);
  failed.failed = true;
  make(failed);
  EXPECT_EQ(name(), "</etc/passwd>");
  make(call(__NR_rename));
  EXPECT_EQ(name(), "</etc/hostname>");
}

TEST_F(FdFactsTest, AnExecForgets) {
  replace();
  facts_.on_exec(getpid(), getpid());
  EXPECT_EQ(name(), "</etc/hostname>");
}

// Another task of the same process, so that /proc shows the same descriptors.
TEST_F(FdFactsTest, ThreadsShareAndChildrenCopy) {
  const pid_t thread = getppid();
  const CapturedMemory none;
  facts_.on_entry(getpid(), call(__NR_clone, CLONE_FILES), none);
  facts_.on_new(thread, getpid(), true);
  facts_.on_exit(getpid(), call(__NR_clone, CLONE_FILES, 0, thread));
  make(call(__NR_close, number()), thread);
  replace();
  EXPECT_EQ(name(), "</etc/hostname>") << "what a thread closed was remembered";
}

TEST_F(FdFactsTest, AChildHasACopyOfItsOwn) {
  const pid_t child = getppid();
  make(call(__NR_fork, 0, 0, child));
  make(call(__NR_close, number()), child);
  replace();
  EXPECT_EQ(name(), "</etc/passwd>") << "a child's close is not its parent's";
}

TEST_F(FdFactsTest, NothingIsRememberedWhereNotEverythingIsSeen) {
  FdFacts partial(static_cast<uint8_t>(FdDetail::kPath), false);
  EXPECT_EQ(partial.suffix(getpid(), fd_.get()), "</etc/passwd>");
  replace();
  EXPECT_EQ(partial.suffix(getpid(), fd_.get()), "</etc/hostname>");
}

}  // namespace
}  // namespace polytap
