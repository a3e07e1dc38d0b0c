// A process to be traced that is not launched by polytap.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/unique_fd.h"
#include "core/probe/backend.h"

namespace polytap::test {

// A scenario that runs until it is killed with its owner.
class Process {
 public:
  explicit Process(const std::vector<std::string>& command) {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    output_.reset(ends[0]);
    UniqueFd input(ends[1]);
    pid_ = fork();
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      dup2(input.get(), STDOUT_FILENO);
      std::vector<char*> words;
      for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
      words.push_back(nullptr);
      execv(words[0], words.data());
      _exit(126);
    }
  }
  ~Process() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }
  // Takes the exit status, in wait(2) format, when it has ended.
  std::optional<int> try_wait() {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
    pid_ = -1;
    return status;
  }
  void wait_for_output() const {
    pollfd ready{output_.get(), POLLIN, 0};
    EXPECT_EQ(poll(&ready, 1, 5000), 1);
  }

 private:
  pid_t pid_ = -1;
  UniqueFd output_;
};

inline bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    usleep(1000);
  }
  return true;
}

inline Target target_of(pid_t pid) {
  Target target;
  target.pids = {pid};
  return target;
}

}  // namespace polytap::test
