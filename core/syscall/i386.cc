#include "core/syscall/i386.h"

#include <linux/net.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>

#include "core/syscall/arguments.h"
#include "core/syscall/printers.h"
#include "core/syscall/table.h"
#include "core/syscall/tables_protocols.h"

namespace polytap {
namespace {

struct Entry {
  uint64_t number;
  std::string_view name;
};
constexpr Entry kNames[] = {
#include "core/syscall/i386.inc"
};

// Where the arguments of the call of the same meaning are.
enum class Places : uint8_t {
  kSame,
  kInStructure,  // mmap, select: the first argument leads to them
  kPages,        // mmap2: the offset is in pages
  kClone,        // tls comes before the child's tid
  kOffsetAt1,    // a 64-bit number in two arguments
  kOffsetAt3,
  kOffsetsAt1And3,
  kOffsetAt1Long,  // readahead, fadvise64
  kOffsetsAt2And4,
  kSizeAt1,  // of the structure, before its address
  kSeek,     // the upper half of the offset comes first
  kOffsetAt0,
};

struct Alias {
  std::string_view name;
  std::string_view same;  // on x86-64
  Places places = Places::kSame;
};
constexpr Alias kAliases[] = {
    {"mmap", "mmap", Places::kInStructure},
    {"select", "select", Places::kInStructure},
    {"mmap2", "mmap", Places::kPages},
    {"clone", "clone", Places::kClone},
    {"_newselect", "select"},
    {"stat64", "stat"},
    {"lstat64", "lstat"},
    {"fstat64", "fstat"},
    {"oldstat", "stat"},
    {"oldlstat", "lstat"},
    {"oldfstat", "fstat"},
    {"fstatat64", "newfstatat"},
    {"ugetrlimit", "getrlimit"},
    {"fcntl64", "fcntl"},
    {"chown32", "chown"},
    {"lchown32", "lchown"},
    {"fchown32", "fchown"},
    {"getuid32", "getuid"},
    {"getgid32", "getgid"},
    {"geteuid32", "geteuid"},
    {"getegid32", "getegid"},
    {"setreuid32", "setreuid"},
    {"setregid32", "setregid"},
    {"getgroups32", "getgroups"},
    {"setgroups32", "setgroups"},
    {"setresuid32", "setresuid"},
    {"getresuid32", "getresuid"},
    {"setresgid32", "setresgid"},
    {"getresgid32", "getresgid"},
    {"setuid32", "setuid"},
    {"setgid32", "setgid"},
    {"setfsuid32", "setfsuid"},
    {"setfsgid32", "setfsgid"},
    {"sendfile64", "sendfile"},
    {"umount", "umount2"},
    {"waitpid", "wait4"},
    {"sigaction", "rt_sigaction"},
    {"statfs64", "statfs", Places::kSizeAt1},
    {"fstatfs64", "fstatfs", Places::kSizeAt1},
    {"truncate64", "truncate", Places::kOffsetAt1},
    {"ftruncate64", "ftruncate", Places::kOffsetAt1},
    {"pread64", "pread64", Places::kOffsetAt3},
    {"pwrite64", "pwrite64", Places::kOffsetAt3},
    {"readahead", "readahead", Places::kOffsetAt1Long},
    {"fadvise64", "fadvise64", Places::kOffsetAt1Long},
    {"fadvise64_64", "fadvise64", Places::kOffsetsAt1And3},
    {"sync_file_range", "sync_file_range", Places::kOffsetsAt1And3},
    {"fallocate", "fallocate", Places::kOffsetsAt2And4},
    {"_llseek", "lseek", Places::kSeek},
    {"lookup_dcookie", "lookup_dcookie", Places::kOffsetAt0},
    {"io_pgetevents_time64", "io_pgetevents"},
    {"clock_gettime64", "clock_gettime"},
    {"clock_settime64", "clock_settime"},
    {"clock_adjtime64", "clock_adjtime"},
    {"clock_getres_time64", "clock_getres"},
    {"clock_nanosleep_time64", "clock_nanosleep"},
    {"timer_gettime64", "timer_gettime"},
    {"timer_settime64", "timer_settime"},
    {"timerfd_gettime64", "timerfd_gettime"},
    {"timerfd_settime64", "timerfd_settime"},
    {"utimensat_time64", "utimensat"},
    {"pselect6_time64", "pselect6"},
    {"ppoll_time64", "ppoll"},
    {"recvmmsg_time64", "recvmmsg"},
    {"mq_timedsend_time64", "mq_timedsend"},
    {"mq_timedreceive_time64", "mq_timedreceive"},
    {"semtimedop_time64", "semtimedop"},
    {"rt_sigtimedwait_time64", "rt_sigtimedwait"},
    {"futex_time64", "futex"},
    {"sched_rr_get_interval_time64", "sched_rr_get_interval"},
};

// The calls behind socketcall(2), from SYS_SOCKET on, with how many arguments each reads.
struct Part {
  std::string_view name;
  uint8_t count;
};
constexpr Part kSocketCalls[] = {
    {"socket", 3},      {"bind", 3},        {"connect", 3},    {"listen", 2},     {"accept", 3},
    {"getsockname", 3}, {"getpeername", 3}, {"socketpair", 4}, {"send", 4},       {"recv", 4},
    {"sendto", 6},      {"recvfrom", 6},    {"shutdown", 2},   {"setsockopt", 5}, {"getsockopt", 5},
    {"sendmsg", 3},     {"recvmsg", 3},     {"accept4", 4},    {"recvmmsg", 5},   {"sendmmsg", 4},
};

uint64_t joined(uint64_t low, uint64_t high) { return static_cast<uint32_t>(low) | high << 32; }

bool read_words(const MemoryView& memory, uint64_t at, std::span<uint64_t> words) {
  std::array<uint32_t, 6> read{};
  const auto bytes = std::as_writable_bytes(std::span(read).first(words.size()));
  if (memory.read(at, bytes) != bytes.size()) return false;
  std::ranges::copy(std::span(read).first(words.size()), words.begin());
  return true;
}

// False where the arguments cannot be read.
bool move_arguments(CallValues& call, Places places, size_t count, const MemoryView& memory) {
  auto& a = call.arguments;
  constexpr uint64_t kPage = 4096;
  switch (places) {
    case Places::kSame:
      return true;
    case Places::kInStructure:
      return read_words(memory, a[0], std::span(a).first(count));
    case Places::kPages:
      a[5] *= kPage;
      return true;
    case Places::kClone:
      std::swap(a[3], a[4]);
      return true;
    case Places::kOffsetAt1:
      a[1] = joined(a[1], a[2]);
      return true;
    case Places::kOffsetAt3:
      a[3] = joined(a[3], a[4]);
      return true;
    case Places::kOffsetAt1Long:
      a = {a[0], joined(a[1], a[2]), a[3], a[4], 0, 0};
      return true;
    case Places::kOffsetsAt1And3:
      a = {a[0], joined(a[1], a[2]), joined(a[3], a[4]), a[5], 0, 0};
      return true;
    case Places::kSizeAt1:
      return true;
    case Places::kSeek:
      a[1] = joined(a[2], a[1]);
      a = {a[0], a[1], a[3], a[4], 0, 0};
      return true;
    case Places::kOffsetAt0:
      a = {joined(a[0], a[1]), a[2], a[3], 0, 0, 0};
      return true;
    case Places::kOffsetsAt2And4:
      a = {a[0], a[1], joined(a[2], a[3]), joined(a[4], a[5]), 0, 0};
      return true;
  }
  return true;
}

// What socketcall(2) stands for; empty when it is none of them or its arguments cannot be read.
std::string_view take_socket_call(CallValues& call, const MemoryView& memory) {
  const uint64_t index = call.arguments[0] - SYS_SOCKET;
  if (index >= std::size(kSocketCalls)) return {};
  std::array<uint64_t, 6> arguments{};
  if (!read_words(memory, call.arguments[1], std::span(arguments).first(kSocketCalls[index].count))) return {};
  call.arguments = arguments;
  return kSocketCalls[index].name;
}

// The calls behind ipc(2), by the lower half of its first argument (linux/ipc.h): where each has what comes behind
// that, first, second, third, ptr and fifth; kNone where it has no more.
struct IpcCall {
  uint32_t number;
  std::string_view name;
  std::array<uint8_t, 5> places;
};
constexpr uint8_t kFirst = 1;
constexpr uint8_t kSecond = 2;
constexpr uint8_t kThird = 3;
constexpr uint8_t kPointer = 4;
constexpr uint8_t kFifth = 5;
constexpr uint8_t kNone = 0;
constexpr IpcCall kIpcCalls[] = {
    {1, "semop", {kFirst, kPointer, kSecond, kNone}},
    {2, "semget", {kFirst, kSecond, kThird, kNone}},
    {3, "semctl", {kFirst, kSecond, kThird, kPointer}},
    {4, "semtimedop", {kFirst, kPointer, kSecond, kFifth}},
    {11, "msgsnd", {kFirst, kPointer, kSecond, kThird}},
    {12, "msgrcv", {kFirst, kPointer, kSecond, kFifth, kThird}},
    {13, "msgget", {kFirst, kSecond, kNone}},
    {14, "msgctl", {kFirst, kSecond, kPointer, kNone}},
    {21, "shmat", {kFirst, kPointer, kSecond, kNone}},
    {22, "shmdt", {kPointer, kNone}},
    {23, "shmget", {kFirst, kSecond, kThird, kNone}},
    {24, "shmctl", {kFirst, kSecond, kPointer, kNone}},
};

// What ipc(2) stands for; empty when it is none of them or its arguments cannot be read.
std::string_view take_ipc_call(CallValues& call, const MemoryView& memory) {
  constexpr uint32_t kReceive = 12;
  constexpr uint64_t kVersion = 0xffff;  // the upper half
  const auto number = static_cast<uint32_t>(call.arguments[0]);
  const auto* found = std::ranges::find(kIpcCalls, number & kVersion, &IpcCall::number);
  if (found == std::end(kIpcCalls)) return {};
  std::array<uint64_t, 6> arguments = call.arguments;
  // The first version of msgrcv has a structure of the buffer and the type; so does the third argument of semctl.
  if (found->number == kReceive && number >> 16 == 0) {
    std::array<uint64_t, 2> parts{};
    if (!read_words(memory, arguments[kPointer], parts)) return {};
    arguments[kPointer] = parts[0];
    arguments[kFifth] = static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(parts[1])));
  }
  if (found->name == "semctl") {
    std::array<uint64_t, 1> value{};
    if (!read_words(memory, arguments[kPointer], value)) return {};
    arguments[kPointer] = value[0];
  }
  call.arguments = {};
  for (size_t i = 0; i < found->places.size() && found->places[i] != kNone; ++i) {
    call.arguments[i] = arguments[found->places[i]];
  }
  return found->name;
}

