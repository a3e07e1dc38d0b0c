// One system call as a line of strace's text, in two halves: what is known at the entry, and the rest at the exit.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/syscall/arguments.h"
#include "core/syscall/call_text.h"

namespace polytap {

// What the call is called, and what is known of it (null: nothing).
std::string name_of(const CallValues& call);
const CallDescription* description_of(const CallValues& call);

// How far the entry got; the exit goes on from there.
struct CallProgress {
  uint8_t next_argument = 0;
  bool any_shown = false;
  bool omitted = false;
  uint64_t kept = 0;  // CallText::kept
};

// Appends "name(" and the arguments that are known at the entry.
CallProgress render_entry(CallText& text);
// Appends the other arguments and ")"; leaves the note and the kind of the value in TEXT.
void render_exit(CallText& text, CallProgress progress);
// "0", "-1 ENOENT (No such file or directory)", "? ERESTARTSYS (...)", "3</etc/passwd>" with the note behind it.
void render_result(CallText& text);

// The same for those who want each argument by itself: appends to ARGUMENTS those that are known now (at the exit, all
// that are missing). One that is not shown is empty.
void render_each_argument(CallText& text, std::vector<std::string>& arguments);

}  // namespace polytap
