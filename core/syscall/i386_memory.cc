// Structures of i386 programs: widened to those of x86-64, so that the same printers show both.
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <vector>

#include "core/syscall/i386.h"
#include "core/syscall/printers.h"

namespace polytap {
namespace {

// A field: where it is, how wide, and where it goes.
struct Move {
  uint16_t from;
  uint16_t from_size;
  uint16_t to;
  uint16_t to_size;
  bool is_signed = false;
};

struct Layout {
  std::span<const Move> moves;
  uint16_t from_size;
  uint16_t to_size;
};

constexpr Move kTimeMoves[] = {{0, 4, 0, 8, true}, {4, 4, 8, 8}};
constexpr Layout kTime{kTimeMoves, 8, 16};
constexpr Move kTimePairMoves[] = {{0, 4, 0, 8, true}, {4, 4, 8, 8}, {8, 4, 16, 8, true}, {12, 4, 24, 8}};
constexpr Move kUpdateMoves[] = {{0, 4, 0, 8, true}, {4, 4, 8, 8, true}};
constexpr Layout kUpdate{kUpdateMoves, 8, 16};
constexpr Layout kTimePair{kTimePairMoves, 16, 32};
constexpr Move kLimitMoves[] = {{0, 4, 0, 8}, {4, 4, 8, 8}};
constexpr Layout kLimit{kLimitMoves, 8, 16};
constexpr Move kUsageMoves[] = {
    {0, 4, 0, 8, true}, {4, 4, 8, 8},    {8, 4, 16, 8, true}, {12, 4, 24, 8},  {16, 4, 32, 8},  {20, 4, 40, 8},
    {24, 4, 48, 8},     {28, 4, 56, 8},  {32, 4, 64, 8},      {36, 4, 72, 8},  {40, 4, 80, 8},  {44, 4, 88, 8},
    {48, 4, 96, 8},     {52, 4, 104, 8}, {56, 4, 112, 8},     {60, 4, 120, 8}, {64, 4, 128, 8}, {68, 4, 136, 8}};
constexpr Layout kUsage{kUsageMoves, 72, sizeof(rusage)};
constexpr Move kSystemMoves[] = {{0, 4, 0, 8},   {4, 4, 8, 8},   {8, 4, 16, 8},  {12, 4, 24, 8}, {16, 4, 32, 8},
                                 {20, 4, 40, 8}, {24, 4, 48, 8}, {28, 4, 56, 8}, {32, 4, 64, 8}, {36, 4, 72, 8},
                                 {40, 2, 80, 2}, {44, 4, 88, 8}, {48, 4, 96, 8}, {52, 4, 104, 4}};
constexpr Layout kSystem{kSystemMoves, 64, sizeof(struct sysinfo)};
constexpr Move kTimesMoves[] = {{0, 4, 0, 8, true}, {4, 4, 8, 8, true}, {8, 4, 16, 8, true}, {12, 4, 24, 8, true}};
constexpr Layout kTimes{kTimesMoves, 16, sizeof(tms)};
constexpr Move kActionMoves[] = {{0, 4, 0, 8}, {4, 4, 8, 8}, {8, 4, 16, 8}, {12, 8, 24, 8}};
constexpr Layout kAction{kActionMoves, 20, 32};
constexpr Move kStackMoves[] = {{0, 4, 0, 8}, {4, 4, 8, 4}, {8, 4, 16, 8}};
constexpr Layout kStack{kStackMoves, 12, sizeof(stack_t)};
constexpr Move kVectorMoves[] = {{0, 4, 0, 8}, {4, 4, 8, 8}};
constexpr Layout kVector{kVectorMoves, 8, sizeof(iovec)};
constexpr Move kMessageMoves[] = {{0, 4, 0, 8},   {4, 4, 8, 4},   {8, 4, 16, 8}, {12, 4, 24, 8},
                                  {16, 4, 32, 8}, {20, 4, 40, 8}, {24, 4, 48, 4}};
constexpr Layout kMessage{kMessageMoves, 28, sizeof(msghdr)};
constexpr Move kLockMoves[] = {{0, 2, 0, 2}, {2, 2, 2, 2}, {4, 4, 8, 8, true}, {8, 4, 16, 8, true}, {12, 4, 24, 4}};
constexpr Layout kLock{kLockMoves, 16, sizeof(struct flock)};
constexpr Move kLock64Moves[] = {{0, 2, 0, 2}, {2, 2, 2, 2}, {4, 8, 8, 8}, {12, 8, 16, 8}, {20, 4, 24, 4}};
constexpr Layout kLock64{kLock64Moves, 24, sizeof(struct flock)};
constexpr Move kMaskMoves[] = {{0, 4, 0, 8}, {4, 4, 8, 8}};
constexpr Layout kMask{kMaskMoves, 8, 16};

using FileStatus = struct stat;
constexpr uint16_t kDevice = offsetof(FileStatus, st_dev);
constexpr uint16_t kInode = offsetof(FileStatus, st_ino);
constexpr uint16_t kLinks = offsetof(FileStatus, st_nlink);
constexpr uint16_t kMode = offsetof(FileStatus, st_mode);
constexpr uint16_t kUser = offsetof(FileStatus, st_uid);
constexpr uint16_t kGroup = offsetof(FileStatus, st_gid);
constexpr uint16_t kSpecial = offsetof(FileStatus, st_rdev);
constexpr uint16_t kSize = offsetof(FileStatus, st_size);
constexpr uint16_t kBlockSize = offsetof(FileStatus, st_blksize);
constexpr uint16_t kBlocks = offsetof(FileStatus, st_blocks);
constexpr uint16_t kTimesAt = offsetof(FileStatus, st_atim);
// struct stat of arch/x86/include/uapi/asm/stat.h, __i386__.
constexpr Move kStatusMoves[] = {{0, 4, kDevice, 8},
                                 {4, 4, kInode, 8},
                                 {8, 2, kMode, 4},
                                 {10, 2, kLinks, 8},
                                 {12, 2, kUser, 4},
                                 {14, 2, kGroup, 4},
                                 {16, 4, kSpecial, 8},
                                 {20, 4, kSize, 8},
                                 {24, 4, kBlockSize, 8},
                                 {28, 4, kBlocks, 8},
                                 {32, 4, kTimesAt, 8, true},
                                 {36, 4, kTimesAt + 8, 8},
                                 {40, 4, kTimesAt + 16, 8, true},
                                 {44, 4, kTimesAt + 24, 8},
                                 {48, 4, kTimesAt + 32, 8, true},
                                 {52, 4, kTimesAt + 40, 8}};
constexpr Layout kStatus{kStatusMoves, 64, sizeof(FileStatus)};
// struct stat64 there.
constexpr Move kStatus64Moves[] = {{0, 8, kDevice, 8},
                                   {88, 8, kInode, 8},
                                   {16, 4, kMode, 4},
                                   {20, 4, kLinks, 8},
                                   {24, 4, kUser, 4},
                                   {28, 4, kGroup, 4},
                                   {32, 8, kSpecial, 8},
                                   {44, 8, kSize, 8},
                                   {52, 4, kBlockSize, 8},
                                   {56, 8, kBlocks, 8},
                                   {64, 4, kTimesAt, 8, true},
                                   {68, 4, kTimesAt + 8, 8},
                                   {72, 4, kTimesAt + 16, 8, true},
                                   {76, 4, kTimesAt + 24, 8},
                                   {80, 4, kTimesAt + 32, 8, true},
                                   {84, 4, kTimesAt + 40, 8}};
constexpr Layout kStatus64{kStatus64Moves, 96, sizeof(FileStatus)};
// struct __old_kernel_stat there.
constexpr Move kOldStatusMoves[] = {{0, 2, kDevice, 8},
                                    {2, 2, kInode, 8},
                                    {4, 2, kMode, 4},
                                    {6, 2, kLinks, 8},
                                    {8, 2, kUser, 4},
                                    {10, 2, kGroup, 4},
                                    {12, 2, kSpecial, 8},
                                    {16, 4, kSize, 8},
                                    {20, 4, kTimesAt, 8, true},
                                    {24, 4, kTimesAt + 16, 8, true},
                                    {28, 4, kTimesAt + 32, 8, true}};
constexpr Layout kOldStatus{kOldStatusMoves, 32, sizeof(FileStatus)};
// struct statfs of include/uapi/asm-generic/statfs.h with 32-bit words.
constexpr Move kSystemStatusMoves[] = {{0, 4, 0, 8},   {4, 4, 8, 8},   {8, 4, 16, 8},  {12, 4, 24, 8},
                                       {16, 4, 32, 8}, {20, 4, 40, 8}, {24, 4, 48, 8}, {28, 8, 56, 8},
                                       {36, 4, 64, 8}, {40, 4, 72, 8}, {44, 4, 80, 8}};
constexpr Layout kSystemStatus{kSystemStatusMoves, 64, sizeof(struct statfs)};

// The tracee's memory, but for the structures at one place, which appear as x86-64 has them.
class WidenedMemory final : public MemoryView {
 public:
  WidenedMemory(const MemoryView& memory, uint64_t base, const Layout& layout, uint64_t count)
      : memory_(memory), base_(base), layout_(layout), count_(count) {}

