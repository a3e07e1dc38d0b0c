// No format may crash printf, whatever its arguments hold. The input: a format, a NUL, the bytes of the arguments.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/check.h"
#include "core/lang/printf_format.h"
#include "core/output/printf.h"
#include "core/symbol/process_maps.h"
#include "core/symbol/symbolizer.h"

namespace polytap {
namespace {

constexpr size_t kMaxArguments = 16;  // each may ask for 64 KiB of padding

void format_with(std::string_view format, const std::vector<Type>& arguments, Bytes values) {
  const ir::Program program;
  ProcessMaps maps("/nonexistent");
  Symbolizer symbolizer(maps, {});
  ValueRenderer renderer(program, symbolizer, nullptr);
  const Result<PrintfFormatter> formatter = PrintfFormatter::create(format, arguments, renderer);
  if (!formatter.ok()) return;
  std::vector<Bytes> fields;
  for (const Type& type : arguments) {
    const size_t length = std::min<size_t>(type.storage_size(), values.size());
    fields.push_back(values.subspan(0, length));
    values = values.subspan(length);
  }
  std::string out;
  formatter->append(out, fields);
}

}  // namespace
}  // namespace polytap

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace polytap;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view format = input.substr(0, input.find('\0'));
  const Bytes values = std::as_bytes(std::span(data, size)).subspan(std::min(size, format.size() + 1));
  const Result<std::vector<FormatPiece>> pieces = parse_printf_format(format);
  if (!pieces.ok()) return 0;
  std::vector<Type> words;
  std::vector<Type> mixed;
  for (const FormatPiece& piece : *pieces) {
    if (!piece.conversion) continue;
    const Result<std::vector<FormatPiece>> again = parse_printf_format(to_string(*piece.conversion));
    CHECK(again.ok() && again->size() == 1);
    const uint32_t before = piece.conversion->arguments() - 1;
    mixed.insert(mixed.end(), before, types::int64());
    switch (piece.conversion->conversion) {
      case 's':
        mixed.push_back(types::string(13));
        break;
      case 'r':
        mixed.push_back(types::buffer(11));
        break;
      default:
        mixed.push_back(types::integer(2, true));
        break;
    }
    words.insert(words.end(), before + 1, types::uint64());
  }
  if (words.size() > kMaxArguments) return 0;
  format_with(format, words, values);
  format_with(format, mixed, values);
  return 0;
}
