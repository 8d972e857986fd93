#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/abi/cases/50-python.sh -- Python's own tests of what reaches the
# kernel, each case of theirs as a case of ours.
. /abi/cases/lib.sh

modules='test_posix test_os test_signal test_select test_poll test_epoll
test_mmap test_fcntl test_pipes test_popen test_pty test_resource test_pwd
test_threading test_thread test_threadsignals test_fork1 test_wait3 test_wait4
test_subprocess test_tempfile test_shutil test_pathlib test_stat test_time
test_selectors test_eintr test_file test_fileio test_io test_largefile
test_openpty test_ioctl test_queue test_sched test_memoryview test_zlib
test_bz2 test_lzma test_dbm test_sqlite3 test_posixpath test_glob test_syslog
test_faulthandler test_concurrent_futures test_socket test_socketserver
test_multiprocessing_fork test_asyncio.test_unix_events
test_asyncio.test_subprocess'

cd "$work" || exit 1
for m in ${MODULES:-$modules}; do
	timeout -s KILL "${LIMIT:-500}" python3.11 -m unittest -v "test.$m" \
	    >"$work/out" 2>&1 </dev/null
	status=$?
	# name (test.module.Class.name) ... ok | skipped 'why' | FAIL | ERROR
	gawk -v m="$m" '
	    match($0, /^(test[A-Za-z0-9_]*) \(([A-Za-z0-9_.]*)\)/, a) {
		id = a[1] " " a[2]
	    }
	    /\.\.\. ok$|^ok$/		{ if (id) print "ok - " m ": " id; id = "" }
	    /\.\.\. skipped|^skipped/	{ if (id) print "ok - " m ": " id " # SKIP"; id = "" }
	    /\.\.\. (FAIL|ERROR)$|^(FAIL|ERROR)$/ {
		if (id) print "not ok - " m ": " id; id = ""
	    }' "$work/out"
	gawk '/^={20}/ { on = 1 } on { print "# " $0 }' "$work/out" |
	    head -n "${SHOW:-400}"
	if [ $status -gt 1 ]; then
		echo "not ok - $m: ends (status $status)"
		tail -n 5 "$work/out" | sed 's/^/# /'
	else
		echo "ok - $m: ends"
	fi
done
