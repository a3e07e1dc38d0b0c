// Code symbols sorted by address: which one covers an address.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace polytap {

enum class SymbolBinding : uint8_t { kGlobal, kWeak, kLocal };

class SymbolIndex {
 public:
  struct Hit {
    std::string_view name;  // valid as long as the index
    uint64_t start = 0;     // of the symbol
  };

  // Of several names at one address the same one is always taken: one with a size before one without, then global
  // before weak before local, then the shortest, then the first in the alphabet.
  // SIZE 0: the symbol reaches to the next one, though not beyond LIMIT, the end of its section.
  void add(std::string_view name, uint64_t start, uint64_t size, uint64_t limit, SymbolBinding binding);
  // To be called once, after the last add() and before the first find().
  void finish();

  // The innermost symbol around the address; nothing in the gaps between symbols.
  std::optional<Hit> find(uint64_t address) const;
  size_t size() const { return symbols_.size(); }
  // Whether TEXT occurs in any name.
  bool mentions(std::string_view text) const { return names_.find(text) != std::string::npos; }

 private:
  struct Candidate {
    uint64_t start;
    uint64_t size;
    uint64_t limit;
    uint32_t name;  // in names_
    uint32_t length;
    SymbolBinding binding;
  };
  struct Entry {
    uint64_t start;
    uint32_t name;
    uint32_t length;
  };
  struct Extent {
    uint64_t end;
    uint32_t symbol;
  };
  std::string_view name_of(uint32_t name, uint32_t length) const {
    return std::string_view(names_).substr(name, length);
  }
  bool preferred(const Candidate& a, const Candidate& b) const;
  std::vector<Extent> choose();
  void flatten(const std::vector<Extent>& extents);
  void begin_range(uint64_t start, uint32_t symbol);

  std::vector<Candidate> candidates_;  // emptied by finish()
  std::string names_;
  std::vector<Entry> symbols_;
  // Ranges that do not overlap: from range_starts_[i] up to the next start the symbol is range_symbols_[i].
  std::vector<uint64_t> range_starts_;
  std::vector<uint32_t> range_symbols_;
};

}  // namespace polytap
