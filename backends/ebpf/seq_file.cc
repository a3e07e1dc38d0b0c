#include "backends/ebpf/seq_file.h"

#include <bpf/bpf.h>
#include <fmt/format.h>

#include <utility>

#include "backends/ebpf/kernel_objects.h"
#include "core/lang/printf_format.h"

namespace polytap::ebpf {
namespace {

constexpr std::string_view kNullPointer = "(nil)";

// What the text would have had to come from, by the user's words.
const char* source_of(ir::EmitKind kind) {
  switch (kind) {
    case ir::EmitKind::kPrintMap:
    case ir::EmitKind::kPrintMapValue:
    case ir::EmitKind::kPrintMapEntry:
      return "print() of a map";
    case ir::EmitKind::kClearMap:
      return "clear()";
    case ir::EmitKind::kZeroMap:
      return "zero()";
    case ir::EmitKind::kTime:
      return "time()";
    case ir::EmitKind::kJoin:
      return "join()";
    case ir::EmitKind::kCat:
      return "cat()";
    case ir::EmitKind::kSystem:
      return "system()";
    case ir::EmitKind::kDebugf:
      return "debugf()";
    case ir::EmitKind::kSkbOutput:
      return "skboutput()";
    case ir::EmitKind::kUnwatch:
      return "unwatch()";
    default:
      return nullptr;
  }
}

bool is_number(const Type& type) {
  return (type.is(TypeKind::kInteger) || type.is(TypeKind::kPointer)) && type.name.empty();
}

// Cuts one printf into calls.
class SeqFormat {
 public:
  SeqFormat(const std::vector<Type>& fields, std::string& texts) : fields_(fields), texts_(texts) {}

  Result<std::vector<SeqPiece>> read(std::string_view format) {
    ASSIGN_OR_RETURN(const auto parsed, parse_printf_format(format));
    uint32_t next = 0;
    for (const FormatPiece& piece : parsed) {
      if (!piece.conversion) {
        add_text(piece.text);
        continue;
      }
      if (piece.conversion->arguments() != 1 || next >= fields_.size()) {
        return refuse(*piece.conversion, "has its width among the arguments, which the kernel does not take");
      }
      TRY(add(*piece.conversion, next));
      ++next;
    }
    return std::move(pieces_);
  }

  Result<std::vector<SeqPiece>> value() {
    FormatConversion conversion;
    const Type& type = fields_.front();
    const bool is_text = type.is(TypeKind::kString);
    if (!is_text && !type.is(TypeKind::kInteger)) return Error("print() of this value needs polytap");
    if (!is_text && !is_number(type)) return Error("print() of an enum or a bool needs polytap");
    conversion.conversion = is_text ? 's' : type.is_signed ? 'd' : 'u';
    conversion.length = LengthModifier::kLong;
    TRY(add(conversion, 0));
    add_text("\n");
    return std::move(pieces_);
  }

 private:
  static Error refuse(const FormatConversion& conversion, std::string_view why) {
    return Error(fmt::format("'{}' {}", to_string(conversion), why));
  }

  SeqPiece& append(SeqPiece::Kind kind, uint32_t field, std::string_view text) {
    SeqPiece piece;
    piece.kind = kind;
    piece.field = field;
    piece.text = static_cast<uint32_t>(texts_.size());
    piece.text_length = static_cast<uint32_t>(text.size());
    texts_ += text;
    texts_ += '\0';
    pieces_.push_back(piece);
    return pieces_.back();
  }

  void add_text(std::string_view text) { append(SeqPiece::Kind::kText, 0, text); }

  // The kernel's printf knows flags (but `#` and `'`) and a width (bpf_bprintf_prepare() in kernel/bpf/helpers.c), and
  // numbers of 64 bits where the format says so.
  Status add(const FormatConversion& c, uint32_t field) {
    const Type& type = fields_[field];
    if (c.alternative || c.grouping) return refuse(c, "has a flag that the kernel's printf does not have");
    if (c.precision || c.precision_argument)
      return refuse(c, "has a precision, which the kernel's printf does not have");
    std::string flags = "%";
    if (c.left) flags += '-';
    if (c.plus) flags += '+';
    if (c.space) flags += ' ';
    if (c.zero) flags += '0';
    if (c.width) flags += std::to_string(*c.width);
    if (c.conversion == 's') return add_string(c, field, flags);
    if (c.is_integer() && c.conversion != 'o') {
      if (!type.is_scalar()) return refuse(c, "of this value needs polytap");
      SeqPiece& piece = append(SeqPiece::Kind::kNumber, field, fmt::format("{}ll{}", flags, c.conversion));
      piece.is_signed = c.is_signed();
      if (c.length == LengthModifier::kChar) piece.bits = 8;
      if (c.length == LengthModifier::kShort) piece.bits = 16;
      // As core/output/printf.cc has it.
      const bool is_narrow = type.is_integral() && type.size != 0 && type.size <= 4;
      if (!c.is_signed() && is_narrow && c.length == LengthModifier::kNone) piece.bits = 32;
      return {};
    }
    if (c.conversion == 'c' || c.conversion == 'p') {
      if (c.width || !type.is_scalar()) return refuse(c, "with a width is not what the kernel's printf has");
      if (c.conversion == 'c') {
        append(SeqPiece::Kind::kCharacter, field, {});
      } else {
        append(SeqPiece::Kind::kPointer, field, "0x%llx");
        texts_ += kNullPointer;
      }
      return {};
    }
    return refuse(c, "is a conversion that the kernel's printf does not have");
  }

