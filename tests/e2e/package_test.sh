#!/bin/bash
# Installing into a folder and the Debian package: that all is there, that it runs from there, that the manual page and the
# completions are well formed, and that the package depends on what the binary loads.
# usage: tests/e2e/package_test.sh [BUILD DIRECTORY]   (default: build/release)
set -u
here=$(dirname "$(realpath "$0")")
build=$(realpath "${1:-$here/../../build/release}")
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
failures=0

fail() {
  printf 'FAIL  %s\n' "$*"
  failures=$((failures + 1))
}

expect_files() { # ROOT
  local file
  for file in bin/polytap share/man/man1/polytap.1 share/bash-completion/completions/polytap \
    share/zsh/vendor-completions/_polytap share/fish/vendor_completions.d/polytap.fish share/doc/polytap/README.md \
    share/doc/polytap/LICENSE share/doc/polytap/CHANGELOG.md; do
    [[ -s $1/$file || -s $1/$file.gz ]] || fail "$file is not in $1"
  done
}

# ---- cmake --install ----
cmake --install "$build" --prefix "$scratch/prefix" >"$scratch/log" 2>&1 || { cat "$scratch/log"; fail "cmake --install"; }
expect_files "$scratch/prefix"
version=$("$scratch/prefix/bin/polytap" --version) || fail "the installed polytap does not run"
[[ $version == "polytap "* ]] || fail "--version prints '$version'"

# ---- the manual page and the completions ----
page=$scratch/prefix/share/man/man1/polytap.1
if command -v man >/dev/null; then
  man --warnings=all -E UTF-8 -l -Tutf8 "$page" >"$scratch/page" 2>"$scratch/warnings" </dev/null
  [[ -s $scratch/warnings ]] && { cat "$scratch/warnings"; fail "the manual page has warnings"; }
else
  echo "      (no man here: the manual page is not rendered)"
fi
# Every option of --help is in the page and in bash's completions.
for option in $("$scratch/prefix/bin/polytap" --help | grep -oE '^  -[-a-zA-Z,]+' | tr , '\n'); do
  grep -qF -- "${option//-/\\-}" "$page" || fail "$option is not in the manual page"
  # shellcheck disable=SC2016
  offered=$(bash -c '. "$1" && COMP_WORDS=(polytap "$2") COMP_CWORD=1 && _polytap && printf "%s\n" "${COMPREPLY[@]}"' \
    bash "$scratch/prefix/share/bash-completion/completions/polytap" "$option" 2>"$scratch/err")
  grep -qxF -- "$option" <<<"$offered" || fail "bash's completion does not offer $option: $(<"$scratch/err")"
done

# ---- the Debian package ----
(cd "$build" && cpack -B "$scratch/packages") >"$scratch/log" 2>&1 || { cat "$scratch/log"; fail "cpack"; }
package=$(echo "$scratch"/packages/*.deb)
dpkg-deb -x "$package" "$scratch/root" || fail "the package $package cannot be unpacked"
expect_files "$scratch/root/usr"
[[ $("$scratch/root/usr/bin/polytap" --version) == "$version" ]] || fail "the packaged polytap does not run"
[[ -z $(find "$scratch/root" ! -user root -o -perm /o+w ! -type l) || $(id -u) -ne 0 ]] || fail "wrong owners or modes in the package"
depends=$(dpkg-deb -f "$package" Depends)
for file in $(ldd "$scratch/root/usr/bin/polytap" | sed -nE 's#.* => (/[^ ]+) .*#\1#p'); do
  # Debian 12's dpkg knows files below /usr/lib as below /lib, too.
  owner=$(dpkg -S "$(realpath "$file")" 2>/dev/null || dpkg -S "$file" 2>/dev/null || dpkg -S "${file#/usr}" 2>/dev/null)
  owner=${owner%%:*}
  loaded=$(objdump -p "$scratch/root/usr/bin/polytap" | awk '$1 == "NEEDED" { print $2 }' | grep -cxF "${file##*/}")
  [[ $loaded -eq 0 || $depends == *"$owner"* ]] || fail "the package does not depend on '$owner' (${file##*/}): $depends"
done
if [[ $(id -u) -eq 0 ]]; then
  # Its dependencies are installed here, not in the scratch root.
  mkdir -p "$scratch/system/var/lib/dpkg"/{info,updates} && : >"$scratch/system/var/lib/dpkg/status"
  dpkg --root="$scratch/system" --force-depends -i "$package" >"$scratch/log" 2>&1 || { cat "$scratch/log"; fail "dpkg -i"; }
  expect_files "$scratch/system/usr"
  dpkg --root="$scratch/system" -r polytap >"$scratch/log" 2>&1 || { cat "$scratch/log"; fail "dpkg -r"; }
  [[ -e $scratch/system/usr/bin/polytap ]] && fail "the removed package leaves its binary behind"
fi
printf '%s: %s KB, depends on %s\n' "$(basename "$package")" "$(($(stat -c %s "$package") / 1024))" "$depends"
[[ $failures -eq 0 ]]
