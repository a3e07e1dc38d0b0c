#include "core/lang/builtins.h"

#include <algorithm>
#include <array>

namespace polytap {
namespace {

struct Row {
  std::string_view name;
  BuiltinForm form;
  ir::Builtin word;
  TypeKind kind;
  uint32_t size;
  bool is_signed = false;
  bool of_process = false;
};

using ir::Builtin;
constexpr Row kBuiltins[] = {
    {"pid", BuiltinForm::kWord, Builtin::kPid, TypeKind::kInteger, 4},
    {"tid", BuiltinForm::kWord, Builtin::kTid, TypeKind::kInteger, 4},
    {"uid", BuiltinForm::kWord, Builtin::kUid, TypeKind::kInteger, 4},
    {"gid", BuiltinForm::kWord, Builtin::kGid, TypeKind::kInteger, 4},
    {"cpu", BuiltinForm::kWord, Builtin::kCpu, TypeKind::kInteger, 4},
    {"numaid", BuiltinForm::kWord, Builtin::kNumaNode, TypeKind::kInteger, 4},
    {"cgroup", BuiltinForm::kWord, Builtin::kCgroup, TypeKind::kInteger, 8},
    {"rand", BuiltinForm::kWord, Builtin::kRandom, TypeKind::kInteger, 4},
    {"nsecs", BuiltinForm::kWord, Builtin::kNsecsBoot, TypeKind::kInteger, 8},
    {"elapsed", BuiltinForm::kWord, Builtin::kElapsed, TypeKind::kInteger, 8},
    {"jiffies", BuiltinForm::kWord, Builtin::kJiffies, TypeKind::kInteger, 8},
    {"curtask", BuiltinForm::kWord, Builtin::kCurrentTask, TypeKind::kPointer, 8},
    {"cpid", BuiltinForm::kWord, Builtin::kChildPid, TypeKind::kInteger, 4},
    {"has_cpid", BuiltinForm::kHasChild, Builtin::kChildPid, TypeKind::kBool, 1},
    {"ppid", BuiltinForm::kWord, Builtin::kParentPid, TypeKind::kInteger, 4},
    // A process is known by the thread id of its first thread.
    {"leader_tid", BuiltinForm::kWord, Builtin::kPid, TypeKind::kInteger, 4},
    {"usermode", BuiltinForm::kUserMode, Builtin::kPid, TypeKind::kInteger, 1},
    {"probe", BuiltinForm::kWord, Builtin::kSiteIndex, TypeKind::kProbeName, 8},
    {"func", BuiltinForm::kFunction, Builtin::kSiteIndex, TypeKind::kFunctionName, 8},
    {"username", BuiltinForm::kWord, Builtin::kUid, TypeKind::kUserName, 4},
    {"comm", BuiltinForm::kCommand, Builtin::kPid, TypeKind::kString, 16},
    {"pcomm", BuiltinForm::kCommand, Builtin::kPid, TypeKind::kString, 16, false, true},
    {"leader_comm", BuiltinForm::kCommand, Builtin::kPid, TypeKind::kString, 16, false, true},
    {"args", BuiltinForm::kArguments, Builtin::kPid, TypeKind::kNone, 0},
    {"ctx", BuiltinForm::kContext, Builtin::kPid, TypeKind::kNone, 0},
    {"retval", BuiltinForm::kResult, Builtin::kPid, TypeKind::kInteger, 8, true},
    {"ncpus", BuiltinForm::kProcessors, Builtin::kPid, TypeKind::kInteger, 4},
    {"probetype", BuiltinForm::kProbeType, Builtin::kPid, TypeKind::kString, 16},
};

Type type_of(const Row& row) {
  switch (row.kind) {
    case TypeKind::kInteger:
      return types::integer(row.size, row.is_signed);
    case TypeKind::kString:
      return types::string(row.size);
    case TypeKind::kPointer:
      return types::pointer(types::structure("struct task_struct", 0), AddressSpace::kKernel);
    default:
      return types::of_kind(row.kind);
  }
}

}  // namespace

std::optional<BuiltinValue> find_builtin(std::string_view name) {
  // As bpftrace calls its own beneath the macros of its library.
  constexpr std::string_view kInner = "__builtin_";
  if (name.starts_with(kInner)) name.remove_prefix(kInner.size());
  for (const Row& row : kBuiltins) {
    if (row.name == name) return BuiltinValue{row.name, row.form, row.word, row.of_process, type_of(row)};
  }
  return std::nullopt;
}

std::optional<uint32_t> argument_number(std::string_view name) {
  if (name.size() < 4 || name.size() > 5 || !name.starts_with("arg")) return std::nullopt;
  uint32_t number = 0;
  for (const char c : name.substr(3)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<uint32_t>(c - '0');
  }
  return number;
}

bool names_arguments(std::string_view name, const ProbeSite& site) {
  return name == "args" || (name == "ctx" && site.type == ProbeType::kIter);
}

std::optional<uint32_t> stack_argument_number(std::string_view name) {
  if (!name.starts_with('s')) return std::nullopt;
  return argument_number(name.substr(1));
}

std::vector<std::string> builtin_names() {
  std::vector<std::string> names;
  for (const Row& row : kBuiltins) names.emplace_back(row.name);
  return names;
}

}  // namespace polytap
