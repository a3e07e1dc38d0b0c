#include "core/c/preprocessor.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>

#include "core/base/unique_fd.h"

extern char** environ;

namespace polytap {
namespace {

// A preprocessor that hangs (a FIFO behind an #include) must not hang us.
constexpr int kPatienceMs = 10'000;
constexpr size_t kMaxOutput = 256U << 20;

Result<UniqueFd> memory_file(const char* name) {
  UniqueFd file(::memfd_create(name, MFD_CLOEXEC));
  if (!file.valid()) return Error::from_errno("memfd_create");
  return file;
}

Status write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0) return Error::from_errno("write");
    text.remove_prefix(static_cast<size_t>(written));
  }
  if (::lseek(fd, 0, SEEK_SET) < 0) return Error::from_errno("lseek");
  return {};
}

Result<std::string> read_all(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return Error::from_errno("fstat");
  if (static_cast<uint64_t>(status.st_size) > kMaxOutput) return Error("the headers are too large");
  std::string text(static_cast<size_t>(status.st_size), '\0');
  size_t at = 0;
  while (at < text.size()) {
    const ssize_t got = ::pread(fd, text.data() + at, text.size() - at, static_cast<off_t>(at));
    if (got <= 0) return Error::from_errno("pread");
    at += static_cast<size_t>(got);
  }
  return text;
}

struct Files {
  UniqueFd in;
  UniqueFd out;
  UniqueFd complaints;
};

// 0, or why the program could not be started.
int spawn(const std::string& program, std::vector<std::string> arguments, const Files& files, pid_t& pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_adddup2(&actions, files.in.get(), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, files.out.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, files.complaints.get(), STDERR_FILENO);
  sigset_t none;
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  arguments.insert(arguments.begin(), program);
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const int code = ::posix_spawnp(&pid, program.c_str(), &actions, &attributes, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  return code;
}

// Waits for the end of PID; kills it when that takes too long. False then.
bool wait_for(pid_t pid) {
  const UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  bool in_time = true;
  if (handle.valid()) {
    pollfd event{handle.get(), POLLIN, 0};
    int ready = 0;
    do {
      ready = ::poll(&event, 1, kPatienceMs);
    } while (ready < 0 && errno == EINTR);
    in_time = ready > 0;
    if (!in_time) ::kill(pid, SIGKILL);
  }
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  return in_time;
}

// "<stdin>:3:10: fatal error: x.h: No such file or directory" without its place.
std::string first_complaint(std::string_view text) {
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line = text.substr(begin, end - begin);
    begin = end + 1;
    const size_t error = line.find("error: ");
    if (error == std::string_view::npos) continue;
    return std::string(line.substr(error + 7));
  }
  return {};
}

}  // namespace

Result<Preprocessed> run_preprocessor(const PreprocessorInput& input) {
  Files files;
  ASSIGN_OR_RETURN(files.in, memory_file("polytap-headers"));
  ASSIGN_OR_RETURN(files.out, memory_file("polytap-preprocessed"));
  ASSIGN_OR_RETURN(files.complaints, memory_file("polytap-complaints"));
  TRY(write_all(files.in.get(), input.text));
  std::vector<std::string> arguments = {"-E", "-dD", "-x", "c", "-std=gnu11", "-w", "-DBPFTRACE_HAVE_BTF=1"};
  for (const std::string& folder : input.folders) arguments.push_back("-I" + folder);
  if (!input.quote_folder.empty()) {
    arguments.emplace_back("-iquote");
    arguments.push_back(input.quote_folder);
  }
  arguments.emplace_back("-");
  pid_t pid = -1;
  int code = ENOENT;
  for (const char* program : std::array{"cpp", "gcc", "cc", "clang"}) {
    code = spawn(program, arguments, files, pid);
    if (code == 0) break;
  }
  if (code != 0) {
    return Error("no C preprocessor is installed (cpp, gcc, cc or clang), so that headers cannot be read", code);
  }
  if (!wait_for(pid)) return Error("the C preprocessor did not end within 10 seconds");
  Preprocessed result;
  ASSIGN_OR_RETURN(result.text, read_all(files.out.get()));
  ASSIGN_OR_RETURN(const std::string complaints, read_all(files.complaints.get()));
  result.complaint = first_complaint(complaints);
  return result;
}

}  // namespace polytap