  Status add_string(const FormatConversion& c, uint32_t field, const std::string& flags) {
    const Type& type = fields_[field];
    if (type.is(TypeKind::kInteger) && is_number(type)) {
      append(SeqPiece::Kind::kNumber, field, fmt::format("{}ll{}", flags, type.is_signed ? 'd' : 'u'));
      return {};
    }
    if (!type.is(TypeKind::kString)) {
      return refuse(c, "shows a name or text that polytap makes of the value (print the number, or str())");
    }
    SeqPiece& piece = append(c.width ? SeqPiece::Kind::kPadded : SeqPiece::Kind::kString, field, flags + "s");
    piece.width = c.width.value_or(0);
    return {};
  }

  const std::vector<Type>& fields_;
  std::string& texts_;
  std::vector<SeqPiece> pieces_;
};

Result<std::vector<SeqPiece>> pieces_of(const ir::EmitSpec& spec, std::string& texts) {
  if (const char* source = source_of(spec.kind)) {
    return Error(fmt::format("{} needs polytap", source));
  }
  SeqFormat format(spec.fields, texts);
  switch (spec.kind) {
    case ir::EmitKind::kPrintf:
      return format.read(spec.format);
    // Also what a loop says that was stopped.
    case ir::EmitKind::kErrorf:
      return format.read(fmt::format("ERROR: {}\n", spec.format));
    case ir::EmitKind::kWarnf:
      return format.read(fmt::format("WARNING: {}\n", spec.format));
    default:
      return format.value();
  }
}

const ProbeSite* pinned_site(const ir::Program& program, const ir::Function& function) {
  for (const uint32_t site : function.sites) {
    const ProbeSite& where = program.sites[site];
    if (where.type == ProbeType::kIter && !where.module.empty()) return &where;
  }
  return nullptr;
}

}  // namespace

std::optional<SeqRefusal> why_not_in_file(const ir::Program& program) {
  constexpr const char* kWhen =
      "{}: {}, which has ended when {} is read: a pinned iterator can write texts and numbers "
      "by printf() and print()";
  for (const ir::Function& function : program.functions) {
    const ProbeSite* site = pinned_site(program, function);
    if (site == nullptr) continue;
    for (const ir::Block& block : function.blocks) {
      for (const ir::Instruction& instruction : block.instructions) {
        if (std::holds_alternative<ir::Exit>(instruction.operation)) {
          return SeqRefusal{fmt::format(kWhen, site->name, "exit() ends polytap", site->module), instruction.span};
        }
        const auto* emit = std::get_if<ir::Emit>(&instruction.operation);
        if (emit == nullptr) continue;
        std::string texts;
        const auto pieces = pieces_of(program.emits[emit->emit], texts);
        if (pieces) continue;
        return SeqRefusal{fmt::format(kWhen, site->name, pieces.error().message(), site->module), instruction.span};
      }
    }
  }
  return std::nullopt;
}

Result<SeqTexts> make_seq_texts(const ir::Program& program, const ir::Function& function, UniqueFd& map) {
  SeqTexts made;
  made.emits.resize(program.emits.size());
  for (const ir::Block& block : function.blocks) {
    for (const ir::Instruction& instruction : block.instructions) {
      const auto* emit = std::get_if<ir::Emit>(&instruction.operation);
      if (emit == nullptr) continue;
      ASSIGN_OR_RETURN(made.emits[emit->emit], pieces_of(program.emits[emit->emit], made.bytes));
    }
  }
  made.bytes += '\0';
  const auto size = static_cast<uint32_t>(made.bytes.size());
  map = create_map({.name = "polytap_texts", .value_size = size});
  const uint32_t key = 0;
  if (!map.valid() || bpf_map_update_elem(map.get(), &key, made.bytes.data(), BPF_ANY) != 0) {
    return Error::from_errno("create the eBPF map of texts");
  }
  made.map_fd = map.get();
  return made;
}

}  // namespace polytap::ebpf
