// bpf(2), and the classic filters of seccomp(2), prctl(2) and SO_ATTACH_FILTER.
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <array>
#include <cstring>

#include "core/syscall/printers.h"
#include "core/syscall/structure.h"
#include "core/syscall/tables.h"
#include "core/syscall/tables_bpf.h"
#include "core/syscall/value_kinds.h"

namespace polytap::printers {
namespace {

using Bytes = std::span<const std::byte>;
using namespace value_kinds;

constexpr ValueKind kHexNumber{Show::kHex};
constexpr ValueKind kFdKind{Show::kFd};
constexpr ValueKind kPointer{Show::kAddress};
constexpr ValueKind kProcess{Show::kSigned};

// Instructions.

void put_register(CallText& text, unsigned number) { text.enumeration(kBpfRegisters, number); }

void put_rest_of_code(CallText& text, unsigned bits) {
  if (bits == 0) return;
  text.put('|');
  text.hex(bits);
  text.put(" /* BPF_??? */");
}

void put_operation(CallText& text, const ConstantTable& operations, unsigned code) {
  text.put('|');
  text.put(BPF_SRC(code) == BPF_X ? "BPF_X" : "BPF_K");
  const unsigned operation = BPF_OP(code);
  text.put('|');
  text.enumeration(operations, operation);
}

void put_size_and_mode(CallText& text, unsigned code) {
  text.put('|');
  text.enumeration(kBpfSizes, BPF_SIZE(code));
  text.put('|');
  text.enumeration(kBpfModes, BPF_MODE(code));
}

void put_code(CallText& text, unsigned code) {
  const unsigned kind = BPF_CLASS(code);
  text.enumeration(kBpfClasses, kind);
  switch (kind) {
    case BPF_LD:
    case BPF_LDX:
    case BPF_ST:
    case BPF_STX:
      return put_size_and_mode(text, code);
    case BPF_JMP:
      return put_operation(text, kBpfJumps, code);
    case BPF_JMP32:
      return put_operation(text, kBpfJumps32, code);
    default:
      return put_operation(text, kBpfOperations, code);
  }
}

void put_instruction(CallText& text, const bpf_insn& instruction) {
  text.put("{code=");
  put_code(text, instruction.code);
  text.put(", dst_reg=");
  put_register(text, instruction.dst_reg);
  text.put(", src_reg=");
  put_register(text, instruction.src_reg);
  text.print(", off={}, imm=", instruction.off);
  text.hex(static_cast<uint32_t>(instruction.imm));
  text.put('}');
}

void put_instructions(CallText& text, Bytes bytes, Bytes whole) {
  const uint64_t at = number_in(bytes);
  uint32_t count = 0;
  std::memcpy(&count, whole.data() + offsetof(bpf_attr, insn_cnt), sizeof count);
  if (!text.style.verbose) return text.address(at);
  put_array<bpf_insn>(text, at, count, [&](const bpf_insn& each) { put_instruction(text, each); });
}

// Values that depend on others, or lead elsewhere.

void put_string_at(CallText& text, Bytes bytes, Bytes) { text.string(number_in(bytes)); }
void put_path_at(CallText& text, Bytes bytes, Bytes) { text.path(number_in(bytes)); }

// A name in a fixed array: what is behind the last byte that counts cannot be seen.
void put_name(CallText& text, Bytes bytes, Bytes) {
  const std::string_view name(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const size_t end = name.find('\0');
  text.quoted(name.substr(0, end == name.npos ? name.size() - 1 : end), end == name.npos);
}

void put_kernel_version(CallText& text, Bytes bytes, Bytes) {
  const uint64_t version = number_in(bytes);
  text.print("KERNEL_VERSION({}, {}, {})", version >> 16, version >> 8 & 0xff, version & 0xff);
}

void put_log(CallText& text, Bytes bytes, Bytes whole) {
  const uint64_t at = number_in(bytes);
  uint32_t size = 0;
  std::memcpy(&size, whole.data() + offsetof(bpf_attr, log_size), sizeof size);
  if (at == 0 || size == 0) return text.address(at);
  text.string(at);
}

template <auto Print>
constexpr ValueKind by() {
  return {Show::kPrinted, nullptr, nullptr, nullptr, 0, Print};
}

#define ATTRIBUTE(member, ...) POLYTAP_FIELD(bpf_attr, member, __VA_ARGS__)
// The first of those that came together with a later kernel.
#define LATER(member, ...) POLYTAP_FIELD(bpf_attr, member, __VA_ARGS__, false, nullptr, true)

constexpr uint16_t end_of(size_t offset, size_t size) { return static_cast<uint16_t>(offset + size); }
#define END(member) end_of(offsetof(bpf_attr, member), sizeof(bpf_attr::member))

bool has_numa_node(Bytes whole) {
  return (number_in(whole.subspan(offsetof(bpf_attr, map_flags), 4)) & BPF_F_NUMA_NODE) != 0;
}

bool replaces_program(Bytes whole) {
  return (number_in(whole.subspan(offsetof(bpf_attr, link_update.flags), 4)) & BPF_F_REPLACE) != 0;
}

constexpr Field kMapCreateFields[] = {
    ATTRIBUTE(map_type, one_of(kBpfMapTypes)),
    ATTRIBUTE(key_size, kNumber),
    ATTRIBUTE(value_size, kNumber),
    ATTRIBUTE(max_entries, kNumber),
    LATER(map_flags, flags_of(kBpfMapFlags)),
    LATER(inner_map_fd, kFdKind),
    {"numa_node", offsetof(bpf_attr, numa_node), 4, kNumber, false, has_numa_node, true},
    LATER(map_name, by<put_name>()),
    LATER(map_ifindex, {Show::kInterface}),
    LATER(btf_fd, kFdKind),
    ATTRIBUTE(btf_key_type_id, kNumber),
    ATTRIBUTE(btf_value_type_id, kNumber),
    LATER(btf_vmlinux_value_type_id, kNumber),
    LATER(map_extra, kNumber),
};
constexpr Structure kMapCreate{kMapCreateFields, END(map_extra)};

constexpr Field kElementFields[] = {
    ATTRIBUTE(map_fd, kFdKind),
    ATTRIBUTE(key, kPointer),
    ATTRIBUTE(value, kPointer),
    ATTRIBUTE(flags, one_of(kBpfElementFlags)),
};
constexpr Structure kElement{kElementFields, END(flags)};
constexpr Field kTakeFields[] = {
    ATTRIBUTE(map_fd, kFdKind),
    ATTRIBUTE(key, kPointer),
    ATTRIBUTE(value, kPointer),
    LATER(flags, one_of(kBpfLookupFlags)),
};
constexpr Structure kTake{kTakeFields, END(flags)};
constexpr Field kKeyFields[] = {ATTRIBUTE(map_fd, kFdKind), ATTRIBUTE(key, kPointer)};
constexpr Structure kKey{kKeyFields, END(key)};
constexpr Field kNextKeyFields[] = {
    ATTRIBUTE(map_fd, kFdKind),
    ATTRIBUTE(key, kPointer),
    ATTRIBUTE(next_key, kPointer),
};
constexpr Structure kNextKey{kNextKeyFields, END(next_key)};
constexpr Field kMapFields[] = {ATTRIBUTE(map_fd, kFdKind)};
constexpr Structure kMap{kMapFields, END(map_fd)};

constexpr Field kProgramLoadFields[] = {
    ATTRIBUTE(prog_type, one_of(kBpfProgramTypes)),
    ATTRIBUTE(insn_cnt, kNumber),
    ATTRIBUTE(insns, by<put_instructions>()),
    ATTRIBUTE(license, by<put_string_at>()),
    LATER(log_level, kNumber),
    ATTRIBUTE(log_size, kNumber),
    ATTRIBUTE(log_buf, by<put_log>()),
    LATER(kern_version, by<put_kernel_version>()),
    LATER(prog_flags, flags_of(kBpfProgramFlags)),
    LATER(prog_name, by<put_name>()),
    LATER(prog_ifindex, {Show::kInterface}),
    LATER(expected_attach_type, one_of(kBpfAttachTypes)),
    LATER(prog_btf_fd, kFdKind),
    ATTRIBUTE(func_info_rec_size, kNumber),
    ATTRIBUTE(func_info, kPointer),
    ATTRIBUTE(func_info_cnt, kNumber),
    ATTRIBUTE(line_info_rec_size, kNumber),
    ATTRIBUTE(line_info, kPointer),
    ATTRIBUTE(line_info_cnt, kNumber),
    LATER(attach_btf_id, kNumber),
    LATER(attach_prog_fd, kFdKind),
    {"fd_array", offsetof(bpf_attr, fd_array), 8, kPointer, false, nullptr, true},
};
constexpr Structure kProgramLoad{kProgramLoadFields, END(fd_array)};

constexpr Field kPathFields[] = {
    ATTRIBUTE(pathname, by<put_path_at>()),
    ATTRIBUTE(bpf_fd, kFdKind),
    LATER(file_flags, flags_of(kBpfFileFlags)),
};
constexpr Structure kPath{kPathFields, END(file_flags)};

constexpr Field kAttachFields[] = {
    ATTRIBUTE(target_fd, kFdKind),
    ATTRIBUTE(attach_bpf_fd, kFdKind),
    ATTRIBUTE(attach_type, one_of(kBpfAttachTypes)),
    ATTRIBUTE(attach_flags, flags_of(kBpfAttachFlags)),
    LATER(replace_bpf_fd, kFdKind),
};
constexpr Structure kAttach{kAttachFields, END(replace_bpf_fd)};
constexpr Field kDetachFields[] = {
    ATTRIBUTE(target_fd, kFdKind),
    ATTRIBUTE(attach_type, one_of(kBpfAttachTypes)),
};
constexpr Structure kDetach{kDetachFields, END(attach_type)};

#define INNER(group, member, ...) \
  { #member, offsetof(bpf_attr, group.member), sizeof(bpf_attr::group.member), __VA_ARGS__ }
#define INNER_END(group, member) end_of(offsetof(bpf_attr, group.member), sizeof(bpf_attr::group.member))

constexpr Field kTestFields[] = {
    INNER(test, prog_fd, kFdKind),
    INNER(test, retval, kNumber),
    INNER(test, data_size_in, kNumber),
    INNER(test, data_size_out, kNumber),
    INNER(test, data_in, kPointer),
    INNER(test, data_out, kPointer),
    INNER(test, repeat, kNumber),
    INNER(test, duration, kNumber),
    INNER(test, ctx_size_in, kNumber, false, nullptr, true),
    INNER(test, ctx_size_out, kNumber),
    INNER(test, ctx_in, kPointer),
    INNER(test, ctx_out, kPointer),
    INNER(test, flags, flags_of(kBpfTestFlags), false, nullptr, true),
    INNER(test, cpu, kNumber, false, nullptr, true),
    INNER(test, batch_size, kNumber, false, nullptr, true),
};
constexpr Structure kTest{kTestFields, INNER_END(test, batch_size)};

constexpr Field kNextIdFields[] = {
    ATTRIBUTE(start_id, kNumber),
    ATTRIBUTE(next_id, kNumber),
    LATER(open_flags, flags_of(kBpfFileFlags)),
};
constexpr Structure kNextId{kNextIdFields, END(open_flags)};
constexpr Field kProgramIdFields[] = {
    ATTRIBUTE(prog_id, kNumber),
    ATTRIBUTE(next_id, kNumber),
    LATER(open_flags, flags_of(kBpfFileFlags)),
};
constexpr Structure kProgramId{kProgramIdFields, END(open_flags)};
constexpr Field kMapIdFields[] = {
    ATTRIBUTE(map_id, kNumber),
    ATTRIBUTE(next_id, kNumber),
    LATER(open_flags, flags_of(kBpfFileFlags)),
};
constexpr Structure kMapId{kMapIdFields, END(open_flags)};
constexpr Field kBtfIdFields[] = {ATTRIBUTE(btf_id, kNumber)};
constexpr Structure kBtfId{kBtfIdFields, END(btf_id)};
constexpr Field kLinkIdFields[] = {ATTRIBUTE(link_id, kNumber)};
constexpr Structure kLinkId{kLinkIdFields, END(link_id)};

constexpr Field kInfoFields[] = {
    INNER(info, bpf_fd, kFdKind),
    INNER(info, info_len, kNumber),
    INNER(info, info, kPointer),
};
constexpr Structure kInfo{kInfoFields, INNER_END(info, info)};

void put_program_ids(CallText& text, Bytes bytes, Bytes whole) {
  uint32_t count = 0;
  std::memcpy(&count, whole.data() + offsetof(bpf_attr, query.prog_cnt), sizeof count);
  put_array<uint32_t>(text, number_in(bytes), count, [&](uint32_t id) { text.print("{}", id); });
}

constexpr Field kQueryFields[] = {
    INNER(query, target_fd, kFdKind),
    INNER(query, attach_type, one_of(kBpfAttachTypes)),
    INNER(query, query_flags, flags_of(kBpfQueryFlags)),
    INNER(query, attach_flags, flags_of(kBpfAttachFlags)),
    INNER(query, prog_ids, by<put_program_ids>()),
    INNER(query, prog_cnt, kNumber),
};
constexpr Structure kQuery{kQueryFields, INNER_END(query, prog_cnt)};

constexpr Field kRawTracepointFields[] = {
    INNER(raw_tracepoint, name, by<put_string_at>()),
    INNER(raw_tracepoint, prog_fd, kFdKind),
};
constexpr Structure kRawTracepoint{kRawTracepointFields, INNER_END(raw_tracepoint, prog_fd)};

void put_btf(CallText& text, Bytes bytes, Bytes whole) {
  text.buffer(number_in(bytes), number_in(whole.subspan(offsetof(bpf_attr, btf_size), 4)));
}

constexpr Field kBtfLoadFields[] = {
    ATTRIBUTE(btf, by<put_btf>()),    ATTRIBUTE(btf_log_buf, kPointer),  ATTRIBUTE(btf_size, kNumber),
    ATTRIBUTE(btf_log_size, kNumber), ATTRIBUTE(btf_log_level, kNumber),
};
constexpr Structure kBtfLoad{kBtfLoadFields, END(btf_log_level)};

constexpr Field kTaskFdFields[] = {
    INNER(task_fd_query, pid, kProcess),
    INNER(task_fd_query, fd, kFdKind),
    INNER(task_fd_query, flags, kNumber),
    INNER(task_fd_query, buf_len, kNumber),
    INNER(task_fd_query, buf, kPointer),
    INNER(task_fd_query, prog_id, kNumber),
    INNER(task_fd_query, fd_type, one_of(kBpfFdTypes)),
    INNER(task_fd_query, probe_offset, kHexNumber),
    INNER(task_fd_query, probe_addr, kHexNumber),
};
constexpr Structure kTaskFd{kTaskFdFields, INNER_END(task_fd_query, probe_addr)};

constexpr Field kBatchLookupFields[] = {
    INNER(batch, in_batch, kPointer),
    INNER(batch, out_batch, kPointer),
    INNER(batch, keys, kPointer),
    INNER(batch, values, kPointer),
    INNER(batch, count, kNumber),
    INNER(batch, map_fd, kFdKind),
    INNER(batch, elem_flags, one_of(kBpfElementFlags)),
    INNER(batch, flags, kHexNumber),
};
constexpr Structure kBatchLookup{kBatchLookupFields, INNER_END(batch, flags)};
constexpr Structure kBatchUpdate{std::span(kBatchLookupFields).subspan(2), INNER_END(batch, flags)};
constexpr Field kBatchDeleteFields[] = {kBatchLookupFields[2], kBatchLookupFields[4], kBatchLookupFields[5],
                                        kBatchLookupFields[6], kBatchLookupFields[7]};
constexpr Structure kBatchDelete{kBatchDeleteFields, INNER_END(batch, flags)};

constexpr Field kLinkCreateFields[] = {
    INNER(link_create, prog_fd, kFdKind),
    INNER(link_create, target_fd, kFdKind),
    INNER(link_create, attach_type, one_of(kBpfAttachTypes)),
    INNER(link_create, flags, kHexNumber),
};
constexpr Structure kLinkCreate{kLinkCreateFields, INNER_END(link_create, flags)};
constexpr Field kLinkUpdateFields[] = {
    INNER(link_update, link_fd, kFdKind),
    INNER(link_update, new_prog_fd, kFdKind),
    INNER(link_update, flags, flags_of(kBpfAttachFlags)),
    INNER(link_update, old_prog_fd, kFdKind, false, replaces_program, true),
};
constexpr Structure kLinkUpdate{kLinkUpdateFields, INNER_END(link_update, old_prog_fd)};

struct Command {
  bpf_cmd number;
  const Structure* structure;
  std::string_view name;
};
constexpr Command kCommands[] = {
    {BPF_MAP_CREATE, &kMapCreate, ""},
    {BPF_MAP_LOOKUP_ELEM, &kTake, ""},
    {BPF_MAP_UPDATE_ELEM, &kElement, ""},
    {BPF_MAP_DELETE_ELEM, &kKey, ""},
    {BPF_MAP_GET_NEXT_KEY, &kNextKey, ""},
    {BPF_PROG_LOAD, &kProgramLoad, ""},
    {BPF_OBJ_PIN, &kPath, ""},
    {BPF_OBJ_GET, &kPath, ""},
    {BPF_PROG_ATTACH, &kAttach, ""},
    {BPF_PROG_DETACH, &kDetach, ""},
    {BPF_PROG_TEST_RUN, &kTest, "test"},
    {BPF_PROG_GET_NEXT_ID, &kNextId, ""},
    {BPF_MAP_GET_NEXT_ID, &kNextId, ""},
    {BPF_PROG_GET_FD_BY_ID, &kProgramId, ""},
    {BPF_MAP_GET_FD_BY_ID, &kMapId, ""},
    {BPF_OBJ_GET_INFO_BY_FD, &kInfo, "info"},
    {BPF_PROG_QUERY, &kQuery, "query"},
    {BPF_RAW_TRACEPOINT_OPEN, &kRawTracepoint, "raw_tracepoint"},
    {BPF_BTF_LOAD, &kBtfLoad, ""},
    {BPF_BTF_GET_FD_BY_ID, &kBtfId, ""},
    {BPF_TASK_FD_QUERY, &kTaskFd, "task_fd_query"},
    {BPF_MAP_LOOKUP_AND_DELETE_ELEM, &kTake, ""},
    {BPF_MAP_FREEZE, &kMap, ""},
    {BPF_BTF_GET_NEXT_ID, &kNextId, ""},
    {BPF_MAP_LOOKUP_BATCH, &kBatchLookup, "batch"},
    {BPF_MAP_LOOKUP_AND_DELETE_BATCH, &kBatchLookup, "batch"},
    {BPF_MAP_UPDATE_BATCH, &kBatchUpdate, "batch"},
    {BPF_MAP_DELETE_BATCH, &kBatchDelete, "batch"},
    {BPF_LINK_CREATE, &kLinkCreate, "link_create"},
    {BPF_LINK_UPDATE, &kLinkUpdate, "link_update"},
    {BPF_LINK_GET_FD_BY_ID, &kLinkId, ""},
    {BPF_LINK_GET_NEXT_ID, &kNextId, ""},
};

// Classic filters.

void put_classic_code(CallText& text, unsigned code) {
  const unsigned kind = BPF_CLASS(code);
  text.enumeration(kBpfClassicClasses, kind);
  constexpr unsigned kHigh = ~0xffU;  // no bits of the old instructions
  switch (kind) {
    case BPF_LD:
    case BPF_LDX:
      return put_size_and_mode(text, code & 0xff);
    case BPF_ST:
    case BPF_STX:
      return put_rest_of_code(text, code & (kHigh | 0xf8));
    case BPF_ALU:
      put_operation(text, kBpfClassicOperations, code & 0xff);
      break;
    case BPF_JMP:
      put_operation(text, kBpfClassicJumps, code & 0xff);
      break;
    case BPF_RET: {
      constexpr std::array<std::string_view, 3> kSources = {"BPF_K", "BPF_X", "BPF_A"};
      const unsigned source = BPF_RVAL(code);
      text.put('|');
      if (source >> 3 < kSources.size()) {
        text.put(kSources[source >> 3]);
      } else {
        text.hex(source);
        text.put(" /* BPF_??? */");
      }
      return put_rest_of_code(text, code & (kHigh | 0xe0));
    }
    default:
      if (BPF_MISCOP(code) == BPF_TAX || BPF_MISCOP(code) == BPF_TXA) {
        text.put(BPF_MISCOP(code) == BPF_TAX ? "|BPF_TAX" : "|BPF_TXA");
      } else {
        put_rest_of_code(text, code & 0xf8);
      }
  }
  put_rest_of_code(text, code & kHigh);
}

// What a filter of seccomp returns: the action and its data.
void put_seccomp_action(CallText& text, uint32_t value) {
  text.enumeration(kSeccompActions, value & SECCOMP_RET_ACTION_FULL);
  if ((value & SECCOMP_RET_DATA) == 0) return;
  text.put('|');
  text.hex(value & SECCOMP_RET_DATA);
}

void put_statement(CallText& text, const sock_filter& filter, bool of_seccomp) {
  const bool is_jump = filter.jt != 0 || filter.jf != 0;
  text.put(is_jump ? "BPF_JUMP(" : "BPF_STMT(");
  put_classic_code(text, filter.code);
  text.put(", ");
  if (of_seccomp && BPF_CLASS(filter.code) == BPF_RET && !is_jump) {
    put_seccomp_action(text, filter.k);
  } else {
    text.hex(filter.k);
  }
  if (is_jump) {
    text.put(", ");
    text.hex(filter.jt);
    text.put(", ");
    text.hex(filter.jf);
  }
  text.put(')');
}

}  // namespace

void bpf_attributes(CallText& text, uint64_t value, const ArgumentKind&) {
  const auto size = static_cast<uint32_t>(text.argument(2));
  for (const Command& command : kCommands) {
    if (command.number == text.argument(0)) return put_extensible(text, value, size, *command.structure, command.name);
  }
  text.address(value);
}

void put_classic_filter(CallText& text, uint64_t at, bool of_seccomp) {
  sock_fprog program{};
  if (!text.fetch(at, program)) return;
  text.print("{{len={}, filter=", program.len);
  const auto first = reinterpret_cast<uint64_t>(program.filter);
  if (text.style.verbose) {
    put_classic_instructions(text, first, program.len, of_seccomp);
  } else {
    text.address(first);
  }
  text.put('}');
}

void put_classic_instructions(CallText& text, uint64_t at, uint64_t count, bool of_seccomp) {
  put_array<sock_filter>(text, at, count, [&](const sock_filter& each) { put_statement(text, each, of_seccomp); });
}

void seccomp_argument(CallText& text, uint64_t value, const ArgumentKind&) {
  switch (static_cast<uint32_t>(text.argument(0))) {
    case SECCOMP_SET_MODE_FILTER:
      return put_classic_filter(text, value, true);
    case SECCOMP_GET_ACTION_AVAIL: {
      uint32_t action = 0;
      if (!text.fetch(value, action)) return;
      text.put('[');
      text.enumeration(kSeccompActions, action);
      return text.put(']');
    }
    case SECCOMP_GET_NOTIF_SIZES: {
      seccomp_notif_sizes sizes{};
      if (!text.fetch_result(value, sizes)) return;
      return text.print("{{seccomp_notif={}, seccomp_notif_resp={}, seccomp_data={}}}", sizes.seccomp_notif,
                        sizes.seccomp_notif_resp, sizes.seccomp_data);
    }
    default:
      return text.address(value);
  }
}

bool seccomp_known_at_entry(const CallText& text) {
  return static_cast<uint32_t>(text.argument(0)) != SECCOMP_GET_NOTIF_SIZES;
}

}  // namespace polytap::printers
