// POSIX message queues and asynchronous I/O.
#include <linux/aio_abi.h>
#include <linux/ioprio.h>
#include <mqueue.h>
#include <sys/uio.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

#include "core/syscall/printers.h"
#include "core/syscall/structure.h"
#include "core/syscall/tables.h"
#include "core/syscall/tables_ipc.h"
#include "core/syscall/value_kinds.h"

namespace polytap::printers {
namespace {

using namespace value_kinds;

constexpr ValueKind kSigned{Show::kSigned};

constexpr Field kQueueAttributeFields[] = {
    POLYTAP_FIELD(mq_attr, mq_flags, flags_of(kQueueFlags)),
    POLYTAP_FIELD(mq_attr, mq_maxmsg, kSigned),
    POLYTAP_FIELD(mq_attr, mq_msgsize, kSigned),
    POLYTAP_FIELD(mq_attr, mq_curmsgs, kSigned),
};
constexpr Structure kQueueAttributes{kQueueAttributeFields, sizeof(mq_attr)};
// The same of mq_open, which takes no flags from it.
constexpr Field kQueueRequestFields[] = {
    POLYTAP_FIELD(mq_attr, mq_flags, {Show::kHex}),
    POLYTAP_FIELD(mq_attr, mq_maxmsg, kSigned),
    POLYTAP_FIELD(mq_attr, mq_msgsize, kSigned),
    POLYTAP_FIELD(mq_attr, mq_curmsgs, kSigned),
};
constexpr Structure kQueueRequest{kQueueRequestFields, sizeof(mq_attr)};

constexpr Field kEventFields[] = {
    POLYTAP_FIELD(io_event, data, {Show::kHex}),
    POLYTAP_FIELD(io_event, obj, {Show::kHex}),
    POLYTAP_FIELD(io_event, res, kSigned),
    POLYTAP_FIELD(io_event, res2, kSigned),
};
constexpr Structure kEvent{kEventFields, sizeof(io_event)};

void put_transfer(CallText& text, const iocb& block, bool is_write) {
  text.put(", aio_buf=");
  if (is_write) {
    text.buffer(block.aio_buf, block.aio_nbytes);
  } else {
    text.hex(block.aio_buf);
  }
  text.print(", aio_nbytes={}, aio_offset={}", static_cast<uint64_t>(block.aio_nbytes), block.aio_offset);
}

void put_vectors(CallText& text, const iocb& block, bool is_write) {
  text.put(", aio_buf=");
  put_array<iovec>(text, block.aio_buf, block.aio_nbytes, [&](const iovec& vector) {
    text.put("{iov_base=");
    const auto base = reinterpret_cast<uint64_t>(vector.iov_base);
    is_write ? text.buffer(base, vector.iov_len) : text.address(base);
    text.print(", iov_len={}}}", vector.iov_len);
  });
  text.print(", aio_offset={}", block.aio_offset);
}

// The parts that every command has.
void put_head(CallText& text, const iocb& block, bool whole) {
  if (block.aio_data != 0 || !whole) {
    text.put("aio_data=");
    text.hex(block.aio_data);
    text.put(", ");
  }
  if (block.aio_key != 0) text.print("aio_key={}, ", block.aio_key);
  if (block.aio_rw_flags != 0) {
    text.put("aio_rw_flags=");
    text.flags(kRwFlags, static_cast<uint32_t>(block.aio_rw_flags));
    text.put(", ");
  }
  text.put("aio_lio_opcode=");
  const std::string_view name = kAioCommands.find(block.aio_lio_opcode);
  if (name.empty()) {
    text.print("{} /* {} */", block.aio_lio_opcode, kAioCommands.unknown);
  } else {
    text.enumeration(kAioCommands, block.aio_lio_opcode);
  }
  if ((block.aio_flags & IOCB_FLAG_IOPRIO) != 0) {
    text.put(", aio_reqprio=");
    io_priority(text, static_cast<uint16_t>(block.aio_reqprio), {});
  } else if (block.aio_reqprio != 0) {
    text.print(", aio_reqprio={}", block.aio_reqprio);
  }
  text.put(", aio_fildes=");
  text.fd(static_cast<int>(block.aio_fildes));
}

void put_tail(CallText& text, const iocb& block) {
  if (block.aio_flags != 0) {
    text.put(", aio_flags=");
    text.flags(kAioFlags, block.aio_flags);
  }
  if ((block.aio_flags & IOCB_FLAG_RESFD) != 0) {
    text.put(", aio_resfd=");
    text.fd(static_cast<int>(block.aio_resfd));
  } else if (block.aio_resfd != 0) {
    text.print(", aio_resfd={:#x}", block.aio_resfd);
  }
}

void put_block(CallText& text, uint64_t at, bool whole) {
  iocb block{};
  if (!text.fetch(at, block)) return;
  text.put('{');
  put_head(text, block, whole);
  if (!whole) return text.put('}');
  switch (block.aio_lio_opcode) {
    case IOCB_CMD_PREAD:
    case IOCB_CMD_PWRITE:
      put_transfer(text, block, block.aio_lio_opcode == IOCB_CMD_PWRITE);
      put_tail(text, block);
      break;
    case IOCB_CMD_PREADV:
    case IOCB_CMD_PWRITEV:
      put_vectors(text, block, block.aio_lio_opcode == IOCB_CMD_PWRITEV);
      put_tail(text, block);
      break;
    case IOCB_CMD_POLL:
      text.put(", aio_buf=");
      text.flags(kPollEvents, block.aio_buf);
      put_tail(text, block);
      break;
    default:
      break;
  }
  text.put('}');
}

}  // namespace

void queue_request(CallText& text, uint64_t value, const ArgumentKind&) {
  put_structure_at(text, value, kQueueRequest);
}

void queue_attributes(CallText& text, uint64_t value, const ArgumentKind& kind) {
  if (kind.direction == ArgumentKind::Direction::kOut && !text.succeeded()) return text.address(value);
  put_structure_at(text, value, kQueueAttributes);
}

void io_blocks(CallText& text, uint64_t value, const ArgumentKind&) {
  put_array<uint64_t>(text, value, text.argument(1), [&](uint64_t at) { put_block(text, at, true); });
}

void io_block(CallText& text, uint64_t value, const ArgumentKind&) { put_block(text, value, false); }

void io_event_result(CallText& text, uint64_t value, const ArgumentKind&) {
  text.succeeded() ? put_structure_at(text, value, kEvent) : text.address(value);
}

void io_events_result(CallText& text, uint64_t value, const ArgumentKind&) {
  if (!text.succeeded()) return text.address(value);
  put_structures_at(text, value, static_cast<uint64_t>(text.call.result), kEvent);
}

}  // namespace polytap::printers
