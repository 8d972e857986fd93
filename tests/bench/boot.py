#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/bench/boot.py - time from the boot loader to the log-in, and memory.

Use: boot.py IMAGE [--linux]     prints lines "name value unit"; SMP, MEM
Why: for RSE the clock starts with the first line of our boot loader, for
Linux with the first of its EFI stub, which is the loader there; both load the
kernel after that, and both end with the same getty on the same disk.  Used
memory is what is neither free nor cache, of all that the machine has.
"""
import os
import re
import statistics
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, 'tests/lib')
from machine import (BOOT_SECONDS, Console, Stop, log_in,  # noqa: E402
                     machine_argv, time_factor)

ROUNDS = 3
FIRST = {False: rb'RSE: loading', True: rb'EFI stub: '}
MEMINFO = rb'(Mem[a-zA-Z]+|Cached|Buffers): +(\d+) kB'


def boot(image, linux, smp, mem):
    """One boot: seconds to the log-in, and KiB in use after it."""
    con = Console(machine_argv(image, smp, mem, linux=linux))
    limit = time.monotonic() + BOOT_SECONDS * time_factor()
    try:
        con.wait_for(FIRST[linux], limit)
        start = time.monotonic()
        con.wait_for(rb'login: ?$', limit)
        seconds = time.monotonic() - start
        con.buf = b'login: '
        log_in(con, limit)
        con.send(b'cat /proc/meminfo; echo en""d\n')
        text = b''
        while b'\nend' not in con.buf.replace(b'\r', b''):
            if not con.fill(limit):
                raise Stop(124, 'no /proc/meminfo')
            text = con.buf
        kib = {k: int(v) for k, v in re.findall(MEMINFO, text)}
        cache = kib.get(b'Cached', 0) + kib.get(b'Buffers', 0)
        return seconds, mem * 1024 - kib[b'MemFree'] - cache
    finally:
        con.stop()


def main():
    image, linux = sys.argv[1], '--linux' in sys.argv
    smp = int(os.environ.get('SMP') or 2)
    mem = int(os.environ.get('MEM') or 512)
    try:
        runs = [boot(image, linux, smp, mem) for _ in range(ROUNDS)]
    except (Stop, EOFError, KeyError, subprocess.SubprocessError) as error:
        print(f'boot.py: {error!r}', file=sys.stderr)
        return 1
    print(f'boot_to_login {statistics.median(r[0] for r in runs) * 1e3:.0f}'
          ' ms')
    print(f'memory_at_prompt {statistics.median(r[1] for r in runs):.0f} KiB')
    return 0


if __name__ == '__main__':
    sys.exit(main())
