# Every option, well and badly used: the same messages, the same first lines and the same exit status as strace has.
need strace
mkdir bin
ln -s "$POLYTAP" bin/strace
bin/strace -V | grep -q polytap || fail "bin/strace is not polytap"
theirs=$(dirname "$(command -v strace)")
# What two runs never have in common.
answer() {
  (PATH=$1:$PATH; eval "timeout 10 strace $2" </dev/null >text 2>&1; echo "status $?" >>text)
  sed -e 's/[0-9][0-9]:[0-9][0-9]:[0-9][0-9]/TIME/; s/0x[0-9a-f]*/ADDRESS/g; s/[0-9]*\.[0-9][0-9]*/NUMBER/g' \
    -e 's/^[0-9]\{10\} /TIME /; s/Process [0-9]*/Process N/; s/^\[[0-9a-f]\{16\}\]/[ADDRESS]/; s/^\[pid *[0-9]*\]/[pid N]/' \
    -e 's|/\* [0-9]* vars \*/|/* VARS */|' \
    -e '/^ *NUMBER  *NUMBER /d; /^ld.so/d' text | head -n 8
}
count=0
while read -r line; do
  case $line in '#'*) continue ;; esac
  [ "$line" != - ] || line=
  answer "$theirs" "$line" >wanted
  answer "$PWD/bin" "$line" >got
  cmp -s wanted got || { diff wanted got; fail "strace $line"; }
  count=$((count + 1))
done <"$E2E/strace/options.cases"
[ "$count" -gt 100 ] || fail "only $count command lines"
