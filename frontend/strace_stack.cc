#include "frontend/strace_stack.h"

#include <fmt/format.h>
#include <linux/unistd.h>
#include <sys/mman.h>

#include <utility>

namespace polytap {

StraceStacks::StraceStacks(uint32_t frame_limit, bool sources, ReadRegisters read_registers)
    : read_registers_(std::move(read_registers)),
      sources_(sources),
      symbolizer_(maps_, {.lines = sources}),
      unwinder_(maps_, std::make_shared<UnwindFiles>()),
      frames_(frame_limit) {}

const std::string& StraceStacks::line(Lines& known, pid_t tgid, uint64_t address, bool is_return_address) {
  std::string& line = known.by_address[address];
  if (!line.empty()) return line;
  const auto mapping = maps_.find(tgid, address);
  if (!mapping) return line = fmt::format(" > [{:#x}]\n", address);
  Symbol symbol = symbolizer_.user(tgid, address - (is_return_address ? 1 : 0));
  if (is_return_address) ++symbol.offset;
  // But behind a signal frame it is the instruction that was interrupted.
  if (symbol.name.empty() && is_return_address) symbol = symbolizer_.user(tgid, address);
  const std::string& module = symbol.module.empty() ? mapping->path : symbol.module;
  const uint64_t offset = address - mapping->start + mapping->offset;
  line = symbol.name.empty() ? fmt::format(" > {}() [{:#x}]\n", module, offset)
                             : fmt::format(" > {}({}+{:#x}) [{:#x}]\n", module, symbol.name, symbol.offset, offset);
  if (sources_) line.insert(line.size() - 1, source(tgid, address - (is_return_address ? 1 : 0)));
  return line;
}

std::string StraceStacks::source(pid_t tgid, uint64_t address) {
  const Location location = symbolizer_.locate(tgid, address, false);
  if (location.frames.empty() || location.frames.back().file.empty()) return {};
  return fmt::format(" {}:{}", location.frames.back().file, location.frames.back().line);
}

std::string StraceStacks::text(pid_t tid, pid_t tgid) {
  const auto registers = read_registers_(tid);
  if (!registers) return {};
  const Unwinder::Walk walk = unwinder_.walk_live(tgid, tid, *registers, frames_);
  Lines& known = lines_[tgid];
  if (const auto version = maps_.version(tgid); known.version != version) {
    known.by_address.clear();
    known.version = version;
  }
  std::string text;
  for (size_t i = 0; i < walk.frames; ++i) text += line(known, tgid, frames_[i], i != 0);
  if (walk.end == UnwindEnd::kLimit) {
    text += " > too many stack frames\n";
  } else if (walk.end != UnwindEnd::kOutermost) {
    text += fmt::format(" > {}\n", why_unwinding_ended(walk.end));
  }
  return text;
}

bool StraceStacks::maps_code(pid_t tgid, uint64_t address, uint64_t length) const {
  for (const Mapping& mapping : maps_.mappings(tgid)) {
    if (mapping.start < address + length && address < mapping.end) return true;
  }
  return false;
}

void StraceStacks::on_call_end(pid_t tgid, const CallValues& call) {
  if (call.failed || !maps_.knows(tgid)) return;
  const uint64_t address = call.number == __NR_mmap ? static_cast<uint64_t>(call.result) : call.arguments[0];
  bool changed = false;
  switch (call.number) {
    case __NR_mmap:
    case __NR_mprotect:
    case __NR_pkey_mprotect:
      changed = (call.arguments[2] & PROT_EXEC) != 0 || maps_code(tgid, address, call.arguments[1]);
      break;
    case __NR_munmap:
    case __NR_mremap:
      changed = maps_code(tgid, address, call.arguments[1]);
      break;
    case __NR_shmat:
      changed = true;
      break;
    default:
      break;
  }
  if (changed) (void)maps_.read_from_proc(tgid).ok();
}

void StraceStacks::on_end(pid_t tgid) {
  maps_.exited(tgid);
  lines_.erase(tgid);
}

}  // namespace polytap
