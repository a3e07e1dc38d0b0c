# Debug files from a debuginfod server: fetched when that is asked for, taken from the cache afterwards, and a server that
# does not answer holds nobody up for longer than was said.
need gcc objcopy python3 readelf nm
ldconfig -p 2>/dev/null | grep -q libdebuginfod.so.1 || skip "needs libdebuginfod.so.1, which is not installed here"
cat >program.c <<'SOURCE'
static volatile int sink;
__attribute__((noipa)) int secret(int n) { sink = n; return n; }
int main(void) { return secret(1) - 1; }
SOURCE
gcc -O2 -g -Wl,--build-id program.c -o program || fail "gcc"
address=$(nm program | sed -n 's/ T secret$//p')
id=$(readelf -n program | sed -n 's/.*Build ID: //p')
mkdir -p "files/buildid/$id" && objcopy --only-keep-debug program "files/buildid/$id/debuginfo" && strip program || fail "objcopy"

# A server of files, and one that takes connections and says nothing. Each writes its port.
cat >servers.py <<'SOURCE'
import functools, http.server, os, socket, threading
silent = socket.create_server(("127.0.0.1", 0))
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(http.server.SimpleHTTPRequestHandler, directory="files"))
for name, port in (("silent.port", silent.getsockname()[1]), ("server.port", server.server_address[1])):
    with open("new", "w") as out:
        out.write(str(port))
    os.rename("new", name)
server.serve_forever()
SOURCE
python3 servers.py >requests 2>&1 &
servers=$!
trap 'kill $servers 2>/dev/null' EXIT
until [ -s server.port ]; do kill -0 $servers 2>/dev/null || fail "the server did not start: $(cat requests)"; sleep 0.1; done
DEBUGINFOD_CACHE_PATH=$PWD/cache
export DEBUGINFOD_CACHE_PATH
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY

# Not asked for: nothing goes out.
expect_status 0 env DEBUGINFOD_URLS="http://127.0.0.1:$(cat server.port)" "$POLYTAP" symbolize -e program -fi "$address"
if grep -q secret out; then cat out; fail "a name from nowhere"; fi
if grep -q GET requests; then cat requests; fail "the server was asked without --debuginfod"; fi
# Asked for.
expect_status 0 env DEBUGINFOD_URLS="http://127.0.0.1:$(cat server.port)" "$POLYTAP" symbolize --debuginfod -e program -fi "$address"
expect_in out secret
expect_in out 'program.c:2'
expect_in requests "GET /buildid/$id/debuginfo"
# From the cache, without a server.
kill $servers
wait $servers 2>/dev/null
expect_status 0 env -u DEBUGINFOD_URLS "$POLYTAP" symbolize -e program -fi "$address"
expect_in out secret
# A server that says nothing.
rm -r cache server.port silent.port
python3 servers.py >requests 2>&1 &
servers=$!
until [ -s server.port ]; do kill -0 $servers 2>/dev/null || fail "the server did not start again: $(cat requests)"; sleep 0.1; done
expect_status 0 timeout 60 env DEBUGINFOD_TIMEOUT=600 DEBUGINFOD_URLS="http://127.0.0.1:$(cat silent.port)" "$POLYTAP" symbolize -v --debuginfod --timeout 1 -e program -fi "$address"
expect_in out 'program+0x'
expect_in out debuginfod
