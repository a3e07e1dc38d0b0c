#include "core/kernel/c_type.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <utility>
#include <vector>

namespace polytap {
namespace {

struct IntegerName {
  std::string_view name;
  uint8_t size;
  bool is_signed;
};

// include/linux/types.h, include/uapi/asm-generic/posix_types.h and <stdint.h>, on x86-64.
constexpr IntegerName kIntegers[] = {
    {"u8", 1, false},
    {"u16", 2, false},
    {"u32", 4, false},
    {"u64", 8, false},
    {"s8", 1, true},
    {"s16", 2, true},
    {"s32", 4, true},
    {"s64", 8, true},
    {"__u8", 1, false},
    {"__u16", 2, false},
    {"__u32", 4, false},
    {"__u64", 8, false},
    {"__s8", 1, true},
    {"__s16", 2, true},
    {"__s32", 4, true},
    {"__s64", 8, true},
    {"uint8_t", 1, false},
    {"uint16_t", 2, false},
    {"uint32_t", 4, false},
    {"uint64_t", 8, false},
    {"int8_t", 1, true},
    {"int16_t", 2, true},
    {"int32_t", 4, true},
    {"int64_t", 8, true},
    {"uint8", 1, false},
    {"uint16", 2, false},
    {"uint32", 4, false},
    {"uint64", 8, false},
    {"int8", 1, true},
    {"int16", 2, true},
    {"int32", 4, true},
    {"int64", 8, true},
    {"__le16", 2, false},
    {"__le32", 4, false},
    {"__le64", 8, false},
    {"__be16", 2, false},
    {"__be32", 4, false},
    {"__be64", 8, false},
    {"uint", 4, false},
    {"ulong", 8, false},
    {"uintptr_t", 8, false},
    {"intptr_t", 8, true},
    {"size_t", 8, false},
    {"ssize_t", 8, true},
    {"off_t", 8, true},
    {"loff_t", 8, true},
    {"pid_t", 4, true},
    {"uid_t", 4, false},
    {"gid_t", 4, false},
    {"qid_t", 4, false},
    {"dev_t", 4, false},
    {"ino_t", 8, false},
    {"umode_t", 2, false},
    {"mode_t", 4, false},
    {"key_t", 4, true},
    {"key_serial_t", 4, true},
    {"timer_t", 4, true},
    {"clockid_t", 4, true},
    {"mqd_t", 4, true},
    {"rwf_t", 4, true},
    {"__kernel_rwf_t", 4, true},
    {"aio_context_t", 8, false},
    {"time_t", 8, true},
    {"time64_t", 8, true},
    {"__kernel_old_time_t", 8, true},
    {"socklen_t", 4, false},
    {"sector_t", 8, false},
    {"gfp_t", 4, false},
};

// Typedefs of structs that user pointers in system calls point to. Anonymous structs keep the typedef's name.
constexpr std::pair<std::string_view, std::string_view> kStructs[] = {
    {"siginfo_t", "struct siginfo"},
    {"stack_t", "struct sigaltstack"},
    {"sigset_t", "sigset_t"},
    {"fd_set", "fd_set"},
};

// Typedefs of pointers.
constexpr std::pair<std::string_view, std::string_view> kStructPointers[] = {
    {"cap_user_header_t", "struct __user_cap_header_struct"},
    {"cap_user_data_t", "struct __user_cap_data_struct"},
};

bool is_qualifier(std::string_view word) {
  constexpr std::array<std::string_view, 10> kQualifiers = {
      "const", "volatile", "restrict", "__restrict", "__user", "__kernel", "__rcu", "__percpu", "__seg_gs", "__seg_fs"};
  return std::ranges::find(kQualifiers, word) != kQualifiers.end();
}

// "int", "unsigned", "long unsigned int": the words of a base type in any order.
std::optional<Type> base_integer(const std::vector<std::string_view>& words) {
  int longs = 0;
  bool is_unsigned = false;
  bool is_char = false;
  bool is_short = false;
  for (const std::string_view word : words) {
    if (word == "long") {
      ++longs;
    } else if (word == "unsigned") {
      is_unsigned = true;
    } else if (word == "char") {
      is_char = true;
    } else if (word == "short") {
      is_short = true;
    } else if (word != "int" && word != "signed") {
      return std::nullopt;
    }
  }
  if (longs > 2) return std::nullopt;
  const uint32_t size = is_char ? 1 : is_short ? 2 : longs != 0 ? 8 : 4;
  return types::integer(size, !is_unsigned);
}

std::optional<Type> named_type(std::string_view name, AddressSpace pointers) {
  if (name == "void") return types::of_kind(TypeKind::kVoid);
  if (name == "bool" || name == "_Bool") return types::boolean();
  if (const auto* found = std::ranges::find(kIntegers, name, &IntegerName::name); found != std::end(kIntegers)) {
    return types::integer(found->size, found->is_signed);
  }
  for (const auto& [alias, target] : kStructs) {
    if (alias == name) return types::structure(std::string(target), 0);
  }
  for (const auto& [alias, target] : kStructPointers) {
    if (alias == name) return types::pointer(types::structure(std::string(target), 0), pointers);
  }
  return base_integer({name});
}

std::optional<Type> base_type(const std::vector<std::string_view>& words, AddressSpace pointers) {
  if (words.empty()) return std::nullopt;
  if (words.size() == 1) return named_type(words[0], pointers);
  if (words.size() == 2) {
    const std::string full = std::string(words[0]) + ' ' + std::string(words[1]);
    if (words[0] == "struct" || words[0] == "union") return types::structure(full, 0);
    if (words[0] == "enum") return types::enumeration(full, 4, false);
  }
  return base_integer(words);
}

}  // namespace

std::optional<Type> parse_c_type(std::string_view text, AddressSpace pointers) {
  if (text.find('(') != std::string_view::npos) return types::pointer(types::of_kind(TypeKind::kVoid), pointers);
  std::vector<std::string_view> words;
  size_t stars = 0;
  size_t position = 0;
  while (position < text.size()) {
    const char character = text[position];
    if (character == '*') {
      ++stars;
      ++position;
      continue;
    }
    if (std::isspace(static_cast<unsigned char>(character)) != 0) {
      ++position;
      continue;
    }
    size_t end = position;
    while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_')) ++end;
    if (end == position) return std::nullopt;
    const std::string_view word = text.substr(position, end - position);
    if (!is_qualifier(word)) words.push_back(word);
    position = end;
  }
  std::optional<Type> type = base_type(words, pointers);
  // What an unknown typedef points to cannot be read, but the pointer is one all the same.
  if (!type && stars != 0 && words.size() == 1) type = types::of_kind(TypeKind::kVoid);
  for (; type && stars != 0; --stars) type = types::pointer(std::move(*type), pointers);
  return type;
}

}  // namespace polytap
