// Keys: keyctl(2) with each command. (add_key and request_key need nothing of their own.)
#include <linux/keyctl.h>

#include <algorithm>
#include <cstddef>

#include "core/syscall/printers.h"
#include "core/syscall/structure.h"
#include "core/syscall/tables.h"
#include "core/syscall/tables_ipc.h"
#include "core/syscall/value_kinds.h"

namespace polytap::printers {
namespace {

using namespace value_kinds;

constexpr ValueKind kSpare{Show::kHexArray, nullptr, nullptr, nullptr, 4};
constexpr Field kDerivationFields[] = {
    {"hashname", offsetof(keyctl_kdf_params, hashname), 8, {Show::kString}},
    {"otherinfo", offsetof(keyctl_kdf_params, otherinfo), 8,
     printed_by([](CallText& text, std::span<const std::byte> own, std::span<const std::byte> whole) {
       text.buffer(number_in(own), number_in(whole.subspan(offsetof(keyctl_kdf_params, otherinfolen), 4)));
     })},
    POLYTAP_FIELD(keyctl_kdf_params, otherinfolen, kNumber),
    {"__spare", offsetof(keyctl_kdf_params, __spare), sizeof(keyctl_kdf_params::__spare), kSpare, false,
     is_nonzero<offsetof(keyctl_kdf_params, __spare), sizeof(keyctl_kdf_params::__spare)>},
};
constexpr Structure kDerivation{kDerivationFields, sizeof(keyctl_kdf_params)};

constexpr Field kPublicKeyQueryFields[] = {
    POLYTAP_FIELD(keyctl_pkey_query, supported_ops, flags_of(kKeyOperations)),
    POLYTAP_FIELD(keyctl_pkey_query, key_size, kNumber),
    POLYTAP_FIELD(keyctl_pkey_query, max_data_size, kNumber),
    POLYTAP_FIELD(keyctl_pkey_query, max_sig_size, kNumber),
    POLYTAP_FIELD(keyctl_pkey_query, max_enc_size, kNumber),
    POLYTAP_FIELD(keyctl_pkey_query, max_dec_size, kNumber),
    {"__spare", offsetof(keyctl_pkey_query, __spare), sizeof(keyctl_pkey_query::__spare), kSpare, false,
     is_nonzero<offsetof(keyctl_pkey_query, __spare), sizeof(keyctl_pkey_query::__spare)>},
};
constexpr Structure kPublicKeyQuery{kPublicKeyQueryFields, sizeof(keyctl_pkey_query)};

constexpr ValueKind kSerial = printed_by(
    [](CallText& text, std::span<const std::byte> own, std::span<const std::byte>) { key(text, number_in(own), {}); });
constexpr size_t kExchangeSize = 12;  // struct keyctl_dh_params, whose first name differs with the language
constexpr Field kExchangeFields[] = {{"private", 0, 4, kSerial}, {"prime", 4, 4, kSerial}, {"base", 8, 4, kSerial}};
constexpr Structure kExchange{kExchangeFields, kExchangeSize};

constexpr size_t kOperationSize = sizeof(keyctl_pkey_params);
constexpr Field kPublicKeyInputFields[] = {{"key_id", 0, 4, kSerial},
                                           {"in_len", 4, 4, kNumber},
                                           {"in2_len", 8, 4, kNumber},
                                           {"__spare", 12, 28, kSpare, false, is_nonzero<12, 28>}};
constexpr Field kPublicKeyOutputFields[] = {{"key_id", 0, 4, kSerial},
                                            {"in_len", 4, 4, kNumber},
                                            {"out_len", 8, 4, kNumber},
                                            {"__spare", 12, 28, kSpare, false, is_nonzero<12, 28>}};
constexpr Structure kPublicKeyInput{kPublicKeyInputFields, kOperationSize};
constexpr Structure kPublicKeyOutput{kPublicKeyOutputFields, kOperationSize};

// What an argument of a command is.
enum class Part : uint8_t {
  kNone,
  kKey,
  kInt,
  kUint,
  kHex,
  kLong,
  kSize,
  kString,
  kAddress,
  kOperand,  // as long as the parameters of a public-key operation say
  kOperandOut,
  kBufferIn,   // the next argument has its length
  kBufferOut,  // as much as the call returned, and as there is room for by the next argument
  kTextOut,    // the same
  kPermissions,
  kDefault,
  kError,
  kVectors,
  kExchangeIn,
  kDerivationIn,
  kQueryOut,
  kInputIn,
  kOutputIn,
  kMoveFlags,
  kCapabilitiesOut,
};

struct Command {
  uint32_t number;
  std::array<Part, 4> parts;
};
constexpr Command kCommands[] = {
    {KEYCTL_GET_KEYRING_ID, {Part::kKey, Part::kInt}},
    {KEYCTL_JOIN_SESSION_KEYRING, {Part::kString}},
    {KEYCTL_UPDATE, {Part::kKey, Part::kBufferIn, Part::kSize}},
    {KEYCTL_REVOKE, {Part::kKey}},
    {KEYCTL_CHOWN, {Part::kKey, Part::kUint, Part::kUint}},
    {KEYCTL_SETPERM, {Part::kKey, Part::kPermissions}},
    {KEYCTL_DESCRIBE, {Part::kKey, Part::kBufferOut, Part::kSize}},
    {KEYCTL_CLEAR, {Part::kKey}},
    {KEYCTL_LINK, {Part::kKey, Part::kKey}},
    {KEYCTL_UNLINK, {Part::kKey, Part::kKey}},
    {KEYCTL_SEARCH, {Part::kKey, Part::kString, Part::kString, Part::kKey}},
    {KEYCTL_READ, {Part::kKey, Part::kBufferOut, Part::kSize}},
    {KEYCTL_INSTANTIATE, {Part::kKey, Part::kBufferIn, Part::kSize, Part::kKey}},
    {KEYCTL_NEGATE, {Part::kKey, Part::kUint, Part::kKey}},
    {KEYCTL_SET_REQKEY_KEYRING, {Part::kDefault}},
    {KEYCTL_SET_TIMEOUT, {Part::kKey, Part::kUint}},
    {KEYCTL_ASSUME_AUTHORITY, {Part::kKey}},
    {KEYCTL_GET_SECURITY, {Part::kKey, Part::kBufferOut, Part::kSize}},
    {KEYCTL_SESSION_TO_PARENT, {}},
    {KEYCTL_REJECT, {Part::kKey, Part::kUint, Part::kError, Part::kKey}},
    {KEYCTL_INSTANTIATE_IOV, {Part::kKey, Part::kVectors, Part::kSize, Part::kKey}},
    {KEYCTL_INVALIDATE, {Part::kKey}},
    {KEYCTL_GET_PERSISTENT, {Part::kUint, Part::kKey}},
    {KEYCTL_DH_COMPUTE, {Part::kExchangeIn, Part::kBufferOut, Part::kSize, Part::kDerivationIn}},
    {KEYCTL_PKEY_QUERY, {Part::kKey, Part::kHex, Part::kString, Part::kQueryOut}},
    {KEYCTL_PKEY_ENCRYPT, {Part::kOutputIn, Part::kString, Part::kOperand, Part::kOperandOut}},
    {KEYCTL_PKEY_DECRYPT, {Part::kOutputIn, Part::kString, Part::kOperand, Part::kOperandOut}},
    {KEYCTL_PKEY_SIGN, {Part::kOutputIn, Part::kString, Part::kOperand, Part::kOperandOut}},
    {KEYCTL_PKEY_VERIFY, {Part::kInputIn, Part::kString, Part::kOperand, Part::kOperand}},
    {KEYCTL_RESTRICT_KEYRING, {Part::kKey, Part::kString, Part::kString}},
    {KEYCTL_MOVE, {Part::kKey, Part::kKey, Part::kKey, Part::kMoveFlags}},
    {KEYCTL_CAPABILITIES, {Part::kCapabilitiesOut, Part::kSize}},
};

const Command* command_of(const CallText& text) {
  const auto* found = std::ranges::find(kCommands, static_cast<uint32_t>(text.argument(0)), &Command::number);
  return found != std::end(kCommands) ? found : nullptr;
}

bool is_result(Part part) {
  return part == Part::kBufferOut || part == Part::kTextOut || part == Part::kQueryOut ||
         part == Part::kCapabilitiesOut || part == Part::kOperandOut;
}

void put_capabilities(CallText& text, uint64_t at, uint64_t room) {
  if (!text.succeeded()) return text.address(at);
  size_t index = 0;
  const uint64_t count = std::min<uint64_t>(room, static_cast<uint64_t>(std::max<int64_t>(text.call.result, 0)));
  put_array<uint8_t>(text, at, count, [&](uint8_t bits) {
    index == 0   ? text.flags(kKeyCapabilities0, bits)
    : index == 1 ? text.flags(kKeyCapabilities1, bits)
                 : text.hex(bits);
    ++index;
  });
}

void put_default(CallText& text, int32_t value) {
  const auto number = static_cast<uint64_t>(static_cast<int64_t>(value));
  if (!kKeyDefaults.find(number).empty()) return text.enumeration(kKeyDefaults, number);
  text.print("{} /* {} */", value, kKeyDefaults.unknown);
}

void put_error(CallText& text, uint64_t value) {
  const auto number = static_cast<uint32_t>(value);
  const std::string_view name = number < 4096 ? errno_name(static_cast<int>(number)) : std::string_view();
  name.empty() ? text.print("{}", number) : text.put(name);
}

// The first operand has in_len bytes, the second in2_len or, when the call gives it, as many as it returns.
void put_operand(CallText& text, uint64_t at, size_t index, bool is_result) {
  keyctl_pkey_params parameters{};
  if (!text.memory.read_object(text.argument(1), parameters)) return text.address(at);
  if (!is_result) return text.buffer(at, index == 3 ? parameters.in_len : parameters.in2_len);
  if (!text.succeeded()) return text.address(at);
  const auto given = static_cast<uint64_t>(std::max<int64_t>(text.call.result, 0));
  text.buffer(at, std::min<uint64_t>(given, parameters.out_len));
}

void put_part(CallText& text, Part part, size_t index, uint64_t value) {
  const uint64_t next = index + 1 < text.call.arguments.size() ? text.argument(index + 1) : 0;
  const uint64_t given = static_cast<uint64_t>(std::max<int64_t>(text.call.result, 0));
  switch (part) {
    case Part::kKey:
      return key(text, value, {});
    case Part::kInt:
      return text.print("{}", static_cast<int32_t>(value));
    case Part::kUint:
      return text.print("{}", static_cast<uint32_t>(value));
    case Part::kLong:
      return text.print("{}", static_cast<int64_t>(value));
    case Part::kSize:
      return text.print("{}", value);
    case Part::kString:
      return text.string(value);
    case Part::kAddress:
      return text.address(value);
    case Part::kOperand:
    case Part::kOperandOut:
      return put_operand(text, value, index, part == Part::kOperandOut);
    case Part::kBufferIn:
      return text.buffer(value, next);
    case Part::kBufferOut:
    case Part::kTextOut:
      return text.succeeded() ? text.buffer(value, std::min(given, next)) : text.address(value);
    case Part::kPermissions:
      return text.flags(kKeyPermissions, static_cast<uint32_t>(value));
    case Part::kDefault:
      return put_default(text, static_cast<int32_t>(value));
    case Part::kError:
      return put_error(text, value);
    case Part::kVectors:
      return io_vectors(text, value, {.length_argument = static_cast<uint8_t>(index + 1)});
    case Part::kExchangeIn:
      return put_structure_at(text, value, kExchange);
    case Part::kDerivationIn:
      return put_structure_at(text, value, kDerivation);
    case Part::kQueryOut:
      return text.succeeded() ? put_structure_at(text, value, kPublicKeyQuery) : text.address(value);
    case Part::kInputIn:
      return put_structure_at(text, value, kPublicKeyInput);
    case Part::kOutputIn:
      return put_structure_at(text, value, kPublicKeyOutput);
    case Part::kMoveFlags:
      return text.flags(kKeyMoveFlags, static_cast<uint32_t>(value));
    case Part::kCapabilitiesOut:
      return put_capabilities(text, value, next);
    default:
      return text.hex(value);
  }
}

}  // namespace

bool keyctl_known_at_entry(const CallText& text) {
  const Command* command = command_of(text);
  return command == nullptr || std::ranges::none_of(command->parts, is_result);
}

void keyctl_argument(CallText& text, uint64_t value, const ArgumentKind& kind) {
  const size_t index = kind.length_argument;
  const Command* command = command_of(text);
  if (command == nullptr) return text.hex(value);
  const Part part = command->parts[index - 1];
  if (part == Part::kNone) return text.omit();
  put_part(text, part, index, value);
}

}  // namespace polytap::printers
