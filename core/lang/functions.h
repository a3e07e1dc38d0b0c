// The functions of the language: one table for checking, hints and documentation.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/lang/ast.h"

namespace polytap {

enum class FunctionId : uint8_t {
  kAssert,
  kBswap,
  kBuf,
  kCat,
  kCgroupPath,
  kCgroupid,
  kClear,
  kComm,
  kContainerOf,
  kCount,
  kDebugf,
  kDecode,
  kDelay,
  kDelete,
  kErrorf,
  kExit,
  kFail,
  kGetopt,
  kHasKey,
  kHist,
  kIsArray,
  kIsInteger,
  kIsLiteral,
  kIsPtr,
  kIsScalar,
  kIsStr,
  kIsUnsignedInteger,
  kJoin,
  kKaddr,
  kKfuncAllowed,
  kKfuncExist,
  kKptr,
  kKstack,
  kKsym,
  kLen,
  kLhist,
  kMacaddr,
  kMax,
  kMemcmp,
  kMin,
  kNsecs,
  kNtop,
  kOverride,
  kPcomm,
  kPercpuKaddr,
  kPid,
  kPoke,
  kPpid,
  kPrint,
  kPrintf,
  kPton,
  kReg,
  kSignal,
  kSignalName,
  kSignalThread,
  kSkboutput,
  kSocketCookie,
  kStaticAssert,
  kStats,
  kStr,
  kStrConcat,
  kStrcap,
  kStrcontains,
  kStrerror,
  kStrftime,
  kStrlen,
  kStrncmp,
  kStrstr,
  kSum,
  kSyscallName,
  kSystem,
  kTid,
  kTime,
  kTseries,
  kTypeinfo,
  kUaddr,
  kUnwatch,
  kUptr,
  kUstack,
  kUsym,
  kWarnf,
  kWriteUser,
  kZero,
  kAvg,
};

// Where a call may stand.
enum class FunctionUse : uint8_t {
  kValue,        // in expressions
  kStatement,    // alone in a statement
  kAggregation,  // as the whole value that is assigned to a map
};

inline constexpr uint32_t kAnyNumber = ~0U;

struct FunctionSignature {
  std::string_view name;
  FunctionId id;
  FunctionUse use;
  uint32_t least = 0;
  uint32_t most = 0;
  std::string_view usage;  // "str(pointer[, length])"
  bool unsafe = false;     // only with --unsafe
};

// Null when polytap does not know the function; macros of the standard library are not among them.
const FunctionSignature* find_function(std::string_view name);
// The aggregation that VALUE comes down to, be it the last of blocks: `count()`, `{ ...; sum($x) }`. Else null.
const ast::Call* aggregating_call(const ast::Expression& value);
std::vector<std::string> function_names();

}  // namespace polytap
