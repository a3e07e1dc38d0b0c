// The functions of the BPF programs that are loaded now, of anyone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/kernel/btf_types.h"

namespace polytap {

struct BpfFunction {
  uint32_t program = 0;  // the program's id
  std::string name;      // as its BTF has it
  uint32_t type_id = 0;  // in the program's BTF
  std::vector<BtfTypes::Parameter> parameters;
  Type result;  // kVoid: none
};

// Those of programs with BTF, in order of program. Needs CAP_SYS_ADMIN.
Result<std::vector<BpfFunction>> bpf_functions();
Result<UniqueFd> open_bpf_program(uint32_t id);

}  // namespace polytap
