#include "core/kernel/fetch_check.h"

#include <fmt/format.h>

#include <algorithm>

namespace polytap {

std::optional<FetchRefusal> check_fetches(const ir::Captures& found, std::string_view name, const FetchWord& word_at) {
  if (found.uncapturable) {
    return FetchRefusal{fmt::format("{}: the address read here {}, so the kernel cannot be told beforehand to fetch "
                                    "what is there (it can follow pointers that start in registers or fields)",
                                    name, found.uncapturable->why),
                        found.uncapturable->span};
  }
  for (const ir::Capture& capture : found.captures) {
    std::string_view word;
    if (!capture.address.is_absolute) {
      word = word_at(capture.address.context_offset);
      if (word.empty()) {
        return FetchRefusal{
            fmt::format("{}: the address read here starts in a register or field that fetch arguments cannot name",
                        name),
            capture.span};
      }
    }
    for (const FetchField& field : fetch_fields(capture, word, "")) {
      if (field.argument.size() <= kLongestFetchArgument) continue;
      return FetchRefusal{
          fmt::format("{}: the fetch argument {} is longer than the {} characters that the kernel takes", name,
                      field.argument, kLongestFetchArgument),
          capture.span};
    }
  }
  return std::nullopt;
}

std::optional<FetchRefusal> check_fetch_sizes(const std::vector<FetchField>& fields, size_t place_length,
                                              std::string_view name, std::optional<Span> where) {
  if (fields.size() > kMostFetchArguments) {
    return FetchRefusal{fmt::format("{}: it takes {} fetch arguments, more than the {} of a probe event", name,
                                    fields.size(), kMostFetchArguments),
                        where};
  }
  size_t length = 64 + place_length;  // "p:polytap_PID_START_N/eN PLACE:0xOFFSET"
  uint32_t bytes = 0;
  for (const FetchField& field : fields) {
    length += field.name.size() + field.argument.size() + 2;
    bytes += field.is_string ? 8 : field.length;
  }
  if (length > kLongestProbeDefinition) {
    return FetchRefusal{
        fmt::format("{}: its fetch arguments are longer than the {} characters of a probe event's definition", name,
                    kLongestProbeDefinition),
        where};
  }
  constexpr uint32_t kMostBytes = 3072;  // of a page, the rest for strings
  if (bytes > kMostBytes) {
    return FetchRefusal{fmt::format("{}: {} bytes are to be fetched at each firing, more than the {} that fit beside "
                                    "strings",
                                    name, bytes, kMostBytes),
                        where};
  }
  return std::nullopt;
}

void merge_captures(std::vector<ir::Capture>& into, const std::vector<ir::Capture>& from) {
  for (const ir::Capture& capture : from) {
    const auto same = std::ranges::find_if(
        into, [&](const ir::Capture& other) { return other.kind == capture.kind && other.address == capture.address; });
    if (same == into.end()) {
      into.push_back(capture);
    } else {
      same->length = std::max(same->length, capture.length);
      same->failure_shows |= capture.failure_shows;
    }
  }
  std::ranges::stable_sort(into, {}, [](const ir::Capture& each) { return each.address.pointers_followed(); });
}

}  // namespace polytap
