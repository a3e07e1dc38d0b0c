#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "core/lang/import.h"

namespace polytap {
namespace {

namespace fs = std::filesystem;

class Import : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = fs::temp_directory_path() / "polytap_import_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }
  // Probes, functions and macros of the script with all that it imports, or the diagnostics.
  std::string items_of(const std::string& name, const std::string& text) {
    write(name, text);
    Source source((folder_ / name).string(), text);
    Diagnostics diagnostics;
    const ast::Script script = parse_with_imports(source, diagnostics);
    if (diagnostics.has_errors()) {
      std::string all = render(source, diagnostics);
      for (size_t at; (at = all.find(folder_.string() + "/")) != std::string::npos;) {
        all.erase(at, folder_.string().size() + 1);
      }
      return all;
    }
    std::string items;
    for (const ast::TopLevel& item : script.items) {
      if (const auto* probe = std::get_if<ast::Probe>(&item.node)) items += probe->attach_points[0].text + " ";
      if (const auto* own = std::get_if<ast::Subprogram>(&item.node)) items += own->name + " ";
      if (const auto* macro = std::get_if<ast::Macro>(&item.node)) items += macro->name + " ";
    }
    return items;
  }

  fs::path folder_;
};

TEST_F(Import, WhatIsImportedStandsInItsPlace) {
  write("lib.bt", "fn f(): int64 { return 1; }");
  EXPECT_EQ(items_of("a.bt", "BEGIN { } import \"lib.bt\"; END { }"), "BEGIN f END ");
}

TEST_F(Import, PathsAreRelativeToTheImportingScript) {
  write("lib/a.bt", "import \"b.bt\"; fn a(): int64 { return 1; }");
  write("lib/b.bt", "import \"../c.bt\"; fn b(): int64 { return 1; }");
  write("c.bt", "fn c(): int64 { return 1; }");
  EXPECT_EQ(items_of("main.bt", "import \"lib/a.bt\"; BEGIN { }"), "c b a BEGIN ");
}

TEST_F(Import, CirclesAndRepetitionsDoNoHarm) {
  write("a.bt", "import \"b.bt\"; fn a(): int64 { return 1; }");
  write("b.bt", "import \"a.bt\"; import \"main.bt\"; fn b(): int64 { return 1; }");
  EXPECT_EQ(items_of("main.bt", "import \"a.bt\"; import \"./a.bt\"; BEGIN { }"), "b a BEGIN ");
}

TEST_F(Import, ErrorsNameTheFile) {
  write("lib.bt", "// nothing\nfn f() { }");
  EXPECT_NE(items_of("a.bt", "import \"lib.bt\"; BEGIN { }").find("lib.bt:2:8-9: ERROR"), std::string::npos)
      << items_of("a.bt", "import \"lib.bt\"; BEGIN { }");
  EXPECT_EQ(items_of("a.bt", "import \"none.bt\"; BEGIN { }"),
            "a.bt:1:8-17: ERROR: Cannot import 'none.bt': No such file or directory\n"
            "import \"none.bt\"; BEGIN { }\n"
            "       ^~~~~~~~~\n");
  EXPECT_NE(items_of("a.bt", "import \"some.h\"; BEGIN { }").find("only scripts"), std::string::npos);
}

TEST_F(Import, TheLibraryGivesWayToTheScript) {
  EXPECT_EQ(items_of("a.bt", "BEGIN { let $v; find(@m, 1, $v); }"), "BEGIN find ");
  EXPECT_EQ(items_of("a.bt", "macro find(@m, k, $v) { 1 } BEGIN { let $v; find(@m, 1, $v); }"), "find BEGIN ");
  EXPECT_EQ(items_of("a.bt", "BEGIN { }"), "BEGIN ");
}

}  // namespace
}  // namespace polytap
