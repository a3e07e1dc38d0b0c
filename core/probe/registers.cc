#include "core/probe/registers.h"

#include <algorithm>
#include <iterator>

namespace polytap {

std::optional<uint32_t> register_offset(std::string_view name) {
  struct Row {
    std::string_view name;
    uint32_t offset;
  };
  static constexpr Row kRows[] = {
      {"r15", registers::kR15}, {"r14", registers::kR14}, {"r13", registers::kR13},     {"r12", registers::kR12},
      {"bp", registers::kBp},   {"bx", registers::kBx},   {"r11", registers::kR11},     {"r10", registers::kR10},
      {"r9", registers::kR9},   {"r8", registers::kR8},   {"ax", registers::kAx},       {"cx", registers::kCx},
      {"dx", registers::kDx},   {"si", registers::kSi},   {"di", registers::kDi},       {"orig_ax", registers::kOrigAx},
      {"ip", registers::kIp},   {"cs", registers::kCs},   {"flags", registers::kFlags}, {"sp", registers::kSp},
      {"ss", registers::kSs},
  };
  const auto find = [](std::string_view wanted) {
    return std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& row) { return row.name == wanted; });
  };
  const Row* row = find(name);
  if (row == std::end(kRows) && name.size() == 3 && name.front() == 'r') row = find(name.substr(1));
  if (row == std::end(kRows)) return std::nullopt;
  return row->offset;
}

}  // namespace polytap
