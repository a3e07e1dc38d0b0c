// ioctl(2) of what the kernel makes itself: performance events, seccomp listeners, userfaultfd, random, inotify, nbd.
#include <linux/audit.h>
#include <linux/inotify.h>
#include <linux/nbd.h>
#include <linux/perf_event.h>
#include <linux/random.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>

#include <algorithm>
#include <array>

#include "core/syscall/ioctl_content.h"
#include "core/syscall/named_constant.h"
#include "core/syscall/printers.h"
#include "core/syscall/tables.h"
#include "core/syscall/value_kinds.h"

namespace polytap {
namespace {

using namespace value_kinds;
using namespace ioctl_rows;
using Bytes = std::span<const std::byte>;

#define BIT_NAMED(constant) \
  { "1<<" #constant, uint64_t{1} << constant }
// clang-format off
constexpr Constant kArchitectureNames[] = {
    NAMED(AUDIT_ARCH_SPARC), NAMED(AUDIT_ARCH_M68K), NAMED(AUDIT_ARCH_MIPS), NAMED(AUDIT_ARCH_PARISC),
    NAMED(AUDIT_ARCH_PPC), NAMED(AUDIT_ARCH_S390), NAMED(AUDIT_ARCH_ARMEB), NAMED(AUDIT_ARCH_SH),
    NAMED(AUDIT_ARCH_H8300), NAMED(AUDIT_ARCH_M32R), NAMED(AUDIT_ARCH_OPENRISC), NAMED(AUDIT_ARCH_ARCOMPACTBE),
    NAMED(AUDIT_ARCH_XTENSA), NAMED(AUDIT_ARCH_C6XBE), NAMED(AUDIT_ARCH_HEXAGON), NAMED(AUDIT_ARCH_NDS32BE),
    NAMED(AUDIT_ARCH_MICROBLAZE), NAMED(AUDIT_ARCH_ARCV2BE), NAMED(AUDIT_ARCH_FRV), NAMED(AUDIT_ARCH_I386),
    NAMED(AUDIT_ARCH_MIPSEL), NAMED(AUDIT_ARCH_ARM), NAMED(AUDIT_ARCH_SHEL), NAMED(AUDIT_ARCH_CRIS),
    NAMED(AUDIT_ARCH_ARCOMPACT), NAMED(AUDIT_ARCH_UNICORE), NAMED(AUDIT_ARCH_NIOS2), NAMED(AUDIT_ARCH_C6X),
    NAMED(AUDIT_ARCH_NDS32), NAMED(AUDIT_ARCH_TILEPRO), NAMED(AUDIT_ARCH_TILEGX32), NAMED(AUDIT_ARCH_ARCV2),
    NAMED(AUDIT_ARCH_RISCV32), NAMED(AUDIT_ARCH_CSKY), NAMED(AUDIT_ARCH_LOONGARCH32), NAMED(AUDIT_ARCH_MIPS64),
    NAMED(AUDIT_ARCH_PARISC64), NAMED(AUDIT_ARCH_PPC64), NAMED(AUDIT_ARCH_S390X), NAMED(AUDIT_ARCH_SH64),
    NAMED(AUDIT_ARCH_SPARC64), NAMED(AUDIT_ARCH_MIPS64N32), NAMED(AUDIT_ARCH_MIPSEL64), NAMED(AUDIT_ARCH_PPC64LE),
    NAMED(AUDIT_ARCH_SHEL64), NAMED(AUDIT_ARCH_IA64), NAMED(AUDIT_ARCH_X86_64), NAMED(AUDIT_ARCH_AARCH64),
    NAMED(AUDIT_ARCH_TILEGX), NAMED(AUDIT_ARCH_RISCV64), NAMED(AUDIT_ARCH_LOONGARCH64), NAMED(AUDIT_ARCH_ALPHA),
    NAMED(AUDIT_ARCH_MIPSEL64N32),
};
constexpr Constant kPerfFlagNames[] = {NAMED(PERF_IOC_FLAG_GROUP)};
constexpr Constant kNotifyFlagNames[] = {NAMED(SECCOMP_USER_NOTIF_FLAG_CONTINUE)};
constexpr Constant kAddFlagNames[] = {NAMED(SECCOMP_ADDFD_FLAG_SETFD), NAMED(SECCOMP_ADDFD_FLAG_SEND)};
constexpr Constant kFaultFeatureNames[] = {
    NAMED(UFFD_FEATURE_PAGEFAULT_FLAG_WP), NAMED(UFFD_FEATURE_EVENT_FORK), NAMED(UFFD_FEATURE_EVENT_REMAP),
    NAMED(UFFD_FEATURE_EVENT_REMOVE), NAMED(UFFD_FEATURE_MISSING_HUGETLBFS), NAMED(UFFD_FEATURE_MISSING_SHMEM),
    NAMED(UFFD_FEATURE_EVENT_UNMAP), NAMED(UFFD_FEATURE_SIGBUS), NAMED(UFFD_FEATURE_THREAD_ID),
    NAMED(UFFD_FEATURE_MINOR_HUGETLBFS), NAMED(UFFD_FEATURE_MINOR_SHMEM), NAMED(UFFD_FEATURE_EXACT_ADDRESS),
    NAMED(UFFD_FEATURE_WP_HUGETLBFS_SHMEM),
};
constexpr Constant kFaultApiNames[] = {
    BIT_NAMED(_UFFDIO_REGISTER), BIT_NAMED(_UFFDIO_UNREGISTER), BIT_NAMED(_UFFDIO_API),
};
constexpr Constant kFaultRangeNames[] = {
    BIT_NAMED(_UFFDIO_WAKE), BIT_NAMED(_UFFDIO_COPY), BIT_NAMED(_UFFDIO_ZEROPAGE), BIT_NAMED(_UFFDIO_WRITEPROTECT),
    BIT_NAMED(_UFFDIO_CONTINUE),
};
constexpr Constant kFaultRegisterNames[] = {
    NAMED(UFFDIO_REGISTER_MODE_MISSING), NAMED(UFFDIO_REGISTER_MODE_WP), NAMED(UFFDIO_REGISTER_MODE_MINOR),
};
constexpr Constant kFaultCopyNames[] = {NAMED(UFFDIO_COPY_MODE_DONTWAKE), NAMED(UFFDIO_COPY_MODE_WP)};
constexpr Constant kFaultZeroNames[] = {NAMED(UFFDIO_ZEROPAGE_MODE_DONTWAKE)};
// The header has no names for some: doc/proto.md of nbd.
constexpr Constant kBlockServerNames[] = {
    NAMED(NBD_FLAG_HAS_FLAGS), NAMED(NBD_FLAG_READ_ONLY), NAMED(NBD_FLAG_SEND_FLUSH), NAMED(NBD_FLAG_SEND_FUA),
    {"NBD_FLAG_ROTATIONAL", 1 << 4}, NAMED(NBD_FLAG_SEND_TRIM), {"NBD_FLAG_SEND_WRITE_ZEROES", 1 << 6},
    {"NBD_FLAG_SEND_DF", 1 << 7}, NAMED(NBD_FLAG_CAN_MULTI_CONN), {"NBD_FLAG_SEND_RESIZE", 1 << 9},
    {"NBD_FLAG_SEND_CACHE", 1 << 10},
};
// clang-format on
constexpr ConstantTable kArchitectures{kArchitectureNames,
                                       "AUDIT_ARCH_?"
                                       "??"};
constexpr ConstantTable kPerfFlags{kPerfFlagNames,
                                   "PERF_IOC_FLAG_?"
                                   "??"};
constexpr ConstantTable kResponseFlags{kNotifyFlagNames,
                                       "SECCOMP_USER_NOTIF_FLAG_?"
                                       "??"};
constexpr ConstantTable kAddFlags{kAddFlagNames,
                                  "SECCOMP_ADDFD_FLAG_?"
                                  "??"};
constexpr ConstantTable kFaultFeatures{kFaultFeatureNames,
                                       "UFFD_FEATURE_?"
                                       "??"};
constexpr ConstantTable kFaultApi{kFaultApiNames,
                                  "_UFFDIO_?"
                                  "??"};
constexpr ConstantTable kFaultRange{kFaultRangeNames,
                                    "UFFDIO_?"
                                    "??"};
constexpr ConstantTable kFaultRegister{kFaultRegisterNames,
                                       "UFFDIO_REGISTER_MODE_?"
                                       "??"};
constexpr ConstantTable kFaultCopy{kFaultCopyNames,
                                   "UFFDIO_COPY_?"
                                   "??"};
constexpr ConstantTable kFaultZero{kFaultZeroNames,
                                   "UFFDIO_ZEROPAGE_?"
                                   "??"};
constexpr ConstantTable kBlockServer{kBlockServerNames,
                                     "NBD_IOC_FLAG_?"
                                     "??"};

// Performance events.
bool put_filter(CallText& text, uint64_t at) {
  text.string(at);
  return true;
}
bool put_attributes(CallText& text, uint64_t at) {
  printers::perf_attributes(text, at, {});
  return true;
}
using Programs = perf_event_query_bpf;
bool put_programs(CallText& text, uint64_t at) {
  uint32_t room = 0;
  if (!text.fetch(at, room)) return false;
  text.print("{{ids_len={}, ", room);
  return true;
}
void put_programs_answer(CallText& text, uint64_t at) {
  uint32_t count = 0;
  if (!text.succeeded() || !text.memory.read_object(at + offsetof(Programs, prog_cnt), count)) return text.put("...");
  text.print("prog_cnt={}, ids=", count);
  printers::put_array<uint32_t>(text, at + offsetof(Programs, ids), count, [&](uint32_t id) { text.print("{}", id); });
}

constexpr IoctlContent kPerfContents[] = {
    direct(PERF_EVENT_IOC_ENABLE, flags_of(kPerfFlags, 4)),
    direct(PERF_EVENT_IOC_DISABLE, flags_of(kPerfFlags, 4)),
    direct(PERF_EVENT_IOC_RESET, flags_of(kPerfFlags, 4)),
    direct(PERF_EVENT_IOC_REFRESH, kInt32),
    in_brackets(PERF_EVENT_IOC_PERIOD, kUint64),
    direct(PERF_EVENT_IOC_SET_OUTPUT, kFd),
    direct(PERF_EVENT_IOC_SET_BPF, kFd),
    direct(PERF_EVENT_IOC_PAUSE_OUTPUT, kUint64),
    own_in(PERF_EVENT_IOC_SET_FILTER, put_filter),
    out_brackets(PERF_EVENT_IOC_ID, kUint64),
    own_continued(PERF_EVENT_IOC_QUERY_BPF, put_programs, put_programs_answer).always_answered(),
    own_in(PERF_EVENT_IOC_MODIFY_ATTRIBUTES, put_attributes),
};

// Listeners of seccomp filters.
constexpr ValueKind kArguments = array_of(kHex64);
constexpr Field kDataFields[] = {
    POLYTAP_FIELD(seccomp_data, nr, kNumber),
    POLYTAP_FIELD(seccomp_data, arch, one_of(kArchitectures)),
    POLYTAP_FIELD(seccomp_data, instruction_pointer, kAddress),
    POLYTAP_FIELD(seccomp_data, args, kArguments),
};
constexpr Structure kData{kDataFields, sizeof(seccomp_data)};
void put_process(CallText& text, Bytes bytes, Bytes) { text.process(static_cast<int>(number_in(bytes))); }
constexpr Field kNotificationFields[] = {
    POLYTAP_FIELD(seccomp_notif, id, kHex),
    POLYTAP_FIELD(seccomp_notif, pid, printed_by(put_process)),
    POLYTAP_FIELD(seccomp_notif, flags, kHex),
    POLYTAP_FIELD(seccomp_notif, data, structure_of(kData)),
};
constexpr Structure kNotification{kNotificationFields, sizeof(seccomp_notif)};

// The kernel wants zeros here; they are not worth a line.
bool put_notification(CallText& text, uint64_t at) {
  seccomp_notif notification{};
  if (!text.fetch(at, notification)) return false;
  const Bytes bytes = std::as_bytes(std::span(&notification, 1));
  const bool is_empty = std::ranges::all_of(bytes, [](std::byte each) { return each == std::byte{0}; });
  text.kept = is_empty ? 1 : 0;
  if (!is_empty) put_structure(text, bytes, kNotification);
  return true;
}
void put_notification_answer(CallText& text, uint64_t at) {
  seccomp_notif notification{};
  if (text.kept == 0) text.put(" => ");
  if (!text.succeeded()) return text.address(at);
  if (text.fetch(at, notification)) put_structure(text, std::as_bytes(std::span(&notification, 1)), kNotification);
}

void put_error(CallText& text, Bytes bytes, Bytes) {
  const auto error = static_cast<int32_t>(number_in(bytes));
  const std::string_view name = errno_name(-error);
  if (error >= 0 || name.empty()) return text.print("{}", error);
  if (text.style.constants != ConstantStyle::kAbbreviated) text.print("{}", error);
  if (text.style.constants == ConstantStyle::kAbbreviated) text.print("-{}", name);
  if (text.style.constants == ConstantStyle::kVerbose) text.print(" /* -{} */", name);
}
constexpr Field kResponseFields[] = {
    POLYTAP_FIELD(seccomp_notif_resp, id, kHex),
    POLYTAP_FIELD(seccomp_notif_resp, val, kSigned),
    POLYTAP_FIELD(seccomp_notif_resp, error, printed_by(put_error)),
    POLYTAP_FIELD(seccomp_notif_resp, flags, flags_of(kResponseFlags)),
};
constexpr Structure kResponse{kResponseFields, sizeof(seccomp_notif_resp)};
constexpr Field kAddFields[] = {
    POLYTAP_FIELD(seccomp_notif_addfd, id, kHex),
    POLYTAP_FIELD(seccomp_notif_addfd, flags, flags_of(kAddFlags)),
    POLYTAP_FIELD(seccomp_notif_addfd, srcfd, kFd),
    POLYTAP_FIELD(seccomp_notif_addfd, newfd, kSigned),
    POLYTAP_FIELD(seccomp_notif_addfd, newfd_flags, flags_of(kOpenFlags)),
};
constexpr Structure kAdd{kAddFields, sizeof(seccomp_notif_addfd)};
// What older kernels have for SECCOMP_IOCTL_NOTIF_ID_VALID.
constexpr uint32_t kNotifyIdValidRead = _IOR(SECCOMP_IOC_MAGIC, 2, uint64_t);

constexpr IoctlContent kSeccompContents[] = {
    own_answered(SECCOMP_IOCTL_NOTIF_RECV, put_notification, put_notification_answer).always_answered(),
    in(SECCOMP_IOCTL_NOTIF_SEND, structure_of(kResponse)),
    in_brackets(SECCOMP_IOCTL_NOTIF_ID_VALID, kHex64),
    in_brackets(kNotifyIdValidRead, kHex64),
    in(SECCOMP_IOCTL_NOTIF_ADDFD, structure_of(kAdd)),
};

// Page faults handled by programs.
constexpr Field kRangeFields[] = {
    POLYTAP_FIELD(uffdio_range, start, kHex),
    POLYTAP_FIELD(uffdio_range, len, kHex),
};
constexpr Structure kRange{kRangeFields, sizeof(uffdio_range)};
constexpr Field kApiFields[] = {
    POLYTAP_FIELD(uffdio_api, api, kHex),
    POLYTAP_FIELD(uffdio_api, features, flags_of(kFaultFeatures)),
};
constexpr Structure kApi{kApiFields, sizeof(uffdio_api)};
bool put_api(CallText& text, uint64_t at) {
  uffdio_api api{};
  if (!text.fetch(at, api)) return false;
  text.kept = api.features;
  text.put('{');
  put_fields(text, std::as_bytes(std::span(&api, 1)), kApi);
  return true;
}
void put_api_answer(CallText& text, uint64_t at) {
  uffdio_api api{};
  if (!text.memory.read_object(at, api)) return;
  if (api.features != text.kept) {
    text.put(" => features=");
    text.flags(kFaultFeatures, api.features);
  }
  text.put(", ioctls=");
  text.flags(kFaultApi, api.ioctls);
}
constexpr Field kRegisterFields[] = {
    POLYTAP_FIELD(uffdio_register, range, structure_of(kRange)),
    POLYTAP_FIELD(uffdio_register, mode, flags_of(kFaultRegister)),
};
constexpr Structure kRegister{kRegisterFields, sizeof(uffdio_register)};
constexpr Field kRegisterAnswerFields[] = {POLYTAP_FIELD(uffdio_register, ioctls, flags_of(kFaultRange))};
constexpr Structure kRegisterAnswer{kRegisterAnswerFields, sizeof(uffdio_register)};
constexpr Field kCopyFields[] = {
    POLYTAP_FIELD(uffdio_copy, dst, kHex),
    POLYTAP_FIELD(uffdio_copy, src, kHex),
    POLYTAP_FIELD(uffdio_copy, len, kHex),
    POLYTAP_FIELD(uffdio_copy, mode, flags_of(kFaultCopy)),
};
constexpr Structure kCopy{kCopyFields, sizeof(uffdio_copy)};
constexpr Field kCopyAnswerFields[] = {POLYTAP_FIELD(uffdio_copy, copy, kHex)};
constexpr Structure kCopyAnswer{kCopyAnswerFields, sizeof(uffdio_copy)};
constexpr Field kZeroFields[] = {
    POLYTAP_FIELD(uffdio_zeropage, range, structure_of(kRange)),
    POLYTAP_FIELD(uffdio_zeropage, mode, flags_of(kFaultZero)),
};
constexpr Structure kZero{kZeroFields, sizeof(uffdio_zeropage)};
constexpr Field kZeroAnswerFields[] = {POLYTAP_FIELD(uffdio_zeropage, zeropage, kHex)};
constexpr Structure kZeroAnswer{kZeroAnswerFields, sizeof(uffdio_zeropage)};

constexpr IoctlContent kFaultContents[] = {
    own_continued(UFFDIO_API, put_api, put_api_answer),
    continued(UFFDIO_REGISTER, structure_of(kRegister), structure_of(kRegisterAnswer)),
    in(UFFDIO_UNREGISTER, structure_of(kRange)),
    in(UFFDIO_WAKE, structure_of(kRange)),
    continued(UFFDIO_COPY, structure_of(kCopy), structure_of(kCopyAnswer)),
    continued(UFFDIO_ZEROPAGE, structure_of(kZero), structure_of(kZeroAnswer)),
};

// Entropy.
bool put_entropy(CallText& text, uint64_t at) {
  std::array<int32_t, 2> head{};
  if (!text.fetch(at, head)) return false;
  text.print("{{entropy_count={}, buf_size={}, buf=", head[0], head[1]);
  // A negative size is as good as endless.
  text.buffer(at + sizeof head, static_cast<uint32_t>(head[1]));
  text.put('}');
  return true;
}
constexpr IoctlContent kRandomContents[] = {
    out_brackets(RNDGETENTCNT, kInt32),
    in_brackets(RNDADDTOENTCNT, kInt32),
    own_in(RNDADDENTROPY, put_entropy),
    nothing(RNDZAPENTCNT),
    nothing(RNDCLEARPOOL),
    nothing(RNDRESEEDCRNG),
};

constexpr IoctlContent kInotifyContents[] = {
    direct(INOTIFY_IOC_SETNEXTWD, kInt32),
};

constexpr IoctlContent kBlockServerContents[] = {
    direct(NBD_SET_SOCK, kFd),
    direct(NBD_SET_BLKSIZE, kUint64),
    direct(NBD_SET_SIZE, kUint64),
    direct(NBD_SET_SIZE_BLOCKS, kUint64),
    direct(NBD_SET_TIMEOUT, kUint64),
    direct(NBD_SET_FLAGS, flags_of(kBlockServer, 4)),
    nothing(NBD_DO_IT),
    nothing(NBD_CLEAR_SOCK),
    nothing(NBD_CLEAR_QUE),
    nothing(NBD_PRINT_DEBUG),
    nothing(NBD_DISCONNECT),
};

}  // namespace

const IoctlFamily kPerfIoctls{_IOC_TYPE(PERF_EVENT_IOC_ENABLE), kPerfContents};
const IoctlFamily kSeccompIoctls{SECCOMP_IOC_MAGIC, kSeccompContents};
const IoctlFamily kFaultIoctls{UFFDIO, kFaultContents};
const IoctlFamily kRandomIoctls{_IOC_TYPE(RNDGETENTCNT), kRandomContents};
const IoctlFamily kInotifyIoctls{_IOC_TYPE(INOTIFY_IOC_SETNEXTWD), kInotifyContents};
const IoctlFamily kBlockServerIoctls{_IOC_TYPE(NBD_SET_SOCK), kBlockServerContents};

}  // namespace polytap