  size_t read(uint64_t address, std::span<std::byte> out) const override {
    const uint64_t offset = address - base_;
    const uint64_t index = offset / layout_.to_size;
    // Printers read whole structures: what begins elsewhere is other data, which may well be next to this.
    if (address < base_ || index >= count_ || offset % layout_.to_size != 0) return memory_.read(address, out);
    std::vector<std::byte> narrow(layout_.from_size);
    std::vector<std::byte> wide(layout_.to_size);
    if (memory_.read(base_ + index * layout_.from_size, narrow) != narrow.size()) return 0;
    for (const Move& move : layout_.moves) widen(move, narrow, wide);
    const size_t length = std::min(out.size(), wide.size());
    std::copy_n(wide.begin(), length, out.begin());
    return length;
  }

 private:
  static void widen(const Move& move, std::span<const std::byte> narrow, std::span<std::byte> wide) {
    uint64_t value = 0;
    std::memcpy(&value, narrow.data() + move.from, move.from_size);
    if (move.is_signed) value = static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(value)));
    std::memcpy(wide.data() + move.to, &value, move.to_size);
  }

  const MemoryView& memory_;
  uint64_t base_;
  const Layout& layout_;
  uint64_t count_;
};

// struct sigaction of the first kernels, with a mask of one word.
constexpr Move kOldActionMoves[] = {{0, 4, 0, 8}, {4, 4, 24, 8}, {8, 4, 8, 8}, {12, 4, 16, 8}};
constexpr Layout kOldAction{kOldActionMoves, 16, 32};
// struct statfs64 of include/uapi/asm-generic/statfs.h.
constexpr Move kSystemStatus64Moves[] = {{0, 4, 0, 8},   {4, 4, 8, 8},   {8, 8, 16, 8},  {16, 8, 24, 8},
                                         {24, 8, 32, 8}, {32, 8, 40, 8}, {40, 8, 48, 8}, {48, 8, 56, 8},
                                         {56, 4, 64, 8}, {60, 4, 72, 8}, {64, 4, 80, 8}};
