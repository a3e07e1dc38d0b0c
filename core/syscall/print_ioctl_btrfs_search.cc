// ioctl(2) of btrfs: what searches its trees, and answers with lists.
#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>

#include <cerrno>

#include "core/syscall/ioctl_content.h"
#include "core/syscall/printers.h"
#include "core/syscall/tables_ioctl_btrfs.h"
#include "core/syscall/value_kinds.h"

namespace polytap {
namespace {

using namespace value_kinds;
using namespace ioctl_rows;
using Bytes = std::span<const std::byte>;

constexpr ValueKind kObject = number_of(kBtrfsObjects);
constexpr ValueKind kKeyType = number_of(kBtrfsKeyTypes);

template <typename T>
Bytes bytes_of(const T& object) {
  return std::as_bytes(std::span(&object, 1));
}

using Key = btrfs_ioctl_search_key;
bool is_not_first(Bytes whole) {
  return number_in(whole.subspan(offsetof(Key, min_objectid), 8)) != BTRFS_FIRST_FREE_OBJECTID;
}
bool is_not_last(Bytes whole) {
  return number_in(whole.subspan(offsetof(Key, max_objectid), 8)) != static_cast<uint64_t>(BTRFS_LAST_FREE_OBJECTID);
}
#define KEY_FIELDS(first, last)                                                                       \
  POLYTAP_FIELD(Key, tree_id, kObject), POLYTAP_FIELD(Key, min_objectid, kObject, false, first),      \
      POLYTAP_FIELD(Key, max_objectid, kObject, false, last), POLYTAP_FIELD(Key, min_offset, kLimit), \
      POLYTAP_FIELD(Key, max_offset, kLimit), POLYTAP_FIELD(Key, min_transid, kLimit),                \
      POLYTAP_FIELD(Key, max_transid, kLimit), POLYTAP_FIELD(Key, min_type, kKeyType),                \
      POLYTAP_FIELD(Key, max_type, kKeyType), POLYTAP_FIELD(Key, nr_items, kNumber)
constexpr Field kShortKeyFields[] = {KEY_FIELDS(is_not_first, is_not_last)};
constexpr Structure kShortKey{kShortKeyFields, sizeof(Key)};
constexpr Field kKeyFields[] = {KEY_FIELDS(nullptr, nullptr)};
constexpr Structure kKey{kKeyFields, sizeof(Key)};

void put_key(CallText& text, const Key& key) {
  text.put("{key=");
  put_structure(text, bytes_of(key), text.style.verbose ? kKey : kShortKey);
}

using Header = btrfs_ioctl_search_header;
constexpr Field kHeaderFields[] = {
    POLYTAP_FIELD(Header, transid, kNumber), POLYTAP_FIELD(Header, objectid, kObject),
    POLYTAP_FIELD(Header, offset, kNumber),  POLYTAP_FIELD(Header, type, kKeyType),
    POLYTAP_FIELD(Header, len, kNumber),
};
constexpr Structure kHeader{kHeaderFields, sizeof(Header)};

// The headers of what was found; each is followed by its item.
void put_found(CallText& text, uint64_t buffer, uint64_t size, uint32_t count) {
  if (!text.style.verbose) return text.put(", ...");
  text.put(", buf=[");
  uint64_t offset = 0;
  for (uint32_t i = 0; i < count; ++i) {
    if (i > 0) text.put(", ");
    Header header{};
    const uint64_t at = buffer + offset;
    if (at < buffer || offset + sizeof header > size || i > text.style.string_limit) {
      text.put("...");
      break;
    }
    if (!text.memory.read_object(at, header)) {
      text.print("... /* {:#x} */", at);
      break;
    }
    put_structure(text, bytes_of(header), kHeader);
    offset += sizeof header + header.len;
  }
  text.put(']');
}

using Search = btrfs_ioctl_search_args;
bool put_search(CallText& text, uint64_t at) {
  Key key{};
  if (!text.fetch(at, key)) return false;
  put_key(text, key);
  text.put('}');
  return true;
}
void put_search_answer(CallText& text, uint64_t at) {
  Key key{};
  text.put(" => ");
  if (!text.fetch(at, key)) return;
  text.print("{{key={{nr_items={}}}", key.nr_items);
  put_found(text, at + offsetof(Search, buf), sizeof(Search::buf), key.nr_items);
  text.put('}');
}

// struct btrfs_ioctl_search_args_v2, without the buffer that follows.
struct Search2 {
  Key key;
  uint64_t buffer_size;
};
bool put_search2(CallText& text, uint64_t at) {
  Search2 search{};
  if (!text.fetch(at, search)) return false;
  put_key(text, search.key);
  text.print(", buf_size={}}}", search.buffer_size);
  return true;
}
// When the buffer is too small, the kernel says how large it should be.
void put_search2_answer(CallText& text, uint64_t at) {
  if (text.call.failed && text.call.result != -EOVERFLOW) return;
  Search2 search{};
  text.put(" => ");
  if (!text.fetch(at, search)) return;
  if (text.call.failed) return text.print("{{buf_size={}}}", search.buffer_size);
  text.print("{{key={{nr_items={}}}, buf_size={}", search.key.nr_items, search.buffer_size);
  put_found(text, at + sizeof search, search.buffer_size, search.key.nr_items);
  text.put('}');
}

// The header of a list in memory of its own; true: its elements are to be shown.
bool put_container(CallText& text, uint64_t at, btrfs_data_container& container) {
  if (!text.fetch(at, container)) return false;
  text.print("{{bytes_left={}, bytes_missing={}, elem_cnt={}, elem_missed={}, ", container.bytes_left,
             container.bytes_missing, container.elem_cnt, container.elem_missed);
  if (!text.style.verbose) text.put("...}");
  return text.style.verbose;
}

struct Reference {
  uint64_t inode, offset, root;
};
void put_references(CallText& text, uint64_t at) {
  btrfs_data_container container{};
  if (!put_container(text, at, container)) return;
  text.put("val=");
  printers::put_array<Reference>(text, at + offsetof(btrfs_data_container, val), container.elem_cnt / 3,
                                 [&](const Reference& each) {
                                   text.print("{{inum={}, offset={}, root={}}}", each.inode, each.offset, each.root);
                                 });
  text.put('}');
}
void put_paths(CallText& text, uint64_t at) {
  btrfs_data_container container{};
  if (!put_container(text, at, container)) return;
  const uint64_t values = at + offsetof(btrfs_data_container, val);
  text.put("val=");
  printers::put_array<uint64_t>(text, values, container.elem_cnt, [&](uint64_t offset) { text.path(values + offset); });
  text.put('}');
}

using Paths = btrfs_ioctl_ino_path_args;
constexpr Field kPathsFields[] = {
    POLYTAP_FIELD(Paths, inum, kNumber),
    POLYTAP_FIELD(Paths, size, kNumber),
    POLYTAP_FIELD(Paths, fspath, kAddress),
};
constexpr Structure kPaths{kPathsFields, sizeof(Paths)};
void put_paths_field(CallText& text, Bytes bytes, Bytes) { put_paths(text, number_in(bytes)); }
constexpr Field kPathsAnswerFields[] = {POLYTAP_FIELD(Paths, fspath, printed_by(put_paths_field))};
constexpr Structure kPathsAnswer{kPathsAnswerFields, sizeof(Paths)};

using Logical = btrfs_ioctl_logical_ino_args;
constexpr Field kLogicalFields[] = {
    POLYTAP_FIELD(Logical, logical, kNumber),
    POLYTAP_FIELD(Logical, size, kNumber),
    POLYTAP_RESERVED_FIELD(Logical, reserved, array_of(kHex64)),
    POLYTAP_FIELD(Logical, flags, flags_of(kBtrfsLogicalFlags)),
    POLYTAP_FIELD(Logical, inodes, kAddress),
};
constexpr Structure kLogical{kLogicalFields, sizeof(Logical)};
void put_references_field(CallText& text, Bytes bytes, Bytes) { put_references(text, number_in(bytes)); }
constexpr Field kLogicalAnswerFields[] = {POLYTAP_FIELD(Logical, inodes, printed_by(put_references_field))};
constexpr Structure kLogicalAnswer{kLogicalAnswerFields, sizeof(Logical)};

using Lookup = btrfs_ioctl_ino_lookup_args;
bool put_lookup(CallText& text, uint64_t at) {
  constexpr Field kFields[] = {POLYTAP_FIELD(Lookup, treeid, kObject), POLYTAP_FIELD(Lookup, objectid, kObject)};
  Lookup lookup{};
  if (!text.fetch(at, lookup)) return false;
  text.kept = lookup.treeid == 0 ? 1 : 0;  // the kernel is to say which tree
  put_structure(text, bytes_of(lookup), {kFields, sizeof lookup});
  return true;
}
void put_lookup_answer(CallText& text, uint64_t at) {
  constexpr Field kFields[] = {POLYTAP_FIELD(Lookup, treeid, kObject), POLYTAP_FIELD(Lookup, name, kCString)};
  Lookup lookup{};
  text.put(" => ");
  if (!text.fetch(at, lookup)) return;
  put_structure(text, bytes_of(lookup), {std::span(kFields).subspan(text.kept != 0 ? 0 : 1), sizeof lookup});
}

using Spaces = btrfs_ioctl_space_args;
constexpr Field kSpaceFields[] = {
    POLYTAP_FIELD(btrfs_ioctl_space_info, flags, flags_of(kBtrfsSpaces)),
    POLYTAP_FIELD(btrfs_ioctl_space_info, total_bytes, kNumber),
    POLYTAP_FIELD(btrfs_ioctl_space_info, used_bytes, kNumber),
};
constexpr Structure kSpace{kSpaceFields, sizeof(btrfs_ioctl_space_info)};
bool put_spaces(CallText& text, uint64_t at) {
  Spaces spaces{};
  if (!text.fetch(at, spaces)) return false;
  text.print("{{space_slots={}}}", spaces.space_slots);
  return true;
}
void put_spaces_answer(CallText& text, uint64_t at) {
  Spaces spaces{};
  text.put(" => ");
  if (!text.fetch(at, spaces)) return;
  text.print("{{total_spaces={}", spaces.total_spaces);
  const bool is_count_only = spaces.space_slots == 0 && spaces.total_spaces != 0;
  if (!is_count_only && !text.style.verbose) text.put(", ...");
  if (!is_count_only && text.style.verbose) {
    text.put(", spaces=");
    printers::put_array<btrfs_ioctl_space_info>(
        text, at + offsetof(Spaces, spaces), spaces.total_spaces,
        [&](const btrfs_ioctl_space_info& each) { put_structure(text, bytes_of(each), kSpace); });
  }
  text.put('}');
}

constexpr IoctlContent kContents[] = {
    own_answered(BTRFS_IOC_TREE_SEARCH, put_search, put_search_answer),
    own_answered(BTRFS_IOC_TREE_SEARCH_V2, put_search2, put_search2_answer).always_answered(),
    own_answered(BTRFS_IOC_INO_LOOKUP, put_lookup, put_lookup_answer),
    own_answered(BTRFS_IOC_SPACE_INFO, put_spaces, put_spaces_answer),
    answered(BTRFS_IOC_INO_PATHS, structure_of(kPaths), structure_of(kPathsAnswer)),
    answered(BTRFS_IOC_LOGICAL_INO, structure_of(kLogical), structure_of(kLogicalAnswer)),
};

}  // namespace

const IoctlFamily kBtrfsSearchIoctls{BTRFS_IOCTL_MAGIC, kContents};

}  // namespace polytap
