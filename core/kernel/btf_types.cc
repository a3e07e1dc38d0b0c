#include "core/kernel/btf_types.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <unordered_map>
#include <utility>

#include "core/kernel/btf_file.h"
#include "core/kernel/c_type.h"

namespace polytap {
namespace {

constexpr uint32_t kStructKinds = 1U << BTF_KIND_STRUCT | 1U << BTF_KIND_UNION;
constexpr uint32_t kEnumKinds = 1U << BTF_KIND_ENUM | 1U << BTF_KIND_ENUM64;
constexpr std::string_view kAnonymous = "(anonymous ";
constexpr std::string_view kTracepointTypedef = "btf_trace_";
// Typedefs, qualifiers and pointers of real BTF nest a few levels; a file that loops must not hang us.
constexpr int kMaximumDepth = 32;

uint32_t bit(uint32_t kind) { return 1U << kind; }

std::string_view keyword(uint32_t kind) {
  if (kind == BTF_KIND_UNION) return "union";
  return kind == BTF_KIND_STRUCT ? "struct" : "enum";
}

bool is_modifier(uint32_t kind) {
  return kind == BTF_KIND_TYPEDEF || kind == BTF_KIND_CONST || kind == BTF_KIND_VOLATILE || kind == BTF_KIND_RESTRICT ||
         kind == BTF_KIND_TYPE_TAG;
}

// Puts a bit field at BIT_OFFSET from the struct's start into the smallest aligned unit of 1, 2, 4 or 8 bytes that
// holds it and ends inside the struct; failing that (packed structs) into an unaligned one. False: it takes nine bytes.
bool place_bit_field(uint32_t bit_offset, uint32_t bit_size, uint32_t struct_size, Field& field) {
  field.bit_size = static_cast<uint8_t>(bit_size);
  for (uint32_t unit = 1; unit <= 8; unit *= 2) {
    const uint32_t start = bit_offset / (unit * 8) * unit;
    if (start + unit > struct_size || bit_offset + bit_size > (start + unit) * 8) continue;
    field.offset = start;
    field.bit_offset = static_cast<uint8_t>(bit_offset - start * 8);
    field.type.size = unit;
    return true;
  }
  for (uint32_t unit = 1; unit <= 8; unit *= 2) {
    const uint32_t start = std::min(bit_offset / 8, struct_size > unit ? struct_size - unit : 0);
    if (bit_offset + bit_size > (start + unit) * 8) continue;
    field.offset = start;
    field.bit_offset = static_cast<uint8_t>(bit_offset - start * 8);
    field.type.size = unit;
    return true;
  }
  return false;
}

}  // namespace

class BtfTypes::Converter {
 public:
  // MODULE: its name, or empty for the kernel.
  explicit Converter(BtfFile file, std::string module = {}) : file_(std::move(file)), module_(std::move(module)) {}

  const BtfFile& file() const { return file_; }
  const std::string& module() const { return module_; }

  Type type(BtfFile::Id id, int depth = 0) const {
    const BtfFile::Record record = file_.record(id);
    if (id == 0 || depth > kMaximumDepth) return types::of_kind(TypeKind::kVoid);
    switch (record.kind) {
      case BTF_KIND_INT:
        return integer(id, record);
      case BTF_KIND_PTR:
        return pointer(record.size_or_type, depth);
      case BTF_KIND_ARRAY: {
        const btf_array array = file_.array(id);
        return types::array(type(array.type, depth + 1), array.nelems);
      }
      case BTF_KIND_STRUCT:
      case BTF_KIND_UNION:
        return types::structure(name_of(id, record), record.size_or_type);
      case BTF_KIND_FWD:
        return types::structure(fmt::format("{} {}", record.flag ? "union" : "struct", record.name), 0);
      case BTF_KIND_ENUM:
      case BTF_KIND_ENUM64:
        return types::enumeration(name_of(id, record), record.size_or_type, record.flag);
      case BTF_KIND_FLOAT:
        return types::array(types::integer(1, false), record.size_or_type);
      case BTF_KIND_TYPEDEF: {
        const BtfFile::Record target = file_.record(record.size_or_type);
        Type converted = type(record.size_or_type, depth + 1);
        if ((kStructKinds >> target.kind & 1U) != 0 && target.name.empty()) converted.name = record.name;
        return converted;
      }
      default:
        if (is_modifier(record.kind)) return type(record.size_or_type, depth + 1);
        return types::of_kind(TypeKind::kVoid);  // a function
    }
  }