// socketcall(2) whose arguments cannot be read, or that is none of them.
void socket_subcall(CallText& text, uint64_t value, const ArgumentKind&) {
  kSocketSubcalls.find(value).empty() ? text.print("{}", value) : text.enumeration(kSocketSubcalls, value);
}

// ipc(2) that is none of the calls: the version and the number.
void ipc_subcall(CallText& text, uint64_t value, const ArgumentKind&) {
  const auto number = static_cast<uint32_t>(value);
  constexpr int kVersionShift = 16;
  if (number >> kVersionShift != 0) text.print("{}<<16|", number >> kVersionShift);
  text.print("{}", number & 0xffff);
}

// The result of _llseek.
void offset_result(CallText& text, uint64_t value, const ArgumentKind&) {
  int64_t offset = 0;
  if (text.fetch_result(value, offset)) text.print("[{}]", offset);
}

// Descriptions of calls that have other arguments than the one of the same meaning.
const CallDescription* own_description(std::string_view name, const CallDescription& same) {
  struct Own {
    CallDescription umount = *describe_call(find_syscall("umount2")->number);
    CallDescription waitpid = *describe_call(find_syscall("wait4")->number);
    CallDescription sigaction = *describe_call(find_syscall("rt_sigaction")->number);
    CallDescription statfs64 = *describe_call(find_syscall("statfs")->number);
    CallDescription fstatfs64 = *describe_call(find_syscall("fstatfs")->number);
    CallDescription send = *describe_call(find_syscall("sendto")->number);
    CallDescription recv = *describe_call(find_syscall("recvfrom")->number);
    CallDescription seek = *describe_call(find_syscall("lseek")->number);
    Own() {
      constexpr uint8_t kWithoutAddress = 4;
      send.argument_count = recv.argument_count = kWithoutAddress;
      seek.argument_slots[3] = seek.argument_slots[2];
      seek.argument_slots[2] = {offset_result, ArgumentKind::Direction::kOut};
      seek.argument_count = 4;
      const ArgumentKind size = describe_call(find_syscall("read")->number)->argument_slots[2];
      umount.argument_count = 1;
      waitpid.argument_count = 3;
      sigaction.argument_count = 3;
      for (CallDescription* each : {&statfs64, &fstatfs64}) {
        each->argument_slots[2] = each->argument_slots[1];
        each->argument_slots[1] = size;
        each->argument_count = 3;
      }
    }
  };
  static const Own own;
  if (name == "send") return &own.send;
  if (name == "recv") return &own.recv;
  if (name == "_llseek") return &own.seek;
  if (name == "umount") return &own.umount;
  if (name == "waitpid") return &own.waitpid;
  if (name == "sigaction") return &own.sigaction;
  if (name == "statfs64") return &own.statfs64;
  if (name == "fstatfs64") return &own.fstatfs64;
  return &same;
}

