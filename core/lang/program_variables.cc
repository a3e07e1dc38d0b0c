#include "core/lang/program_variables.h"

#include <fmt/format.h>

#include "core/base/nearest.h"
#include "core/lang/checker.h"
#include "core/lang/lowerer.h"
#include "core/types/characters.h"

namespace polytap {
namespace {

// Of one variable in a record of all.
constexpr uint32_t kLargestShown = 512;

std::string_view name_of(ProgramVariables set) {
  return set == ProgramVariables::kParameters ? "$$params" : "$$locals";
}

// Of the first that is not there; empty when there is none of them at all.
std::string why_missing(const std::vector<ProbeVariable>& variables, ProgramVariables set) {
  for (const ProbeVariable& variable : variables) {
    if (variable.is_parameter != (set == ProgramVariables::kParameters) || !variable.pieces.empty()) continue;
    return fmt::format("'{}': {}", variable.name, variable.missing);
  }
  return {};
}

ir::BinaryOp operation(LocationNode::Operator op) {
  using Operator = LocationNode::Operator;
  switch (op) {
    case Operator::kAdd:
      return ir::BinaryOp::kAdd;
    case Operator::kSub:
      return ir::BinaryOp::kSub;
    case Operator::kMul:
      return ir::BinaryOp::kMul;
    case Operator::kSignedDiv:
      return ir::BinaryOp::kSignedDiv;
    case Operator::kUnsignedDiv:
      return ir::BinaryOp::kUnsignedDiv;
    case Operator::kUnsignedMod:
      return ir::BinaryOp::kUnsignedMod;
    case Operator::kAnd:
      return ir::BinaryOp::kAnd;
    case Operator::kOr:
      return ir::BinaryOp::kOr;
    case Operator::kXor:
      return ir::BinaryOp::kXor;
    case Operator::kShiftLeft:
      return ir::BinaryOp::kShiftLeft;
    case Operator::kLogicalShiftRight:
      return ir::BinaryOp::kLogicalShiftRight;
    case Operator::kArithmeticShiftRight:
      return ir::BinaryOp::kArithmeticShiftRight;
    case Operator::kEqual:
      return ir::BinaryOp::kEqual;
    case Operator::kNotEqual:
      return ir::BinaryOp::kNotEqual;
    case Operator::kSignedLess:
      return ir::BinaryOp::kSignedLess;
    case Operator::kSignedLessEqual:
      return ir::BinaryOp::kSignedLessEqual;
    case Operator::kUnsignedLess:
      return ir::BinaryOp::kUnsignedLess;
    case Operator::kUnsignedLessEqual:
      return ir::BinaryOp::kUnsignedLessEqual;
  }
  return ir::BinaryOp::kAdd;
}

}  // namespace

std::optional<ProgramVariables> program_variables(std::string_view name) {
  if (name == "$$params") return ProgramVariables::kParameters;
  if (name == "$$locals") return ProgramVariables::kLocals;
  return std::nullopt;
}

std::optional<ProgramVariables> program_variables(const ast::Expression& e) {
  const auto* variable = std::get_if<ast::Variable>(&e.node);
  return variable == nullptr ? std::nullopt : program_variables(variable->name);
}

const ProbeVariable* find_program_variable(const ProbeSite& site, ProgramVariables set, std::string_view name) {
  if (!site.variables) return nullptr;
  for (const ProbeVariable& variable : *site.variables) {
    if (variable.name == name && variable.is_parameter == (set == ProgramVariables::kParameters)) return &variable;
  }
  return nullptr;
}

bool is_part_of_whole(const ProbeVariable& variable, ProgramVariables set) {
  if (variable.is_parameter != (set == ProgramVariables::kParameters) || variable.pieces.empty()) return false;
  return variable.type.size != 0 && variable.type.size <= kLargestShown && !variable.type.is(TypeKind::kVoid);
}

// --- checking

bool Checker::at_program_place(ProgramVariables set, Span span) {
  const ProbeSite& site = function_.site();
  if (site.variables) return true;
  if (site.type != ProbeType::kUprobe) {
    diagnostics_.error(
        span, fmt::format("{} has the variables of a place in a program, and {} is none", name_of(set), site.name),
        "write uprobe:path@file.c:LINE or uprobe:path:function+offset");
  } else {
    diagnostics_.error(span,
                       fmt::format("The variables of '{}' are not known here: {} has no debugging information about it",
                                   site.function.empty() ? site.name : site.function, site.module),
                       "build the program with -g, or install its debugging symbols");
  }
  return false;
}

ExpressionInfo Checker::whole_variables(ProgramVariables set, Span span) {
  ExpressionInfo info;
  if (!at_program_place(set, span)) return info;
  std::vector<Type> elements;
  std::vector<std::string> names;
  for (const ProbeVariable& variable : *function_.site().variables) {
    if (!is_part_of_whole(variable, set)) continue;
    elements.push_back(characters_as_text(in_space(variable.type, AddressSpace::kUser)));
    names.push_back(variable.name);
  }
  if (elements.empty()) {
    const std::string_view what = set == ProgramVariables::kParameters ? "parameter" : "local variable";
    diagnostics_.error(span, fmt::format("No {} of '{}' has a value here", what, function_.site().function),
                       why_missing(*function_.site().variables, set));
    return info;
  }
  info.type = types::record(std::move(elements), std::move(names));
  return info;
}

ExpressionInfo Checker::program_variable(ProgramVariables set, const ast::FieldAccess& node, Span span) {
  ExpressionInfo info;
  if (!at_program_place(set, span)) return info;
  const ProbeSite& site = function_.site();
  const ProbeVariable* variable = find_program_variable(site, set, node.field);
  if (variable == nullptr) {
    const bool parameters = set == ProgramVariables::kParameters;
    const auto other = parameters ? ProgramVariables::kLocals : ProgramVariables::kParameters;
    std::vector<std::string> names;
    for (const ProbeVariable& each : *site.variables) {
      if (each.is_parameter == parameters) names.push_back(each.name);
    }
    std::string hint = did_you_mean(node.field, names);
    if (find_program_variable(site, other, node.field) != nullptr)
      hint = fmt::format("write {}.{}", name_of(other), node.field);
    diagnostics_.error(node.field_span,
                       fmt::format("'{}' has no {} '{}' in scope here", site.function,
                                   parameters ? "parameter" : "local variable", node.field),
                       std::move(hint));
    return info;
  }
  if (variable->pieces.empty()) {
    diagnostics_.error(node.field_span, fmt::format("'{}' has no value here: {}", node.field, variable->missing),
                       "another line may have it, or a build without optimization (-O0)");
    return info;
  }
  info.type = characters_as_text(in_space(variable->type, AddressSpace::kUser));
  return info;
}

// --- lowering

const ProbeVariable* Lowerer::program_variable(const ast::Expression& e) const {
  const auto* access = std::get_if<ast::FieldAccess>(&e.node);
  if (access == nullptr) return nullptr;
  const auto set = program_variables(*access->object);
  return set ? find_program_variable(function_.site(), *set, access->field) : nullptr;
}

ir::Temp Lowerer::location_node(const LocationNode& node, std::span<const ir::Temp> words) {
  using Kind = LocationNode::Kind;
  switch (node.kind) {
    case Kind::kConstant:
      return constant(static_cast<int64_t>(node.value));
    case Kind::kRegister:
      return load_context(static_cast<uint32_t>(node.value), 8, false);
    case Kind::kLoad: {
      const ir::Place place{build_.scratch(8), 0};
      build_.run(ir::ReadMemory{place, node.size, words[node.left], AddressSpace::kUser});
      return build_.load(place, node.size, false);
    }
    case Kind::kExtend:
      return build_.extend(words[node.left], node.size, node.is_signed);
    case Kind::kBinary:
      return build_.binary(operation(node.op), words[node.left], words[node.right]);
  }
  return constant(0);
}

Lowerer::Object Lowerer::variable_object(const ProbeVariable& variable) {
  std::vector<ir::Temp> words;
  for (const LocationNode& node : variable.nodes) words.push_back(location_node(node, words));
  Object object;
  object.type = variable.type;
  object.space = AddressSpace::kUser;
  if (variable.pieces.size() == 1 && variable.pieces.front().in_memory) {
    object.where = Object::Where::kMemory;
    object.address = words[variable.pieces.front().node];
    return object;
  }
  uint32_t size = variable.type.size;
  for (const LocationPiece& piece : variable.pieces) size = std::max(size, piece.offset + piece.size);
  object.slot = build_.scratch(std::max(8U, round_to_words(size)));
  build_.zero({object.slot, 0}, std::max(8U, round_to_words(size)));
  for (const LocationPiece& piece : variable.pieces) {
    const ir::Place to{object.slot, piece.offset};
    if (!piece.in_memory) {
      build_.store(to, words[piece.node], variable.pieces.size() == 1 ? 8 : piece.size);
      continue;
    }
    const ir::Place copy{build_.scratch(round_to_words(piece.size)), 0};
    build_.run(ir::ReadMemory{copy, piece.size, words[piece.node], AddressSpace::kUser});
    copy_bytes(copy.slot, 0, to, piece.size);
  }
  return object;
}

void Lowerer::store_variables(const ProgramVariables set, ir::Place to, const Type& want) {
  for (size_t i = 0; i < want.elements.size(); ++i) {
    const Type& type = want.elements[i];
    const ProbeVariable* variable = find_program_variable(function_.site(), set, want.field_names[i]);
    CHECK(variable != nullptr);
    const size_t mark = build_.scratch_mark();
    const Object object = variable_object(*variable);
    if (type.is(TypeKind::kString)) {
      object_string(object, to, type.storage_size());
    } else if (type.is_scalar()) {
      build_.store(to, convert_word(load_object(object), object.type, type));
    } else {
      read_object(object, to, type.size);
    }
    build_.release_scratch(mark);
    to.offset += type.storage_size();
  }
}

}  // namespace polytap
