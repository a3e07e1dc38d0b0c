// What the programs that unwind stacks and the user space that feeds them share: the maps' layouts.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/probe/registers.h"

namespace polytap::ebpf {

// Of processes, by tgid.
struct UnwindProcess {
  // The process's start and its count of execs, as a program sees them; 0 until the first one looks.
  uint64_t tag = 0;
  uint64_t generation = 0;  // of the mappings: part of the cache's keys
  uint32_t first = 0;       // in the map of mappings, where those of the process lie sorted
  uint32_t count = 0;
  uint64_t hopeless = 0;  // 1: nothing more can be learnt; do not ask
  // What uretprobes put in the place of return addresses: the start of "[uprobes]". 0: there is none yet.
  uint64_t trampoline = 0;
};

// Of the array of mappings.
struct UnwindMapping {
  uint64_t start = 0;
  uint64_t end = 0;
  uint64_t bias = 0;    // address in memory - address in the file
  uint32_t module = 0;  // in the array of modules
  uint32_t rows = 0;    // 0: by frame pointers
};

// A module is an array of UnwindRowWord (core/symbol/unwind_rows.h).

inline constexpr uint32_t kUnwindProcesses = 16384;
inline constexpr uint32_t kUnwindModules = 8192;
inline constexpr uint32_t kMappingBits = 12;  // of one process
inline constexpr uint32_t kRowBits = 22;      // of one module

// The cache of rules: {key ^ rule, rule}. Writers do not lock: of a torn entry the key does not fit.
inline constexpr uint32_t kUnwindCacheBits = 13;
inline constexpr uint32_t kUnwindCacheBytes = 16U << kUnwindCacheBits;
inline constexpr uint64_t kUnwindHash = 0x9e3779b97f4a7c15;

// As much of a struct return_instance as unwinding needs.
inline constexpr uint32_t kMaxReturnInstance = 96;
// How many of them are looked through for one frame.
inline constexpr uint32_t kReturnInstances = 16;
// How many a snapshot has: all that a thread can have, MAX_URETPROBE_DEPTH in kernel/events/uprobes.c.
inline constexpr uint32_t kSnapshotReturns = 64;

// A program's state, in scratch memory.
struct UnwindState {
  static constexpr int32_t kBp = 0;  // the two are read at once
  static constexpr int32_t kPc = 8;
  static constexpr int32_t kSp = 16;
  static constexpr int32_t kBack = 24;     // 1: the program counter is a return address
  static constexpr int32_t kAddress = 32;  // to be looked up
  static constexpr int32_t kGeneration = 40;
  static constexpr int32_t kFirst = 48;
  static constexpr int32_t kCount = 56;
  static constexpr int32_t kKey = 64;
  static constexpr int32_t kStatus = 72;
  static constexpr int32_t kGuessed = 80;  // 1: a frame pointer was believed
  static constexpr int32_t kAtEntry = 88;
  static constexpr int32_t kLow = 96;
  static constexpr int32_t kFileAddress = 104;
  static constexpr int32_t kHopeless = 112;
  static constexpr int32_t kTag = 120;
  static constexpr int32_t kRecord = 128;     // a request: the header of a record
  static constexpr int32_t kRegisters = 144;  // rbp to rip of a signal frame
  static constexpr int32_t kTrampoline = 200;
  static constexpr int32_t kInstance =
      208;  // the struct return_instance of the next function that a uretprobe waits for
  static constexpr int32_t kInstanceBytes = 216;  // a copy of it
  static constexpr uint32_t kSize = 216 + kMaxReturnInstance;
};

// What a program sends of a stack that it cannot walk: a record of the ring of stacks. Depth, tgid and id lie where
// ring.h's records have their header.
inline constexpr uint32_t kMostSnapshotBytes = 65536;
inline constexpr uint32_t kLeastSnapshotBytes = 64;
struct StackSnapshot {
  uint32_t depth = 0;  // frames wanted
  uint32_t tgid = 0;
  uint64_t id = 0;
  uint64_t tag = 0;  // as in UnwindProcess
  uint64_t at_entry = 0;
  uint64_t length = 0;  // bytes of the stack
  std::byte registers[registers::kSize] = {};
  std::byte return_instances[kSnapshotReturns][kMaxReturnInstance] = {};  // an address of 0 ends them
  std::byte stack[kMostSnapshotBytes] = {};  // only as much as the session asks for is sent
};
// In the place of the frames: this | the snapshot's id. No address has these bits.
inline constexpr uint64_t kDeferredMark = 0xfade000000000000;
inline constexpr uint64_t kDeferredBits = 0xffff000000000000;

// How a walk ended.
enum class UnwindStatus : uint8_t {
  kWhole,           // as far as it goes
  kUnknownProcess,  // user space has to tell the mappings first
  kUnknownCode,     // the same, of a new mapping
  kNotHere,         // a rule that only user space can follow
};

}  // namespace polytap::ebpf
