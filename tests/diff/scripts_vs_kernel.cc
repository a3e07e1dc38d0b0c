#include "tests/diff/scripts_vs_kernel.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/check.h"
#include "tests/diff/kernel_runner.h"
#include "tests/support/compiled.h"
#include "tests/support/random_program.h"
#include "tests/support/random_script.h"

namespace polytap::test {
namespace {

constexpr uint64_t kReadableAddress = 0x7e00'0000'0000;
constexpr uint32_t kReadableBytes = 4096;  // a page
constexpr uint64_t kUnreadable = 0x10;     // the first page is never mapped

// What went wrong with the program; empty: nothing.
std::string difference(const ir::Program& program, uint64_t seed, std::span<const std::byte> memory) {
  KernelRunner kernel(program);
  const Bytes context = random_context(seed);
  if (const Status loaded = kernel.load_as_tracepoints(program); !loaded.ok()) {
    return "rejected as a tracepoint's program: " + loaded.error().message() + "\n";
  }
  const Result<Outcome> actual = kernel.run(program, context);
  if (!actual.ok()) return "rejected: " + actual.error().message() + "\n";
  const Outcome expected = interpret(program, context, memory);
  if (*actual == expected) return "";
  return "interpreter: " + describe(expected) + "kernel: " + describe(*actual);
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  return text;
}

// How many lines from BEGIN on belong together: a block with its braces, or one line.
size_t part_at(const std::vector<std::string>& lines, size_t begin) {
  int64_t open = 0;
  for (size_t i = begin; i < lines.size(); ++i) {
    open += std::ranges::count(lines[i], '{') - std::ranges::count(lines[i], '}');
    if (open <= 0) return i + 1 - begin;
  }
  return lines.size() - begin;
}

// Leaves out lines for as long as FAILS holds of what remains. The first one configures: it stays.
template <typename Fails>
std::string cut_down(const std::string& script, Fails fails) {
  std::vector<std::string> lines = lines_of(script);
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (size_t i = 1; i < lines.size();) {
      std::vector<std::string> fewer = lines;
      const auto from = fewer.begin() + static_cast<ptrdiff_t>(i);
      fewer.erase(from, from + static_cast<ptrdiff_t>(part_at(lines, i)));
      if (fails(joined(fewer))) {
        lines = std::move(fewer);
        smaller = true;
      } else {
        ++i;
      }
    }
  }
  return joined(lines);
}

}  // namespace

ScriptDiffResult compare_scripts_with_kernel(const DiffOptions& options) {
  // Always at the same place, so that a seed's script is always the same.
  void* const place = mmap(reinterpret_cast<void*>(kReadableAddress), kReadableBytes, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  CHECK(place == reinterpret_cast<void*>(kReadableAddress));
  const std::span memory(static_cast<std::byte*>(place), kReadableBytes);
  RandomScriptOptions generator;
  generator.readable_address = kReadableAddress;
  generator.readable_size = kReadableBytes;
  generator.unreadable_address = kUnreadable;
  ScriptDiffResult result;
  for (uint64_t seed = options.first_seed; seed < options.first_seed + options.count; ++seed) {
    fill_readable(seed, memory);
    generator.statements = 4 + static_cast<uint32_t>(seed % 5) * 4;
    const std::string script = random_script(seed, generator);
    if (options.show) {
      fmt::print("seed {}:\n{}\n", seed, script);
      std::fflush(stdout);
    }
    const CompiledText compiled = compile_text(script);
    if (!compiled.compiled) {
      if (options.show) fmt::print("refused:\n{}\n", compiled.diagnostics);
      if (result.refused++ == 0)
        result.first_refusal = fmt::format("seed {}:\n{}{}", seed, script, compiled.diagnostics);
      continue;
    }
    const std::string failure = difference(compiled.compiled->program, seed, memory);
    if (failure.empty()) continue;
    const auto failing = [&](const std::string& text) -> std::optional<std::string> {
      const CompiledText candidate = compile_text(text);
      if (!candidate.compiled || candidate.compiled->program.functions.empty()) return std::nullopt;
      return difference(candidate.compiled->program, seed, memory);
    };
    const std::string smaller = cut_down(script, [&](const std::string& text) {
      const auto found = failing(text);
      return found && kind_of_failure(*found) == kind_of_failure(failure);
    });
    result.difference = fmt::format("seed {}:\n{}{}", seed, smaller, failing(smaller).value_or(""));
    break;
  }
  CHECK(munmap(place, kReadableBytes) == 0);
  return result;
}

}  // namespace polytap::test