  // The struct or union behind typedefs and qualifiers.
  std::optional<BtfFile::Id> strip_to_struct(BtfFile::Id id) const {
    for (int depth = 0; depth < kMaximumDepth; ++depth) {
      const BtfFile::Record record = file_.record(id);
      if ((kStructKinds >> record.kind & 1U) != 0) return id;
      if (!is_modifier(record.kind)) return std::nullopt;
      id = record.size_or_type;
    }
    return std::nullopt;
  }

  std::optional<BtfFile::Id> find_struct_id(std::string_view name) const {
    const size_t space = name.find(' ');
    if (space == std::string_view::npos) {
      const std::optional<BtfFile::Id> alias = file_.find(name, bit(BTF_KIND_TYPEDEF));
      return alias ? strip_to_struct(*alias) : std::nullopt;
    }
    const std::string_view word = name.substr(0, space);
    const std::string_view rest = name.substr(space + 1);
    if (word != "struct" && word != "union") return std::nullopt;
    const uint32_t kind = word == "union" ? BTF_KIND_UNION : BTF_KIND_STRUCT;
    if (!rest.starts_with(kAnonymous)) return file_.find(rest, bit(kind));
    const auto id = anonymous_id(rest);
    if (!id || file_.record(*id).kind != kind) return std::nullopt;
    return id;
  }

  // N of "(anonymous N)"; of a module's own types "(anonymous N in MODULE)".
  std::optional<BtfFile::Id> anonymous_id(std::string_view text) const {
    BtfFile::Id id = 0;
    text.remove_prefix(kAnonymous.size());
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc() || id < file_.first_type()) return std::nullopt;
    const std::string_view rest(end, text.data() + text.size());
    return rest == (module_.empty() ? ")" : fmt::format(" in {})", module_)) ? std::optional(id) : std::nullopt;
  }

  StructDefinition definition(BtfFile::Id id, std::string_view name) const {
    StructDefinition result;
    const BtfFile::Record record = file_.record(id);
    result.name = name;
    result.size = record.size_or_type;
    add_members(id, 0, result, 0);
    return result;
  }

  EnumDefinition enumeration(BtfFile::Id id) const {
    const BtfFile::Record record = file_.record(id);
    EnumDefinition result{name_of(id, record), record.size_or_type, record.flag, {}};
    for (uint32_t i = 0; i < record.count; ++i) {
      const BtfFile::Enumerator enumerator = file_.enumerator(id, i);
      result.enumerators.push_back({std::string(enumerator.name), enumerator.value});
    }
    return result;
  }

  std::unordered_map<std::string, std::unique_ptr<const StructDefinition>> structs;
  std::unordered_map<BtfFile::Id, std::unique_ptr<const EnumDefinition>> enums;

  const EnumDefinition* cached_enum(BtfFile::Id id) {
    std::unique_ptr<const EnumDefinition>& entry = enums[id];
    if (entry == nullptr) entry = std::make_unique<const EnumDefinition>(enumeration(id));
    return entry.get();
  }

 private:
  BtfFile file_;
  std::string module_;

  std::string name_of(BtfFile::Id id, const BtfFile::Record& record) const {
    if (record.name.empty()) {
      const bool own = !module_.empty() && id >= file_.first_type();
      return fmt::format("{} {}{}{})", keyword(record.kind), kAnonymous, id, own ? " in " + module_ : "");
    }
    return fmt::format("{} {}", keyword(record.kind), record.name);
  }

