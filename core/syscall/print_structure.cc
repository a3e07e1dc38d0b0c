// Arguments that point at what a table describes.
#include "core/syscall/printers.h"
#include "core/syscall/structure.h"

namespace polytap::printers {
namespace {

bool is_filled_later(const CallText& text, const ArgumentKind& kind) {
  return kind.direction == ArgumentKind::Direction::kOut && !text.succeeded();
}

}  // namespace

void structure(CallText& text, uint64_t value, const ArgumentKind& kind) {
  if (is_filled_later(text, kind)) return text.address(value);
  put_structure_at(text, value, *kind.structure);
}

void structures(CallText& text, uint64_t value, const ArgumentKind& kind) {
  if (is_filled_later(text, kind)) return text.address(value);
  put_structures_at(text, value, text.argument(kind.length_argument), *kind.structure);
}

}  // namespace polytap::printers
