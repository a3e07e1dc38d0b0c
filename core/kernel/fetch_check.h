// Whether the kernel can fetch what a probe reads through pointers: within its limits, from registers or fields.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/source.h"
#include "core/ir/captures.h"
#include "core/kernel/fetch_arguments.h"

namespace polytap {

// Why not, and which expression it is about.
struct FetchRefusal {
  std::string reason;
  std::optional<Span> where;
};

// FOUND in the probe clause NAME.
std::optional<FetchRefusal> check_fetches(const ir::Captures& found, std::string_view name,
                                          const FetchWord& word_at = fetch_register);
// FIELDS of one probe event (none: fine). PLACE_LENGTH: characters that tell the place in its definition.
std::optional<FetchRefusal> check_fetch_sizes(const std::vector<FetchField>& fields, size_t place_length,
                                              std::string_view name, std::optional<Span> where);

// Merges what several functions at one place read.
void merge_captures(std::vector<ir::Capture>& into, const std::vector<ir::Capture>& from);

}  // namespace polytap
