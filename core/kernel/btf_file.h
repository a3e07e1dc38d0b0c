// A BTF file in memory: its types by number and by name. Knows the format (Documentation/bpf/btf.rst), not what
// polytap makes of it.
#pragma once

#include <linux/btf.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/kernel/kernel_bytes.h"

namespace polytap {

class BtfFile {
 public:
  // BASE: of a module's BTF, the kernel's, whose types and strings it goes on from; must outlive it. The module's
  // answers for the types of both, but finds its own by name only.
  static Result<BtfFile> parse(KernelBytes bytes, const BtfFile* base = nullptr);
  static Result<BtfFile> parse(std::string bytes) { return parse(KernelBytes(std::move(bytes))); }
  static Result<BtfFile> read(const std::string& path, const BtfFile* base = nullptr);
  // Reads only as far as the questions go, which for a kernel's 100,000 types makes a difference. What is behind a
  // malformed type is not there. Not for several threads at the same time.
  static Result<BtfFile> read_as_needed(const std::string& path);

  using Id = uint32_t;  // 0 is void
  // Types are first_type() .. type_count() - 1; those below are the base's.
  Id first_type() const { return first_ == 0 ? 1 : first_; }
  Id type_count() const;

  struct Record {
    std::string_view name;
    uint32_t kind = BTF_KIND_UNKN;
    uint32_t count = 0;  // vlen: members, enumerators, parameters
    bool flag = false;   // kind_flag
    uint32_t size_or_type = 0;
  };
  Record record(Id id) const;

  struct Member {
    std::string_view name;
    Id type = 0;
    uint32_t bit_offset = 0;
    uint32_t bit_size = 0;  // 0: not a bit field
  };
  Member member(Id id, uint32_t index) const;  // of a struct or union

  struct Enumerator {
    std::string_view name;
    int64_t value = 0;
  };
  Enumerator enumerator(Id id, uint32_t index) const;  // of an enum or enum64
  btf_param parameter(Id id, uint32_t index) const;    // of a function prototype
  btf_array array(Id id) const;
  uint32_t integer_encoding(Id id) const;  // BTF_INT_ENCODING, _OFFSET and _BITS take it apart
  std::string_view string(uint32_t offset) const;

  // The first named type (struct, union, enum, forward declaration, typedef, integer, float) or __traceiter_ function
  // called NAME whose kind is in KINDS, a mask of 1 << BTF_KIND_*.
  // Not for several threads at the same time.
  std::optional<Id> find(std::string_view name, uint32_t kinds) const;
  // The kernel function that programs may call by NAME (a kfunc). Where none is marked as one (before 6.9, or of an
  // older pahole), the first function of that name.
  std::optional<Id> find_callable_function(std::string_view name) const;

 private:
  const BtfFile* base_ = nullptr;
  Id first_ = 0;               // of its own types; 0 (void) without a base
  uint32_t base_strings_ = 0;  // bytes of the base's strings
  KernelBytes bytes_{std::string()};
  uint32_t types_start_ = 0;
  uint32_t types_end_ = 0;
  uint32_t strings_start_ = 0;
  uint32_t strings_size_ = 0;
  // What is known of the types in front of indexed_.
  mutable uint32_t indexed_ = 0;
  mutable Id count_ = 0;                      // of its own, void not among them
  mutable std::vector<uint32_t> offsets_;     // of every kStride-th, from first_type() on, from the start of the bytes
  mutable std::vector<uint32_t> structures_;  // of structs and unions, the types that most questions are for
  mutable std::vector<uint32_t> tags_;        // of declaration tags
  // Open addressing by hash of the name; 0: free. Made when so many names were asked for that it pays.
  mutable std::vector<Id> names_;
  mutable uint32_t searches_ = 0;

  static Result<BtfFile> with_header(KernelBytes bytes, const BtfFile* base);
  Status index_types(Id most) const;
  bool index_more() const;
  bool knows(Id id) const;
  void index_names() const;
  bool is_named(const btf_type& type) const;
  std::optional<Id> search_structures(std::string_view name, uint32_t kinds) const;
  std::optional<Id> search(std::string_view name, uint32_t kinds) const;
  template <typename T>
  T load(uint32_t offset) const;
  uint32_t offset_of(Id id) const;
  Id id_at(uint32_t offset) const;
  // VISIT(id, type) is called for each of its own types, until it returns true.
  template <typename Visit>
  void each_type(Visit visit) const;
  uint32_t payload(Id id, uint32_t index, uint32_t stride) const;
};

}  // namespace polytap