constexpr Layout kSystemStatus64{kSystemStatus64Moves, 84, sizeof(struct statfs)};

constexpr Move kEventMoves[] = {{0, 4, 0, 8}, {4, 4, 8, 4}, {8, 4, 12, 4}, {12, 4, 16, 8}, {16, 4, 24, 8}};
constexpr Layout kEvent{kEventMoves, 20, sizeof(sigevent)};
constexpr Move kQueueMoves[] = {{0, 4, 0, 8, true}, {4, 4, 8, 8, true}, {8, 4, 16, 8, true}, {12, 4, 24, 8, true}};
constexpr Layout kQueue{kQueueMoves, 16, 64};

// Which structure a printer expects where its argument points.
struct Rule {
  ArgumentPrinter print;
  const Layout* layout;
};
constexpr Rule kRules[] = {
    {printers::time_spec, &kTime},
    {printers::time_val, &kTime},
    {printers::remaining_time, &kTime},
    {printers::time_spec_pair, &kTimePair},
    {printers::time_val_pair, &kTimePair},
    {printers::interval_timer, &kTimePair},
    {printers::interval_timer_spec, &kTimePair},
    {printers::resource_limit, &kLimit},
    {printers::resource_usage, &kUsage},
    {printers::system_info, &kSystem},
    {printers::process_times, &kTimes},
    {printers::signal_action, &kAction},
    {printers::signal_stack, &kStack},
    {printers::file_status, &kStatus},
    {printers::statfs, &kSystemStatus},
    {printers::pselect_mask, &kMask},
    {printers::futex_timeout, &kTime},
    {printers::update_times, &kUpdate},
    {printers::timer_event, &kEvent},
    {printers::queue_request, &kQueue},
    {printers::queue_attributes, &kQueue},
};

