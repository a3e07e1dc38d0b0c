// System V IPC: semaphores, messages, shared memory.
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include <algorithm>
#include <cstddef>

#include "core/syscall/printers.h"
#include "core/syscall/structure.h"
#include "core/syscall/tables.h"
#include "core/syscall/tables_ipc.h"
#include "core/syscall/value_kinds.h"

namespace polytap::printers {
namespace {

using namespace value_kinds;

constexpr uint32_t kIpc64 = 0x100;  // IPC_64 of include/uapi/linux/ipc.h

constexpr Field kPermissionSetFields[] = {
    POLYTAP_FIELD(ipc_perm, uid, kNumber),
    POLYTAP_FIELD(ipc_perm, gid, kNumber),
    POLYTAP_FIELD(ipc_perm, mode, {Show::kOctal}),
};
constexpr Structure kPermissionSet{kPermissionSetFields, sizeof(ipc_perm)};
constexpr Field kPermissionFields[] = {
    POLYTAP_FIELD(ipc_perm, uid, kNumber),         POLYTAP_FIELD(ipc_perm, gid, kNumber),
    POLYTAP_FIELD(ipc_perm, mode, {Show::kOctal}), {"key", offsetof(ipc_perm, __key), sizeof(ipc_perm::__key), kNumber},
    POLYTAP_FIELD(ipc_perm, cuid, kNumber),        POLYTAP_FIELD(ipc_perm, cgid, kNumber),
};
constexpr Structure kPermission{kPermissionFields, sizeof(ipc_perm)};

constexpr ValueKind kSigned{Show::kSigned};

// What a control call takes (IPC_SET) and what it gives (IPC_STAT, IPC_INFO, and its own *_INFO).
constexpr Field kSharedSetFields[] = {POLYTAP_FIELD(shmid_ds, shm_perm, structure_of(kPermissionSet))};
constexpr Structure kSharedSet{kSharedSetFields, sizeof(shmid_ds)};
constexpr Field kSharedFields[] = {
    POLYTAP_FIELD(shmid_ds, shm_perm, structure_of(kPermission)),
    POLYTAP_FIELD(shmid_ds, shm_segsz, kNumber),
    POLYTAP_FIELD(shmid_ds, shm_cpid, kSigned),
    POLYTAP_FIELD(shmid_ds, shm_lpid, kSigned),
    POLYTAP_FIELD(shmid_ds, shm_nattch, kNumber),
    POLYTAP_FIELD(shmid_ds, shm_atime, kNumber),
    POLYTAP_FIELD(shmid_ds, shm_dtime, kNumber),
    POLYTAP_FIELD(shmid_ds, shm_ctime, kNumber),
};
constexpr Structure kShared{kSharedFields, sizeof(shmid_ds)};
constexpr Field kSharedLimitFields[] = {
    POLYTAP_FIELD(shminfo, shmmax, kNumber), POLYTAP_FIELD(shminfo, shmmin, kNumber),
    POLYTAP_FIELD(shminfo, shmmni, kNumber), POLYTAP_FIELD(shminfo, shmseg, kNumber),
    POLYTAP_FIELD(shminfo, shmall, kNumber),
};
constexpr Structure kSharedLimits{kSharedLimitFields, sizeof(shminfo)};
constexpr Field kSharedUseFields[] = {
    POLYTAP_FIELD(shm_info, used_ids, kSigned),      POLYTAP_FIELD(shm_info, shm_tot, kNumber),
    POLYTAP_FIELD(shm_info, shm_rss, kNumber),       POLYTAP_FIELD(shm_info, shm_swp, kNumber),
    POLYTAP_FIELD(shm_info, swap_attempts, kNumber), POLYTAP_FIELD(shm_info, swap_successes, kNumber),
};
constexpr Structure kSharedUse{kSharedUseFields, sizeof(shm_info)};

constexpr Field kSemaphoreSetFields[] = {POLYTAP_FIELD(semid_ds, sem_perm, structure_of(kPermissionSet))};
constexpr Structure kSemaphoreSet{kSemaphoreSetFields, sizeof(semid_ds)};
constexpr Field kSemaphoreFields[] = {
    POLYTAP_FIELD(semid_ds, sem_perm, structure_of(kPermission)),
    POLYTAP_FIELD(semid_ds, sem_otime, kNumber),
    POLYTAP_FIELD(semid_ds, sem_ctime, kNumber),
    POLYTAP_FIELD(semid_ds, sem_nsems, kNumber),
};
constexpr Structure kSemaphore{kSemaphoreFields, sizeof(semid_ds)};
constexpr Field kSemaphoreLimitFields[] = {
    POLYTAP_FIELD(seminfo, semmap, kSigned), POLYTAP_FIELD(seminfo, semmni, kSigned),
    POLYTAP_FIELD(seminfo, semmns, kSigned), POLYTAP_FIELD(seminfo, semmnu, kSigned),
    POLYTAP_FIELD(seminfo, semmsl, kSigned), POLYTAP_FIELD(seminfo, semopm, kSigned),
    POLYTAP_FIELD(seminfo, semume, kSigned), POLYTAP_FIELD(seminfo, semusz, kSigned),
    POLYTAP_FIELD(seminfo, semvmx, kSigned), POLYTAP_FIELD(seminfo, semaem, kSigned),
};
constexpr Structure kSemaphoreLimits{kSemaphoreLimitFields, sizeof(seminfo)};

constexpr Field kQueueSetFields[] = {
    POLYTAP_FIELD(msqid_ds, msg_perm, structure_of(kPermissionSet)),
    POLYTAP_FIELD(msqid_ds, msg_qbytes, kNumber),
};
constexpr Structure kQueueSet{kQueueSetFields, sizeof(msqid_ds)};
constexpr Field kQueueFields[] = {
    POLYTAP_FIELD(msqid_ds, msg_perm, structure_of(kPermission)),
    POLYTAP_FIELD(msqid_ds, msg_stime, kNumber),
    POLYTAP_FIELD(msqid_ds, msg_rtime, kNumber),
    POLYTAP_FIELD(msqid_ds, msg_ctime, kNumber),
    POLYTAP_FIELD(msqid_ds, msg_qnum, kNumber),
    POLYTAP_FIELD(msqid_ds, msg_qbytes, kNumber),
    POLYTAP_FIELD(msqid_ds, msg_lspid, kSigned),
    POLYTAP_FIELD(msqid_ds, msg_lrpid, kSigned),
};
constexpr Structure kQueue{kQueueFields, sizeof(msqid_ds)};
constexpr Field kQueueLimitFields[] = {
    POLYTAP_FIELD(msginfo, msgpool, kSigned), POLYTAP_FIELD(msginfo, msgmap, kSigned),
    POLYTAP_FIELD(msginfo, msgmax, kSigned),  POLYTAP_FIELD(msginfo, msgmnb, kSigned),
    POLYTAP_FIELD(msginfo, msgmni, kSigned),  POLYTAP_FIELD(msginfo, msgssz, kSigned),
    POLYTAP_FIELD(msginfo, msgtql, kSigned),  POLYTAP_FIELD(msginfo, msgseg, kNumber),
};
constexpr Structure kQueueLimits{kQueueLimitFields, sizeof(msginfo)};

constexpr Field kOperationFields[] = {
    POLYTAP_FIELD(sembuf, sem_num, kNumber),
    POLYTAP_FIELD(sembuf, sem_op, kSigned),
    POLYTAP_FIELD(sembuf, sem_flg, flags_of(kSemaphoreFlags)),
};
constexpr Structure kOperation{kOperationFields, sizeof(sembuf)};

// Of *_STAT_ANY (since Linux 4.17), which libc may lack.
constexpr uint32_t kQueueStatAny = 13;
constexpr uint32_t kSharedStatAny = 15;
constexpr uint32_t kSemaphoreStatAny = 20;

struct Control {
  const Structure* structure = nullptr;
  bool is_result = false;
};

Control shared_control(uint32_t command) {
  switch (command & ~kIpc64) {
    case IPC_SET:
      return {&kSharedSet, false};
    case IPC_STAT:
    case SHM_STAT:
    case kSharedStatAny:
      return {&kShared, true};
    case IPC_INFO:
      return {&kSharedLimits, true};
    case SHM_INFO:
      return {&kSharedUse, true};
    default:
      return {};
  }
}

Control semaphore_control(uint32_t command) {
  switch (command & ~kIpc64) {
    case IPC_SET:
      return {&kSemaphoreSet, false};
    case IPC_STAT:
    case SEM_STAT:
    case kSemaphoreStatAny:
      return {&kSemaphore, true};
    case IPC_INFO:
    case SEM_INFO:
      return {&kSemaphoreLimits, true};
    default:
      return {};
  }
}

Control queue_control(uint32_t command) {
  switch (command & ~kIpc64) {
    case IPC_SET:
      return {&kQueueSet, false};
    case IPC_STAT:
    case MSG_STAT:
    case kQueueStatAny:
      return {&kQueue, true};
    case IPC_INFO:
    case MSG_INFO:
      return {&kQueueLimits, true};
    default:
      return {};
  }
}

void put_control(CallText& text, const Control& control, uint64_t value) {
  if (control.structure == nullptr || (control.is_result && !text.succeeded())) return text.address(value);
  put_structure_at(text, value, *control.structure);
}

uint32_t command_in(const CallText& text, size_t index) { return static_cast<uint32_t>(text.argument(index)); }

void put_message(CallText& text, uint64_t value, uint64_t length) {
  int64_t type = 0;
  std::array<std::byte, 16> head{};  // struct msgbuf with the space behind it
  const uint64_t shown = std::min<uint64_t>(length, text.style.string_limit);
  std::vector<std::byte> content(shown);
  if (!text.memory.read_object(value, head) || !text.memory.read_object(value, type) ||
      text.memory.read(value + sizeof type, content) != shown) {
    return text.address(value);
  }
  text.print("{{mtype={}, mtext=", type);
  text.buffer(value + sizeof type, length);
  text.put('}');
}

}  // namespace

void ipc_command(CallText& text, uint64_t value, const ArgumentKind& kind) {
  const auto command = static_cast<uint32_t>(value);
  if ((command & kIpc64) == 0 || text.style.constants == ConstantStyle::kRaw) {
    return text.enumeration(*kind.table, command);
  }
  if (text.style.constants == ConstantStyle::kVerbose) {
    text.hex(command);
    std::string name;
    append_enumeration(name, *kind.table, command & ~kIpc64, ConstantStyle::kAbbreviated);
    return text.print(" /* IPC_64|{} */", name);
  }
  text.put("IPC_64|");
  text.enumeration(*kind.table, command & ~kIpc64);
}

bool shm_known_at_entry(const CallText& text) { return !shared_control(command_in(text, 1)).is_result; }
bool sem_known_at_entry(const CallText& text) { return !semaphore_control(command_in(text, 2)).is_result; }
bool msg_known_at_entry(const CallText& text) { return !queue_control(command_in(text, 1)).is_result; }

void shm_argument(CallText& text, uint64_t value, const ArgumentKind&) {
  put_control(text, shared_control(command_in(text, 1)), value);
}

void sem_argument(CallText& text, uint64_t value, const ArgumentKind&) {
  const uint32_t command = command_in(text, 2);
  const Control control = semaphore_control(command);
  if (control.structure == nullptr && (command & ~kIpc64) == SETVAL) return text.address(value);
  put_control(text, control, value);
}

void msg_argument(CallText& text, uint64_t value, const ArgumentKind&) {
  put_control(text, queue_control(command_in(text, 1)), value);
}

void sem_operations(CallText& text, uint64_t value, const ArgumentKind&) {
  put_structures_at(text, value, static_cast<uint32_t>(text.argument(2)), kOperation);
}

void ipc_message_to_send(CallText& text, uint64_t value, const ArgumentKind&) {
  put_message(text, value, text.argument(2));
}

void ipc_message_received(CallText& text, uint64_t value, const ArgumentKind&) {
  if (!text.succeeded()) return text.address(value);
  put_message(text, value, text.argument(2));
}

}  // namespace polytap::printers
