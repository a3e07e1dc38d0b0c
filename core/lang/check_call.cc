#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>

#include "core/base/nearest.h"
#include "core/lang/checker.h"
#include "core/lang/config.h"
#include "core/lang/named_clock.h"
#include "core/lang/parameters.h"
#include "core/lang/reference.h"
#include "core/probe/registers.h"

namespace polytap {
namespace {

constexpr uint32_t kDefaultStackDepth = 127;
constexpr int64_t kMaxStackDepth = 1024;
constexpr int64_t kLongestString = 64 * 1024;  // what max_strlen can be

bool is_address(const Type& type) {
  return type.is(TypeKind::kPointer) || type.is(TypeKind::kInteger) || type.is(TypeKind::kArray);
}

Type byte_array(uint32_t count) { return types::array(types::integer(1, false), count); }

}  // namespace

const FunctionSignature* Checker::signature(const ast::Call& call, FunctionUse use) {
  const FunctionSignature* function = find_function(call.name);
  if (function == nullptr) {
    const auto names = function_names();
    diagnostics_.error(call.name_span, fmt::format("Unknown function: '{}'", call.name),
                       did_you_mean(call.name, names));
    return nullptr;
  }
  if (function->unsafe && !input_.allow_unsafe) {
    diagnostics_.error(call.name_span, fmt::format("{}() is an unsafe function", function->name),
                       "start polytap with --unsafe to allow it");
    return nullptr;
  }
  if (function->use == FunctionUse::kAggregation && use != FunctionUse::kAggregation) {
    diagnostics_.error(call.name_span, fmt::format("{}() must be assigned directly to a map", function->name),
                       fmt::format("write {}", function->usage));
    return nullptr;
  }
  if (function->use == FunctionUse::kStatement && use != FunctionUse::kStatement) {
    diagnostics_.error(call.name_span, fmt::format("{}() has no value: it can only stand alone", function->name));
    return nullptr;
  }
  return argument_count(call, *function) ? function : nullptr;
}

bool Checker::argument_count(const ast::Call& call, const FunctionSignature& function) {
  const size_t given = call.arguments.size();
  if (given >= function.least && given <= function.most) return true;
  std::string wanted = fmt::format("{} to {} arguments", function.least, function.most);
  if (function.most == kAnyNumber)
    wanted = fmt::format("at least {} argument{}", function.least, function.least == 1 ? "" : "s");
  if (function.most == function.least) {
    wanted = function.least == 0 ? "no arguments"
                                 : fmt::format("{} argument{}", function.least, function.least == 1 ? "" : "s");
  }
  diagnostics_.error(call.name_span, fmt::format("{}() takes {} ({} provided)", function.name, wanted, given),
                     fmt::format("write {}", function.usage));
  return false;
}

ExpressionInfo Checker::call(const ast::Call& call, Span span, FunctionUse use) {
  if (const auto own = script_.subprograms.find(call.name); own != script_.subprograms.end()) {
    return subprogram_call(call, own->second, span, use);
  }
  // pid(), comm() ...: builtins may be written as calls.
  const auto value = find_builtin(call.name);
  if (value && call.arguments.empty()) return builtin(*value, span);
  if (value && find_function(call.name) == nullptr) {
    diagnostics_.error(call.name_span,
                       fmt::format("{}() takes no arguments ({} provided)", call.name, call.arguments.size()));
    return {};
  }
  if (call.name == "config" && call.arguments.size() == 1) {
    const auto name = text_argument(call, 0);
    return name ? setting(*name, call.arguments[0]->span) : ExpressionInfo{};
  }
  const FunctionSignature* function = signature(call, use);
  if (function == nullptr) {
    // For the errors inside, and so that every expression has been seen.
    for (const ast::ExpressionPtr& argument : call.arguments) {
      if (!std::holds_alternative<ast::MapReference>(argument->node) &&
          !std::holds_alternative<ast::Identifier>(argument->node)) {
        expression(*argument);
      }
    }
    return {};
  }
  switch (function->use) {
    case FunctionUse::kAggregation:
      return aggregation(call, *function);
    case FunctionUse::kStatement:
      statement_call(call, *function, span);
      return {};
    case FunctionUse::kValue:
      break;
  }
  return value_call(call, *function, span);
}

const ExpressionInfo& Checker::integer_argument(const ast::Call& call, size_t index) {
  const ExpressionInfo& info = expression(*call.arguments[index]);
  if (!info.type.is(TypeKind::kNone) && !is_number(info.type) && !info.type.is(TypeKind::kPointer)) {
    wrong_argument(call, index, "an integer");
  }
  return info;
}

std::optional<int64_t> Checker::constant_argument(const ast::Call& call, size_t index) {
  const ExpressionInfo& info = expression(*call.arguments[index]);
  if (!info.constant && !info.type.is(TypeKind::kNone)) wrong_argument(call, index, "a constant integer");
  return info.constant;
}

std::optional<std::string> Checker::text_argument(const ast::Call& call, size_t index) {
  const ExpressionInfo& info = expression(*call.arguments[index]);
  if (!info.text && !info.type.is(TypeKind::kNone)) wrong_argument(call, index, "a string literal");
  return info.text;
}

void Checker::wrong_argument(const ast::Call& call, size_t index, std::string_view wanted, std::string hint) {
  const ast::Expression& argument = *call.arguments[index];
  const ExpressionInfo& given = function_.at(argument);
  std::string instead;
  if (!given.type.is(TypeKind::kNone)) instead = fmt::format(", not '{}'", to_string(given.type));
  if (given.constant) instead = fmt::format(", not {}", *given.constant);
  const FunctionSignature* function = find_function(call.name);
  if (hint.empty() && function != nullptr) hint = fmt::format("write {}", function->usage);
  diagnostics_.error(argument.span,
                     fmt::format("{}() expects {} as argument {}{}", call.name, wanted, index + 1, instead),
                     std::move(hint));
}

ExpressionInfo Checker::value_call(const ast::Call& call, const FunctionSignature& function, Span span) {
  if (asks_for_type(function.id)) return type_question(call, function.id);
  const auto of_number = [&](TypeKind kind) {
    integer_argument(call, 0);
    return ExpressionInfo{types::of_kind(kind), {}, {}, {}};
  };
  switch (function.id) {
    case FunctionId::kStr:
      return str(call);
    case FunctionId::kBuf:
      return buf(call);
    case FunctionId::kUstack:
      return stack(call, true);
    case FunctionId::kKstack:
      return stack(call, false);
    case FunctionId::kUsym:
      return of_number(TypeKind::kUserSymbol);
    case FunctionId::kKsym:
      return of_number(TypeKind::kKernelSymbol);
    case FunctionId::kStrerror:
      return of_number(TypeKind::kErrorName);
    case FunctionId::kSignalName:
      return of_number(TypeKind::kSignalName);
    case FunctionId::kSyscallName:
      return of_number(TypeKind::kSyscallName);
    case FunctionId::kNtop:
      return ntop(call);
    case FunctionId::kPton:
      return pton(call);
    case FunctionId::kMacaddr:
      return macaddr(call);
    case FunctionId::kStrncmp:
      return strncmp(call);
    case FunctionId::kStrcontains:
    case FunctionId::kStrstr:
      return find_text(call, function.id);
    case FunctionId::kStrConcat:
      return join_texts(call);
    case FunctionId::kStrcap:
      return capacity(call);
    case FunctionId::kMemcmp:
      return memcmp(call);
    case FunctionId::kKaddr:
    case FunctionId::kPercpuKaddr:
      return kernel_address(call, function.id);
    case FunctionId::kUaddr:
      return user_address(call);
    case FunctionId::kCgroupid:
      return cgroup_id(call);
    case FunctionId::kCgroupPath:
      return cgroup_path(call);
    case FunctionId::kComm:
      return of_number(TypeKind::kProcessName);
    case FunctionId::kPid:
    case FunctionId::kTid:
      return identity(call, function.id);
    case FunctionId::kPpid:
    case FunctionId::kPcomm:
      return of_task(call, function.id);
    case FunctionId::kSocketCookie:
      return socket_cookie(call);
    case FunctionId::kSkboutput:
      return skboutput(call);
    case FunctionId::kContainerOf:
      return container_of(call);
    case FunctionId::kKfuncExist:
    case FunctionId::kKfuncAllowed:
      return kernel_function_question(call, function.id);
    case FunctionId::kGetopt:
      return getopt(call);
    case FunctionId::kDecode:
      return decode(call);
    case FunctionId::kWriteUser:
      return write_user(call);
    case FunctionId::kNsecs:
      return clock(call);
    case FunctionId::kReg:
      return reg(call);
    case FunctionId::kStrftime: {
      ExpressionInfo info{types::of_kind(TypeKind::kTimestamp), {}, {}, {}};
      if (const auto format = text_argument(call, 0)) info.type.name = *format;
      integer_argument(call, 1);
      if (named_clock(*call.arguments[1]) == "monotonic") {
        diagnostics_.error(call.arguments[1]->span, "strftime() takes nanoseconds since the boot, which nsecs are",
                           "CLOCK_MONOTONIC stands still while the machine sleeps; write nsecs");
      }
      return info;
    }
    case FunctionId::kStrlen: {
      const ExpressionInfo& text = expression(*call.arguments[0]);
      if (!text.type.is(TypeKind::kNone) && !is_text(text.type)) wrong_argument(call, 0, "a string");
      ExpressionInfo info{types::uint64(), {}, {}, {}};
      if (text.text)
        info.constant = static_cast<int64_t>(text.text->find('\0') == std::string::npos ? text.text->size()
                                                                                        : text.text->find('\0'));
      return info;
    }
    case FunctionId::kBswap: {
      const Type type = number_type(integer_argument(call, 0).type);
      return ExpressionInfo{type.is_integral() ? types::integer(type.size, false) : types::none(), {}, {}, {}};
    }
    case FunctionId::kKptr:
    case FunctionId::kUptr: {
      Type type = integer_argument(call, 0).type;
      const AddressSpace space = function.id == FunctionId::kUptr ? AddressSpace::kUser : AddressSpace::kKernel;
      if (type.is(TypeKind::kPointer)) {
        type.space = space;
      } else {
        type = types::pointer(types::integer(1, true), space);
      }
      return ExpressionInfo{type, {}, {}, {}};
    }
    case FunctionId::kLen:
      if (const auto length = stack_length(call)) return *length;
      return map_call(call, function, span);
    case FunctionId::kDelete: {
      // delete(@m, key), or as it was written before: delete(@m[key]), delete(@m).
      const auto* reference = named_map(*call.arguments[0]);
      if (reference == nullptr || call.arguments.size() != 1) return map_call(call, function, span);
      map_key(map(*reference, call.arguments[0]->span), *reference, call.arguments[0]->span);
      return ExpressionInfo{types::boolean(), {}, {}, {}};
    }
    default:
      return map_call(call, function, span);
  }
}

// len(ustack): how many frames there are.
std::optional<ExpressionInfo> Checker::stack_length(const ast::Call& call) {
  if (const auto* map = named_map(*call.arguments[0]); map != nullptr && !map->has_key) return std::nullopt;
  const Type& type = expression(*call.arguments[0]).type;
  const ExpressionInfo result{types::uint64(), {}, {}, {}};
  if (type.is(TypeKind::kUserStack) || type.is(TypeKind::kKernelStack) || type.is(TypeKind::kNone)) return result;
  wrong_argument(call, 0, "a map or a stack", is_text(type) ? "strlen(string) tells how long a string is" : "");
  return result;
}

ExpressionInfo Checker::map_call(const ast::Call& call, const FunctionSignature& function, Span span) {
  ExpressionInfo result;
  result.type = function.id == FunctionId::kLen ? types::uint64() : types::boolean();
  const MapInfo* found = map_argument(*call.arguments[0], function);
  if (found == nullptr || function.id == FunctionId::kLen) return result;
  MapInfo& info = script_.maps[*script_.find_map(found->name)];
  const ExpressionInfo key = expression(*call.arguments[1]);
  if (info.key_known && info.key.empty()) {
    diagnostics_.error(span, fmt::format("{}() expects a map with keys, and {} has none", function.name, info.name));
    return result;
  }
  use_key(info, {key}, call.arguments[1]->span);
  return result;
}

// `$1`, and `$1 + n`: the parameter's text from its n-th character on.
std::optional<std::string> Checker::parameter_from(const ast::Expression& argument) {
  const auto* sum = std::get_if<ast::Binary>(&argument.node);
  const bool from = sum != nullptr && sum->op == ast::BinaryOp::kAdd;
  const auto* parameter = std::get_if<ast::PositionalParameter>(from ? &sum->left->node : &argument.node);
  if (parameter == nullptr) return std::nullopt;
  std::string text = parameter_text(script_.parameters, parameter->index).value_or("");
  if (!from) return text;
  const auto skipped = expression(*sum->right).constant;
  if (skipped && *skipped >= 0 && static_cast<uint64_t>(*skipped) <= text.size()) {
    return text.substr(static_cast<size_t>(*skipped));
  }
  if (skipped && *skipped > 0) {
    diagnostics_.warning(sum->right->span,
                         fmt::format("${} has {} characters: nothing is behind them", parameter->index, text.size()));
    return "";
  }
  diagnostics_.error(sum->right->span,
                     fmt::format("${} has {} characters: what is added must be a constant from 0 to {}",
                                 parameter->index, text.size(), text.size()));
  return text;
}

ExpressionInfo Checker::str(const ast::Call& call) {
  ExpressionInfo info;
  const uint32_t limit = script_.settings.max_string;
  std::optional<int64_t> length;
  if (call.arguments.size() > 1) {
    const ExpressionInfo& given = integer_argument(call, 1);
    length = given.constant;
    if (length && *length < 0) wrong_argument(call, 1, "a length that is not negative");
  }
  const ast::Expression& argument = *call.arguments[0];
  if (auto parameter = parameter_from(argument)) {
    info.text = std::move(parameter);
  } else {
    const ExpressionInfo& given = expression(argument);
    if (given.type.is(TypeKind::kNone)) return info;
    info.text = given.text;
    if (!is_address(given.type) && !is_text(given.type)) {
      wrong_argument(call, 0, "a pointer or a string");
      return info;
    }
    if (is_text(given.type)) {
      info.type = types::string(given.type.size);
      if (call.arguments.size() > 1 && !length) {
        wrong_argument(call, 1, "a constant length for what is a string already");
      }
    }
  }
  if (info.text) {
    if (length && *length >= 0 && static_cast<uint64_t>(*length) < info.text->size())
      info.text->resize(static_cast<size_t>(*length));
    info.type = types::string(static_cast<uint32_t>(info.text->size() + 1));
    // With a length that is known only at run time the text is cut there.
    if (call.arguments.size() > 1 && !length) info.text.reset();
    return info;
  }
  const bool from_memory = info.type.is(TypeKind::kNone);
  if (from_memory) info.type = types::string(limit);
  if (from_memory && length && *length >= 0) {
    // As long as is asked for, beyond max_strlen, too.
    info.type.size = static_cast<uint32_t>(std::min<int64_t>(*length, kLongestString - 1) + 1);
  } else if (length && *length >= 0) {
    info.type.size = static_cast<uint32_t>(std::min<uint64_t>(info.type.size, static_cast<uint64_t>(*length) + 1));
  }
  return info;
}

ExpressionInfo Checker::buf(const ast::Call& call) {
  ExpressionInfo info;
  const uint32_t limit = script_.settings.max_string;
  const ExpressionInfo given = expression(*call.arguments[0]);
  std::optional<int64_t> length;
  if (call.arguments.size() > 1) {
    length = integer_argument(call, 1).constant;
    if (length && *length < 1) wrong_argument(call, 1, "a length of at least 1");
  }
  if (given.type.is(TypeKind::kNone)) return info;
  const bool array = given.type.is(TypeKind::kArray);
  const bool sized = (array && given.type.size != 0) || given.type.is(TypeKind::kString);
  if (!is_address(given.type) && !array && !sized) {
    wrong_argument(call, 0, "a pointer or an array");
    return info;
  }
  if (!sized && call.arguments.size() < 2) {
    diagnostics_.error(call.name_span, "buf() of a pointer needs a length", "write buf(pointer, length)");
    return info;
  }
  uint64_t size = sized ? given.type.size : limit;
  if (length && *length > 0) size = std::min<uint64_t>(size, static_cast<uint64_t>(*length));
  info.type = types::buffer(static_cast<uint32_t>(std::max<uint64_t>(1, size)));
  return info;
}

ExpressionInfo Checker::stack(const ast::Call& call, bool user) {
  StackMode mode = script_.settings.stack_mode;
  uint32_t depth = kDefaultStackDepth;
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    const auto* name = std::get_if<ast::Identifier>(&call.arguments[i]->node);
    const bool constant =
        name != nullptr && !find_stack_mode(name->name) && find_constant(script_, name->name).has_value();
    if (name != nullptr && !constant) {
      const auto found = find_stack_mode(name->name);
      if (!found) {
        diagnostics_.error(call.arguments[i]->span, fmt::format("Invalid stack mode: '{}'", name->name),
                           did_you_mean(name->name, stack_mode_names()));
      }
      mode = found.value_or(mode);
      continue;
    }
    const auto given = constant_argument(call, i);
    if (!given) continue;
    if (*given < 1 || *given > kMaxStackDepth) {
      wrong_argument(call, i, fmt::format("a depth from 1 to {}", kMaxStackDepth));
    } else {
      depth = static_cast<uint32_t>(*given);
    }
  }
  // Without the lines and inlined calls of debugging information.
  if (!script_.settings.debug_info && (mode == StackMode::kLines || mode == StackMode::kInline)) {
    mode = StackMode::kBpftrace;
  }
  ExpressionInfo info;
  info.type = user ? types::user_stack(depth, mode) : types::kernel_stack(depth, mode);
  return info;
}

