// Arrays in the tracee's memory.
#pragma once

#include <sys/uio.h>

#include <type_traits>

namespace polytap::printers {

// Of two 32-bit words in an i386 program, whose memory shows them widened.
template <typename T>
size_t size_there(const CallText& text, size_t size) {
  return std::is_same_v<T, iovec> && text.call.is_32bit ? size / 2 : size;
}

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
      text.print("... /* {:#x} */", at + i * size_there<T>(text, element_size));
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
