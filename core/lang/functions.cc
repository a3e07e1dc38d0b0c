#include "core/lang/functions.h"

#include <algorithm>
#include <array>

#include "core/lang/builtins.h"

namespace polytap {
namespace {

using enum FunctionId;
using enum FunctionUse;

constexpr FunctionSignature kFunctions[] = {
    {"assert", kAssert, kStatement, 2, 2, "assert(condition, \"message\")"},
    {"avg", kAvg, kAggregation, 1, 1, "@m = avg(n)"},
    {"bswap", kBswap, kValue, 1, 1, "bswap(n)"},
    {"buf", kBuf, kValue, 1, 2, "buf(pointer[, length])"},
    {"cat", kCat, kStatement, 1, kAnyNumber, "cat(\"path format\"[, arguments...])"},
    {"cgroup_path", kCgroupPath, kValue, 1, 2, "cgroup_path(id[, \"hierarchy\"])"},
    {"cgroupid", kCgroupid, kValue, 1, 1, "cgroupid(\"/sys/fs/cgroup/...\")"},
    {"clear", kClear, kStatement, 1, 1, "clear(@m)"},
    {"comm", kComm, kValue, 1, 1, "comm(pid)"},
    {"container_of", kContainerOf, kValue, 3, 3, "container_of(pointer, struct name, field)"},
    {"count", kCount, kAggregation, 0, 0, "@m = count()"},
    {"debugf", kDebugf, kStatement, 1, kAnyNumber, "debugf(\"format\"[, arguments...])"},
    {"decode", kDecode, kValue, 1, 1, "decode(args)"},
    {"delay", kDelay, kStatement, 1, 1, "delay(100ms)", true},
    {"delete", kDelete, kValue, 1, 2, "delete(@m, key)"},
    // What ustack does anyway; bpftrace has two.
    {"dw_ustack", kUstack, kValue, 0, 2, "dw_ustack([mode][, depth])"},
    {"errorf", kErrorf, kStatement, 1, kAnyNumber, "errorf(\"format\"[, arguments...])"},
    {"exit", kExit, kStatement, 0, 1, "exit([code])"},
    {"fail", kFail, kStatement, 1, kAnyNumber, "fail(\"message format\"[, literals...])"},
    {"getopt", kGetopt, kValue, 1, 3, "getopt(\"name\"[, default[, \"description\"]])"},
    {"has_key", kHasKey, kValue, 2, 2, "has_key(@m, key)"},
    {"hist", kHist, kAggregation, 1, 2, "@m = hist(n[, bits])"},
    {"is_array", kIsArray, kValue, 1, 1, "is_array(value)"},
    {"is_integer", kIsInteger, kValue, 1, 1, "is_integer(value)"},
    {"is_literal", kIsLiteral, kValue, 1, 1, "is_literal(value)"},
    {"is_ptr", kIsPtr, kValue, 1, 1, "is_ptr(value)"},
    {"is_scalar", kIsScalar, kValue, 1, 1, "is_scalar(@m)"},
    {"is_str", kIsStr, kValue, 1, 1, "is_str(value)"},
    {"is_unsigned_integer", kIsUnsignedInteger, kValue, 1, 1, "is_unsigned_integer(value)"},
    {"join", kJoin, kStatement, 1, 2, "join(pointer[, \"delimiter\"])"},
    {"kaddr", kKaddr, kValue, 1, 1, "kaddr(\"symbol\")"},
    {"kfunc_allowed", kKfuncAllowed, kValue, 1, 1, "kfunc_allowed(\"name\")"},
    {"kfunc_exist", kKfuncExist, kValue, 1, 1, "kfunc_exist(\"name\")"},
    {"kptr", kKptr, kValue, 1, 1, "kptr(pointer)"},
    {"kstack", kKstack, kValue, 0, 2, "kstack([mode][, depth])"},
    {"ksym", kKsym, kValue, 1, 1, "ksym(address)"},
    {"len", kLen, kValue, 1, 1, "len(@m) or len(stack)"},
    {"lhist", kLhist, kAggregation, 4, 4, "@m = lhist(n, low, high, step)"},
    {"macaddr", kMacaddr, kValue, 1, 1, "macaddr(pointer)"},
    {"max", kMax, kAggregation, 1, 1, "@m = max(n)"},
    {"memcmp", kMemcmp, kValue, 3, 3, "memcmp(a, b, length)"},
    {"min", kMin, kAggregation, 1, 1, "@m = min(n)"},
    {"nsecs", kNsecs, kValue, 0, 1, "nsecs([monotonic|boot|tai|sw_tai])"},
    {"ntop", kNtop, kValue, 1, 2, "ntop([family,] address)"},
    {"override", kOverride, kStatement, 1, 1, "override(value)", true},
    {"pcomm", kPcomm, kValue, 1, 1, "pcomm(task)"},
    {"percpu_kaddr", kPercpuKaddr, kValue, 1, 2, "percpu_kaddr(\"symbol\"[, cpu])"},
    {"pid", kPid, kValue, 1, 1, "pid([curr_ns|init])"},
    {"poke", kPoke, kStatement, 2, 2, "poke(args.buf, \"bytes\")", true},
    {"ppid", kPpid, kValue, 1, 1, "ppid(task)"},
    // In front of print: of two names equally near the first is suggested.
    {"printf", kPrintf, kStatement, 1, kAnyNumber, "printf(\"format\"[, arguments...])"},
    {"print", kPrint, kStatement, 1, 3, "print(value) or print(@m[, top[, divisor]])"},
    {"pton", kPton, kValue, 1, 1, "pton(\"address\")"},
    {"reg", kReg, kValue, 1, 1, "reg(\"di\")"},
    {"signal", kSignal, kStatement, 1, 1, "signal(number or \"SIGNAME\")", true},
    {"signal_name", kSignalName, kValue, 1, 1, "signal_name(number)"},
    {"signal_thread", kSignalThread, kStatement, 1, 1, "signal_thread(number or \"SIGNAME\")", true},
    {"skboutput", kSkboutput, kValue, 4, 4, "skboutput(\"file\", skb, length, offset)"},
    {"socket_cookie", kSocketCookie, kValue, 1, 1, "socket_cookie(sk)"},
    {"static_assert", kStaticAssert, kStatement, 2, 2, "static_assert(condition, \"message\")"},
    {"stats", kStats, kAggregation, 1, 1, "@m = stats(n)"},
    {"str", kStr, kValue, 1, 2, "str(pointer[, length])"},
    {"str_concat", kStrConcat, kValue, 2, 2, "str_concat(a, b)"},
    {"strcap", kStrcap, kValue, 1, 1, "strcap(string)"},
    {"strcontains", kStrcontains, kValue, 2, 2, "strcontains(haystack, needle)"},
    {"strerror", kStrerror, kValue, 1, 1, "strerror(errno)"},
    {"strftime", kStrftime, kValue, 2, 2, "strftime(\"format\", nsecs)"},
    {"strlen", kStrlen, kValue, 1, 1, "strlen(string)"},
    {"strncmp", kStrncmp, kValue, 3, 3, "strncmp(a, b, length)"},
    {"strstr", kStrstr, kValue, 2, 2, "strstr(haystack, needle)"},
    {"sum", kSum, kAggregation, 1, 1, "@m = sum(n)"},
    {"syscall_name", kSyscallName, kValue, 1, 1, "syscall_name(number)"},
    {"system", kSystem, kStatement, 1, kAnyNumber, "system(\"command format\"[, arguments...])", true},
    {"tid", kTid, kValue, 1, 1, "tid([curr_ns|init])"},
    {"time", kTime, kStatement, 0, 1, "time([\"format\"])"},
    {"tseries", kTseries, kAggregation, 3, 4, "@m = tseries(n, interval, intervals[, \"avg|max|min|sum\"])"},
    {"typeinfo", kTypeinfo, kValue, 1, 1, "typeinfo(value)"},
    {"uaddr", kUaddr, kValue, 1, 1, "uaddr(\"symbol\")"},
    {"unwatch", kUnwatch, kStatement, 1, 1, "unwatch(address)"},
    {"uptr", kUptr, kValue, 1, 1, "uptr(pointer)"},
    {"ustack", kUstack, kValue, 0, 2, "ustack([mode][, depth])"},
    {"usym", kUsym, kValue, 1, 1, "usym(address)"},
    {"warnf", kWarnf, kStatement, 1, kAnyNumber, "warnf(\"format\"[, arguments...])"},
    {"write_user", kWriteUser, kValue, 2, 2, "write_user(pointer, value)", true},
    {"zero", kZero, kStatement, 1, 1, "zero(@m)"},
};

}  // namespace

const FunctionSignature* find_function(std::string_view name) {
  const auto* found = std::find_if(std::begin(kFunctions), std::end(kFunctions),
                                   [&](const FunctionSignature& f) { return f.name == name; });
  return found == std::end(kFunctions) ? nullptr : found;
}

std::vector<std::string> function_names() {
  std::vector<std::string> names;
  for (const FunctionSignature& function : kFunctions) names.emplace_back(function.name);
  for (const std::string& name : builtin_names()) names.push_back(name);
  return names;
}

const ast::Call* aggregating_call(const ast::Expression& value) {
  if (const auto* block = std::get_if<ast::BlockExpression>(&value.node)) {
    return block->block.value == nullptr ? nullptr : aggregating_call(*block->block.value);
  }
  const auto* call = std::get_if<ast::Call>(&value.node);
  const FunctionSignature* function = call == nullptr ? nullptr : find_function(call->name);
  return function != nullptr && function->use == FunctionUse::kAggregation ? call : nullptr;
}

}  // namespace polytap
