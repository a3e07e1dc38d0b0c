// prctl(2): what each option takes and gives.
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>

#include <algorithm>
#include <cerrno>

#include "core/syscall/printers.h"
#include "core/syscall/tables.h"
#include "core/syscall/tables_prctl.h"

namespace polytap::printers {
namespace {

struct Part {
  enum class Show : uint8_t {
    kNone,
    kHex,
    kAddress,
    kUnsigned,
    kInt,
    kSignal,
    kText,
    kName,         // of a thread
    kFlags,        // of TABLE
    kEnumeration,  // of TABLE
    kFlags32,
    kEnumeration32,
    kTypeOfId,      // 0x2 /* PIDTYPE_PGID */
    kVectorLength,  // flags of TABLE, and the length in the lower 16 bits
    kTagControl,
    kFilter,
    kIntResult,
    kUintResult,
    kAddressResult,
    kTextResult,
    kFlagsResult,
    kEnumerationResult,
  };
  Show show = Show::kNone;
  const ConstantTable* table = nullptr;
};

// What the returned value means.
enum class Meaning : uint8_t { kNumber, kHexFlags, kFlags, kNamed, kVector, kTags };

struct Option {
  uint32_t number;
  std::array<Part, 4> parts;
  Meaning meaning = Meaning::kNumber;
  const ConstantTable* table = nullptr;  // of the meaning
};

using Show = Part::Show;
constexpr Part kHex{Show::kHex};
constexpr Part kAddress{Show::kAddress};
constexpr Part kUnsigned{Show::kUnsigned};
constexpr Part kInt{Show::kInt};
constexpr Part kUintResult{Show::kUintResult};

constexpr uint32_t kGetMatrixLength = 64;  // PR_SME_GET_VL (since Linux 5.19)
constexpr uint32_t kSetMatrixLength = 63;
constexpr uint32_t kSetDenyWriteExecute = 65;  // PR_SET_MDWE (since Linux 6.3)
constexpr uint32_t kGetDenyWriteExecute = 66;
constexpr uint32_t kSetMemoryMerge = 67;  // PR_SET_MEMORY_MERGE (since Linux 6.4)
constexpr uint32_t kGetMemoryMerge = 68;
constexpr uint32_t kGetAuxiliaryVector = 0x41555856;  // PR_GET_AUXV (since Linux 6.4)

constexpr Option kOptions[] = {
    {PR_SET_PDEATHSIG, {Part{Show::kSignal}}},
    {PR_GET_PDEATHSIG, {Part{Show::kIntResult}}},
    {PR_GET_DUMPABLE, {}, Meaning::kNamed, &kDumpable},
    {PR_SET_DUMPABLE, {Part{Show::kEnumeration, &kDumpable}}},
    {PR_GET_UNALIGN, {Part{Show::kFlagsResult, &kUnalignedFlags}}},
    {PR_SET_UNALIGN, {Part{Show::kFlags32, &kUnalignedFlags}}},
    {PR_GET_KEEPCAPS, {}},
    {PR_SET_KEEPCAPS, {kUnsigned}},
    {PR_GET_FPEMU, {kUintResult}},
    {PR_SET_FPEMU, {kUnsigned}},
    {PR_GET_FPEXC, {kUintResult}},
    {PR_SET_FPEXC, {kUnsigned}},
    {PR_GET_TIMING, {}},
    {PR_SET_TIMING, {kUnsigned}},
    {PR_SET_NAME, {Part{Show::kName}}},
    {PR_GET_NAME, {Part{Show::kTextResult}}},
    {PR_GET_ENDIAN, {kUintResult}},
    {PR_SET_ENDIAN, {kUnsigned}},
    {PR_GET_SECCOMP, {}},
    {PR_SET_SECCOMP, {Part{Show::kEnumeration, &kSeccompModes}, kHex, kHex, kHex}},
    {PR_CAPBSET_READ, {Part{Show::kEnumeration, &kCapabilities}}},
    {PR_CAPBSET_DROP, {Part{Show::kEnumeration, &kCapabilities}}},
    {PR_GET_TSC, {Part{Show::kEnumerationResult, &kTimestampCounter}}},
    {PR_SET_TSC, {Part{Show::kEnumeration32, &kTimestampCounter}}},
    {PR_GET_SECUREBITS, {}, Meaning::kHexFlags, &kSecureBits},
    {PR_SET_SECUREBITS, {Part{Show::kFlags, &kSecureBits}}},
    {PR_SET_TIMERSLACK, {kUnsigned}},
    {PR_GET_TIMERSLACK, {}},
    {PR_TASK_PERF_EVENTS_DISABLE, {}},
    {PR_TASK_PERF_EVENTS_ENABLE, {}},
    {PR_MCE_KILL, {Part{Show::kEnumeration, &kMachineCheckOperations}, kHex, kHex, kHex}},
    {PR_MCE_KILL_GET, {kHex, kHex, kHex, kHex}, Meaning::kNamed, &kMachineCheckPolicies},
    {PR_SET_MM, {Part{Show::kEnumeration32, &kMemoryMapParts}, kHex, kHex, kHex}},
    {PR_SET_CHILD_SUBREAPER, {kUnsigned}},
    {PR_GET_CHILD_SUBREAPER, {kUintResult}},
    {PR_SET_NO_NEW_PRIVS, {kUnsigned, kHex, kHex, kHex}},
    {PR_GET_NO_NEW_PRIVS, {kHex, kHex, kHex, kHex}},
    {PR_GET_TID_ADDRESS, {Part{Show::kAddressResult}}},
    {PR_SET_THP_DISABLE, {kUnsigned, kHex, kHex, kHex}},
    {PR_GET_THP_DISABLE, {kHex, kHex, kHex, kHex}},
    {PR_SET_FP_MODE, {Part{Show::kFlags32, &kFloatingPointModes}}},
    {PR_GET_FP_MODE, {}, Meaning::kHexFlags, &kFloatingPointModes},
    {PR_CAP_AMBIENT, {Part{Show::kEnumeration, &kAmbientOperations}, kHex, kHex, kHex}},
    {PR_SVE_SET_VL, {Part{Show::kVectorLength, &kVectorLengthFlags}}, Meaning::kVector, &kVectorLengthFlags},
    {PR_SVE_GET_VL, {}, Meaning::kVector, &kVectorLengthFlags},
    {kSetMatrixLength, {Part{Show::kVectorLength, &kMatrixLengthFlags}}, Meaning::kVector, &kMatrixLengthFlags},
    {kGetMatrixLength, {}, Meaning::kVector, &kMatrixLengthFlags},
    {PR_GET_SPECULATION_CTRL, {Part{Show::kEnumeration, &kSpeculationKinds}}, Meaning::kFlags, &kSpeculationFlags},
    {PR_SET_SPECULATION_CTRL, {Part{Show::kEnumeration, &kSpeculationKinds}, kHex}},
    {PR_PAC_RESET_KEYS, {Part{Show::kFlags, &kPointerKeys}, kHex, kHex, kHex}},
    {PR_SET_TAGGED_ADDR_CTRL, {Part{Show::kTagControl}, kHex, kHex, kHex}},
    {PR_GET_TAGGED_ADDR_CTRL, {kHex, kHex, kHex, kHex}, Meaning::kTags},
    {PR_SET_IO_FLUSHER, {kUnsigned, kHex, kHex, kHex}},
    {PR_GET_IO_FLUSHER, {kHex, kHex, kHex, kHex}},
    {PR_SET_SYSCALL_USER_DISPATCH, {Part{Show::kEnumeration, &kDispatchModes}, kHex, kHex, kAddress}},
    {PR_PAC_SET_ENABLED_KEYS,
     {Part{Show::kFlags, &kPointerEnableKeys}, Part{Show::kFlags, &kPointerEnableKeys}, kHex, kHex}},
    {PR_PAC_GET_ENABLED_KEYS, {kHex, kHex, kHex, kHex}, Meaning::kHexFlags, &kPointerEnableKeys},
    {PR_SCHED_CORE, {Part{Show::kEnumeration32, &kCoreSchedulingCommands}, kInt, Part{Show::kTypeOfId}, kAddress}},
    {kSetDenyWriteExecute, {Part{Show::kFlags, &kDenyWriteExecute}, kHex, kHex, kHex}},
    {kGetDenyWriteExecute, {kHex, kHex, kHex, kHex}, Meaning::kHexFlags, &kDenyWriteExecute},
    {kSetMemoryMerge, {kUnsigned, kHex, kHex, kHex}},
    {kGetMemoryMerge, {kHex, kHex, kHex, kHex}},
    {PR_SET_PTRACER, {kInt}},
    {PR_SET_VMA, {Part{Show::kEnumeration, &kMappingNames}, kHex, kHex, kHex}},
    {kGetAuxiliaryVector, {kAddress, kUnsigned, kHex, kHex}},
};

const Option* option_of(const CallText& text) {
  const auto* found = std::ranges::find(kOptions, static_cast<uint32_t>(text.argument(0)), &Option::number);
  return found != std::end(kOptions) ? found : nullptr;
}

// Where the first argument decides what the others are.
Part part_of(const CallText& text, const Option& option, size_t index) {
  const uint64_t first = text.argument(1);
  constexpr Part kNothing;
  switch (option.number) {
    case PR_SET_SECCOMP:
      if (first == SECCOMP_MODE_STRICT && index > 1) return kNothing;
      if (first == SECCOMP_MODE_FILTER && index == 2) return {Show::kFilter};
      if (first == SECCOMP_MODE_FILTER && index > 2) return kNothing;
      break;
    case PR_MCE_KILL:
      if (first == PR_MCE_KILL_SET && index == 2) return {Show::kEnumeration, &kMachineCheckPolicies};
      break;
    case PR_CAP_AMBIENT:
      if (index == 2 && first >= PR_CAP_AMBIENT_IS_SET && first <= PR_CAP_AMBIENT_LOWER) {
        return {Show::kEnumeration, &kCapabilities};
      }
      break;
    case PR_SET_SPECULATION_CTRL:
      if (index == 2 && !kSpeculationKinds.find(first).empty()) return {Show::kEnumeration, &kSpeculationStates};
      break;
    case PR_SCHED_CORE:
      if (index == 4 && static_cast<uint32_t>(first) == PR_SCHED_CORE_GET) return {Show::kAddressResult};
      break;
    case PR_SET_VMA:
      if (first == PR_SET_VMA_ANON_NAME && index == 2) return kAddress;
      if (first == PR_SET_VMA_ANON_NAME && index == 3) return kUnsigned;
      if (first == PR_SET_VMA_ANON_NAME && index == 4) return {Show::kText};
      break;
    default:
      break;
  }
  return option.parts[index - 1];
}

bool is_result(Show show) {
  return show == Show::kIntResult || show == Show::kUintResult || show == Show::kAddressResult ||
         show == Show::kTextResult || show == Show::kFlagsResult || show == Show::kEnumerationResult;
}

void put_vector_length(CallText& text, const ConstantTable& table, uint64_t value) {
  constexpr uint64_t kLength = 0xffff;
  if ((value & ~kLength) != 0) {
    text.flags(table, value & ~kLength);
    text.put('|');
  }
  text.hex(value & kLength);
}

void put_tags(CallText& text, uint64_t value) {
  constexpr uint64_t kEnable = PR_TAGGED_ADDR_ENABLE;
  constexpr uint64_t kTags = uint64_t{0xffff} << PR_MTE_TAG_SHIFT;
  text.put((value & kEnable) != 0 ? "PR_TAGGED_ADDR_ENABLE|" : "!PR_TAGGED_ADDR_ENABLE|");
  text.enumeration(kTagChecks, value & PR_MTE_TCF_MASK);
  if ((value & kTags) != 0) {
    text.put('|');
    text.hex((value & kTags) >> PR_MTE_TAG_SHIFT);
    text.put("<<PR_MTE_TAG_SHIFT");
  }
  if (const uint64_t rest = value & ~(kEnable | kTags | PR_MTE_TCF_MASK); rest != 0) text.print("|{:#x}", rest);
}

constexpr size_t kNameLength = 15;  // TASK_COMM_LEN of include/linux/sched.h, without the NUL

void put_text(CallText& text, uint64_t value, size_t most) {
  RenderStyle style = text.style;
  style.string_limit = std::min(style.string_limit, most);
  CallText(text.out, text.memory, style, text.call).string(value);
}

void put_result(CallText& text, const Part& part, uint64_t value) {
  const ArgumentKind kind{.direction = ArgumentKind::Direction::kOut, .table = part.table};
  switch (part.show) {
    case Show::kIntResult:
      return int_at(text, value, kind);
    case Show::kUintResult:
      return uint_at(text, value, kind);
    case Show::kAddressResult:
      return address_at(text, value, kind);
    case Show::kTextResult:
      return text.succeeded() ? put_text(text, value, kNameLength) : text.address(value);
    default:
      break;
  }
  uint32_t number = 0;
  if (!text.fetch_result(value, number)) return;
  text.put('[');
  part.show == Show::kFlagsResult ? text.flags(*part.table, number) : text.enumeration(*part.table, number);
  text.put(']');
}

void put_part(CallText& text, const Part& part, uint64_t value) {
  switch (part.show) {
    case Show::kAddress:
      return text.address(value);
    case Show::kUnsigned:
      return text.print("{}", value);
    case Show::kInt:
      return text.print("{}", static_cast<int32_t>(value));
    case Show::kSignal:
      return value != 0 && value <= 64 ? text.signal(static_cast<int>(value)) : text.print("{}", value);
    case Show::kText:
      return put_text(text, value, SIZE_MAX);
    case Show::kName:
      return put_text(text, value, kNameLength);
    case Show::kFlags:
      return text.flags(*part.table, value);
    case Show::kEnumeration:
      return text.enumeration(*part.table, value);
    case Show::kFlags32:
      return text.flags(*part.table, static_cast<uint32_t>(value));
    case Show::kEnumeration32:
      return text.enumeration(*part.table, static_cast<uint32_t>(value));
    case Show::kTypeOfId: {
      const std::string_view name = kProcessIdTypes.find(static_cast<uint32_t>(value));
      text.hex(static_cast<uint32_t>(value));
      return text.print(" /* {} */", name.empty() ? kProcessIdTypes.unknown : name);
    }
    case Show::kVectorLength:
      return put_vector_length(text, *part.table, value);
    case Show::kTagControl:
      return put_tags(text, value);
    case Show::kFilter:
      return put_classic_filter(text, value, true);
    default:
      return text.hex(value);
  }
}

// The note behind a returned value; what PUT writes.
template <typename Put>
void make_note(CallText& text, Put&& put) {
  std::string note;
  std::swap(note, text.out);
  put();
  std::swap(note, text.out);
  text.note = note;
}

}  // namespace

bool prctl_known_at_entry(const CallText& text) {
  const Option* option = option_of(text);
  if (option == nullptr) return true;
  for (size_t index = 1; index <= option->parts.size(); ++index) {
    if (is_result(part_of(text, *option, index).show)) return false;
  }
  return true;
}

void prctl_argument(CallText& text, uint64_t value, const ArgumentKind& kind) {
  const Option* option = option_of(text);
  if (option == nullptr) return text.hex(value);
  const Part part = part_of(text, *option, kind.length_argument);
  if (part.show == Show::kNone) return text.omit();
  is_result(part.show) ? put_result(text, part, value) : put_part(text, part, value);
}

void note_prctl(CallText& text) {
  const Option* option = option_of(text);
  if (!text.succeeded() || option == nullptr) return;
  const auto result = static_cast<uint64_t>(text.call.result);
  switch (option->meaning) {
    case Meaning::kNumber:
      return;
    case Meaning::kFlags:
      text.hex_result = result != 0 && !kSpeculationKinds.find(text.argument(1)).empty();
      make_note(text, [&] { text.flags(*option->table, result); });
      return;
    case Meaning::kNamed:
      text.note = option->table->find(result);
      return;
    case Meaning::kHexFlags:
      text.hex_result = true;
      if (result != 0) make_note(text, [&] { text.flags(*option->table, result); });
      return;
    case Meaning::kVector:
      text.hex_result = true;
      if (result > 0xffff) make_note(text, [&] { put_vector_length(text, *option->table, result); });
      return;
    case Meaning::kTags:
      text.hex_result = true;
      make_note(text, [&] { put_tags(text, result); });
      return;
  }
}

}  // namespace polytap::printers