  Type integer(BtfFile::Id id, const BtfFile::Record& record) const {
    const uint32_t encoding = BTF_INT_ENCODING(file_.integer_encoding(id));
    if (record.size_or_type > 8) return types::array(types::integer(8, false), record.size_or_type / 8);  // __int128
    if ((encoding & BTF_INT_BOOL) != 0 && record.size_or_type == 1) return types::boolean();
    return types::integer(record.size_or_type, (encoding & BTF_INT_SIGNED) != 0 || record.name == "char");
  }

  Type pointer(BtfFile::Id to, int depth) const {
    AddressSpace space = AddressSpace::kKernel;
    BtfFile::Id target = to;
    for (BtfFile::Record record = file_.record(target); record.kind == BTF_KIND_TYPE_TAG;
         record = file_.record(target)) {
      if (record.name == "user") space = AddressSpace::kUser;
      target = record.size_or_type;
      if (++depth > kMaximumDepth) break;
    }
    return types::pointer(type(target, depth + 1), space);
  }

  void add_members(BtfFile::Id id, uint32_t base_bits, StructDefinition& result, int depth) const {
    const BtfFile::Record record = file_.record(id);
    for (uint32_t i = 0; i < record.count; ++i) {
      const BtfFile::Member member = file_.member(id, i);
      const uint32_t at = base_bits + member.bit_offset;
      if (member.name.empty()) {
        const std::optional<BtfFile::Id> inner = strip_to_struct(member.type);
        if (inner && depth < kMaximumDepth) add_members(*inner, at, result, depth + 1);
        continue;  // otherwise padding
      }
      Field field;
      field.name = member.name;
      field.type = type(member.type);
      field.offset = at / 8;
      if (member.bit_size != 0 && !place_bit_field(at, member.bit_size, result.size, field)) continue;
      result.fields.push_back(std::move(field));
    }
  }
};

BtfTypes::BtfTypes(std::string path) : path_(std::move(path)) {}
BtfTypes::~BtfTypes() = default;

BtfTypes::Converter* BtfTypes::converter() const {
  if (converter_ != nullptr || load_error_) return converter_.get();
  Result<BtfFile> file = BtfFile::read(path_);
  if (file) {
    converter_ = std::make_unique<Converter>(std::move(*file));
  } else {
    load_error_ = std::move(file).error();
  }
  return converter_.get();
}

Status BtfTypes::load() const {
  if (converter() == nullptr) return *load_error_;
  return {};
}

const std::vector<std::unique_ptr<BtfTypes::Converter>>& BtfTypes::modules() const {
  const Converter* kernel = converter();
  if (modules_read_ || kernel == nullptr) return modules_;
  modules_read_ = true;
  const std::filesystem::path kernel_path(path_);
  std::error_code missing;
  if (kernel_path.filename() != "vmlinux") return modules_;  // another kernel's, or a test's
  for (const auto& entry : std::filesystem::directory_iterator(kernel_path.parent_path(), missing)) {
    if (entry.path().filename() == kernel_path.filename()) continue;
    Result<BtfFile> file = BtfFile::read(entry.path(), &kernel->file());
    if (file) modules_.push_back(std::make_unique<Converter>(std::move(*file), entry.path().filename()));
  }
  return modules_;
}

const StructDefinition* BtfTypes::find_struct(std::string_view name) const {
  if (converter() == nullptr) return nullptr;
  const auto found_in = [name](Converter& btf) -> const StructDefinition* {
    std::string key(name);
    if (const auto found = btf.structs.find(key); found != btf.structs.end()) return found->second.get();
    const std::optional<BtfFile::Id> id = btf.find_struct_id(name);
    if (!id) return nullptr;
    // By its own name when it has one, also when asked for by a typedef.
    const Type type = btf.type(*id);
    const bool anonymous = btf.file().record(*id).name.empty();
    auto definition = std::make_unique<const StructDefinition>(btf.definition(*id, anonymous ? name : type.name));
    return btf.structs.emplace(std::move(key), std::move(definition)).first->second.get();
  };
  if (const StructDefinition* found = found_in(*converter_)) return found;
  for (const auto& module : modules()) {
    if (const StructDefinition* found = found_in(*module)) return found;
  }
  return nullptr;
}

