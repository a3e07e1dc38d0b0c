#include "core/lang/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <system_error>

#include "core/base/result.h"
#include "core/lang/parser.h"
#include "core/lang/standard_library.h"
#include "core/lang/walk.h"

namespace polytap {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxFiles = 256;
constexpr size_t kMaxBytes = 16U << 20;

Result<std::string> read_file(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return Error("it is a folder");
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error::from_errno("");
  std::stringstream text;
  text << file.rdbuf();
  if (file.bad()) return Error::from_errno("");
  return std::move(text).str();
}

class Importer {
 public:
  Importer(Source& source, Diagnostics& diagnostics) : source_(source), diagnostics_(diagnostics) {}

  ast::Script run() {
    ast::Script script = Parser(source_, diagnostics_).parse_script();
    std::error_code error;
    const fs::path path(source_.name());
    const bool is_file = fs::is_regular_file(path, error);
    if (is_file) seen_.insert(fs::weakly_canonical(path, error));
    expressions_ = script.expressions;
    expand(script, is_file ? path.parent_path() : fs::path());
    add_library(script);
    script.expressions = expressions_;
    return script;
  }

 private:
  void expand(ast::Script& script, const fs::path& folder) {
    std::vector<ast::TopLevel> items;
    for (ast::TopLevel& item : script.items) {
      const auto* import = std::get_if<ast::Import>(&item.node);
      if (import == nullptr) {
        items.push_back(std::move(item));
        continue;
      }
      ast::Script imported = load(*import, folder);
      std::move(imported.items.begin(), imported.items.end(), std::back_inserter(items));
    }
    script.items = std::move(items);
  }

  ast::Script load(const ast::Import& import, const fs::path& folder) {
    const fs::path path = folder / import.path;
    std::error_code error;
    if (!seen_.insert(fs::weakly_canonical(path, error)).second) return {};
    const auto refuse = [&](std::string why) {
      diagnostics_.error(import.path_span, fmt::format("Cannot import '{}': {}", path.string(), why));
      return ast::Script();
    };
    if (seen_.size() > kMaxFiles) return refuse(fmt::format("more than {} scripts are imported", kMaxFiles));
    if (!import.path.ends_with(".bt")) return refuse("only scripts (NAME.bt) can be imported");
    const Result<std::string> text = read_file(path);
    if (!text.ok()) {
      std::string why = text.error().message();
      if (why.starts_with(": ")) why = why.substr(2);
      return refuse(std::move(why));
    }
    if (source_.text().size() + text->size() > kMaxBytes) return refuse("the scripts are too large together");
    ast::Script script = parse_piece(path.string(), *text);
    expand(script, path.parent_path());
    return script;
  }

  ast::Script parse_piece(std::string name, std::string_view text) {
    const uint32_t begin = source_.append(std::move(name), text);
    ast::Script script = Parser(source_, diagnostics_, begin, expressions_).parse_script();
    expressions_ = script.expressions;
    return script;
  }

  // Those macros that something may call and that the script does not define itself.
  void add_library(ast::Script& script) {
    std::set<std::string, std::less<>> called;
    std::set<std::string, std::less<>> defined;
    const auto look = [&](const ast::Expression& e) {
      if (const auto* call = std::get_if<ast::Call>(&e.node)) called.insert(call->name);
      if (const auto* bare = std::get_if<ast::Identifier>(&e.node)) called.insert(bare->name);
    };
    for (const ast::TopLevel& item : script.items) {
      if (const auto* probe = std::get_if<ast::Probe>(&item.node)) walk(*probe, look);
      if (const auto* macro = std::get_if<ast::Macro>(&item.node)) {
        walk(macro->body, look);
        defined.insert(macro->name);
      }
      if (const auto* subprogram = std::get_if<ast::Subprogram>(&item.node)) {
        walk(subprogram->body, look);
        defined.insert(subprogram->name);
      }
    }
    const auto is_wanted = [&](std::string_view name) { return called.contains(name) && !defined.contains(name); };
    if (std::ranges::none_of(kLibraryMacros, is_wanted)) return;
    ast::Script library = parse_piece("standard library", kStandardLibrary);
    for (ast::TopLevel& item : library.items) {
      const auto* macro = std::get_if<ast::Macro>(&item.node);
      if (macro != nullptr && is_wanted(macro->name)) script.items.push_back(std::move(item));
    }
  }

  Source& source_;
  Diagnostics& diagnostics_;
  std::set<fs::path> seen_;
  ast::ExpressionId expressions_ = 0;
};

}  // namespace

ast::Script parse_with_imports(Source& source, Diagnostics& diagnostics) { return Importer(source, diagnostics).run(); }

}  // namespace polytap
