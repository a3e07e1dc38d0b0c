#include "core/kernel/fetch_arguments.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/probe/registers.h"

namespace polytap {
namespace {

constexpr uint32_t kMostElements = 64;  // MAX_ARRAY_LEN

}  // namespace

// regoffset_table of arch/x86/kernel/ptrace.c.
std::string_view fetch_register(uint32_t offset) {
  switch (offset) {
    case registers::kR15:
      return "%r15";
    case registers::kR14:
      return "%r14";
    case registers::kR13:
      return "%r13";
    case registers::kR12:
      return "%r12";
    case registers::kBp:
      return "%bp";
    case registers::kBx:
      return "%bx";
    case registers::kR11:
      return "%r11";
    case registers::kR10:
      return "%r10";
    case registers::kR9:
      return "%r9";
    case registers::kR8:
      return "%r8";
    case registers::kAx:
      return "%ax";
    case registers::kCx:
      return "%cx";
    case registers::kDx:
      return "%dx";
    case registers::kSi:
      return "%si";
    case registers::kDi:
      return "%di";
    case registers::kIp:
      return "%ip";
    case registers::kCs:
      return "%cs";
    case registers::kFlags:
      return "%flags";
    case registers::kSp:
      return "%sp";
    case registers::kSs:
      return "%ss";
    default:
      return {};
  }
}

std::string fetch_memory(const ir::FetchAddress& address, std::string_view context_word) {
  size_t next = 0;
  std::string text(context_word);
  if (address.is_absolute) text = fmt::format("@{:#x}", static_cast<uint64_t>(address.offsets[next++]));
  for (; next < address.offsets.size(); ++next) text = fmt::format("{:+d}({})", address.offsets[next], text);
  return text;
}

std::vector<FetchField> fetch_fields(const ir::Capture& capture, std::string_view context_word,
                                     const std::string& prefix) {
  const auto at = [&](uint32_t offset) {
    ir::FetchAddress address = capture.address;
    address.offsets.back() += offset;
    return fetch_memory(address, context_word);
  };
  // On x86 the kernel tells by the address which memory it is, but takes a string of the kernel's for one only by name.
  const char* const string = capture.space == AddressSpace::kUser ? ":ustring" : ":string";
  std::vector<FetchField> fields;
  if (capture.kind == ir::Capture::Kind::kString) {
    fields.push_back({prefix + "s", at(0) + string, true, false, 0, capture.length});
    fields.push_back({prefix + "b", at(0) + ":u8", false, true, 0, 1});
    return fields;
  }
  uint32_t offset = 0;
  const auto add = [&](uint32_t size, uint32_t count) {
    const std::string type = count == 1 ? fmt::format("u{}", size * 8) : fmt::format("x{}[{}]", size * 8, count);
    fields.push_back(
        {fmt::format("{}m{}", prefix, fields.size()), at(offset) + ":" + type, false, false, offset, size * count});
    offset += size * count;
  };
  for (uint32_t words = capture.length / 8; words != 0;) {
    const uint32_t count = std::min(words, kMostElements);
    add(8, count);
    words -= count;
  }
  for (const uint32_t size : {4U, 2U, 1U}) {
    if (capture.length - offset >= size) add(size, 1);
  }
  if (capture.failure_shows) fields.push_back({prefix + "t", at(0) + string, true, true, 0, 0});
  return fields;
}

}  // namespace polytap
