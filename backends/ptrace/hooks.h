// Functions of a program at the places where they run.
#pragma once

#include <cstdint>
#include <vector>

namespace polytap {

// A function at one of its sites.
struct Hook {
  uint32_t function = 0;
  uint32_t site = 0;
  bool raw = false;           // raw_syscalls: the record has its own layout
  bool reads_values = false;  // looks at the record behind the system call's number
  bool decodes = false;       // shows the call as a line
};

// What happens at one kind of stop, in the order of the program.
struct HookList {
  std::vector<Hook> hooks;
  bool reads_values = false;  // one of them does
  bool decodes = false;       // the same
  bool empty() const { return hooks.empty(); }
  void add(const Hook& hook) {
    hooks.push_back(hook);
    reads_values = reads_values || hook.reads_values;
    decodes = decodes || hook.decodes;
  }
};

}  // namespace polytap
