// Functions whose answer is looked up on this machine while the script is checked: addresses of symbols, control
// groups, options of the command line.
#include <elf.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cctype>

#include "core/base/nearest.h"
#include "core/kernel/pid_namespace.h"
#include "core/lang/checker.h"
#include "core/lang/parameters.h"
#include "core/symbol/symbol_address.h"

namespace polytap {
namespace {

constexpr int64_t kCgroup2Magic = 0x63677270;
constexpr int64_t kMaxPacket = 4096;

ExpressionInfo number(int64_t value) {
  ExpressionInfo info;
  info.type = constant_type(value);
  info.constant = value;
  return info;
}

}  // namespace

ExpressionInfo Checker::kernel_address(const ast::Call& call, FunctionId id) {
  ExpressionInfo info;
  if (call.arguments.size() > 1) integer_argument(call, 1);
  const auto name = text_argument(call, 0);
  if (!name) return info;
  const auto address = kernel_symbol_address(*name);
  if (!address.ok()) {
    diagnostics_.error(call.arguments[0]->span, address.error().message());
    return info;
  }
  // A number, and still something that can be followed.
  info.type = types::uint64();
  info.type.space = AddressSpace::kKernel;
  if (id == FunctionId::kPercpuKaddr) {
    const auto offsets = kernel_symbol_address("__per_cpu_offset");
    if (!offsets.ok()) {
      diagnostics_.error(call.name_span, offsets.error().message());
      return {};
    }
    info.type = types::pointer(types::uint64(), AddressSpace::kKernel);
    return info;
  }
  info.constant = static_cast<int64_t>(*address);
  return info;
}

ExpressionInfo Checker::user_address(const ast::Call& call) {
  ExpressionInfo info;
  const auto name = text_argument(call, 0);
  const ProbeSite& site = function_.site();
  if (!site.is_user_function()) {
    diagnostics_.error(call.name_span, "uaddr() is for probes in user functions: it names a symbol of their program");
    return info;
  }
  if (!name) return info;
  for (const ProbeSite& each : function_.sites) {
    const auto symbol = user_symbol(each.module, *name);
    if (!symbol.ok()) {
      diagnostics_.error(call.arguments[0]->span, symbol.error().message());
      return {};
    }
    if (symbol->relocated && each.is_return()) {
      diagnostics_.error(call.name_span,
                         fmt::format("Where '{}' was loaded is known when a function is entered only", each.module),
                         "keep uaddr() in a map in a uprobe, and read the map here");
      return {};
    }
    const bool known = symbol->size == 1 || symbol->size == 2 || symbol->size == 4;
    info.type =
        types::pointer(types::integer(known ? static_cast<uint32_t>(symbol->size) : 8, false), AddressSpace::kUser);
  }
  return info;
}

ExpressionInfo Checker::cgroup_id(const ast::Call& call) {
  const auto path = text_argument(call, 0);
  if (!path) return {};
  struct stat status = {};
  struct statfs file_system = {};
  if (::stat(path->c_str(), &status) != 0 || ::statfs(path->c_str(), &file_system) != 0) {
    diagnostics_.error(call.arguments[0]->span, Error::from_errno(*path).message());
    return {};
  }
  if (file_system.f_type != kCgroup2Magic) {
    diagnostics_.error(call.arguments[0]->span, fmt::format("'{}' is not in a cgroup2 file system", *path),
                       "it is mounted at /sys/fs/cgroup or /sys/fs/cgroup/unified");
    return {};
  }
  ExpressionInfo info = number(static_cast<int64_t>(status.st_ino));
  info.type = types::uint64();
  return info;
}

ExpressionInfo Checker::cgroup_path(const ast::Call& call) {
  ExpressionInfo info{types::of_kind(TypeKind::kCgroupPath), {}, {}, {}};
  integer_argument(call, 0);
  if (call.arguments.size() > 1) info.type.name = text_argument(call, 1).value_or("");
  return info;
}

// pid(init), tid(curr_ns).
ExpressionInfo Checker::identity(const ast::Call& call, FunctionId) {
  ExpressionInfo info{types::integer(4, false), {}, {}, {}};
  const auto* mode = std::get_if<ast::Identifier>(&call.arguments[0]->node);
  const std::vector<std::string> modes = {"curr_ns", "init"};
  if (mode == nullptr || std::find(modes.begin(), modes.end(), mode->name) == modes.end()) {
    diagnostics_.error(call.arguments[0]->span, fmt::format("{}() expects a namespace: curr_ns or init", call.name),
                       mode == nullptr ? "" : did_you_mean(mode->name, modes));
    return info;
  }
  if (mode->name == "init" && own_pid_namespace()) {
    diagnostics_.error(call.arguments[0]->span,
                       "polytap runs in a pid namespace of its own, from which the first one's ids cannot be told");
  }
  return info;
}

bool Checker::points_to(const ast::Call& call, size_t index, std::string_view name) {
  const Type& type = expression(*call.arguments[index]).type;
  if (type.is(TypeKind::kNone)) return false;
  if (!type.is(TypeKind::kPointer) && !type.is(TypeKind::kInteger)) {
    wrong_argument(call, index, fmt::format("a pointer to {}", name));
    return false;
  }
  if (script_.types->find_struct(name) != nullptr) return true;
  diagnostics_.error(call.name_span, fmt::format("The fields of '{}' are not known", name),
                     "they come from the kernel's BTF, /sys/kernel/btf/vmlinux");
  return false;
}

// ppid(task), pcomm(task).
ExpressionInfo Checker::of_task(const ast::Call& call, FunctionId id) {
  ExpressionInfo info;
  if (!points_to(call, 0, "struct task_struct")) return info;
  info.type = id == FunctionId::kPpid ? types::integer(4, false) : types::string(16);
  return info;
}

ExpressionInfo Checker::socket_cookie(const ast::Call& call) {
  points_to(call, 0, "struct sock");
  return ExpressionInfo{types::uint64(), {}, {}, {}};
}

ExpressionInfo Checker::skboutput(const ast::Call& call) {
  text_argument(call, 0);
  points_to(call, 1, "struct sk_buff");
  const ExpressionInfo& length = integer_argument(call, 2);
  if (length.constant && (*length.constant < 1 || *length.constant > kMaxPacket)) {
    wrong_argument(call, 2, fmt::format("a length from 1 to {}", kMaxPacket));
  }
  const auto offset = constant_argument(call, 3);
  if (offset && *offset < 0) wrong_argument(call, 3, "an offset that is not negative");
  return ExpressionInfo{types::integer(4, true), {}, {}, {}};
}

// Known before the script runs: what the command line says, of the default's type.
ExpressionInfo Checker::getopt(const ast::Call& call) {
  const auto name = text_argument(call, 0);
  ExpressionInfo fallback{types::boolean(), 0, {}, {}};
  if (call.arguments.size() > 1) {
    fallback = expression(*call.arguments[1]);
    if (fallback.type.is(TypeKind::kNone)) return {};
    if (!fallback.constant && !fallback.text) {
      wrong_argument(call, 1, "a literal");
      return {};
    }
  }
  std::string description;
  if (call.arguments.size() > 2) description = text_argument(call, 2).value_or("");
  if (!name) return {};
  script_.options[*name] = description;
  const auto& given = input_.named_parameters;
  const auto found =
      std::find_if(given.rbegin(), given.rend(), [&](const auto& parameter) { return parameter.first == *name; });
  fallback.variable.reset();
  if (found == given.rend()) return fallback;
  std::string value = found->second;
  if (!fallback.text) {
    std::ranges::transform(value, value.begin(),
                           [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  }
  const auto refuse = [&](std::string_view wanted) {
    diagnostics_.error(call.name_span, fmt::format("--{} expects {}, not '{}'", *name, wanted, value));
    return ExpressionInfo{};
  };
  if (fallback.text) {
    ExpressionInfo info;
    info.text = value;
    info.type = types::string(static_cast<uint32_t>(value.size() + 1));
    return info;
  }
  if (fallback.type.is(TypeKind::kBool)) {
    const bool yes = value.empty() || value == "true" || value == "1";
    if (!yes && value != "false" && value != "0") return refuse("true or false");
    fallback.constant = yes ? 1 : 0;
    return fallback;
  }
  const auto parsed = value == "true" ? 1 : value == "false" ? 0 : parse_number(value);
  if (!parsed) return refuse("a number");
  return number(*parsed);
}

// decode(args): the call that the probe is at, as strace shows it.
ExpressionInfo Checker::decode(const ast::Call& call) {
  ExpressionInfo info;
  info.type = types::string(script_.settings.max_string);
  const auto* name = std::get_if<ast::Identifier>(&call.arguments[0]->node);
  const std::string& category = function_.site().category;
  const bool at_call =
      function_.site().type == ProbeType::kTracepoint && (category == "syscalls" || category == "raw_syscalls");
  if (!at_call) {
    diagnostics_.error(
        call.name_span,
        fmt::format("decode() shows the system call that a probe is at, and {} is at none", function_.site().name),
        "syscall:NAME, tracepoint:syscalls:* and tracepoint:raw_syscalls:* are");
  } else if (name == nullptr || name->name != "args") {
    diagnostics_.error(call.arguments[0]->span, "decode() takes the probe's arguments as a whole",
                       "write decode(args); print(args.NAME) shows a single one");
  }
  return info;
}

}  // namespace polytap