const EnumDefinition* BtfTypes::find_enum(std::string_view name) const {
  constexpr std::string_view kKeyword = "enum ";
  if (converter() == nullptr || !name.starts_with(kKeyword)) return nullptr;
  const std::string_view tag = name.substr(kKeyword.size());
  const auto found_in = [tag](Converter& btf) -> const EnumDefinition* {
    const auto id = tag.starts_with(kAnonymous) ? btf.anonymous_id(tag) : btf.file().find(tag, kEnumKinds);
    return id && (kEnumKinds >> btf.file().record(*id).kind & 1U) != 0 ? btf.cached_enum(*id) : nullptr;
  };
  if (const EnumDefinition* found = found_in(*converter_)) return found;
  for (const auto& module : modules()) {
    if (const EnumDefinition* found = found_in(*module)) return found;
  }
  return nullptr;
}

const Type* BtfTypes::find_type(std::string_view name) const {
  std::string key(name);
  if (const auto found = types_by_name_.find(key); found != types_by_name_.end()) return found->second.get();
  // Base types and the common integer typedefs need no BTF; and BTF has them in one order of words only.
  std::optional<Type> type;
  if (name.find('*') == std::string_view::npos) type = parse_c_type(name, AddressSpace::kKernel);
  if (!type || !(type->is(TypeKind::kInteger) || type->is(TypeKind::kBool))) {
    type.reset();
    const auto find_in = [&](const Converter& btf) {
      const auto id = btf.file().find(name, bit(BTF_KIND_TYPEDEF) | bit(BTF_KIND_INT) | bit(BTF_KIND_FLOAT));
      if (id && !type) type = btf.type(*id);
    };
    if (converter() == nullptr) return nullptr;
    find_in(*converter_);
    for (size_t i = 0; !type && i < modules().size(); ++i) find_in(*modules()[i]);
    if (!type) return nullptr;
  }
  auto value = std::make_unique<const Type>(std::move(*type));
  return types_by_name_.emplace(std::move(key), std::move(value)).first->second.get();
}

TypeProvider::EnumValue BtfTypes::find_enumerator(std::string_view name) const {
  if (converter() == nullptr || name.empty()) return {};
  const auto [entry, is_new] = enumerators_.try_emplace(std::string(name));
  if (!is_new) return entry->second;
  // Some thirty thousand names: a scan costs less than building an index that most scripts would not use.
  const auto find_in = [&](Converter& btf) {
    const BtfFile& file = btf.file();
    for (BtfFile::Id id = file.first_type(); id < file.type_count(); ++id) {
      const BtfFile::Record record = file.record(id);
      if ((kEnumKinds >> record.kind & 1U) == 0) continue;
      for (uint32_t i = 0; i < record.count; ++i) {
        const BtfFile::Enumerator enumerator = file.enumerator(id, i);
        if (enumerator.name == name) return EnumValue{btf.cached_enum(id), enumerator.value};
      }
    }
    return EnumValue{};
  };
  entry->second = find_in(*converter_);
  for (size_t i = 0; entry->second.definition == nullptr && i < modules().size(); ++i) {
    entry->second = find_in(*modules()[i]);
  }
  return entry->second;
}

std::optional<std::vector<BtfTypes::Parameter>> BtfTypes::raw_tracepoint_parameters(std::string_view name) const {
  Converter* btf = converter();
  if (btf == nullptr) return std::nullopt;
  const BtfFile& file = btf->file();
  const auto alias = file.find(fmt::format("{}{}", kTracepointTypedef, name), bit(BTF_KIND_TYPEDEF));
  if (!alias) return std::nullopt;
  const BtfFile::Record pointer = file.record(file.record(*alias).size_or_type);
  BtfFile::Id prototype = pointer.size_or_type;
  // The typedef's parameters have no names; those of the function that calls the probes do.
  if (const auto caller = file.find(fmt::format("__traceiter_{}", name), bit(BTF_KIND_FUNC))) {
    prototype = file.record(*caller).size_or_type;
  }
  const BtfFile::Record record = file.record(prototype);
  if (pointer.kind != BTF_KIND_PTR || record.kind != BTF_KIND_FUNC_PROTO) return std::nullopt;
  std::vector<Parameter> parameters;
  for (uint32_t i = 1; i < record.count; ++i) {  // [0] is void *__data
    const btf_param parameter = file.parameter(prototype, i);
    parameters.push_back({std::string(file.string(parameter.name_off)), btf->type(parameter.type)});
  }
  return parameters;
}

