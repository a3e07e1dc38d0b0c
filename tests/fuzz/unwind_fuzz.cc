// No call frame information may crash the unwinder, keep it busy for ever, or make it read outside of its bytes.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "core/base/check.h"
#include "core/symbol/unwind_expression.h"
#include "core/symbol/unwind_file.h"
#include "core/symbol/unwind_rows.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace polytap;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  for (const bool is_debug_frame : {false, true}) {
    const FrameSection section{bytes, 0x1000, is_debug_frame};
    const UnwindFile file(is_debug_frame ? FrameSection() : section, is_debug_frame ? section : FrameSection(), {});
    uint64_t last = 0;
    bool first = true;
    for (const UnwindRowWord& row : unwind_rows(file)) {
      CHECK(first || row.begin > last);
      first = false;
      last = row.begin;
      static_cast<void>(file.find(row.begin));
    }
    for (const uint64_t address : {uint64_t{0}, uint64_t{0x1000}, ~uint64_t{0}}) static_cast<void>(file.find(address));
  }
  // The same bytes as a whole file, and as an expression.
  if (const auto elf = ElfFile::from_bytes(bytes)) static_cast<void>(unwind_rows(UnwindFile(*elf)));
  UnwindValues values{};
  for (size_t i = 0; i < values.size(); ++i) values[i] = 0x1000 + 8 * i;
  UnwindMemory memory(0x1000, std::as_bytes(std::span(bytes)));
  static_cast<void>(evaluate_expression(bytes, values, memory, 0x1000));
  return 0;
}
