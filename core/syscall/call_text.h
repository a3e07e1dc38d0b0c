// Writing the arguments of one system call as strace does. Argument printers (arguments.h) write through it.
#pragma once

#include <fmt/format.h>
#include <sys/types.h>

#include <array>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "core/syscall/constants.h"
#include "core/syscall/memory_view.h"

namespace polytap {

// strace's -s, -v, -x, -X, -y, -yy.
struct RenderStyle {
  enum class Hex : uint8_t { kNever, kNonAsciiCharacters, kNonAscii, kAll };
  size_t string_limit = 32;
  bool verbose = false;
  bool dereference = true;  // structures are shown, not only their addresses
  bool raw = false;         // arguments are numbers in hex
  bool argument_names = false;
  bool decode_comms = false;  // the names of processes behind their ids
  Hex hex = Hex::kNever;
  ConstantStyle constants = ConstantStyle::kAbbreviated;
};

// What is known of the tracee's file descriptors.
class FdNames {
 public:
  virtual ~FdNames() = default;
  // What to show behind the number: "</etc/passwd>"; empty: nothing.
  virtual std::string suffix(pid_t pid, int fd) = 0;
  // What to show behind the path of AT_FDCWD.
  virtual std::string working_directory(pid_t pid) = 0;
};

// What a socket is, where that decides how its data is shown.
class SocketFacts {
 public:
  virtual ~SocketFacts() = default;
  // NETLINK_ROUTE and its like; nullopt when FD of PID is no netlink socket.
  virtual std::optional<unsigned> netlink_protocol(pid_t pid, int fd) = 0;
};
// What /proc calls it; empty when it is gone.
std::string name_of_process(pid_t pid);

struct CallDescription;

// By which of the kernel's interfaces a call is made.
enum class CallInterface : uint8_t { kNative, kI386, kX32 };

struct CallValues {
  uint64_t number = 0;
  std::array<uint64_t, 6> arguments{};
  int64_t result = 0;
  bool failed = false;  // result is -errno
  // Of a call of another architecture whose arguments cannot be told apart: the name is all that is known.
  std::string_view foreign_name;
  // Of an i386 call: longs, pointers and structures of pointers have 32-bit words.
  bool is_32bit = false;
  CallInterface interface = CallInterface::kNative;
  const CallDescription* description = nullptr;  // of a call with a foreign name that is known all the same
};

class CallText {
 public:
  CallText(std::string& output, const MemoryView& view, const RenderStyle& render_style, const CallValues& values)
      : out(output), memory(view), style(render_style), call(values) {}

  std::string& out;
  const MemoryView& memory;
  const RenderStyle& style;
  const CallValues& call;
  FdNames* fds = nullptr;
  SocketFacts* sockets = nullptr;
  pid_t pid = 0;
  bool at_exit = false;
  bool injected = false;
  size_t argument_start = 0;          // where in OUT the text of the argument (with the comma before it) begins
  bool omitted = false;               // this argument and all that follow are not shown
  std::string note;                   // shown in parentheses behind the value that the call returned
  bool hex_result = false;            // the value is a set of bits, or an address
  bool fd_result = false;             // the value is a file descriptor
  uint64_t stack_pointer = 0;         // of the thread, where it is known
  std::string_view interrupted_call;  // what restart_syscall goes on with
  uint64_t kept = 0;                  // what a printer puts here at the entry it finds at the exit
  int entry_int = -1;  // the int that the call reads at entry and overwrites: the room for a socket address

  bool succeeded() const { return at_exit && !call.failed; }
  uint64_t argument(size_t index) const { return call.arguments[index]; }

  void put(std::string_view text) { out += text; }
  void put(char c) { out += c; }
  template <typename... Args>
  void print(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
  }
  void hex(uint64_t value) { append_hex(out, value); }
  // NULL or 0x..
  void address(uint64_t value);
  void enumeration(const ConstantTable& table, uint64_t value) {
    append_enumeration(out, table, value, style.constants);
  }
  void flags(const ConstantTable& table, uint64_t value) { append_flags(out, table, value, style.constants); }
  void fd(int number);
  void signal(int number);
  // The id of a process or thread.
  void process(int number);
  void device(uint64_t number);
  void directory_fd(int number);
  // Takes back the comma before this argument.
  void skip() { out.resize(argument_start); }
  // The same, and shows no more of them.
  void omit();

  // An object at ADDRESS; when it cannot be read the address is printed.
  template <typename T>
  bool fetch(uint64_t address_of, T& object) {
    if (address_of != 0 && style.dereference && memory.read_object(address_of, object)) return true;
    address(address_of);
    return false;
  }
  // The same for what the kernel fills in: there is nothing to see before the exit, nor when the call failed.
  template <typename T>
  bool fetch_result(uint64_t address_of, T& object) {
    if (succeeded()) return fetch(address_of, object);
    address(address_of);
    return false;
  }

  // "text" of BYTES, with "..." when MORE follows.
  void quoted(std::string_view bytes, bool more = false);
  // A buffer of LENGTH bytes; cut at style.string_limit.
  void buffer(uint64_t address_of, uint64_t length);
  // The same of data that is sent to or came from the socket FD.
  void socket_data(int fd, uint64_t address_of, uint64_t length);
  // A string that ends with NUL; cut at style.string_limit.
  void string(uint64_t address_of);
  // The same, never cut.
  void path(uint64_t address_of);
  // The bytes up to NUL of a fixed array.
  void char_array(std::string_view bytes);

 private:
  // Bytes up to NUL or LIMIT; nothing when one cannot be read.
  struct Fetched {
    std::string bytes;
    bool ended = false;
  };
  std::optional<Fetched> fetch_string(uint64_t address_of, size_t limit) const;
};

}  // namespace polytap
