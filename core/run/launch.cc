#include "core/run/launch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <new>

namespace polytap {

// Shared between polytap and the child. The child only ever stores the states up to kSpinning and kFailed.
struct LaunchedCommand::Gate {
  enum State : uint32_t { kAsleep, kSpinning, kOpen, kFailed };
  std::atomic<uint32_t> state = kAsleep;
  std::atomic<int> filter_error = 0;  // errno of the seccomp filter, with kFailed
};

// The child's side, between fork and exec of a process that may have threads: async-signal-safe calls only.
struct LaunchedCommand::ChildPlan {
  const char* path = nullptr;
  char* const* argv = nullptr;
  int pipe = -1;
  pid_t parent = 0;
  const sock_fprog* filter = nullptr;
  int output = -1;  // replaces standard output and error; -1: they stay
};

namespace {

constexpr int kExitCannotExecute = 126;  // as sh has it
constexpr int kExitNotFound = 127;

int install_filter(const sock_fprog& filter) {
  // SPEC_ALLOW: the filter watches, it confines nobody, so the tracee need not pay for speculation barriers (kernels
  // before 5.16 switch them on with seccomp). Kernels before 4.17 do not know the flag.
  for (unsigned flags : {unsigned{SECCOMP_FILTER_FLAG_SPEC_ALLOW}, 0U}) {
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter) == 0) return 0;
    if (errno == EACCES) {  // without CAP_SYS_ADMIN only who gives up setuid programs may filter
      if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
      if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter) == 0) return 0;
    }
    if (errno != EINVAL) return errno;
  }
  return errno;
}

// Spins without a system call (clock_gettime is the vDSO's). Only a gate that stays shut for seconds makes it look
// whether polytap still lives.
void spin_until_open(const std::atomic<uint32_t>& state, uint32_t open, pid_t parent) {
  constexpr time_t kPatienceSeconds = 5;
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  time_t next_look = now.tv_sec + kPatienceSeconds;
  for (uint32_t turn = 1; state.load(std::memory_order_acquire) != open; turn++) {
    __builtin_ia32_pause();
    if (turn % 65536 != 0) continue;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec < next_look) continue;
    if (getppid() != parent) _exit(kExitNotFound);
    next_look = now.tv_sec + kPatienceSeconds;
  }
}

void write_error(const char* path, int error) {
  const char* parts[] = {"polytap: cannot execute ", path, ": ", strerrordesc_np(error), "\n"};
  for (const char* part : parts) {
    if (part != nullptr && write(STDERR_FILENO, part, strlen(part)) < 0) return;
  }
}

// The path of COMMAND as execvp would find it. The first match that may be executed; else why there is none.
Result<std::string> find_in_path(const std::string& command) {
  if (command.empty()) return Error("the command to launch is empty", ENOENT);
  auto check = [](const std::string& path) -> int {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) return errno;
    if (S_ISDIR(status.st_mode)) return EISDIR;
    return access(path.c_str(), X_OK) == 0 ? 0 : errno;
  };
  if (command.find('/') != std::string::npos) {
    if (int error = check(command); error != 0) return Error::from_errno("cannot launch " + command, error);
    return command;
  }
  const char* variable = getenv("PATH");
  std::string path = variable != nullptr ? variable : "/usr/local/bin:/bin:/usr/bin";
  bool denied = false;
  for (size_t begin = 0; begin <= path.size();) {
    size_t end = std::min(path.find(':', begin), path.size());
    std::string directory = path.substr(begin, end - begin);
    std::string candidate = (directory.empty() ? "." : directory) + "/" + command;
    int error = check(candidate);
    if (error == 0) return candidate;
    struct stat status {};
    // Directories that may not be searched hold nothing for this user.
    denied = denied || (error == EACCES && stat(candidate.c_str(), &status) == 0);
    begin = end + 1;
  }
  if (denied) return Error("cannot launch " + command + ": found in PATH, but not executable", EACCES);
  return Error("cannot launch " + command + ": no such command in PATH", ENOENT);
}

}  // namespace