// What in the BTF has KIND and a name that begins with PREFIX: without it, in order.
std::vector<std::string> BtfTypes::names_behind(std::string_view prefix, uint32_t kind) const {
  std::vector<std::string> names;
  Converter* btf = converter();
  if (btf == nullptr) return names;
  for (BtfFile::Id id = 1; id < btf->file().type_count(); ++id) {
    const BtfFile::Record record = btf->file().record(id);
    if (record.kind != kind || !record.name.starts_with(prefix)) continue;
    names.emplace_back(record.name.substr(prefix.size()));
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::vector<std::string> BtfTypes::raw_tracepoint_names() const {
  return names_behind(kTracepointTypedef, BTF_KIND_TYPEDEF);
}

std::vector<std::string> BtfTypes::iterator_names() const { return names_behind("bpf_iter__", BTF_KIND_STRUCT); }

std::optional<BtfTypes::Function> BtfTypes::function(std::string_view name) const {
  const Converter* kernel = converter();
  if (kernel == nullptr) return std::nullopt;
  if (functions_.empty()) {
    const auto add = [this](const Converter& btf, uint32_t from) {
      const BtfFile& file = btf.file();
      for (BtfFile::Id id = file.first_type(); id < file.type_count(); ++id) {
        const BtfFile::Record record = file.record(id);
        if (record.kind == BTF_KIND_FUNC) functions_.emplace(record.name, FunctionPlace{from, id});
      }
    };
    add(*kernel, 0);
    for (size_t i = 0; i < modules().size(); ++i) add(*modules()[i], static_cast<uint32_t>(i + 1));
  }
  const auto found = functions_.find(name);
  if (found == functions_.end()) return std::nullopt;
  const Converter& btf = found->second.module == 0 ? *kernel : *modules()[found->second.module - 1];
  return function_of(btf, found->second.type);
}

std::optional<BtfTypes::Function> BtfTypes::module_function(std::string_view module, std::string_view name) const {
  for (const auto& btf : modules()) {
    if (btf->module() != module) continue;
    const auto [known, is_new] = module_functions_.try_emplace(std::string(module));
    const BtfFile& file = btf->file();
    for (BtfFile::Id id = file.first_type(); is_new && id < file.type_count(); ++id) {
      const BtfFile::Record record = file.record(id);
      if (record.kind == BTF_KIND_FUNC) known->second.emplace(record.name, id);
    }
    const auto found = known->second.find(name);
    return found == known->second.end() ? std::nullopt : function_of(*btf, found->second);
  }
  return std::nullopt;
}

std::optional<BtfTypes::Function> BtfTypes::function_of(const Converter& btf, uint32_t type) {
  const BtfFile& file = btf.file();
  const BtfFile::Id prototype = file.record(type).size_or_type;
  const BtfFile::Record record = file.record(prototype);
  if (record.kind != BTF_KIND_FUNC_PROTO) return std::nullopt;
  Function function;
  function.result = btf.type(record.size_or_type);
  for (uint32_t i = 0; i < record.count; ++i) {
    const btf_param parameter = file.parameter(prototype, i);
    if (parameter.type == 0) break;  // "..."
    function.parameters.push_back({std::string(file.string(parameter.name_off)), btf.type(parameter.type)});
  }
  return function;
}

std::unique_ptr<BtfTypes> make_btf_types(std::string path) { return std::make_unique<BtfTypes>(std::move(path)); }

}  // namespace polytap
