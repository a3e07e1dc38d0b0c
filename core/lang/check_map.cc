#include <fmt/format.h>

#include <algorithm>

#include "core/base/nearest.h"
#include "core/lang/checker.h"
#include "core/lang/reference.h"

namespace polytap {
namespace {

std::string key_text(const std::vector<Type>& key) {
  if (key.empty()) return "no key";
  std::string text;
  for (const Type& type : key) text += (text.empty() ? "'" : ", ") + to_string(type);
  return text + "'";
}

// The parameters of two aggregations of the same kind together; nullopt when they clash.
std::optional<Type> unify_aggregations(const Type& a, const Type& b) {
  Aggregation x = a.aggregation;
  const Aggregation& y = b.aggregation;
  if (x.kind != y.kind || x.bits != y.bits || x.low != y.low || x.high != y.high || x.step != y.step) {
    return std::nullopt;
  }
  x.is_signed = x.is_signed || y.is_signed;
  return types::aggregation(x);
}

constexpr int64_t kMaxLhistBuckets = 1000;

}  // namespace

std::optional<uint32_t> CheckedScript::find_map(std::string_view name) const {
  for (uint32_t i = 0; i < maps.size(); ++i) {
    if (maps[i].name == name) return i;
  }
  return std::nullopt;
}

MapInfo& Checker::map(const ast::MapReference& reference, Span span) {
  if (const auto found = script_.find_map(reference.name)) return script_.maps[*found];
  MapInfo info;
  info.name = reference.name;
  info.max_entries = script_.settings.max_map_entries;
  info.span = span;
  script_.maps.push_back(std::move(info));
  changed_ = true;
  return script_.maps.back();
}

bool Checker::map_key(MapInfo& info, const ast::MapReference& reference, Span span) {
  std::vector<ExpressionInfo> key;
  for (const ast::ExpressionPtr& part : reference.key) key.push_back(expression(*part));
  return use_key(info, key, span);
}

bool Checker::use_key(MapInfo& info, const std::vector<ExpressionInfo>& key, Span span) {
  std::vector<KnownType> parts;
  for (const ExpressionInfo& part : key) {
    if (part.type.is(TypeKind::kNone)) return true;
    if (!require_one_value(part.type, span)) return false;
    parts.push_back({number_type(part.type), part.constant});
    if (parts.back().type.storage_size() == 0) {
      diagnostics_.error(span, fmt::format("A value of type '{}' cannot be a key", to_string(part.type)));
      return false;
    }
  }
  // @a[(1, 2)] and @a[1, 2] are the same.
  if (parts.size() == 1 && parts[0].type.is(TypeKind::kTuple)) {
    const std::vector<Type> elements = parts[0].type.elements;
    parts.clear();
    for (const Type& element : elements) parts.push_back({element, std::nullopt});
  }
  std::vector<Type> given;
  for (const KnownType& part : parts) given.push_back(part.type);
  if (!info.key_known) {
    info.key_known = true;
    info.key = std::move(given);
    changed_ = true;
    return true;
  }
  const auto mismatch = [&] {
    const std::string hint = info.key.empty() ? "a map has one value without a key, or one for each key, not both"
                             : given.empty()  ? fmt::format("write {}[...]", info.name)
                                              : "";
    diagnostics_.error(span,
                       fmt::format("Argument mismatch for {}: trying to access with {} when map already has {}",
                                   info.name, given.empty() ? "no key" : "a key of " + key_text(given),
                                   info.key.empty() ? "no key" : "a key of " + key_text(info.key)),
                       hint);
  };
  if (parts.size() != info.key.size()) {
    mismatch();
    return false;
  }
  for (size_t i = 0; i < parts.size(); ++i) {
    auto together = unify(KnownType{info.key[i], std::nullopt}, parts[i]);
    if (!together) {
      mismatch();
      return false;
    }
    if (*together == info.key[i] || !may_widen(info.key[i], *together, info.widenings)) continue;
    info.key[i] = *together;
    changed_ = true;
  }
  return true;
}

bool Checker::may_widen(const Type& before, Type& now, uint32_t& widenings) const {
  constexpr uint32_t kGrowths = 12;  // more than any script needs whose types do not feed on themselves
  if (++widenings < kGrowths) return true;
  now = with_long_texts(std::move(now), script_.settings.max_string);
  return !(now == before);
}

void Checker::widen_map(MapInfo& info, const KnownType& value, Span span) {
  if (value.type.is(TypeKind::kNone)) return;
  std::optional<Type> together;
  if (info.value.is(TypeKind::kAggregation) && value.type.is(TypeKind::kAggregation)) {
    together = unify_aggregations(info.value, value.type);
  } else if (info.value.is(TypeKind::kNone)) {
    together = value.type;
  } else {
    together = unify(KnownType{info.value, std::nullopt}, value);
  }
  if (!together) {
    diagnostics_.error(span, fmt::format("Type mismatch for {}: trying to assign value of type '{}' when map already "
                                         "has a type '{}'",
                                         info.name, to_string(value.type), to_string(info.value)));
    return;
  }
  if (together->storage_size() == 0) {
    diagnostics_.error(span, fmt::format("A value of type '{}' cannot be kept in a map", to_string(value.type)));
    return;
  }
  if (*together == info.value || !may_widen(info.value, *together, info.widenings)) return;
  info.value = *together;
  changed_ = true;
}

ExpressionInfo Checker::map_read(const ast::MapReference& reference, Span span) {
  MapInfo& info = map(reference, span);
  map_key(info, reference, span);
  ExpressionInfo result;
  result.type = info.value;
  return result;
}

MapInfo* Checker::map_argument(const ast::Expression& argument, const FunctionSignature& function) {
  const auto* reference = named_map(argument);
  if (reference == nullptr) {
    expression(argument);
    diagnostics_.error(argument.span, fmt::format("{}() expects a map", function.name),
                       fmt::format("write {}", function.usage));
    return nullptr;
  }
  if (reference->has_key) {
    expression(argument);
    diagnostics_.error(argument.span, fmt::format("{}() expects a whole map, without a key", function.name),
                       fmt::format("write {}", function.usage));
    return nullptr;
  }
  return whole_map(*reference, argument.span);
}

MapInfo* Checker::whole_map(const ast::MapReference& reference, Span span) {
  const bool known = script_.find_map(reference.name).has_value();
  MapInfo& info = map(reference, span);
  // In the last passes all maps of the script are known: this one is mentioned here only.
  if (!known || (!info.key_known && info.value.is(TypeKind::kNone))) {
    std::vector<std::string> names;
    for (const MapInfo& each : script_.maps) {
      if (each.key_known) names.push_back(each.name);
    }
    const auto left_out = script_.left_out_maps.find(info.name);
    diagnostics_.error(span, fmt::format("Undefined map: {}", info.name),
                       left_out == script_.left_out_maps.end()
                           ? did_you_mean(info.name, names)
                           : fmt::format("only probes that are left out assign to it: {}", left_out->second));
  }
  return &info;
}

ExpressionInfo Checker::aggregation(const ast::Call& call, const FunctionSignature& function) {
  Aggregation result;
  switch (function.id) {
    case FunctionId::kHist:
    case FunctionId::kLhist:
      return histogram(call, function);
    case FunctionId::kTseries:
      return time_series(call);
    case FunctionId::kCount:
      result.kind = AggregationKind::kCount;
      break;
    case FunctionId::kSum:
      result.kind = AggregationKind::kSum;
      break;
    case FunctionId::kMin:
      result.kind = AggregationKind::kMin;
      break;
    case FunctionId::kMax:
      result.kind = AggregationKind::kMax;
      break;
    case FunctionId::kAvg:
      result.kind = AggregationKind::kAvg;
      break;
    default:
      result.kind = AggregationKind::kStats;
      break;
  }
  if (function.id != FunctionId::kCount) {
    const ExpressionInfo& value = integer_argument(call, 0);
    // A constant that is not negative goes with unsigned values too.
    result.is_signed = number_type(value.type).is_signed && !(value.constant && *value.constant >= 0);
    if (value.constant && *value.constant >= 0) result.is_signed = value.type.is_signed;
  }
  ExpressionInfo info;
  info.type = types::aggregation(result);
  return info;
}

ExpressionInfo Checker::histogram(const ast::Call& call, const FunctionSignature& function) {
  Aggregation result;
  integer_argument(call, 0);
  if (function.id == FunctionId::kHist) {
    result.kind = AggregationKind::kHist;
    if (call.arguments.size() > 1) {
      const auto bits = constant_argument(call, 1);
      if (bits && (*bits < 0 || *bits > 5)) wrong_argument(call, 1, "a constant from 0 to 5");
      result.bits = static_cast<uint8_t>(bits.value_or(0));
    }
  } else {
    result.kind = AggregationKind::kLhist;
    const auto low = constant_argument(call, 1);
    const auto high = constant_argument(call, 2);
    const auto step = constant_argument(call, 3);
    if (!low || !high || !step) return {};
    if (*step <= 0) {
      wrong_argument(call, 3, "a step of at least 1");
    } else if (*high <= *low) {
      diagnostics_.error(call.arguments[2]->span,
                         fmt::format("lhist() high must be above low ({} given, low is {})", *high, *low));
    } else if ((*high - *low) / *step > kMaxLhistBuckets) {
      diagnostics_.error(
          call.name_span,
          fmt::format("lhist() with {} buckets; at most {} are possible", (*high - *low) / *step, kMaxLhistBuckets),
          "use a wider step");
    } else {
      result.low = *low;
      result.high = *high;
      result.step = *step;
    }
  }
  ExpressionInfo info;
  info.type = types::aggregation(result);
  return info;
}

// As bpftrace has it: each interval shows its last value unless an aggregation is named.
ExpressionInfo Checker::time_series(const ast::Call& call) {
  constexpr int64_t kMaxIntervals = 1000;
  Aggregation result;
  result.kind = AggregationKind::kTseries;
  const ExpressionInfo& value = integer_argument(call, 0);
  result.is_signed = number_type(value.type).is_signed || (value.constant && *value.constant >= 0);
  const auto interval = constant_argument(call, 1);
  const auto intervals = constant_argument(call, 2);
  if (call.arguments.size() > 3) {
    const auto name = text_argument(call, 3);
    if (!name) return {};
    const std::vector<std::string> names = {"sum", "min", "max", "avg"};  // as SeriesKind has them, behind kLast
    const auto found = std::find(names.begin(), names.end(), *name);
    if (found == names.end()) {
      wrong_argument(call, 3, "\"avg\", \"max\", \"min\" or \"sum\"", did_you_mean(*name, names));
      return {};
    }
    result.each = static_cast<SeriesKind>(found - names.begin() + 1);
  }
  if (!interval || !intervals) return {};
  if (*interval < 1) wrong_argument(call, 1, "an interval of at least 1 ns");
  if (*intervals < 1 || *intervals > kMaxIntervals) {
    wrong_argument(call, 2, fmt::format("from 1 to {} intervals", kMaxIntervals));
    return {};
  }
  result.interval_ns = static_cast<uint64_t>(std::max<int64_t>(*interval, 1));
  result.intervals = static_cast<uint32_t>(*intervals);
  ExpressionInfo info;
  info.type = types::aggregation(result);
  return info;
}

}  // namespace polytap
