// The system's C preprocessor.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"

namespace polytap {

struct PreprocessorInput {
  std::string text;                  // what is preprocessed
  std::vector<std::string> folders;  // -I
  std::string quote_folder;          // where #include "file" is looked for first; empty: nowhere
};

struct Preprocessed {
  std::string text;       // with line marks and #define lines
  std::string complaint;  // its first error; empty when it had none
};

// Runs the first of cpp, gcc, cc and clang that is installed. An error: there is none, or it cannot be run.
Result<Preprocessed> run_preprocessor(const PreprocessorInput& input);

}  // namespace polytap
