// Arrays in the tracee's memory.
#pragma once

namespace polytap::printers {

template <typename T, typename Put>
void put_array(CallText& text, uint64_t at, uint64_t count, Put&& put_element, size_t element_size) {
  if (at == 0) return text.put("NULL");
  if (count == 0) return text.put("[]");
  if (count > (UINT64_MAX - at) / element_size) return text.address(at);  // it wraps around
  T first{};
  // No array goes on at address 0.
  uint64_t size = 0;
  uint64_t end = 0;
  if (__builtin_mul_overflow(count, element_size, &size) || __builtin_add_overflow(at, size, &end)) {
    return text.address(at);
  }
  if (!text.style.dereference || !text.memory.read_object(at, first)) return text.address(at);
  text.put('[');
  for (uint64_t i = 0; i < count; i++) {
    if (i > 0) text.put(", ");
    T element{};
    const uint64_t from = at + i * element_size;
    if (!text.memory.read_object(from, element)) {
      text.print("... /* {:#x} */", from);
      break;
    }
    if (!text.style.verbose && i >= text.style.string_limit) {
      text.put("...");
      break;
    }
    put_element(element);
  }
  text.put(']');
}

}  // namespace polytap::printers
