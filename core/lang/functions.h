// The functions of the language: one table for checking, hints and documentation.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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
  kCount,
  kDebugf,
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
  kIsStr,
  kIsUnsignedInteger,
  kJoin,
  kKaddr,
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
  kDelay,
  kPath,
  kPcomm,
  kPercpuKaddr,
  kPid,
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

// Null when polytap does not know the function (see is_known_elsewhere()).
const FunctionSignature* find_function(std::string_view name);
// Functions of bpftrace's language that this version does not carry out.
bool is_known_elsewhere(std::string_view name);
std::vector<std::string> function_names();

}  // namespace polytap