ExpressionInfo Checker::ntop(const ast::Call& call) {
  if (call.arguments.size() > 1) integer_argument(call, 0);
  const size_t index = call.arguments.size() - 1;
  const Type type = expression(*call.arguments[index]).type;
  const bool address =
      is_number(type) ||
      ((type.is(TypeKind::kArray) || type.is(TypeKind::kString)) && (type.size == 4 || type.size == 16)) ||
      (type.is(TypeKind::kPointer) && type.element != nullptr && type.element->is(TypeKind::kArray));
  if (!type.is(TypeKind::kNone) && !address) {
    wrong_argument(call, index, "an integer or an array of 4 or 16 bytes");
  }
  return ExpressionInfo{types::of_kind(TypeKind::kInet), {}, {}, {}};
}

ExpressionInfo Checker::pton(const ast::Call& call) {
  ExpressionInfo info;
  const auto text = text_argument(call, 0);
  if (!text) return info;
  unsigned char bytes[16];
  if (inet_pton(AF_INET, text->c_str(), bytes) == 1) {
    info.type = byte_array(4);
  } else if (inet_pton(AF_INET6, text->c_str(), bytes) == 1) {
    info.type = byte_array(16);
  } else {
    wrong_argument(call, 0, "an IPv4 or IPv6 address");
  }
  return info;
}

