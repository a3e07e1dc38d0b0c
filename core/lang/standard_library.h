// What the language offers that is written in the language itself.
#pragma once

#include <string_view>

namespace polytap {

inline constexpr std::string_view kLibraryMacros[] = {"assert_str", "default_str_length", "find", "is_err", "path"};

// Macros; each is used only by scripts that have none of the same name.
inline constexpr std::string_view kStandardLibrary =
    R"bt(// The value of @map[key] in $value when it is there; whether it is.
macro find(@map, key, $value) {
  let $key = key;
  let $found = has_key(@map, $key);
  if ($found) {
    $value = @map[$key];
  }
  $found
}

// Where a struct path leads to, from the root of its mount name space on. Files that have no place in a file system are
// shown by what they are: "pipefs:", "anon_inode:[eventpoll]"; a name that is no more, by " (deleted)" behind it.
macro path(p) {
  path(p, config.max_strlen)
}

macro path(p, size) {
  let $out: string[1024];
  let $dentry = p.dentry;
  let $mount = container_of(p.mnt, struct mount, mnt);
  let $steps = 0;
  let $gone = $dentry.d_hash.pprev == 0 && $dentry != $dentry.d_parent;
  while ($steps < 256) {
    $steps++;
    if ($dentry == $mount.mnt.mnt_root) {
      if ($mount == $mount.mnt_parent) {
        $steps = 1000;
      } else {
        $dentry = $mount.mnt_mountpoint;
        $mount = $mount.mnt_parent;
      }
    } else if ($dentry == $dentry.d_parent) {
      let $kind = str($dentry.d_sb.s_type.name, 64);
      $kind = $kind == "anon_inodefs" ? "anon_inode" : $kind;
      $out = str_concat(str_concat($kind, ":"), str($dentry.d_name.name, 256));
      $steps = 2000;
    } else {
      $out = str_concat(str_concat("/", str($dentry.d_name.name, 256)), $out);
      $dentry = $dentry.d_parent;
    }
  }
  if ($steps == 1000 && $gone && $out != "") {
    $out = str_concat($out, " (deleted)");
  }
  str($steps == 1000 && $out == "" ? "/" : $out, size)
}

// Whether a pointer holds one of the kernel's error numbers.
macro is_err(pointer) {
  (uint64)(pointer) >= 0xfffffffffffff001
}

// How many bytes a string has that nobody gave a length.
macro default_str_length() {
  config.max_strlen
}

// An error while the script is compiled, where the value is no text: a string, or characters in an array or behind a
// pointer.
macro assert_str(value) {
  if comptime (!is_str(value)) {
    if comptime (is_array(value) || is_ptr(value)) {
      static_assert(typeinfo(value[0]) == typeinfo(int8), "a text consists of characters (int8)");
    } else {
      fail("a text is a string, or characters in an array or behind a pointer");
    }
  }
}
)bt";

}  // namespace polytap
