// /proc/kallsyms: the kernel's and its modules' functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace polytap {

class KernelSymbols {
 public:
  struct Hit {
    std::string_view name;  // both valid as long as the KernelSymbols
    std::string_view module;
    uint64_t start = 0;
  };

  // Of the text of /proc/kallsyms. Empty when it hides the addresses (kptr_restrict: all are zero).
  static KernelSymbols parse(std::string_view text);

  std::optional<Hit> find(uint64_t address) const;
  // Where the kernel's code begins, _stext: of several names there find() gives another.
  std::optional<uint64_t> stext() const { return stext_; }
  bool empty() const { return symbols_.empty(); }

 private:
  struct Entry {
    uint64_t start = 0;
    uint32_t name = 0;  // in names_
    uint16_t length = 0;
    uint16_t module = 0;  // in modules_
    uint8_t rank = 0;     // global, weak, local
  };
  void add_line(std::string_view line);
  uint16_t module_number(std::string_view module);
  void sort();

  std::vector<Entry> symbols_;  // one for each address
  std::optional<uint64_t> stext_;
  std::string names_;
  std::vector<std::string> modules_{""};
};

}  // namespace polytap
