#include "core/syscall/call_text.h"

#include <fcntl.h>
#include <linux/limits.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cstring>
#include <fstream>

#include "core/syscall/netlink.h"

namespace polytap {
namespace {

constexpr uint64_t kPage = 4096;

bool is_printable(unsigned char c) { return c >= ' ' && c < 0x7f; }

bool needs_hex(std::string_view bytes, RenderStyle::Hex hex) {
  if (hex == RenderStyle::Hex::kAll) return true;
  if (hex == RenderStyle::Hex::kNever || hex == RenderStyle::Hex::kNonAsciiCharacters) return false;
  return std::ranges::any_of(bytes, [](unsigned char c) { return !is_printable(c) && (c < '\t' || c > '\r'); });
}

// The shortest octal form; three digits where a digit follows, which would be taken for one more of it.
void append_octal(std::string& out, unsigned char c, bool digit_follows) {
  out += '\\';
  if (digit_follows || c >= 0100) out += static_cast<char>('0' + (c >> 6));
  if (digit_follows || c >= 010) out += static_cast<char>('0' + (c >> 3 & 7));
  out += static_cast<char>('0' + (c & 7));
}

void append_escaped(std::string& out, std::string_view bytes, bool hex) {
  constexpr std::string_view kEscaped = "\t\n\v\f\r\"\\";
  constexpr std::string_view kLetters = "tnvfr\"\\";
  for (size_t i = 0; i < bytes.size(); i++) {
    const char c = bytes[i];
    if (const size_t at = kEscaped.find(c); at != std::string_view::npos) {
      out += '\\';
      out += kLetters[at];
    } else if (is_printable(static_cast<unsigned char>(c))) {
      out += c;
    } else if (hex) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      const bool digit_follows = i + 1 < bytes.size() && bytes[i + 1] >= '0' && bytes[i + 1] <= '7';
      append_octal(out, static_cast<unsigned char>(c), digit_follows);
    }
  }
}

}  // namespace

std::string name_of_process(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/comm", pid));
  std::string name;
  std::getline(file, name);
  return name;
}

void CallText::address(uint64_t value) {
  if (value == 0) {
    put("NULL");
  } else {
    print("{:#x}", value);
  }
}

void CallText::signal(int number) {
  if (style.constants == ConstantStyle::kAbbreviated) return put(signal_name(number));
  print("{}", number);
  if (style.constants == ConstantStyle::kVerbose && number != 0) print(" /* {} */", signal_name(number));
}

void CallText::process(int number) {
  print("{}", number);
  if (!style.decode_comms || number <= 0) return;
  // Of the processes that the tracer sees; elsewhere there is no such number.
  if (const std::string name = name_of_process(number); !name.empty()) print("<{}>", name);
}

void CallText::device(uint64_t number) {
  if (style.constants != ConstantStyle::kAbbreviated) hex(number);
  if (style.constants == ConstantStyle::kRaw) return;
  if (style.constants == ConstantStyle::kVerbose) put(" /* ");
  put("makedev(");
  hex(major(number));
  put(", ");
  hex(minor(number));
  put(')');
  if (style.constants == ConstantStyle::kVerbose) put(" */");
}

void CallText::fd(int number) {
  print("{}", number);
  if (fds != nullptr && number >= 0) put(fds->suffix(pid, number));
}

void CallText::directory_fd(int number) {
  if (number != AT_FDCWD) return fd(number);
  if (style.constants == ConstantStyle::kAbbreviated) {
    put("AT_FDCWD");
  } else {
    print("{}", number);
    if (style.constants == ConstantStyle::kVerbose) put(" /* AT_FDCWD */");
  }
  if (fds != nullptr) put(fds->working_directory(pid));
}

void CallText::omit() {
  skip();
  omitted = true;
}

void CallText::quoted(std::string_view bytes, bool more) {
  put('"');
  if (needs_hex(bytes, style.hex)) {
    for (const char c : bytes) print("\\x{:02x}", static_cast<unsigned char>(c));
  } else {
    append_escaped(out, bytes, style.hex == RenderStyle::Hex::kNonAsciiCharacters);
  }
  put('"');
  if (more) put("...");
}

void CallText::buffer(uint64_t address_of, uint64_t length) {
  if (address_of == 0) return put("NULL");
  const size_t shown = std::min<uint64_t>(length, style.string_limit);
  std::string bytes(shown, '\0');
  if (shown != 0 && memory.read(address_of, std::as_writable_bytes(std::span(bytes))) != shown) {
    return address(address_of);
  }
  quoted(bytes, length > shown);
}

void CallText::socket_data(int fd, uint64_t address_of, uint64_t length) {
  const auto protocol = sockets != nullptr ? sockets->netlink_protocol(pid, fd) : std::nullopt;
  if (protocol) return put_netlink_messages(*this, address_of, length, *protocol);
  buffer(address_of, length);
}

std::optional<CallText::Fetched> CallText::fetch_string(uint64_t address_of, size_t limit) const {
  Fetched fetched;
  while (fetched.bytes.size() < limit) {
    const uint64_t from = address_of + fetched.bytes.size();
    // Up to the end of the page: the next one may be missing without being needed.
    const size_t wanted = std::min<size_t>({limit - fetched.bytes.size(), kPage - from % kPage, 256});
    const size_t before = fetched.bytes.size();
    fetched.bytes.resize(before + wanted);
    const size_t got = memory.read(from, std::as_writable_bytes(std::span(fetched.bytes).subspan(before)));
    if (const size_t end = std::string_view(fetched.bytes).substr(before, got).find('\0'); end != std::string::npos) {
      fetched.bytes.resize(before + end);
      fetched.ended = true;
      return fetched;
    }
    if (got != wanted) return std::nullopt;
  }
  return fetched;
}

void CallText::string(uint64_t address_of) {
  if (address_of == 0) return put("NULL");
  auto fetched = fetch_string(address_of, style.string_limit + 1);
  if (!fetched) return address(address_of);
  const bool more = fetched->bytes.size() > style.string_limit;
  if (more) fetched->bytes.resize(style.string_limit);
  quoted(fetched->bytes, more);
}

void CallText::path(uint64_t address_of) {
  if (address_of == 0) return put("NULL");
  const auto fetched = fetch_string(address_of, PATH_MAX);
  if (!fetched) return address(address_of);
  quoted(fetched->bytes, !fetched->ended);
}

void CallText::char_array(std::string_view bytes) {
  const size_t end = bytes.find('\0');
  if (end != std::string_view::npos) return quoted(bytes.substr(0, end));
  quoted(bytes.substr(0, bytes.size() - 1), true);  // it should have ended there
}

}  // namespace polytap
