#include "backends/ebpf/rejection.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <utility>

#include "core/base/unique_fd.h"

namespace polytap::ebpf {
namespace {

// How lines of the verifier's log begin that explain no refusal.
constexpr std::array<std::string_view, 7> kNoise = {"processed ",   "from ",     "verification time", "stack depth",
                                                    "mark_precise", "cur state", "old state"};

std::optional<uint32_t> leading_number(std::string_view line) {
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
  if (error != std::errc() || !std::string_view(end, line.data() + line.size() - end).starts_with(": ")) return {};
  return number;
}

// One line for each instruction, with the bytes of the script that it comes from.
std::string listing(const Bytecode& code) {
  std::string text;
  for (size_t i = 0; i < code.instructions.size(); ++i) {
    const bpf_insn& each = code.instructions[i];
    const Span span = i < code.spans.size() ? code.spans[i] : Span{};
    text += fmt::format("{:5}: code {:02x} dst r{} src r{} off {} imm {}  (script {}-{})\n", i, each.code,
                        unsigned{each.dst_reg}, unsigned{each.src_reg}, each.off, each.imm, span.begin, span.end);
  }
  return text;
}

// The path of the report; empty when it cannot be written.
std::string write_report(const Rejection& what, const Bytecode& code) {
  const char* folder = std::getenv("TMPDIR");
  std::string path = fmt::format("{}/polytap-rejected-XXXXXX", folder != nullptr && *folder != '\0' ? folder : "/tmp");
  const UniqueFd file(mkstemp(path.data()));
  if (!file.valid()) return {};
  utsname system{};
  uname(&system);
  const std::string text =
      fmt::format("The eBPF verifier of Linux {} ({}) refused polytap's program for:\n{}\nwith errno {}.\n\n{}\n{}",
                  system.release, system.machine, what.probe, what.code, listing(code), what.log);
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t written = write(file.get(), rest.data(), rest.size());
    if (written <= 0) return {};
    rest.remove_prefix(static_cast<size_t>(written));
  }
  return path;
}

}  // namespace

VerifierVerdict read_verifier_log(std::string_view log) {
  VerifierVerdict verdict;
  while (!log.empty()) {
    const size_t end = log.find('\n');
    const std::string_view line = log.substr(0, end);
    log.remove_prefix(end == std::string_view::npos ? log.size() : end + 1);
    if (line.empty() || line.front() == '\0') continue;
    if (const auto number = leading_number(line)) {
      verdict.instruction = number;
    } else if (std::none_of(kNoise.begin(), kNoise.end(), [&](auto noise) { return line.starts_with(noise); })) {
      verdict.reason = std::string(line);  // the last such line is the complaint
    }
  }
  return verdict;
}

Error rejection(const Rejection& what, const Bytecode& code) {
  const VerifierVerdict verdict = read_verifier_log(what.log);
  const std::string reason = verdict.reason.empty() ? Error::from_errno("", what.code).message() : verdict.reason;
  std::string advice = "config = { license = \"GPL\" } allows it";
  if (reason.find("GPL-restricted") == std::string::npos) {
    const std::string path = write_report(what, code);
    advice = "This is a fault of polytap's, please report it";
    if (!path.empty()) advice += " with the file " + path;
  }
  Error error(fmt::format("the kernel refused the eBPF program for {}: {}. {}", what.probe, reason, advice), what.code);
  if (!verdict.instruction || *verdict.instruction >= code.spans.size()) return error;
  return std::move(error).at(code.spans[*verdict.instruction]);
}

}  // namespace polytap::ebpf