// syscall_0x183, where it stays.
std::string_view unknown_name(uint64_t number) {
  constexpr size_t kNumbers = 512;
  static const auto names = [] {
    std::array<std::string, kNumbers> made;
    for (size_t i = 0; i < kNumbers; ++i) made[i] = fmt::format("syscall_{:#x}", i);
    return made;
  }();
  return number < kNumbers ? std::string_view(names[number]) : "syscall_i386";
}

}  // namespace

std::optional<uint32_t> i386_call_named(std::string_view name) {
  if (std::ranges::find(kNames, name, &Entry::name) == std::end(kNames)) return std::nullopt;
  const auto* alias = std::ranges::find(kAliases, name, &Alias::name);
  const std::string_view wanted = alias != std::end(kAliases) ? alias->same : name;
  const Syscall* same = find_syscall(wanted);
  if (same == nullptr || same->name != wanted || describe_call(same->number) == nullptr) return std::nullopt;
  return same->number;
}

void translate_i386(CallValues& call, const MemoryView& memory) {
  const auto* found = std::ranges::find(kNames, call.number, &Entry::number);
  constexpr uint64_t kNoCall = UINT64_C(1) << 32;
  call.is_32bit = true;
  call.interface = CallInterface::kI386;
  if (found == std::end(kNames)) {
    call.foreign_name = unknown_name(call.number);
    call.number |= kNoCall;
    return;
  }
  call.foreign_name = found->name;
  std::string_view name = found->name;
  if (name == "socketcall") {
    if (const std::string_view part = take_socket_call(call, memory); !part.empty()) {
      call.foreign_name = name = part;
      if (part == "send") name = "sendto";
      if (part == "recv") name = "recvfrom";
    } else {
      static constexpr CallDescription kPlain{
          "socketcall", ReturnKind::kDecimal, 2, {{{socket_subcall}, {printers::address}}}};
      call.number |= kNoCall;
      call.description = &kPlain;
      return;
    }
  }
  if (name == "ipc") {
    const std::string_view part = take_ipc_call(call, memory);
    if (part.empty()) {
      static constexpr ArgumentKind kHex{printers::hex};
      static constexpr CallDescription kPlain{
          "ipc", ReturnKind::kDecimal, 6, {{{ipc_subcall}, kHex, kHex, kHex, kHex, kHex}}};
      call.number |= kNoCall;
      call.description = &kPlain;
      return;
    }
    call.foreign_name = name = part;
  }
  const auto* alias = std::ranges::find(kAliases, name, &Alias::name);
  const bool renamed = alias != std::end(kAliases);
  const Syscall* same = find_syscall(renamed ? alias->same : name);
  const std::string_view wanted = renamed ? alias->same : name;
  const CallDescription* description = same != nullptr && same->name == wanted ? describe_call(same->number) : nullptr;
  call.number = description != nullptr ? same->number : call.number | kNoCall;
  if (description == nullptr) return;
  const Places places = renamed ? alias->places : Places::kSame;
  if (move_arguments(call, places, description->argument_count, memory)) {
    call.description = own_description(call.foreign_name, *description);
  }
}

