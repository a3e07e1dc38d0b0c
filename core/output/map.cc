#include "core/output/map.h"

#include <algorithm>
#include <compare>
#include <numeric>
#include <utility>

#include "core/output/histogram.h"
#include "core/output/json.h"
#include "core/output/series.h"

namespace polytap {
namespace {

uint64_t divided(uint64_t value, uint64_t divisor, bool is_signed) {
  if (!is_signed) return value / divisor;
  // A divisor above INT64_MAX leaves nothing of any value.
  if (divisor > static_cast<uint64_t>(INT64_MAX)) return 0;
  return static_cast<uint64_t>(static_cast<int64_t>(value) / static_cast<int64_t>(divisor));
}

// {count, total} of avg and stats.
uint64_t average(Bytes value, bool is_signed) {
  const uint64_t count = load_word(value);
  return count == 0 ? 0 : divided(load_word(value, 8), count, is_signed);
}

std::strong_ordering compare_words(uint64_t a, uint64_t b, bool is_signed) {
  return is_signed ? static_cast<int64_t>(a) <=> static_cast<int64_t>(b) : a <=> b;
}

std::strong_ordering compare_bytes(Bytes a, Bytes b) {
  return std::lexicographical_compare_three_way(a.begin(), a.end(), b.begin(), b.end());
}

std::strong_ordering compare(const Type& type, Bytes a, Bytes b);

std::strong_ordering compare_parts(std::span<const Type> types, Bytes a, Bytes b) {
  for (const Type& type : types) {
    const size_t size = std::min<size_t>({type.storage_size(), a.size(), b.size()});
    const auto order = compare(type, a.first(size), b.first(size));
    if (std::is_neq(order)) return order;
    a = a.subspan(size);
    b = b.subspan(size);
  }
  return std::strong_ordering::equal;
}

std::strong_ordering compare_aggregations(const Aggregation& aggregation, Bytes a, Bytes b) {
  switch (aggregation.kind) {
    case AggregationKind::kAvg:
      return compare_words(average(a, aggregation.is_signed), average(b, aggregation.is_signed), aggregation.is_signed);
    case AggregationKind::kStats:
      return compare_words(load_word(a, 8), load_word(b, 8), aggregation.is_signed);
    case AggregationKind::kTseries:
      return std::strong_ordering::equal;  // by key
    case AggregationKind::kHist:
    case AggregationKind::kLhist: {
      const auto count = [](Bytes value) {
        const auto counts = histogram_counts(value);
        return std::accumulate(counts.begin(), counts.end(), uint64_t{0});
      };
      return count(a) <=> count(b);
    }
    default:
      return compare_words(load_word(a), load_word(b),
                           aggregation.kind != AggregationKind::kCount && aggregation.is_signed);
  }
}

std::strong_ordering compare(const Type& type, Bytes a, Bytes b) {
  switch (type.kind) {
    case TypeKind::kAggregation:
      return compare_aggregations(type.aggregation, a, b);
    case TypeKind::kString:
    case TypeKind::kMacAddress:
    case TypeKind::kInet:
    case TypeKind::kArray:
    case TypeKind::kStruct:
      return compare_bytes(a, b);
    case TypeKind::kBuffer:
      return compare_bytes(buffer_content(a), buffer_content(b));
    case TypeKind::kTuple:
    case TypeKind::kRecord:
      return compare_parts(type.elements, a, b);
    default: {
      // Words: scalars, and the tgid and addresses of stacks and symbols.
      for (size_t offset = 0; offset < std::max(a.size(), b.size()); offset += 8) {
        const auto order = compare_words(load_word(a, offset), load_word(b, offset), shows_sign(type));
        if (std::is_neq(order)) return order;
      }
      return std::strong_ordering::equal;
    }
  }
}

// The last entries, when they are sorted ascending.
std::span<const MapEntry> shown(const ir::MapSpec& spec, std::span<const MapEntry> entries, uint64_t top) {
  if (spec.key.empty() || top == 0 || top >= entries.size()) return entries;
  return entries.last(top);
}

// An unset scalar map reads as zero.
std::vector<std::byte> scalar_value(const ir::MapSpec& spec, std::span<const MapEntry> entries) {
  if (!entries.empty()) return entries.front().value;
  return std::vector<std::byte>(ir::map_value_size(spec.value));
}

const char* message_type(const Type& type) {
  if (!type.is(TypeKind::kAggregation)) return "map";
  switch (type.aggregation.kind) {
    case AggregationKind::kAvg:
    case AggregationKind::kStats:
      return "stats";
    case AggregationKind::kHist:
    case AggregationKind::kLhist:
      return "hist";
    case AggregationKind::kTseries:
      return "tseries";
    default:
      return "map";
  }
}

}  // namespace

bool is_histogram(const Type& type) {
  return type.is(TypeKind::kAggregation) &&
         (type.aggregation.kind == AggregationKind::kHist || type.aggregation.kind == AggregationKind::kLhist ||
          type.aggregation.kind == AggregationKind::kTseries);
}

void sort_by_value(const ir::MapSpec& spec, std::vector<MapEntry>& entries) {
  std::sort(entries.begin(), entries.end(), [&](const MapEntry& a, const MapEntry& b) {
    const auto order = compare(spec.value, a.value, b.value);
    return std::is_neq(order) ? std::is_lt(order) : std::is_lt(compare_parts(spec.key, a.key, b.key));
  });
}

void MapRenderer::text(std::string& out, const ir::MapSpec& spec, std::span<const MapEntry> entries,
                       MapExtract extract) {
  const uint64_t divisor = std::max<uint64_t>(extract.divisor, 1);
  const auto show_value = [&](Bytes bytes) {
    // bpftrace puts what takes several lines below the key, and an empty line behind it.
    out += is_histogram(spec.value) ? ":\n" : ": ";
    value(out, spec.value, bytes, divisor, false);
    out += '\n';
  };
  if (spec.key.empty()) {
    out += spec.name;
    return show_value(scalar_value(spec, entries));
  }
  for (const MapEntry& entry : shown(spec, entries, extract.top)) {
    out += spec.name;
    out += '[';
    key(out, spec, entry.key, false);
    out += ']';
    show_value(entry.value);
  }
}

void MapRenderer::json(std::string& out, const ir::MapSpec& spec, std::span<const MapEntry> entries,
                       MapExtract extract) {
  const uint64_t divisor = std::max<uint64_t>(extract.divisor, 1);
  if (!spec.key.empty() && entries.empty()) return;
  out += "{\"type\": \"";
  out += message_type(spec.value);
  out += "\", \"data\": {";
  append_json_string(out, spec.name);
  out += ": ";
  if (spec.key.empty()) {
    value(out, spec.value, scalar_value(spec, entries), divisor, true);
  } else {
    out += '{';
    bool first = true;
    for (const MapEntry& entry : shown(spec, entries, extract.top)) {
      if (!first) out += ", ";
      first = false;
      std::string name;
      key(name, spec, entry.key, true);
      append_json_string(out, name);
      out += ": ";
      value(out, spec.value, entry.value, divisor, true);
    }
    out += '}';
  }
  out += "}}\n";
}

void MapRenderer::key(std::string& out, const ir::MapSpec& spec, Bytes bytes, bool is_json) {
  // @[(1, 2)] and @[1, 2] are the same key, and are shown the same way.
  const bool is_tuple = spec.key.size() == 1 && spec.key.front().is(TypeKind::kTuple);
  const std::span<const Type> parts = is_tuple ? std::span<const Type>(spec.key.front().elements) : spec.key;
  size_t offset = 0;
  for (const Type& type : parts) {
    if (&type != parts.data()) out += is_json ? "," : ", ";
    const size_t begin = std::min(offset, bytes.size());
    const Bytes part = bytes.subspan(begin, std::min<size_t>(type.storage_size(), bytes.size() - begin));
    if (is_json) {
      values_.key_text(out, type, part);
    } else {
      values_.text(out, type, part);
    }
    offset += type.storage_size();
  }
}

void MapRenderer::value(std::string& out, const Type& type, Bytes bytes, uint64_t divisor, bool is_json) {
  if (type.is(TypeKind::kAggregation) && type.aggregation.kind == AggregationKind::kTseries) {
    return is_json ? append_series_json(out, type.aggregation, bytes, divisor, values_.clock())
                   : append_series_text(out, type.aggregation, bytes, divisor, values_.clock());
  }
  if (is_histogram(type)) {
    const auto counts = histogram_counts(bytes);
    return is_json ? append_histogram_json(out, type.aggregation, counts, divisor)
                   : append_histogram_text(out, type.aggregation, counts, divisor);
  }
  uint64_t word = load_word(bytes);
  if (type.is(TypeKind::kAggregation)) {
    if (type.aggregation.kind == AggregationKind::kStats) return stats(out, type.aggregation, bytes, divisor, is_json);
    if (type.aggregation.kind == AggregationKind::kAvg) word = average(bytes, type.aggregation.is_signed);
  } else if (!type.is(TypeKind::kInteger)) {
    return is_json ? values_.json(out, type, bytes) : values_.text(out, type, bytes);
  }
  word = divided(word, divisor, shows_sign(type));
  const Bytes result = std::as_bytes(std::span(&word, 1));
  is_json ? values_.json(out, type, result) : values_.text(out, type, result);
}

// As bpftrace has it, the divisor is for the average only.
void MapRenderer::stats(std::string& out, const Aggregation& aggregation, Bytes bytes, uint64_t divisor, bool is_json) {
  const auto field = [&](const char* name, uint64_t word, bool is_signed) {
    out += is_json ? "\"" : ".";
    out += name;
    out += is_json ? "\": " : " = ";
    const Type type = types::integer(8, is_signed);
    const Bytes stored = std::as_bytes(std::span(&word, 1));
    is_json ? values_.json(out, type, stored) : values_.text(out, type, stored);
  };
  const bool is_signed = aggregation.is_signed;
  out += is_json ? "{" : "{ ";
  field("count", load_word(bytes), false);
  out += ", ";
  field("average", divided(average(bytes, is_signed), divisor, is_signed), is_signed);
  out += ", ";
  field("total", load_word(bytes, 8), is_signed);
  out += is_json ? "}" : " }";
}

}  // namespace polytap
