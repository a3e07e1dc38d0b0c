// Scripts from text and from files, for the tests of the language.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "core/base/source.h"
#include "core/lang/dump.h"
#include "core/lang/parse.h"
#include "core/lang/print.h"

namespace polytap::testing {

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

inline std::vector<std::filesystem::path> scripts_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(folder, missing)) {
    if (entry.path().extension() == ".bt") found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

struct Parsed {
  ast::Script script;
  bool ok = false;
  std::string diagnostics;
};

inline Parsed parse_text(std::string text, std::string name = "stdin") {
  const Source source(std::move(name), std::move(text));
  Diagnostics diagnostics;
  Parsed parsed;
  parsed.script = parse(source, diagnostics);
  parsed.ok = !diagnostics.has_errors();
  parsed.diagnostics = render(source, diagnostics);
  return parsed;
}

// What is wrong with print() of TEXT's tree: empty when it parses to the same tree and prints the same again.
inline std::string round_trip_fault(const std::string& text) {
  const Parsed first = parse_text(text);
  if (!first.ok) return "does not parse:\n" + first.diagnostics;
  const std::string printed = print(first.script);
  const Parsed second = parse_text(printed, "printed");
  if (!second.ok) return "what was printed does not parse:\n" + second.diagnostics + printed;
  if (first.script.comments.size() != second.script.comments.size()) return "comments were lost:\n" + printed;
  if (dump(first.script) != dump(second.script)) {
    return "the trees differ:\n" + dump(first.script) + dump(second.script) + printed;
  }
  const std::string again = print(second.script);
  if (again != printed) return "prints differently again:\n" + printed + again;
  return "";
}

}  // namespace polytap::testing