void translate_x32(CallValues& call) {
  constexpr uint64_t kFirstOwn = 512;
  // asm/unistd_x32.h from kFirstOwn on: calls whose structures have 32-bit words.
  constexpr std::string_view kOwn[] = {
      "rt_sigaction",
      "rt_sigreturn",
      "ioctl",
      "readv",
      "writev",
      "recvfrom",
      "sendmsg",
      "recvmsg",
      "execve",
      "ptrace",
      "rt_sigpending",
      "rt_sigtimedwait",
      "rt_sigqueueinfo",
      "sigaltstack",
      "timer_create",
      "mq_notify",
      "kexec_load",
      "waitid",
      "set_robust_list",
      "get_robust_list",
      "vmsplice",
      "move_pages",
      "preadv",
      "pwritev",
      "rt_tgsigqueueinfo",
      "recvmmsg",
      "sendmmsg",
      "process_vm_readv",
      "process_vm_writev",
      "setsockopt",
      "getsockopt",
      "io_setup",
      "io_submit",
      "execveat",
      "preadv2",
      "pwritev2",
  };
  constexpr std::string_view kWithVectors[] = {
      "readv",   "writev",   "sendmsg", "recvmsg",  "execve",           "vmsplice",         "preadv",
      "pwritev", "execveat", "preadv2", "pwritev2", "process_vm_readv", "process_vm_writev"};
  call.interface = CallInterface::kX32;
  const uint64_t number = call.number & ~(UINT64_C(1) << 30);
  const bool own = number >= kFirstOwn && number - kFirstOwn < std::size(kOwn);
  const Syscall* same = own ? find_syscall(kOwn[number - kFirstOwn]) : find_syscall(number);
  if (same == nullptr || (!own && number >= kFirstOwn)) return;
  call.number = same->number;
  call.foreign_name = same->name;
  call.description = describe_call(same->number);
  call.is_32bit = own && std::ranges::find(kWithVectors, same->name) != std::end(kWithVectors);
}

void continue_call(CallValues& call, const CallValues& entry) {
  call.number = entry.number;
  call.foreign_name = entry.foreign_name;
  call.is_32bit = entry.is_32bit;
  call.interface = entry.interface;
  call.description = entry.description;
  if (entry.description != nullptr) call.arguments = entry.arguments;
}

}  // namespace polytap
