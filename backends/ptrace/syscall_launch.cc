#include "backends/ptrace/syscall_launch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include "backends/ptrace/call_buffer.h"
#include "backends/ptrace/seccomp_filter.h"

namespace polytap {
namespace {

constexpr int kExitFailed = 1;

// Where the shell would find NAME.
Result<std::string> find_command(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    if (access(name.c_str(), F_OK) != 0) return Error(fmt::format("Can't stat '{}': {}", name, strerror(errno)), errno);
    return name;
  }
  const char* variable = getenv("PATH");
  const std::string path = variable != nullptr ? variable : "/usr/local/bin:/usr/bin:/bin";
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find(':', begin), path.size());
    const std::string directory = path.substr(begin, end - begin);
    const std::string candidate = (directory.empty() ? "." : directory) + "/" + name;
    struct stat status {};
    if (stat(candidate.c_str(), &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & 0111) != 0) {
      return directory.empty() ? name : candidate;
    }
    begin = end + 1;
  }
  return Error(fmt::format("Can't stat '{}': {}", name, strerror(ENOENT)), ENOENT);
}

struct Identity {
  bool change = false;
  std::string name;  // for its groups; empty: a number was given
  uid_t uid = 0;
  gid_t gid = 0;
};

Result<Identity> find_user(const std::string& user) {
  Identity identity;
  if (user.empty()) return identity;
  identity.change = true;
  unsigned numbers[2] = {0, 0};
  const size_t colon = user.find(':');
  if (colon != std::string::npos) {
    const auto first = std::from_chars(user.data(), user.data() + colon, numbers[0]);
    const auto second = std::from_chars(user.data() + colon + 1, user.data() + user.size(), numbers[1]);
    if (first.ec == std::errc() && second.ec == std::errc()) {
      identity.uid = numbers[0];
      identity.gid = numbers[1];
      return identity;
    }
  }
  const passwd* entry = getpwnam(user.c_str());
  if (entry == nullptr) return Error(fmt::format("Cannot find user '{}'", user));
  identity.name = user;
  identity.uid = entry->pw_uid;
  identity.gid = entry->pw_gid;
  return identity;
}

int become(const Identity& identity) {
  if (!identity.change) return 0;
  const int groups = identity.name.empty() ? setgroups(0, nullptr) : initgroups(identity.name.c_str(), identity.gid);
  if (groups != 0 || setregid(identity.gid, identity.gid) != 0 || setreuid(identity.uid, identity.uid) != 0)
    return errno;
  return 0;
}

int install(const std::vector<uint64_t>& filter) {
  sock_fprog program{static_cast<unsigned short>(filter.size()),
                     reinterpret_cast<sock_filter*>(const_cast<uint64_t*>(filter.data()))};
  if (geteuid() != 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0U, &program) == 0 ? 0 : errno;
}

void change_environment(const std::vector<std::string>& changes) {
  for (const std::string& change : changes) {
    const size_t equals = change.find('=');
    if (equals == std::string::npos) {
      unsetenv(change.c_str());
    } else {
      setenv(change.substr(0, equals).c_str(), change.c_str() + equals + 1, 1);
    }
  }
}

[[noreturn]] void fail_child(const char* what, int error) {
  const std::string message = fmt::format("strace: {}: {}\n", what, strerror(error));
  if (write(STDERR_FILENO, message.data(), message.size()) < 0) _exit(kExitFailed);
  _exit(kExitFailed);
}

}  // namespace

Result<Launched> launch_waiting(const CallTraceOptions& options) {
  ASSIGN_OR_RETURN(const std::string path, find_command(options.command.front()));
  ASSIGN_OR_RETURN(const Identity identity, find_user(options.user));
  std::vector<uint64_t> filter;
  if (options.filter) {
    filter = make_tracing_filter(options.filtered_calls, options.buffer ? kBufferBase + buffer_code().called : 0,
                                 options.silent_faults);
  }
  std::vector<std::string> words = options.command;
  if (!options.argv0.empty()) words.front() = options.argv0;
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  int gate[2];
  if (pipe2(gate, O_CLOEXEC) != 0) return Error::from_errno("pipe");
  const pid_t self = getpid();
  const pid_t pid = fork();
  if (pid < 0) return Error::from_errno("fork");
  const bool is_command = options.daemonize != 0 ? pid > 0 : pid == 0;
  if (is_command) {
    if (options.daemonize != 0) {
      waitpid(pid, nullptr, 0);
      prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);  // where only parents may trace
    }
    close(gate[1]);
    char opened = 0;
    if (read(gate[0], &opened, 1) != 1) _exit(kExitFailed);
    close(gate[0]);
    change_environment(options.environment_changes);
    if (const int error = become(identity); error != 0) fail_child("cannot become the user", error);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    if (!filter.empty()) {
      if (const int error = install(filter); error != 0) fail_child("cannot install a seccomp filter", error);
    }
    execv(path.c_str(), argv.data());
    fail_child("exec", errno);
  }
  close(gate[0]);
  if (options.daemonize == 0) return Launched{pid, gate[1]};
  // The grandchild traces; its parent is gone, so that the command has no child that it does not know.
  if (fork() != 0) _exit(0);
  if (options.daemonize == 2) setpgid(0, 0);
  if (options.daemonize == 3) setsid();
  return Launched{self, gate[1]};
}

}  // namespace polytap
