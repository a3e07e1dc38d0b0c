// The intermediate representation: what every front end lowers to and every backend carries out.
//
// A Program holds one Function per group of probe sites with the same context layout. A Function is a control-flow
// graph of Blocks over frame Slots. Rules (checked by core/ir/verify.h):
//  - Temporaries are 64-bit words, assigned once, and live only inside the block that defines them; what crosses a
//    block goes through a slot.
//  - Slots are zero at entry. A region {slot, offset, length} lies inside its slot. Every slot is 8-byte aligned, and
//    so is every Place, except in SlotLoad and SlotStore (aligned to their size).
//  - A region that an operation writes overlaps none that it reads.
//  - Every operation is total: x / 0 = 0, x % 0 = 0 (so INT64_MIN / -1 = INT64_MIN, INT64_MIN % -1 = 0), shift counts
//    are masked to 0..63, a failed read leaves zeros and counts one fault.
//  - Values in slots, keys, map values and records are laid out as Type::storage_size() says, little-endian.
// The interpreter (core/ir/interpreter.h) is the specification of every operation's meaning.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/base/source.h"
#include "core/probe/site.h"
#include "core/types/type.h"

namespace polytap::ir {

using Temp = uint32_t;      // index, unique in a function
using SlotId = uint32_t;    // index into Function::slots
using BlockId = uint32_t;   // index into Function::blocks; block 0 is the entry
using MapId = uint32_t;     // index into Program::maps
using EmitId = uint32_t;    // index into Program::emits
using StringId = uint32_t;  // index into Program::strings
inline constexpr Temp kNoTemp = ~0U;

// The start of a region in a slot; its length comes with the operation.
struct Place {
  SlotId slot = 0;
  uint32_t offset = 0;
  friend bool operator==(const Place&, const Place&) = default;
};

enum class BinaryOp : uint8_t {
  kAdd,
  kSub,
  kMul,
  kUnsignedDiv,
  kSignedDiv,
  kUnsignedMod,
  kSignedMod,
  kAnd,
  kOr,
  kXor,
  kShiftLeft,
  kLogicalShiftRight,
  kArithmeticShiftRight,
  kEqual,
  kNotEqual,
  kUnsignedLess,
  kUnsignedLessEqual,
  kSignedLess,
  kSignedLessEqual,  // result 0 or 1
};

enum class Builtin : uint8_t {
  kPid,  // tgid
  kTid,
  kUid,
  kGid,
  kCpu,
  kNumaNode,
  kCgroup,
  kRandom,          // 32 random bits
  kNsecsMonotonic,  // bpf_ktime_get_ns, CLOCK_MONOTONIC
  kNsecsBoot,       // CLOCK_BOOTTIME
  kNsecsTai,        // CLOCK_TAI
  kElapsed,         // nanoseconds since the session started
  kJiffies,
  kCurrentTask,  // kernel address of task_struct
  kChildPid,     // cpid: pid of the launched command, 0 without one
  kSiteIndex,    // index into Program::sites of the site that fired
  kParentPid,    // tgid of the process's parent
};

// --- operations
// -------------------------------------------------------------------------------------------------------
struct Const {
  int64_t value = 0;
};
struct Binary {
  BinaryOp op = BinaryOp::kAdd;
  Temp left = kNoTemp;
  Temp right = kNoTemp;
};
// Keeps the low `bits` (8, 16, 32) and extends them to 64.
struct Extend {
  Temp value = kNoTemp;
  uint8_t bits = 32;
  bool is_signed = false;
};

// size 1, 2, 4 or 8; aligned to size.
struct SlotLoad {
  Place from;
  uint8_t size = 8;
  bool is_signed = false;
};
// Element INDEX (unsigned) of `count` elements of `size` bytes that lie behind each other; 0 where there is none.
struct SlotLoadAt {
  Place from;
  uint32_t count = 0;
  uint8_t size = 1;
  bool is_signed = false;
  Temp index = kNoTemp;
};
struct SlotStore {
  Place to;
  uint8_t size = 8;
  Temp value = kNoTemp;
};
struct SlotZero {
  Place to;
  uint32_t length = 0;
};  // length: multiple of 8, offset 8-aligned
struct SlotCopy {
  Place to;
  Place from;
  uint32_t length = 0;
};  // the same; regions do not overlap
struct SlotLiteral {
  Place to;
  uint32_t length = 0;
  StringId text = 0;
};  // the text (cut at length - 1), then zeros

// The probe's context bytes (tracefs record, pt_regs, raw tracepoint arguments). size aligned.
struct ContextLoad {
  uint32_t offset = 0;
  uint8_t size = 8;
  bool is_signed = false;
};
struct ContextCopy {
  Place to;
  uint32_t offset = 0;
  uint32_t length = 0;
};  // length any; the rest of its last 8 bytes zero. Bytes behind the context's end are zero (counts one fault)
// A __data_loc (is_relative: __rel_loc) string: the u32 at `offset` holds length << 16 | position; the position counts
// from the context's start (__rel_loc: from offset + 4). Takes the bytes up to the first NUL, at most
// min(length, capacity - 1) and no more than the context has, zero padded to capacity (a multiple of 8). A position
// behind the context's end counts one fault and gives "". Result: bytes without NUL.
struct ContextString {
  Place to;
  uint32_t capacity = 0;
  uint32_t offset = 0;
  bool is_relative = false;
};

struct ReadBuiltin {
  Builtin what = Builtin::kPid;
};
struct ReadComm {
  Place to;
  bool of_process = false;  // the name of the process's first thread
};                          // 16 bytes, zero padded
// Writes `length` (any) bytes and no others. Result: 1, or 0 for a fault (the region is then zero).
struct ReadMemory {
  Place to;
  uint32_t length = 0;
  Temp address = kNoTemp;
  AddressSpace space = AddressSpace::kKernel;
};
// Up to capacity - 1 bytes up to a NUL, zero padded to capacity. Result: bytes without NUL; 0 for a fault.
// capacity: multiple of 8. unpadded: what follows the NUL may be anything, or, after a fault, what follows a NUL in the
// first byte (set by the optimizer when nobody looks).
struct ReadString {
  Place to;
  uint32_t capacity = 0;
  Temp address = kNoTemp;
  AddressSpace space = AddressSpace::kUser;
  bool unpadded = false;
};
// buf(): min(length, capacity) bytes (length unsigned) behind their count, then zeros: region 8 + capacity (a multiple
// of 8). Nothing is read when length is 0. A fault (of any byte) makes the whole region zero.
struct ReadBuffer {
  Place to;
  uint32_t capacity = 0;
  Temp address = kNoTemp;
  Temp length = kNoTemp;
  AddressSpace space = AddressSpace::kUser;
};
// Region 8 + 8 * depth: tgid (0 for a kernel stack, which is the same in every process), then return addresses
// innermost first, zeros behind the last.
struct ReadStack {
  Place to;
  uint32_t depth = 0;
  AddressSpace space = AddressSpace::kUser;
};
// Whether two regions hold the same bytes: 0 when equal, 1 when not. length any.
struct CompareBytes {
  Place left;
  Place right;
  uint32_t length = 0;
};
// Bytes before the first NUL in the region; capacity when there is none.
struct StringLength {
  Place from;
  uint32_t capacity = 0;
};

// Where the text in `pattern` begins in `text` first, -1 when it does not. Both end at the first NUL, or with their
// region (capacities: multiples of 8). An empty pattern is found at 0.
struct FindText {
  Place text;
  uint32_t capacity = 0;
  Place pattern;
  uint32_t pattern_capacity = 0;
};
// The text in `left` and behind it the one in `right`, cut at capacity - 1, zero padded.
struct JoinTexts {
  Place to;
  uint32_t capacity = 0;
  Place left;
  uint32_t left_capacity = 0;
  Place right;
  uint32_t right_capacity = 0;
};
// The system call at whose entry or exit the probe is, as the line that strace shows (core/syscall/call_line.h): at
// most capacity - 1 bytes, zero padded to capacity (a multiple of 8). A fault leaves zeros.
struct DecodeCall {
  Place to;
  uint32_t capacity = 0;
};

// What changes the traced process. Each counts one fault when it could not be done.
// Sends a signal to the process, or to just the thread.
struct SendSignal {
  Temp number = kNoTemp;
  bool to_thread = false;
};
// The system call or function at whose entry the probe is does not run: it returns `value`.
struct OverrideResult {
  Temp value = kNoTemp;
};
// The thread goes on `nanoseconds` later (a negative number is a fault); several add up. What is behind it in the
// function runs at once.
struct Delay {
  Temp nanoseconds = kNoTemp;
};
// Writes `length` bytes to user memory. Result: 1, or 0 for a fault.
struct WriteMemory {
  Temp address = kNoTemp;
  Place from;
  uint32_t length = 0;
};

// Maps. The key is a region of key_size bytes (ignored when key_size is 0). A scalar map (key_size 0) has one entry at
// most, which is there once something was stored. Get, Set and Add work on maps of plain values, Aggregate and
// AggregateRead on aggregations; the others on both.
struct MapGet {
  MapId map = 0;
  Place key;
  Place to;
};  // copies the value, or zeros. Result: 1 when found
struct MapSet {
  MapId map = 0;
  Place key;
  Place from;
};  // a full map counts one loss
struct MapAdd {
  MapId map = 0;
  Place key;
  Temp delta = kNoTemp;
};  // 8-byte values, atomic. Result: the value before (0 when absent, or when a full map lost it)
struct MapDelete {
  MapId map = 0;
  Place key;
};  // Result: 1 when it was there
struct MapHas {
  MapId map = 0;
  Place key;
};
struct MapLength {
  MapId map = 0;
};
struct Aggregate {
  MapId map = 0;
  Place key;
  Temp value = kNoTemp;
};  // takes value into the aggregation (kCount ignores it)
struct AggregateRead {
  MapId map = 0;
  Place key;
};  // count, sum, min, max, avg, stats as an integer (avg, stats: total / count, by is_signed); 0 when absent

// The head of a loop over a map's entries. Last in its block, which branches on its result and holds nothing else: when
// there is another entry, its key and value (aggregations: the key alone) are written and the result is 1. `position`
// is a word that the loop keeps for itself: a 0 stored there begins the loop anew. Entries come in no particular order,
// those that were there at the start once each; those that are deleted or inserted meanwhile may come or not. The map
// has keys. Only through the head can the loop be entered (see core/ir/map_loops.h).
struct MapNext {
  MapId map = 0;
  Place position;
  Place key;
  Place value;
};

// One field of an emitted record.
struct EmitField {
  enum class Kind : uint8_t { kWord, kBytes, kString };
  Kind kind = Kind::kWord;
  Temp word = kNoTemp;  // kWord
  Place from;           // kBytes, kString
  uint32_t length = 0;  // kBytes: multiple of 8; kString: capacity of the region (multiple of 8). Its length is
                        // what StringLength says
};
// Sends a record to user space. Payload: for each field in order 8 bytes (kWord), `length` bytes (kBytes) or an 8-byte
// length (kString, without NUL); then the strings' bytes, packed, in order.
struct Emit {
  EmitId emit = 0;
  std::vector<EmitField> fields;
};
// Asks for the end: from here no other probe runs and no count changes. The function returns behind it (lowering adds
// it).
struct Exit {
  Temp code = kNoTemp;
};

using Operation = std::variant<Const, Binary, Extend, SlotLoad, SlotLoadAt, SlotStore, SlotZero, SlotCopy, SlotLiteral,
                               ContextLoad, ContextCopy, ContextString, ReadBuiltin, ReadComm, ReadMemory, ReadString,
                               ReadBuffer, ReadStack, CompareBytes, StringLength, MapGet, MapSet, MapAdd, MapDelete,
                               MapHas, MapLength, Aggregate, AggregateRead, MapNext, Emit, Exit, FindText, JoinTexts,
                               SendSignal, OverrideResult, WriteMemory, Delay, DecodeCall>;

inline constexpr EmitId kNoEmit = ~0U;

struct Instruction {
  Temp result = kNoTemp;  // operations with a result may leave it unused; those without must
  Operation operation;
  Span span;
  // A record of kind kHelperError, one word (the error, negative), that is emitted when the operation counts a fault.
  EmitId on_fault = kNoEmit;
};

struct Jump {
  BlockId to = 0;
};
struct Branch {
  Temp condition = kNoTemp;
  BlockId if_true = 0;
  BlockId if_false = 0;
};  // non-zero is true
struct Return {};
using Terminator = std::variant<Return, Jump, Branch>;

struct Block {
  std::vector<Instruction> instructions;
  Terminator end;
  Span span;
};

struct Slot {
  std::string name;   // "$x", or empty
  uint32_t size = 8;  // multiple of 8
};

struct Function {
  std::string name;             // the probe clause as the user wrote it, for messages
  std::vector<uint32_t> sites;  // indices into Program::sites: where it runs
  std::vector<Slot> slots;
  std::vector<Block> blocks;
  Temp temps = 0;  // number of temporaries
  Span span;
};

// A map's value, as snapshots deliver it (per-CPU parts merged), in 8-byte words:
//   no aggregation: the value's storage. count: {n}. sum: {total, seen}. min/max: {value, seen}. avg, stats: {count,
//   total}. hist (bits k): see hist_buckets(). lhist: {below, (high-low)/step buckets (rounded up)..., above}.
//   tseries: for each of the intervals, in any order, {its number + 1 (0: empty), value, weight}: the number counts
//   intervals since CLOCK_MONOTONIC's zero; the weight is the time of the last value (kLast), or how many were taken
//   in (and the value of kAvg is their total).
//   `seen` is 1 once a value was taken in (0 again after zero()). Totals wrap around.
struct MapSpec {
  std::string name;       // "@" or "@x", as the user writes it
  std::vector<Type> key;  // empty: a scalar map
  uint32_t key_size = 0;
  Type value;
  uint32_t value_size = 0;
  uint32_t max_entries = 4096;
  bool evicts = false;  // when it is full, an entry that was not used for long goes (lruhash)
  bool print_at_end = true;
  Span span;
};

// hist: value v goes to bucket hist_bucket(v, bits): bucket 0 takes negatives, 1 takes 0, then for v >= 1 with
// p = floor(log2 v): when p < bits: 1 + v; else 1 + ((p - bits + 1) << bits) + ((v >> (p - bits)) & ((1 << bits) - 1)).
uint32_t hist_bucket(int64_t value, uint8_t bits);
uint32_t hist_buckets(uint8_t bits);  // how many there are: hist_bucket(INT64_MAX, bits) + 1
// lhist: 0 below low, then one per step, the last for values >= high.
uint32_t lhist_bucket(int64_t value, const Aggregation& parameters);
uint32_t lhist_buckets(const Aggregation& parameters);
// Bytes of the merged value of a map whose values are TYPE.
uint32_t map_value_size(const Type& type);

enum class EmitKind : uint8_t {
  kPrintf,
  kErrorf,
  kWarnf,
  kPrintValue,
  kPrintMapValue,
  kPrintMap,
  kClearMap,
  kZeroMap,
  kTime,
  kJoin,
  kCat,
  kSystem,
  kDebugf,
  kPrintMapEntry,  // print(@m[k]) of what no single word tells: the fields are the key's
  kSkbOutput,      // a packet's bytes into the capture file `format`
  kHelperError,    // a read that failed: the error
  kUnwatch,        // an address
};

// What a record means. `format` is a printf format (escapes resolved), a time format, or a join delimiter.
struct EmitSpec {
  EmitKind kind = EmitKind::kPrintf;
  std::string format;
  std::vector<Type> fields;  // in the order of Emit::fields; kPrintMap: {top, divisor}; kPrintMapValue: the key's
                             // types, then the value
  MapId map = 0;             // kPrintMapValue, kPrintMapEntry, kPrintMap, kClearMap, kZeroMap
  bool control = false;      // must never be lost: print/clear/zero of maps, errors
  Span span;
};

// What to do about an attach point that matches nothing.
enum class MissingProbes : uint8_t {
  kAlternative,  // an error; but a warning where another attach point of the same probe was found
  kError,
  kWarn,
  kIgnore,
};

// The script's settings that backends and output look at. 0 where it says so: the backend's own choice.
struct Settings {
  uint32_t max_string = 1024;  // max_strlen
  uint32_t max_map_entries = 4096;
  bool print_maps_at_end = true;
  std::string cut_trailer = "..";  // str_trunc_trailer
  bool demangle = true;
  uint32_t ring_pages = 0;  // perf_rb_pages: of the buffer to user space, for each CPU; 0: as the backend thinks best
  std::string license = "GPL";
  MissingProbes missing_probes = MissingProbes::kAlternative;
  bool report_faults = false;                   // -k: every failed read is told, with its place
  StackMode stack_mode = StackMode::kBpftrace;  // of ustack and kstack without a mode
  uint32_t max_probes = 0;                      // 0: any number
  uint32_t max_programs = 0;                    // max_bpf_progs; 0: any number
  uint32_t max_cat_bytes = 10240;               // of what cat() shows of a file
  uint32_t on_stack_limit = 64;                 // larger values are kept in scratch memory
  uint32_t max_copied_stack = 16384;            // max_ustack_bytes: of a user stack that is copied to be walked later
  uint32_t verifier_log_bytes = 0;              // log_size; 0: chosen by the backend
  bool cache_symbols = true;                    // cache_user_symbols other than NONE
  bool lazy_symbols = true;                     // lazy_symbolication
  bool debug_info = true;                       // show_debug_info: source lines in stacks
};

struct Program {
  std::vector<ProbeSite> sites;
  std::vector<Function> functions;
  std::vector<MapSpec> maps;
  std::vector<EmitSpec> emits;
  std::vector<std::string> strings;
  Settings settings;
};

template <typename... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <typename... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

}  // namespace polytap::ir
