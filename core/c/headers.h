// The headers that a script includes. Nothing is run or read before the first name that only they can tell.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/c/declarations.h"

namespace polytap {

struct HeaderOptions {
  std::vector<std::string> folders;  // -I
  std::vector<std::string> files;    // --include
  std::string script_folder;         // where #include "file" is looked for first
};

class Headers {
 public:
  // LINES: the script's preprocessor lines, in order.
  Headers(const std::vector<std::string>& lines, HeaderOptions options);

  // Whether anything is included.
  bool any() const { return any_; }
  // Whether a header is included that is not the kernel's: its definitions then win over the kernel's.
  bool any_of_users() const { return any_of_users_; }

  // Whether the script itself has a #define of NAME.
  bool defines(std::string_view name) const;

  // What they declare, the script's own #define lines among it.
  CDeclarations& declarations();

  // Once they were read:
  bool were_read() const { return read_; }
  // Why they could not be read, or what the preprocessor complained of; empty: nothing.
  const std::string& trouble() const { return trouble_; }
  // "<net/sock.h>": those that are not installed.
  const std::vector<std::string>& missing() const { return missing_; }

 private:
  void read();
  void note_definition(std::string_view line);

  HeaderOptions options_;
  std::string text_;
  std::vector<std::string> defined_;
  bool any_ = false;
  bool any_of_users_ = false;
  bool read_ = false;
  CDeclarations declarations_;
  std::string trouble_;
  std::vector<std::string> missing_;
};

// The name that an #include line names, with its quotes or brackets: "<linux/sched.h>". Nullopt: it is none.
std::optional<std::string> included_file(std::string_view line);
// linux/, net/, asm/, asm-generic/, uapi/: installed or not, BTF has their types.
bool is_kernel_header(std::string_view file);

// A macro of the kernel's or of libc's headers that many scripts use and that is the same on every Linux of x86-64
// (AF_INET, O_CREAT, ...).
std::optional<int64_t> well_known_constant(std::string_view name);

}  // namespace polytap
