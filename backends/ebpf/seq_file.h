// What a pinned iterator's program writes: not records for polytap, which has ended by then, but text into the file
// that somebody reads (bpf_seq_write, bpf_seq_printf).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/source.h"
#include "core/base/unique_fd.h"
#include "core/ir/ir.h"

namespace polytap::ebpf {

// One call of a helper, or two where the value decides.
struct SeqPiece {
  enum class Kind : uint8_t {
    kText,       // the text
    kString,     // the field's bytes as they are
    kPadded,     // the same; where they are fewer than `width`, by the format in the text
    kNumber,     // the field by the format in the text
    kPointer,    // kNumber, for 0 the text behind the format
    kCharacter,  // the field's low byte
  };
  Kind kind = Kind::kText;
  uint32_t field = 0;
  uint32_t text = 0;         // where it begins in SeqTexts::bytes
  uint32_t text_length = 0;  // without the NUL behind formats
  uint8_t bits = 64;         // kNumber: what is narrower is cut and extended first
  bool is_signed = false;
  uint32_t width = 0;
};

struct SeqTexts {
  std::string bytes;
  std::vector<std::vector<SeqPiece>> emits;  // by EmitId
  int map_fd = -1;                           // a one-entry array's that has the bytes
};

// Why PROGRAM prints, in a pinned iterator, what cannot be written into a file; and where it does.
struct SeqRefusal {
  std::string reason;
  Span where;
};
std::optional<SeqRefusal> why_not_in_file(const ir::Program& program);

// For FUNCTION, of which why_not_in_file() says nothing. The map is put into MAP.
Result<SeqTexts> make_seq_texts(const ir::Program& program, const ir::Function& function, UniqueFd& map);

}  // namespace polytap::ebpf
