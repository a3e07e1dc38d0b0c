// The one type model: what the checker computes, the lowering lays out in slots, keys and records, and the output
// renders. C types come from BTF, tracefs formats or the script itself; the other kinds are the language's own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace polytap {

enum class TypeKind : uint8_t {
  kNone,  // no value
  kVoid,  // only behind a pointer
  kBool,
  kInteger,       // size 1, 2, 4, 8; is_signed
  kEnum,          // an integer with a name for each value (name, size, is_signed)
  kString,        // size bytes at most, the NUL included, zero padded
  kBuffer,        // size bytes at most; stored behind its length
  kPointer,       // to *element, in `space`
  kArray,         // count of *element
  kStruct,        // a struct or union called name ("struct x" / "union x"); fields through TypeProvider
  kTuple,         // elements
  kRecord,        // elements with field_names
  kUserStack,     // count frames at most
  kKernelStack,   // count frames at most
  kUserSymbol,    // {pid, address}
  kKernelSymbol,  // address
  kTimestamp,     // nanoseconds since boot with the strftime format `name`
  kInet,          // {family, 16 bytes}
  kMacAddress,    // 6 bytes
  kProbeName,     // index of the site that fired, shown as the probe's name
  kFunctionName,  // index of the site that fired, shown as the function that it is in
  kUserName,      // uid, shown as the user's name
  kCgroupPath,    // cgroup id
  kErrorName,     // errno value, shown as strerror does
  kSignalName,    // signal number, shown as "SIGINT"
  kSyscallName,   // syscall number, shown by name
  kAggregation,   // the value of a map; see Aggregation
  kProcessName,   // pid, shown as the name that the process has when it is shown
};

enum class AddressSpace : uint8_t { kNone, kUser, kKernel };

enum class StackMode : uint8_t { kBpftrace, kPerf, kRaw, kBuildId, kInline, kLines };

enum class AggregationKind : uint8_t { kCount, kSum, kMin, kMax, kAvg, kStats, kHist, kLhist, kTseries };

// What tseries keeps of the values of one interval.
enum class SeriesKind : uint8_t { kLast, kSum, kMin, kMax, kAvg };

// An aggregation's parameters. The value type of its map; see core/ir/ir.h for the layout of its value.
struct Aggregation {
  AggregationKind kind = AggregationKind::kCount;
  bool is_signed = true;                // of the values taken in: sum, min, max, avg, stats
  uint8_t bits = 0;                     // hist: sub-buckets per power of two are 1 << bits (0..5)
  int64_t low = 0;                      // lhist
  int64_t high = 0;                     // lhist
  int64_t step = 1;                     // lhist
  uint64_t interval_ns = 0;             // tseries
  uint32_t intervals = 0;               // tseries
  SeriesKind each = SeriesKind::kLast;  // tseries
  friend bool operator==(const Aggregation&, const Aggregation&) = default;
};

struct Type {
  TypeKind kind = TypeKind::kNone;
  bool is_signed = false;
  uint32_t size = 0;                         // bytes in C memory (kString, kBuffer: the capacity)
  uint32_t count = 0;                        // elements of an array, frames of a stack
  AddressSpace space = AddressSpace::kNone;  // of a pointer or of a struct's or array's memory
  StackMode stack_mode = StackMode::kBpftrace;
  std::string name;                      // struct, union and enum with their keyword; a timestamp's format
  std::shared_ptr<const Type> element;   // of a pointer or an array
  std::vector<Type> elements;            // of a tuple or record
  std::vector<std::string> field_names;  // of a record
  Aggregation aggregation;

  bool is(TypeKind k) const { return kind == k; }
  // Integers, bools, enums, pointers and the kinds that are stored as one 64-bit word.
  bool is_scalar() const;
  bool is_integral() const;  // integer, bool or enum: what arithmetic takes

  // Bytes that a value of this type takes in a slot, key, map value or record; always a multiple of 8:
  // scalars 8 (extended by their sign), strings and structs their size rounded up, a buffer 8 (its length) + capacity
  // rounded up, a stack 8 (tgid) + 8 * count (frames, innermost first, 0 ends them), a user symbol 16 (tgid, address),
  // inet 24 (family, 16 bytes), a mac address 8, tuples and records the sum of their elements in order. An aggregation
  // counts 8: as an expression it is one integer (its map's values are measured by ir::map_value_size()).
  uint32_t storage_size() const;

  friend bool operator==(const Type& a, const Type& b);
};

namespace types {
Type none();
Type boolean();
Type integer(uint32_t size, bool is_signed);
Type int64();
Type uint64();
Type string(uint32_t capacity);  // NUL included
Type buffer(uint32_t capacity);
Type pointer(Type to, AddressSpace space);
Type array(Type of, uint32_t count);
Type structure(std::string name, uint32_t size);
Type enumeration(std::string name, uint32_t size, bool is_signed);
Type tuple(std::vector<Type> elements);
Type record(std::vector<Type> elements, std::vector<std::string> names);
Type user_stack(uint32_t depth, StackMode mode);
Type kernel_stack(uint32_t depth, StackMode mode);
Type of_kind(TypeKind kind);  // the kinds without parameters
Type aggregation(Aggregation aggregation);
}  // namespace types

// "int64", "string[64]", "struct task_struct *", "(int64,string[16])", "(a=int64)", "count_t": as diagnostics print it.
std::string to_string(const Type& type);

struct Field {
  std::string name;  // empty for an anonymous struct or union, whose fields are found through it
  Type type;
  uint32_t offset = 0;     // bytes from the struct's start (for a bit field: of the storage unit to load)
  uint8_t bit_offset = 0;  // bit fields only: from the least significant bit of the storage unit
  uint8_t bit_size = 0;    // 0: not a bit field
};

struct StructDefinition {
  std::string name;  // "struct x" or "union x"
  uint32_t size = 0;
  std::vector<Field> fields;

  // The field called NAME, anonymous members searched through (its offset is then from this struct's start).
  // Fields of anonymous members are flattened into `fields` by providers, so this is a plain search.
  const Field* find(std::string_view name) const;
};

struct EnumDefinition {
  std::string name;
  uint32_t size = 4;
  bool is_signed = false;
  struct Enumerator {
    std::string name;
    int64_t value = 0;
  };
  std::vector<Enumerator> enumerators;
};

// Where C types come from: BTF, the script's own definitions, DWARF. Definitions live as long as the provider.
class TypeProvider {
 public:
  virtual ~TypeProvider() = default;
  // NAME with its keyword: "struct task_struct", "union u".
  virtual const StructDefinition* find_struct(std::string_view name) const = 0;
  virtual const EnumDefinition* find_enum(std::string_view name) const = 0;
  // A typedef or base type by its C name ("size_t", "unsigned int", "pid_t"); null when unknown.
  virtual const Type* find_type(std::string_view name) const = 0;
  struct EnumValue {
    const EnumDefinition* definition = nullptr;
    int64_t value = 0;
  };
  // An enumerator by name; definition is null when unknown.
  virtual EnumValue find_enumerator(std::string_view name) const = 0;
  // Whether a function of that name is described.
  virtual bool has_function(std::string_view) const { return false; }
};

}  // namespace polytap
