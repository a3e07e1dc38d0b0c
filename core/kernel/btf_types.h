// The running kernel's own C types, from its BTF (/sys/kernel/btf/vmlinux, readable by everyone).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/result.h"
#include "core/types/type.h"

namespace polytap {

// Nothing is read before the first question that needs it; definitions are converted one at a time when asked for and
// live as long as the provider. Without BTF every struct is unknown. For one thread.
//
// An anonymous struct goes by the typedef that names it ("atomic_t", "sigset_t") or, as the type of a member, by
// "struct (anonymous N)"; find_struct() takes both. Pointers lead to kernel memory, except those that the kernel was
// built to mark as __user. Plain char is signed, as in user space. What the kernel itself does not have is looked for
// in the BTF of its modules, beside PATH.
class BtfTypes final : public TypeProvider {
 public:
  explicit BtfTypes(std::string path);
  ~BtfTypes() override;
  BtfTypes(const BtfTypes&) = delete;
  BtfTypes& operator=(const BtfTypes&) = delete;

  const StructDefinition* find_struct(std::string_view name) const override;
  const EnumDefinition* find_enum(std::string_view name) const override;
  const Type* find_type(std::string_view name) const override;
  EnumValue find_enumerator(std::string_view name) const override;
  bool has_function(std::string_view name) const override { return function(name).has_value(); }

  // Why there are no types, when there are none. Reads the BTF.
  Status load() const;

  struct Parameter {
    std::string name;  // empty when the kernel did not keep it
    Type type;
  };
  // What raw tracepoint NAME is called with; nullopt when there is none of that name.
  std::optional<std::vector<Parameter>> raw_tracepoint_parameters(std::string_view name) const;
  // In order of name.
  std::vector<std::string> raw_tracepoint_names() const;
  std::vector<std::string> iterator_names() const;
  struct Function {
    std::vector<Parameter> parameters;
    Type result;  // kVoid: none
  };
  // A function of the kernel or of a module; nullopt when BTF does not know it.
  std::optional<Function> function(std::string_view name) const;
  // One of MODULE, whose name the kernel or another module may have as well.
  std::optional<Function> module_function(std::string_view module, std::string_view name) const;

 private:
  class Converter;
  std::string path_;
  mutable std::unique_ptr<Converter> converter_;
  mutable std::optional<Error> load_error_;
  mutable std::unordered_map<std::string, std::unique_ptr<const Type>> types_by_name_;
  mutable std::unordered_map<std::string, EnumValue> enumerators_;  // asked for, known or not
  struct FunctionPlace {
    uint32_t module = 0;  // 0: the kernel; else one more than the index into modules_
    uint32_t type = 0;
  };
  mutable std::unordered_map<std::string_view, FunctionPlace> functions_;  // filled by the first question
  // Of the modules that were asked for, by their names.
  mutable std::unordered_map<std::string, std::unordered_map<std::string_view, uint32_t>> module_functions_;
  static std::optional<Function> function_of(const Converter& btf, uint32_t type);

  mutable std::vector<std::unique_ptr<Converter>> modules_;
  mutable bool modules_read_ = false;

  std::vector<std::string> names_behind(std::string_view prefix, uint32_t kind) const;
  // Null when the BTF cannot be read.
  Converter* converter() const;
  // One for each module that is loaded and has BTF.
  const std::vector<std::unique_ptr<Converter>>& modules() const;
};

inline constexpr std::string_view kVmlinuxBtf = "/sys/kernel/btf/vmlinux";
std::unique_ptr<BtfTypes> make_btf_types(std::string path = std::string(kVmlinuxBtf));

}  // namespace polytap
