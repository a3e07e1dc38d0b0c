// No text may crash the parser of the IR; what it reads, it writes and reads again as the same; what verifies runs, and
// still verifies when optimized.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/check.h"
#include "core/ir/interpreter.h"
#include "core/ir/optimize.h"
#include "core/ir/text.h"
#include "core/ir/verify.h"
#include "tests/support/random_program.h"
#include "tests/support/test_machine.h"

namespace polytap {
namespace {

constexpr uint64_t kMaxBytes = 1U << 20;  // of frames, keys and values: more than that is slow, not interesting

// A loop that does not end runs for kMaxBlocks blocks: too long for a fuzzer.
bool goes_backwards(const ir::Function& function) {
  for (ir::BlockId block = 0; block < function.blocks.size(); ++block) {
    const ir::Terminator& end = function.blocks[block].end;
    if (const auto* jump = std::get_if<ir::Jump>(&end); jump != nullptr && jump->to <= block) return true;
    if (const auto* branch = std::get_if<ir::Branch>(&end);
        branch != nullptr && (branch->if_true <= block || branch->if_false <= block)) {
      return true;
    }
  }
  return false;
}

bool is_small(const ir::Program& program, const ir::Function& function) {
  uint64_t bytes = 0;
  for (const ir::Slot& slot : function.slots) bytes += slot.size;
  for (const ir::MapSpec& map : program.maps) bytes += uint64_t{map.key_size} + map.value_size;
  return bytes <= kMaxBytes;
}

void run(const ir::Program& program) {
  for (const ir::Function& function : program.functions) {
    if (goes_backwards(function) || !is_small(program, function)) continue;
    test::TestMachine machine(program);
    machine.set_context(test::random_context(1));
    machine.set_frames({0x1000, 0x2000, 0x3000});
    ir::Interpreter(program).run(function, machine);
  }
}

}  // namespace
}  // namespace polytap

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace polytap;
  const Result<ir::Program> program = ir::parse_text(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!program.ok()) return 0;
  const std::string text = ir::to_text(*program);
  const Result<ir::Program> again = ir::parse_text(text);
  CHECK(again.ok());
  CHECK(ir::to_text(*again) == text);
  if (!ir::verify(*program).ok()) return 0;
  run(*program);
  const ir::Program optimized = ir::optimize(*program);
  CHECK(ir::verify(optimized).ok());
  run(optimized);
  return 0;
}
