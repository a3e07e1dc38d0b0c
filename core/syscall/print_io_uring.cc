// io_uring_setup(2), io_uring_enter(2), io_uring_register(2).
#include <linux/io_uring.h>
#include <linux/time_types.h>
#include <sys/uio.h>

#include <algorithm>
#include <cstring>

#include "core/syscall/printers.h"
#include "core/syscall/structure.h"
#include "core/syscall/tables.h"
#include "core/syscall/tables_io_uring.h"
#include "core/syscall/value_kinds.h"

namespace polytap::printers {
namespace {

using namespace value_kinds;

#define OFFSET_FIELD(type, member) POLYTAP_FIELD(type, member, kNumber)
constexpr Field kSubmissionFields[] = {
    OFFSET_FIELD(io_sqring_offsets, head),      OFFSET_FIELD(io_sqring_offsets, tail),
    OFFSET_FIELD(io_sqring_offsets, ring_mask), OFFSET_FIELD(io_sqring_offsets, ring_entries),
    OFFSET_FIELD(io_sqring_offsets, flags),     OFFSET_FIELD(io_sqring_offsets, dropped),
    OFFSET_FIELD(io_sqring_offsets, array),
};
constexpr Structure kSubmission{kSubmissionFields, sizeof(io_sqring_offsets)};
constexpr Field kCompletionFields[] = {
    OFFSET_FIELD(io_cqring_offsets, head),      OFFSET_FIELD(io_cqring_offsets, tail),
    OFFSET_FIELD(io_cqring_offsets, ring_mask), OFFSET_FIELD(io_cqring_offsets, ring_entries),
    OFFSET_FIELD(io_cqring_offsets, overflow),  OFFSET_FIELD(io_cqring_offsets, cqes),
    OFFSET_FIELD(io_cqring_offsets, flags),
};
constexpr Structure kCompletion{kCompletionFields, sizeof(io_cqring_offsets)};

template <typename T>
std::span<const std::byte> bytes_of(const T& object) {
  return std::as_bytes(std::span(&object, 1));
}

// ", resv=0x1" of reserved words that are not zero.
template <typename T, size_t N>
void put_reserved(CallText& text, const T (&words)[N], std::string_view name = "resv") {
  if (std::ranges::all_of(words, [](T word) { return word == 0; })) return;
  text.print(", {}=[", name);
  for (size_t i = 0; i < N; ++i) {
    if (i > 0) text.put(", ");
    text.hex(words[i]);
  }
  text.put(']');
}
template <typename T>
void put_reserved_word(CallText& text, T word, std::string_view name = "resv") {
  if (word == 0) return;
  text.print(", {}=", name);
  text.hex(word);
}

void put_vector(CallText& text, const iovec& vector) {
  text.put("{iov_base=");
  text.address(reinterpret_cast<uint64_t>(vector.iov_base));
  text.print(", iov_len={}}}", vector.iov_len);
}

void put_probe(CallText& text, uint64_t at, uint64_t count) {
  io_uring_probe probe{};
  const uint64_t size = sizeof probe + count * sizeof(io_uring_probe_op);
  std::vector<std::byte> whole(std::min<uint64_t>(size, sizeof probe + 256 * sizeof(io_uring_probe_op)));
  if (at == 0 || text.memory.read(at, whole) != whole.size()) return text.address(at);
  // Where the caller filled it with anything but zeros the kernel refuses it.
  const bool is_empty = std::ranges::all_of(whole, [](std::byte each) { return each == std::byte{0}; });
  if (is_empty && !text.succeeded()) return text.address(at);
  std::memcpy(&probe, whole.data(), sizeof probe);
  const auto put_operation = [&](unsigned number) {
    const std::string_view name = kIouringOperations.find(number);
    if (name.empty()) {
      text.print("{} /* IORING_OP_??? */", number);
    } else {
      text.enumeration(kIouringOperations, number);
    }
  };
  text.put("{last_op=");
  put_operation(probe.last_op);
  text.print(", ops_len={}", probe.ops_len);
  put_reserved_word(text, probe.resv);
  put_reserved(text, probe.resv2, "resv2");
  text.put(", ops=");
  put_array<io_uring_probe_op>(text, at + sizeof probe, count, [&](const io_uring_probe_op& each) {
    text.put("{op=");
    put_operation(each.op);
    put_reserved_word(text, each.resv);
    text.put(", flags=");
    text.flags(kIouringProbeFlags, each.flags);
    put_reserved_word(text, each.resv2, "resv2");
    text.put('}');
  });
  text.put('}');
}

void put_restriction(CallText& text, const io_uring_restriction& restriction) {
  text.put("{opcode=");
  text.enumeration(kIouringRestrictions, restriction.opcode);
  switch (restriction.opcode) {
    case IORING_RESTRICTION_REGISTER_OP:
      text.put(", register_op=");
      text.enumeration(kIouringRegisterOpcodes, restriction.register_op);
      break;
    case IORING_RESTRICTION_SQE_OP:
      text.put(", sqe_op=");
      text.enumeration(kIouringOperations, restriction.sqe_op);
      break;
    case IORING_RESTRICTION_SQE_FLAGS_ALLOWED:
    case IORING_RESTRICTION_SQE_FLAGS_REQUIRED:
      text.put(", sqe_flags=");
      text.flags(kIouringEntryFlags, restriction.sqe_flags);
      break;
    default:
      text.print(" /* op: {:#x} */", restriction.register_op);
  }
  put_reserved_word(text, restriction.resv);
  put_reserved(text, restriction.resv2, "resv2");
  text.put('}');
}

void put_files_update(CallText& text, uint64_t at, uint64_t count) {
  io_uring_files_update update{};
  if (!text.fetch(at, update)) return;
  text.print("{{offset={}", update.offset);
  put_reserved_word(text, update.resv);
  text.put(", fds=");
  put_array<int>(text, update.fds, count, [&](int fd) { text.fd(fd); });
  text.put('}');
}

void put_ring_fd(CallText& text, const io_uring_rsrc_update& update, bool registers) {
  text.print("{{offset={}", update.offset);
  put_reserved_word(text, update.resv);
  if (registers) {
    text.put(", data=");
    text.fd(static_cast<int>(update.data));
  } else if (update.data != 0) {
    text.put(", data=");
    text.hex(update.data);
  }
  text.put('}');
}

void put_buffer_ring(CallText& text, uint64_t at) {
  io_uring_buf_reg ring{};
  if (!text.fetch(at, ring)) return;
  text.put("{ring_addr=");
  text.address(ring.ring_addr);
  text.print(", ring_entries={}, bgid={}", ring.ring_entries, ring.bgid);
  put_reserved_word(text, ring.pad, "pad");
  put_reserved(text, ring.resv);
  text.put('}');
}

void put_workers(CallText& text, uint64_t at, uint64_t count) {
  size_t index = 0;
  put_array<uint32_t>(text, at, count, [&](uint32_t each) {
    text.put('[');
    text.enumeration(kIouringWorkers, index++);
    text.print("]={}", each);
  });
}

}  // namespace

void io_uring_parameters(CallText& text, uint64_t value, const ArgumentKind&) {
  io_uring_params parameters{};
  if (!text.fetch(value, parameters)) return;
  text.put("{flags=");
  text.flags(kIouringSetupFlags, parameters.flags);
  text.put(", sq_thread_cpu=");
  if (parameters.sq_thread_cpu == UINT32_MAX) {
    text.hex(parameters.sq_thread_cpu);
  } else {
    text.print("{}", parameters.sq_thread_cpu);
  }
  text.print(", sq_thread_idle={}", parameters.sq_thread_idle);
  if ((parameters.flags & IORING_SETUP_ATTACH_WQ) != 0) {
    text.put(", wq_fd=");
    text.fd(static_cast<int>(parameters.wq_fd));
  }
  put_reserved(text, parameters.resv);
  if (text.succeeded()) {
    text.print(", sq_entries={}, cq_entries={}, features=", parameters.sq_entries, parameters.cq_entries);
    text.flags(kIouringFeatures, parameters.features);
    text.put(", sq_off=");
    put_structure(text, bytes_of(parameters.sq_off), kSubmission);
    text.put(", cq_off=");
    put_structure(text, bytes_of(parameters.cq_off), kCompletion);
  }
  text.put('}');
}

void io_uring_enter_argument(CallText& text, uint64_t value, const ArgumentKind& kind) {
  if ((text.argument(3) & IORING_ENTER_EXT_ARG) != 0) return text.address(value);
  signal_set(text, value, kind);
}

void io_uring_register_argument(CallText& text, uint64_t value, const ArgumentKind& kind) {
  const uint64_t count = static_cast<uint32_t>(text.argument(3));
  switch (text.argument(1)) {
    case IORING_REGISTER_BUFFERS:
      return put_array<iovec>(text, value, count, [&](const iovec& each) { put_vector(text, each); });
    case IORING_REGISTER_FILES:
    case IORING_REGISTER_EVENTFD:
    case IORING_REGISTER_EVENTFD_ASYNC:
      return put_array<int>(text, value, count, [&](int fd) { text.fd(fd); });
    case IORING_REGISTER_FILES_UPDATE:
      return put_files_update(text, value, count);
    case IORING_REGISTER_PROBE:
      return put_probe(text, value, count);
    case IORING_REGISTER_RESTRICTIONS:
      return put_array<io_uring_restriction>(text, value, count,
                                             [&](const io_uring_restriction& each) { put_restriction(text, each); });
    case IORING_REGISTER_IOWQ_AFF:
      return cpu_set(text, value, {kind.print, kind.direction, nullptr, 0, 3});
    case IORING_REGISTER_IOWQ_MAX_WORKERS:
      return put_workers(text, value, count);
    case IORING_REGISTER_RING_FDS:
    case IORING_UNREGISTER_RING_FDS:
      return put_array<io_uring_rsrc_update>(text, value, count, [&](const io_uring_rsrc_update& each) {
        put_ring_fd(text, each, text.argument(1) == IORING_REGISTER_RING_FDS);
      });
    case IORING_REGISTER_PBUF_RING:
    case IORING_UNREGISTER_PBUF_RING:
      return put_buffer_ring(text, value);
    default:
      return text.address(value);
  }
}

void io_uring_register_answer(CallText& text, uint64_t, const ArgumentKind&) {
  uint32_t first = 0;
  const uint64_t value = text.argument(2);
  if (text.argument(1) != IORING_REGISTER_IOWQ_MAX_WORKERS || !text.memory.read_object(value, first)) return;
  // The former numbers.
  text.put(" => ");
  text.succeeded() ? put_workers(text, value, static_cast<uint32_t>(text.argument(3))) : text.address(value);
}

bool io_uring_register_known_at_entry(const CallText& text) { return text.argument(1) != IORING_REGISTER_PROBE; }

}  // namespace polytap::printers
