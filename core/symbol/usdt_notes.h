// The probes that a program or library defines with sys/sdt.h: its section .note.stapsdt.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/symbol/elf_file.h"

namespace polytap {

struct UsdtNote {
  std::string provider;
  std::string name;
  std::string arguments;   // see core/symbol/usdt_operand.h
  uint64_t address = 0;    // of the probe's instruction, in the file's own address space
  uint64_t semaphore = 0;  // of its counter of listeners; 0: none
};

// In the order of the file; damaged notes are left out. Addresses are those of the file as it is, prelinked or not.
std::vector<UsdtNote> read_usdt_notes(const ElfFile& file);

}  // namespace polytap
