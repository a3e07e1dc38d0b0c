#include "core/syscall/call_sets.h"

#include <fmt/format.h>
#include <regex.h>

#include <string>

#include "core/syscall/arguments.h"
#include "core/syscall/table.h"

namespace polytap {
namespace {

struct NamedClass {
  std::string_view name;
  uint32_t bit;
};
constexpr NamedClass kNamedClasses[] = {
    {"file", kFile},     {"desc", kDesc},       {"memory", kMemory},     {"network", kNet}, {"net", kNet},
    {"creds", kCreds},   {"signal", kSignal},   {"process", kProcess},   {"ipc", kIpc},     {"clock", kClock},
    {"pure", kPure},     {"stat", kStat},       {"lstat", kLstat},       {"fstat", kFstat}, {"%stat", kAnyStat},
    {"statfs", kStatfs}, {"fstatfs", kFstatfs}, {"%statfs", kAnyStatfs},
};

}  // namespace

std::optional<std::vector<uint32_t>> calls_of_class(std::string_view name) {
  for (const NamedClass& known : kNamedClasses) {
    if (known.name != name) continue;
    std::vector<uint32_t> numbers;
    for (const Syscall& call : syscalls()) {
      if ((classes_of_call(call.number) & known.bit) != 0) numbers.push_back(call.number);
    }
    return numbers;
  }
  return std::nullopt;
}

std::vector<std::string_view> call_classes() {
  std::vector<std::string_view> names;
  for (const NamedClass& known : kNamedClasses) names.push_back(known.name);
  return names;
}

Result<std::vector<uint32_t>> calls_matching(std::string_view expression) {
  regex_t compiled{};
  const std::string pattern(expression);
  if (const int error = regcomp(&compiled, pattern.c_str(), REG_EXTENDED | REG_NOSUB); error != 0) {
    std::string message(256, '\0');
    message.resize(regerror(error, &compiled, message.data(), message.size()) - 1);
    return Error(fmt::format("invalid system call expression '{}': {}", expression, message));
  }
  std::vector<uint32_t> numbers;
  for (const Syscall& call : syscalls()) {
    if (regexec(&compiled, std::string(call.name).c_str(), 0, nullptr, 0) == 0) numbers.push_back(call.number);
  }
  regfree(&compiled);
  return numbers;
}

}  // namespace polytap