// Printers of what has words or pointers that are not widened.
constexpr ArgumentPrinter kNotWidened[] = {
    printers::clock_adjustment, printers::io_blocks,      printers::page_addresses,
    printers::node_mask,        printers::kexec_segments,
};

bool is_name(const CallText& text, std::string_view name) { return text.call.foreign_name == name; }

const Layout* layout_of(const CallText& text, const ArgumentKind& kind) {
  const std::string_view name = text.call.foreign_name;
  const auto* rule = std::ranges::find(kRules, kind.print, &Rule::print);
  if (rule == std::end(kRules)) return nullptr;
  if (rule->layout == &kTime || rule->layout == &kTimePair) {
    // The calls with 64-bit time have the same structures as on x86-64; prlimit64 too.
    if (name.ends_with("time64") || name.ends_with("gettime64") || name.ends_with("settime64")) return nullptr;
    return rule->layout;
  }
  if (rule->layout == &kAction && name == "sigaction") return &kOldAction;
  if (rule->layout == &kSystemStatus && name.ends_with("64")) return &kSystemStatus64;
  if (rule->layout == &kLimit) return is_name(text, "prlimit64") ? nullptr : &kLimit;
  if (rule->layout != &kStatus) return rule->layout;
  if (name.starts_with("old")) return &kOldStatus;
  return name.ends_with("64") ? &kStatus64 : &kStatus;
}

// Shows VALUE through MEMORY, with what TEXT knows.
void put_through(CallText& text, const MemoryView& memory, uint64_t value, const ArgumentKind& kind,
                 ArgumentPrinter print) {
  CallText inner(text.out, memory, text.style, text.call);
  inner.fds = text.fds;
  inner.sockets = text.sockets;
  inner.pid = text.pid;
  inner.at_exit = text.at_exit;
  inner.argument_start = text.argument_start;
  inner.entry_int = text.entry_int;
  inner.stack_pointer = text.stack_pointer;
  print(inner, value, kind);
  text.omitted = inner.omitted;
}

void put_message(CallText& text, uint64_t value, const ArgumentKind& kind) {
  // The vectors that the header leads to are widened as well.
  const WidenedMemory header(text.memory, value, kMessage, 1);
  msghdr message{};
  if (!header.read_object(value, message)) return text.address(value);
  constexpr uint64_t kMostVectors = 1024;  // UIO_MAXIOV
  const WidenedMemory vectors(header, reinterpret_cast<uint64_t>(message.msg_iov), kVector,
                              std::min<uint64_t>(message.msg_iovlen, kMostVectors));
  put_through(text, vectors, value, kind, kind.print);
}

