// The words of the IR's text form: one table per enumeration, read in both directions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/ir/ir.h"

namespace polytap::ir {

// Index i is the word of the enumerator with value i.
inline constexpr std::array<std::string_view, 19> kBinaryOpNames = {"add", "sub", "mul", "udiv", "sdiv", "umod", "smod",
                                                                    "and", "or",  "xor", "shl",  "shr",  "sar",  "eq",
                                                                    "ne",  "ult", "ule", "slt",  "sle"};
inline constexpr std::array<std::string_view, 17> kBuiltinNames = {
    "pid",        "tid",       "uid",     "gid",     "cpu",     "numaid", "cgroup", "rand", "nsecs",
    "nsecs_boot", "nsecs_tai", "elapsed", "jiffies", "curtask", "cpid",   "site",   "ppid"};
inline constexpr std::array<std::string_view, 17> kEmitKindNames = {
    "printf", "errorf", "warnf",  "print_value", "print_map_value", "print_map",  "clear_map",    "zero_map", "time",
    "join",   "cat",    "system", "debugf",      "print_map_entry", "skb_output", "helper_error", "unwatch"};
inline constexpr std::array<std::string_view, 3> kEmitFieldNames = {"word", "bytes", "string"};
inline constexpr std::array<std::string_view, 3> kAddressSpaceNames = {"none", "user", "kernel"};
inline constexpr std::array<std::string_view, 6> kStackModeNames = {"bpftrace", "perf",   "raw",
                                                                    "build_id", "inline", "lines"};
inline constexpr std::array<std::string_view, 9> kAggregationNames = {"count", "sum",  "min",   "max",    "avg",
                                                                      "stats", "hist", "lhist", "tseries"};
inline constexpr std::array<std::string_view, 28> kTypeKindNames = {
    "none",        "void",          "bool",       "integer",     "enum",         "string",      "buffer",
    "pointer",     "array",         "struct",     "tuple",       "record",       "user_stack",  "kernel_stack",
    "user_symbol", "kernel_symbol", "timestamp",  "inet",        "mac_address",  "probe_name",  "function_name",
    "user_name",   "cgroup_path",   "error_name", "signal_name", "syscall_name", "aggregation", "process_name"};
inline constexpr std::array<std::string_view, 20> kProbeTypeNames = {
    "begin",     "end",        "interval", "profile", "tracepoint", "rawtracepoint", "kprobe",
    "kretprobe", "fentry",     "fexit",    "uprobe",  "uretprobe",  "usdt",          "software",
    "hardware",  "watchpoint", "iter",     "self",    "test",       "bench"};
inline constexpr std::array<std::string_view, 4> kContextKindNames = {"none", "tracepoint", "raw_arguments",
                                                                      "registers"};
inline constexpr std::array<std::string_view, 7> kArgumentFormNames = {
    "inline", "data_location", "relative_location", "stack", "constant", "memory", "elsewhere"};

inline constexpr std::array<std::string_view, 5> kSeriesKindNames = {"last", "sum", "min", "max", "avg"};

template <typename Enum, size_t N>
std::string_view name_of(const std::array<std::string_view, N>& names, Enum value) {
  return names.at(static_cast<size_t>(value));
}

template <typename Enum, size_t N>
std::optional<Enum> value_of(const std::array<std::string_view, N>& names, std::string_view name) {
  for (size_t i = 0; i < N; ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace polytap::ir
