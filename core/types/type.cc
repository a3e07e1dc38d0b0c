#include "core/types/type.h"

#include <fmt/format.h>

#include <utility>

#include "core/base/check.h"
#include "core/types/type_names.h"

namespace polytap {
namespace {

uint32_t round_up(uint32_t bytes) { return (bytes + 7) & ~7U; }

bool same_element(const std::shared_ptr<const Type>& a, const std::shared_ptr<const Type>& b) {
  if (a == b) return true;
  return a != nullptr && b != nullptr && *a == *b;
}

std::string integer_name(const Type& type) { return fmt::format("{}int{}", type.is_signed ? "" : "u", type.size * 8); }

std::string aggregation_name(const Aggregation& aggregation) {
  const char* sign = aggregation.is_signed ? "" : "u";
  switch (aggregation.kind) {
    case AggregationKind::kCount:
      return "count_t";
    case AggregationKind::kSum:
      return fmt::format("{}sum_t", sign);
    case AggregationKind::kMin:
      return fmt::format("{}min_t", sign);
    case AggregationKind::kMax:
      return fmt::format("{}max_t", sign);
    case AggregationKind::kAvg:
      return fmt::format("{}avg_t", sign);
    case AggregationKind::kStats:
      return fmt::format("{}stats_t", sign);
    case AggregationKind::kHist:
      return "hist_t";
    case AggregationKind::kLhist:
      return "lhist_t";
    case AggregationKind::kTseries:
      return fmt::format("{}tseries_t", sign);
  }
  return "aggregation";
}

std::string elements_name(const Type& type) {
  const bool named = type.is(TypeKind::kRecord);
  std::string text = "(";
  for (size_t i = 0; i < type.elements.size(); ++i) {
    if (i != 0) text += ',';
    if (named && i < type.field_names.size()) text += type.field_names[i] + "=";
    text += to_string(type.elements[i]);
  }
  return text + ")";
}

}  // namespace

bool Type::is_integral() const {
  return kind == TypeKind::kBool || kind == TypeKind::kInteger || kind == TypeKind::kEnum;
}

bool Type::is_scalar() const {
  switch (kind) {
    case TypeKind::kBool:
    case TypeKind::kInteger:
    case TypeKind::kEnum:
    case TypeKind::kPointer:
    case TypeKind::kKernelSymbol:
    case TypeKind::kTimestamp:
    case TypeKind::kProbeName:
    case TypeKind::kFunctionName:
    case TypeKind::kUserName:
    case TypeKind::kCgroupPath:
    case TypeKind::kErrorName:
    case TypeKind::kSignalName:
    case TypeKind::kSyscallName:
    case TypeKind::kProcessName:
      return true;
    default:
      return false;
  }
}

uint32_t Type::storage_size() const {
  if (is_scalar()) return 8;
  switch (kind) {
    case TypeKind::kString:
    case TypeKind::kStruct:
    case TypeKind::kArray:
      return round_up(size);
    case TypeKind::kBuffer:
      return 8 + round_up(size);
    case TypeKind::kUserStack:
    case TypeKind::kKernelStack:
      return 8 + 8 * count;
    case TypeKind::kUserSymbol:
      return 16;
    case TypeKind::kInet:
      return 24;
    case TypeKind::kMacAddress:
    case TypeKind::kAggregation:
      return 8;
    case TypeKind::kTuple:
    case TypeKind::kRecord: {
      uint32_t total = 0;
      for (const Type& element_type : elements) total += element_type.storage_size();
      return total;
    }
    default:
      return 0;
  }
}

bool operator==(const Type& a, const Type& b) {
  return a.kind == b.kind && a.is_signed == b.is_signed && a.size == b.size && a.count == b.count &&
         a.space == b.space && a.stack_mode == b.stack_mode && a.name == b.name && a.elements == b.elements &&
         a.field_names == b.field_names && a.aggregation == b.aggregation && same_element(a.element, b.element);
}

namespace types {

Type of_kind(TypeKind kind) {
  Type type;
  type.kind = kind;
  if (type.is_scalar()) type.size = 8;
  if (kind == TypeKind::kBool) type.size = 1;
  if (kind == TypeKind::kUserName) type.size = 4;
  if (kind == TypeKind::kMacAddress) type.size = 6;
  if (kind == TypeKind::kUserSymbol) type.size = 16;
  if (kind == TypeKind::kInet) type.size = 24;
  return type;
}

Type none() { return {}; }
Type boolean() { return of_kind(TypeKind::kBool); }

Type integer(uint32_t size, bool is_signed) {
  Type type;
  type.kind = TypeKind::kInteger;
  type.size = size;
  type.is_signed = is_signed;
  return type;
}

Type int64() { return integer(8, true); }
Type uint64() { return integer(8, false); }

Type string(uint32_t capacity) {
  Type type;
  type.kind = TypeKind::kString;
  type.size = capacity;
  return type;
}

Type buffer(uint32_t capacity) {
  Type type;
  type.kind = TypeKind::kBuffer;
  type.size = capacity;
  return type;
}

Type pointer(Type to, AddressSpace space) {
  Type type;
  type.kind = TypeKind::kPointer;
  type.size = 8;
  type.space = space;
  type.element = std::make_shared<const Type>(std::move(to));
  return type;
}

Type array(Type of, uint32_t count) {
  Type type;
  type.kind = TypeKind::kArray;
  type.size = of.size * count;
  type.count = count;
  type.element = std::make_shared<const Type>(std::move(of));
  return type;
}

Type structure(std::string name, uint32_t size) {
  Type type;
  type.kind = TypeKind::kStruct;
  type.name = std::move(name);
  type.size = size;
  return type;
}

Type enumeration(std::string name, uint32_t size, bool is_signed) {
  Type type;
  type.kind = TypeKind::kEnum;
  type.name = std::move(name);
  type.size = size;
  type.is_signed = is_signed;
  return type;
}

Type tuple(std::vector<Type> elements) {
  Type type;
  type.kind = TypeKind::kTuple;
  type.elements = std::move(elements);
  type.size = type.storage_size();
  return type;
}

Type record(std::vector<Type> elements, std::vector<std::string> names) {
  CHECK(elements.size() == names.size());
  Type type;
  type.kind = TypeKind::kRecord;
  type.elements = std::move(elements);
  type.field_names = std::move(names);
  type.size = type.storage_size();
  return type;
}

namespace {
Type stack(TypeKind kind, uint32_t depth, StackMode mode) {
  Type type;
  type.kind = kind;
  type.count = depth;
  type.stack_mode = mode;
  type.size = type.storage_size();
  return type;
}
}  // namespace

Type user_stack(uint32_t depth, StackMode mode) { return stack(TypeKind::kUserStack, depth, mode); }
Type kernel_stack(uint32_t depth, StackMode mode) { return stack(TypeKind::kKernelStack, depth, mode); }

Type aggregation(Aggregation aggregation) {
  Type type;
  type.kind = TypeKind::kAggregation;
  type.is_signed = aggregation.is_signed;
  type.size = 8;
  type.aggregation = aggregation;
  return type;
}

}  // namespace types

std::string to_string(const Type& type) {
  switch (type.kind) {
    case TypeKind::kNone:
      return "none";
    case TypeKind::kVoid:
      return "void";
    case TypeKind::kBool:
      return "bool";
    case TypeKind::kInteger:
      return integer_name(type);
    case TypeKind::kEnum:
    case TypeKind::kStruct:
      return std::string(source_name(type.name));
    case TypeKind::kString:
      return fmt::format("string[{}]", type.size);
    case TypeKind::kBuffer:
      return fmt::format("buffer[{}]", type.size);
    case TypeKind::kPointer: {
      const std::string to = type.element == nullptr ? "void" : to_string(*type.element);
      return to.ends_with('*') ? to + "*" : to + " *";
    }
    case TypeKind::kArray:
      if (!type.name.empty()) return type.name;  // "double"
      return fmt::format("{}[{}]", type.element == nullptr ? "void" : to_string(*type.element), type.count);
    case TypeKind::kTuple:
    case TypeKind::kRecord:
      return elements_name(type);
    case TypeKind::kUserStack:
      return "ustack";
    case TypeKind::kKernelStack:
      return "kstack";
    case TypeKind::kUserSymbol:
      return "usym_t";
    case TypeKind::kKernelSymbol:
      return "ksym_t";
    case TypeKind::kTimestamp:
      return "timestamp";
    case TypeKind::kInet:
      return "inet";
    case TypeKind::kMacAddress:
      return "mac_address";
    case TypeKind::kProbeName:
      return "probe";
    case TypeKind::kFunctionName:
      return "func";
    case TypeKind::kUserName:
      return "username";
    case TypeKind::kCgroupPath:
      return "cgroup_path_t";
    case TypeKind::kErrorName:
      return "strerror_t";
    case TypeKind::kSignalName:
      return "signal_name_t";
    case TypeKind::kSyscallName:
      return "syscall_name_t";
    case TypeKind::kProcessName:
      return "process_name_t";
    case TypeKind::kAggregation:
      return aggregation_name(type.aggregation);
  }
  return "none";
}

const Field* StructDefinition::find(std::string_view field_name) const {
  for (const Field& field : fields) {
    if (field.name == field_name) return &field;
  }
  return nullptr;
}

std::string_view source_name(std::string_view name) {
  constexpr std::string_view kUser = "user ";
  if (!name.starts_with(kUser)) return name;
  name.remove_prefix(kUser.size());
  return name.substr(0, name.rfind('@'));
}

}  // namespace polytap
