#include "core/lang/named_values.h"

#include <pwd.h>

#include <string>

#include "core/output/name_lookup.h"
#include "core/symbol/demangle.h"
#include "core/syscall/named_argument.h"

namespace polytap {
namespace {

constexpr int64_t kMaxErrno = 133;
constexpr int64_t kLastSignal = 64;
constexpr int64_t kMaxSyscall = 1024;

class Ranges {
 public:
  void add(int64_t number) {
    if (!ranges_.empty() && ranges_.back().second + 1 == number) {
      ranges_.back().second = number;
    } else {
      ranges_.emplace_back(number, number);
    }
  }
  std::vector<std::pair<int64_t, int64_t>> take() { return std::move(ranges_); }

 private:
  std::vector<std::pair<int64_t, int64_t>> ranges_;
};

template <typename Name>
void scan(Ranges& ranges, int64_t first, int64_t last, std::string_view wanted, Name name_of) {
  for (int64_t number = first; number <= last; ++number) {
    if (name_of(number) == wanted) ranges.add(number);
  }
}

}  // namespace

bool is_shown_by_name(const Type& type) {
  switch (type.kind) {
    case TypeKind::kProbeName:
    case TypeKind::kFunctionName:
    case TypeKind::kUserName:
    case TypeKind::kErrorName:
    case TypeKind::kSignalName:
    case TypeKind::kSyscallName:
      return true;
    default:
      return false;
  }
}

std::vector<std::pair<int64_t, int64_t>> numbers_named(const Type& type, std::string_view name,
                                                       const CheckedScript& script) {
  Ranges ranges;
  switch (type.kind) {
    case TypeKind::kProbeName:
    case TypeKind::kFunctionName: {
      // Sites are numbered in the order of the functions.
      int64_t number = 0;
      for (const CheckedFunction& function : script.functions) {
        for (const ProbeSite& site : function.sites) {
          const bool same = type.is(TypeKind::kProbeName) ? site.name == name
                                                          : site.function == name || demangle(site.function) == name;
          if (same) ranges.add(number);
          ++number;
        }
      }
      break;
    }
    case TypeKind::kUserName:
      if (const passwd* entry = ::getpwnam(std::string(name).c_str())) ranges.add(entry->pw_uid);
      break;
    case TypeKind::kErrorName:
      scan(ranges, 0, kMaxErrno, name, [](int64_t number) { return error_name(number); });
      break;
    case TypeKind::kSignalName:
      scan(ranges, 1, kLastSignal, name, [](int64_t number) { return signal_name(number); });
      break;
    case TypeKind::kSyscallName:
      scan(ranges, 0, kMaxSyscall, name, [](int64_t number) { return syscall_name(static_cast<uint64_t>(number)); });
      break;
    default:
      break;
  }
  return ranges.take();
}

std::string names_of_argument(const CheckedFunction& function, const ast::Expression& e) {
  const auto* access = std::get_if<ast::FieldAccess>(&e.node);
  const auto* object = access == nullptr ? nullptr : std::get_if<ast::Identifier>(&access->object->node);
  if (object == nullptr || object->name != "args" || function.site().category != "syscalls") return {};
  const std::string names = named_argument(function.site().event, access->field);
  for (const ProbeSite& site : function.sites) {
    if (!names.empty() && !have_same_names(names, named_argument(site.event, access->field))) return {};
  }
  return names;
}

}  // namespace polytap