ExpressionInfo Checker::macaddr(const ast::Call& call) {
  const Type type = expression(*call.arguments[0]).type;
  const bool address = is_number(type) || type.is(TypeKind::kPointer) ||
                       (type.is(TypeKind::kArray) && type.size == 6) || (type.is(TypeKind::kString) && type.size == 6);
  if (!type.is(TypeKind::kNone) && !address) wrong_argument(call, 0, "a pointer or an array of 6 bytes");
  return ExpressionInfo{types::of_kind(TypeKind::kMacAddress), {}, {}, {}};
}

ExpressionInfo Checker::strncmp(const ast::Call& call) {
  for (size_t i = 0; i < 2; ++i) {
    const Type type = expression(*call.arguments[i]).type;
    if (!type.is(TypeKind::kNone) && !is_text(type)) {
      wrong_argument(call, i, "a string", type.is(TypeKind::kPointer) ? "write str(...) around the pointer" : "");
    }
  }
  const auto length = constant_argument(call, 2);
  if (length && *length < 1) wrong_argument(call, 2, "a length of at least 1");
  return ExpressionInfo{types::uint64(), {}, {}, {}};
}

ExpressionInfo Checker::reg(const ast::Call& call) {
  const auto name = text_argument(call, 0);
  if (function_.site().context != ContextKind::kRegisters) {
    diagnostics_.error(call.name_span,
                       "reg() can be used in function probes, profile, software, hardware and watchpoint only");
  } else if (name && !register_offset(*name)) {
    wrong_argument(call, 0, "the name of a register",
                   "ax, bx, cx, dx, si, di, bp, sp, r8 to r15, ip, flags, cs, ss and orig_ax are");
  }
  return ExpressionInfo{types::uint64(), {}, {}, {}};
}

ExpressionInfo Checker::clock(const ast::Call& call) {
  const auto* mode = std::get_if<ast::Identifier>(&call.arguments[0]->node);
  const std::vector<std::string> modes = {"monotonic", "boot", "tai", "sw_tai"};
  if (mode == nullptr || std::find(modes.begin(), modes.end(), mode->name) == modes.end()) {
    diagnostics_.error(call.arguments[0]->span, "nsecs() expects a clock: monotonic, boot, tai or sw_tai",
                       mode == nullptr ? "" : did_you_mean(mode->name, modes));
  }
  return ExpressionInfo{types::uint64(), {}, {}, {}};
}

}  // namespace polytap
