// ioctl and prctl.

#include "core/syscall/ioctl_content.h"
#include "core/syscall/printers.h"
#include "core/syscall/tables.h"

namespace polytap::printers {

bool ioctl_known_at_entry(const CallText& text) {
  const IoctlContent* known = find_ioctl_content(text.argument(1));
  return known == nullptr || known->flow != IoctlContent::Flow::kOut;
}

void ioctl_argument(CallText& text, uint64_t value, const ArgumentKind&) {
  const IoctlContent* known = find_ioctl_content(text.argument(1));
  if (known != nullptr) return put_ioctl_argument(text, value, *known);
  text.hex(value);
  text.omitted = true;
}

void ioctl_answer(CallText& text, uint64_t, const ArgumentKind&) {
  const IoctlContent* known = find_ioctl_content(text.argument(1));
  if (known != nullptr) put_ioctl_answer(text, text.argument(2), *known);
}

void note_ioctl(CallText& text) {
  const IoctlContent* known = find_ioctl_content(text.argument(1));
  if (known != nullptr && known->note != nullptr && text.succeeded()) known->note(text);
}

}  // namespace polytap::printers