// What comes behind si_code is aligned to 4 bytes there, and addresses have 4.
void put_signal_information(CallText& text, uint64_t value, const ArgumentKind& kind) {
  const bool is_out = kind.direction == ArgumentKind::Direction::kOut;
  std::array<uint32_t, 32> words{};
  if (!(is_out ? text.fetch_result(value, words) : text.fetch(value, words))) return;
  if (words[0] == 0) return text.put("{}");
  constexpr size_t kFirst = 3;
  siginfo_t info{};
  info.si_signo = static_cast<int>(words[0]);
  info.si_errno = static_cast<int>(words[1]);
  info.si_code = static_cast<int>(words[2]);
  const auto address = [&](size_t index) { return reinterpret_cast<void*>(static_cast<uintptr_t>(words[index])); };
  const bool by_kernel = info.si_code > 0;
  if (by_kernel && info.si_signo == SIGCHLD) {
    info.si_pid = static_cast<pid_t>(words[kFirst]);
    info.si_uid = words[kFirst + 1];
    info.si_status = static_cast<int>(words[kFirst + 2]);
    info.si_utime = static_cast<int32_t>(words[kFirst + 3]);
    info.si_stime = static_cast<int32_t>(words[kFirst + 4]);
  } else if (by_kernel && (info.si_signo == SIGSEGV || info.si_signo == SIGBUS || info.si_signo == SIGILL ||
                           info.si_signo == SIGFPE || info.si_signo == SIGTRAP)) {
    info.si_addr = address(kFirst);
    // Of those that have more than an address: behind it, aligned to words.
    if (info.si_signo == SIGBUS) info.si_addr_lsb = static_cast<short>(words[kFirst + 1]);
    if (info.si_signo == SIGSEGV && info.si_code == SEGV_PKUERR) {
      info.si_pkey = words[kFirst + 2];
    } else if (info.si_signo == SIGSEGV) {
      info.si_lower = address(kFirst + 2);
      info.si_upper = address(kFirst + 3);
    }
  } else if ((by_kernel && info.si_signo == SIGPOLL) || info.si_code == SI_SIGIO) {
    info.si_band = static_cast<int32_t>(words[kFirst]);
    info.si_fd = static_cast<int>(words[kFirst + 1]);
  } else if (by_kernel && info.si_signo == SIGSYS) {
    info.si_call_addr = address(kFirst);
    info.si_syscall = static_cast<int>(words[kFirst + 1]);
    info.si_arch = words[kFirst + 2];
  } else {  // a timer has its id and its overruns in the same places
    info.si_pid = static_cast<pid_t>(words[kFirst]);
    info.si_uid = words[kFirst + 1];
    info.si_ptr = address(kFirst + 2);
  }
  printers::put_signal_info(text, &info);
}

bool takes_lock(uint32_t command, bool& is_64) {
  constexpr uint32_t kGetLock64 = 12;
  constexpr uint32_t kSetLockWait64 = 14;
  constexpr uint32_t kGetOpenLock = 36;
  constexpr uint32_t kSetOpenLockWait = 38;
  is_64 =
      (command >= kGetLock64 && command <= kSetLockWait64) || (command >= kGetOpenLock && command <= kSetOpenLockWait);
  return is_64 || (command >= F_GETLK && command <= F_SETLKW);
}

}  // namespace

void put_i386_argument(CallText& text, uint64_t value, const ArgumentKind& kind) {
  using namespace printers;
  if (kind.print == message_to_send || kind.print == message_received) return put_message(text, value, kind);
  if (kind.print == io_vectors || kind.print == io_vectors_result || kind.print == vectors) {
    const uint64_t count = std::min<uint64_t>(text.argument(kind.length_argument), uint64_t{1} << 20);
    return put_through(text, WidenedMemory(text.memory, value, kVector, count), value, kind, kind.print);
  }
  if (kind.print == signal_info) return put_signal_information(text, value, kind);
  const bool has_wide_times = text.call.foreign_name.ends_with("64");
  if (std::ranges::find(kNotWidened, kind.print) != std::end(kNotWidened) && !has_wide_times) {
    return text.address(value);
  }
  // Their structures are not widened.
  constexpr uint64_t kNoStructure = 0;  // IPC_RMID
  if ((kind.print == shm_argument || kind.print == msg_argument) && text.argument(1) != kNoStructure) {
    return text.address(value);
  }
  if (kind.print == clone_tls && (text.argument(0) & CLONE_SETTLS) != 0) {
    // A descriptor of the thread's segment.
    text.put("tls=");
    return thread_area(text, text.argument(4), kind);
  }
  bool is_64 = false;
  if (kind.print == fcntl_argument && takes_lock(static_cast<uint32_t>(text.argument(1)), is_64)) {
    constexpr uint64_t kFirstOpenLock = 36;
    if (is_64 && text.argument(1) < kFirstOpenLock && !is_name(text, "fcntl64")) return text.address(value);
    return put_through(text, WidenedMemory(text.memory, value, is_64 ? kLock64 : kLock, 1), value, kind, kind.print);
  }
  const Layout* layout = layout_of(text, kind);
  constexpr uint64_t kPadded = 88;  // with alignment to 8, as other architectures have it
  if (layout == &kSystemStatus64 && text.argument(1) != kSystemStatus64.from_size && text.argument(1) != kPadded) {
    return text.address(value);
  }
  if (layout != nullptr) {
    return put_through(text, WidenedMemory(text.memory, value, *layout, 1), value, kind, kind.print);
  }
  kind.print(text, value, kind);
}

}  // namespace polytap