Result<std::unique_ptr<LaunchedCommand>> LaunchedCommand::create(const std::vector<std::string>& argv,
                                                                 const LaunchNeeds& needs) {
  if (argv.empty()) return Error("the command to launch is empty", ENOENT);
  ASSIGN_OR_RETURN(std::string path, find_in_path(argv[0]));
  std::unique_ptr<LaunchedCommand> command(new LaunchedCommand());

  void* shared = mmap(nullptr, sizeof(Gate), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return Error::from_errno("map the gate of the launched command");
  command->gate_ = new (shared) Gate();

  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return Error::from_errno("make a pipe for the launched command");
  UniqueFd read_end(ends[0]);
  command->pipe_.reset(ends[1]);

  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  static_assert(sizeof(sock_filter) == sizeof(uint64_t));
  std::vector<sock_filter> instructions(needs.seccomp_filter.size());
  if (!instructions.empty()) {
    memcpy(instructions.data(), needs.seccomp_filter.data(), instructions.size() * sizeof(sock_filter));
  }
  sock_fprog filter{static_cast<unsigned short>(instructions.size()), instructions.data()};

  UniqueFd discarded;
  if (needs.discard_output) {
    discarded.reset(open("/dev/null", O_WRONLY | O_CLOEXEC));
    if (!discarded.valid()) return Error::from_errno("open /dev/null");
  }

  pid_t parent = getpid();
  pid_t child = fork();
  if (child < 0) return Error::from_errno("fork for the launched command");
  if (child == 0) {
    run_child(
        {path.c_str(), words.data(), read_end.get(), parent, instructions.empty() ? nullptr : &filter, discarded.get()},
        *command->gate_);
  }
  command->pid_ = child;
  command->filtered_ = !instructions.empty();
  command->pidfd_.reset(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
  if (!command->pidfd_.valid()) return Error::from_errno("pidfd_open of the launched command");
  return command;
}

void LaunchedCommand::run_child(const ChildPlan& plan, Gate& gate) {
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (getppid() != plan.parent) _exit(kExitNotFound);
  // The command starts with no signal blocked and with SIGPIPE as it is, whatever polytap arranged for itself; handlers
  // go with the exec.
  sigset_t none;
  sigemptyset(&none);
  signal(SIGPIPE, SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, nullptr);

  if (plan.output >= 0) {
    dup2(plan.output, STDOUT_FILENO);
    dup2(plan.output, STDERR_FILENO);
  }

  char byte = 0;
  ssize_t got = 0;
  do {
    got = read(plan.pipe, &byte, 1);
  } while (got < 0 && errno == EINTR);
  if (got != 1) _exit(kExitNotFound);
  // From here polytap's end is noticed by spin_until_open(): clearing the signal behind the gate would be a system call
  // of ours that the backends would count as the command's.
  prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
  if (plan.filter != nullptr) {
    if (int error = install_filter(*plan.filter); error != 0) {
      gate.filter_error = error;
      gate.state = Gate::kFailed;
      _exit(kExitCannotExecute);
    }
  }
  gate.state.store(Gate::kSpinning, std::memory_order_release);
  spin_until_open(gate.state, Gate::kOpen, plan.parent);
  execve(plan.path, plan.argv, environ);
  int error = errno;
  write_error(plan.path, error);
  _exit(error == ENOENT ? kExitNotFound : kExitCannotExecute);
}

LaunchedCommand::~LaunchedCommand() {
  if (pid_ > 0 && !gate_open_ && !exit_status()) {
    kill(pid_, SIGKILL);
    // A tracer thread that still holds the child reaps it; then there is nobody to wait for.
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  if (gate_ != nullptr) munmap(gate_, sizeof(Gate));
}

Status LaunchedCommand::approach_gate() {
  if (approached_) return {};
  char byte = 1;
  if (write(pipe_.get(), &byte, 1) != 1) return Error::from_errno("wake the launched command");
  while (gate_->state.load(std::memory_order_acquire) == Gate::kAsleep) {
    pollfd ended{pidfd_.get(), POLLIN, 0};
    if (poll(&ended, 1, 0) == 1) return Error("the launched command was killed before it started", ESRCH);
    timespec pause{0, 20'000};
    nanosleep(&pause, nullptr);
  }
  if (gate_->state == Gate::kFailed) {
    return Error::from_errno("install the seccomp filter in the launched command", gate_->filter_error);
  }
  approached_ = true;
  return {};
}

Status LaunchedCommand::open_gate() {
  TRY(approach_gate());
  gate_->state.store(Gate::kOpen, std::memory_order_release);
  gate_open_ = true;
  pipe_.reset();
  return {};
}

std::optional<int> LaunchedCommand::try_reap() {
  std::lock_guard lock(mutex_);
  if (exit_status_ || traced_) return exit_status_;
  // Readable only when the whole process has ended: then there is no ptrace stop that this wait could steal.
  pollfd ended{pidfd_.get(), POLLIN, 0};
  if (poll(&ended, 1, 0) != 1) return std::nullopt;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) == pid_) exit_status_ = status;
  return exit_status_;
}

void LaunchedCommand::set_traced(bool traced) { traced_ = traced; }

void LaunchedCommand::set_exit_status(int wait_status) {
  std::lock_guard lock(mutex_);
  exit_status_ = wait_status;
}

std::optional<int> LaunchedCommand::exit_status() const {
  std::lock_guard lock(mutex_);
  return exit_status_;
}

Result<std::vector<std::string>> split_command(const std::string& command) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (size_t i = 0; i < command.size(); i++) {
    char c = command[i];
    if (quote == '\'') {
      if (c == '\'') {
        quote = 0;
      } else {
        word += c;
      }
    } else if (c == '\\') {
      if (i + 1 == command.size()) return Error(fmt::format("a lone backslash ends the command: {}", command), EINVAL);
      char next = command[++i];
      // Between double quotes a backslash is itself unless it escapes one of these (POSIX shell, 2.2.3).
      if (quote == '"' && strchr("$`\"\\\n", next) == nullptr) word += '\\';
      if (next != '\n') word += next;
      in_word = in_word || next != '\n';
    } else if (quote == '"') {
      if (c == '"') {
        quote = 0;
      } else {
        word += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      in_word = true;
    } else if (c == ' ' || c == '\t' || c == '\n') {
      if (in_word) words.push_back(std::exchange(word, {}));
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (quote != 0) return Error(fmt::format("unterminated {} in the command: {}", quote, command), EINVAL);
  if (in_word) words.push_back(std::move(word));
  if (words.empty()) return Error("the command to launch is empty", ENOENT);
  return words;
}

}  // namespace polytap
