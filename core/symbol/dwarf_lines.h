// Line tables (.debug_line) of DWARF 2 to 5: from an address to a file, a line and a column.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/symbol/dwarf_cursor.h"
#include "core/symbol/section_data.h"

namespace polytap {

// Where the header of a version 5 table finds its strings.
struct LineStrings {
  SectionData* line_str = nullptr;
  SectionData* str = nullptr;
};

// The table of one unit, complete once made.
class DwarfLines {
 public:
  struct Place {
    uint32_t file = 0;  // for file_path()
    uint32_t line = 0;  // 0: the code comes from no line
    uint32_t column = 0;
  };

  // The table at OFFSET of SECTION. What can be read of a damaged one is there; `damaged()` says why not all.
  DwarfLines(SectionData& section, uint64_t offset, std::string_view unit_name, std::string_view directory,
             uint8_t address_size, LineStrings strings);

  std::optional<Place> find(uint64_t address) const;
  // "" for a number that the table has not.
  std::string file_path(uint64_t file) const;
  std::string_view damaged() const { return damaged_; }

 private:
  struct Header;
  struct File {
    std::string_view name;
    uint64_t directory = 0;
  };
  // Rows are of one file, line and column up to the next row of their sequence.
  struct Row {
    uint32_t offset = 0;  // from the sequence's start
    uint32_t line = 0;
    uint16_t file = 0;
    uint16_t column = 0;
  };
  struct Sequence {
    uint64_t begin = 0;
    uint64_t end = 0;
    uint32_t first_row = 0;
    uint32_t rows = 0;
  };
  struct State;

  bool read_header(DwarfCursor& cursor, Header& header);
  void read_tables_before_5(DwarfCursor& cursor);
  bool read_tables_of_5(DwarfCursor& cursor, const Header& header, LineStrings strings);
  bool read_table_of_5(DwarfCursor& cursor, const Header& header, LineStrings strings, bool directories);
  void run(DwarfCursor& cursor, const Header& header);
  bool run_extended(DwarfCursor& cursor, const Header& header, State& state);
  bool run_standard(DwarfCursor& cursor, const Header& header, State& state, uint8_t opcode);
  void add_row(State& state);
  void end_sequence(State& state);

  std::string_view directory_;
  std::string_view unit_name_;
  unsigned version_ = 0;
  std::vector<std::string_view> directories_;
  std::vector<File> files_;
  std::vector<Row> rows_;
  std::vector<Sequence> sequences_;  // sorted, not overlapping in a sound table
  std::string_view damaged_;
};

}  // namespace polytap
