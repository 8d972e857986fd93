#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/boot/login_test.py - log in and work as a person types it.

Use: from the top of the tree; machines with 1, 2 and 4 CPUs.
     VM_OPTS=--linux runs it under Linux.
Why programs that say that they run: what is typed before the shell has given
the terminal to its job reaches the shell, and however long one waits, a slow
machine may take longer.
"""
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, 'tests/lib')
from machine import (Console, Stop, log_in, machine_argv,  # noqa: E402
                     time_factor)

SECONDS = 40 * time_factor()
SLEEP = b"sh -c 'echo up-$((1+1)); exec sleep 1000'\n"
PROMPT = rb'root@rse:[^\r\n]*# (\x1b\[[0-9;]*[A-Za-z])*$'
cases = failures = 0


def step(con, name, keys, *patterns):
    """Type keys; the patterns must come, in this order."""
    global cases, failures
    cases += 1
    con.send(keys)
    try:
        for pattern in patterns:
            con.wait_for(pattern, time.monotonic() + SECONDS)
        print(f'ok {cases} - {name}', flush=True)
    except Stop as stop:
        failures += 1
        print(f'not ok {cases} - {name}: {stop}')
        for line in con.buf[-1000:].decode('latin-1').splitlines():
            print('#', line)


def session(con):
    step(con, 'a command prints its output', b'echo a$((1+1))b\n',
         rb'a2b\r?\n', PROMPT)
    step(con, 'backspace mends a typing error', b'echo gooe\x7fd-$((3*3))\n',
         rb'good-9\r?\n', PROMPT)
    step(con, 'a wrong name is told so', b'nosuchprogram\n',
         rb'nosuchprogram: not found', PROMPT)
    step(con, 'Ctrl-C ends a program', SLEEP, rb'up-2\r?\n')
    step(con, 'and gives the prompt back', b'\x03', PROMPT)
    step(con, 'its status is 130', b'echo st=$?\n', rb'st=130\r?\n', PROMPT)
    step(con, 'Ctrl-Z stops a program', SLEEP, rb'up-2\r?\n')
    step(con, 'and says so', b'\x1a', rb'Stopped', PROMPT)
    step(con, 'jobs lists it', b'jobs\n', rb'Stopped +sh -c', PROMPT)
    step(con, 'bg continues it', b'bg\n', rb'exec sleep 1000', PROMPT)
    step(con, 'kill ends it', b'kill %1; wait %1; echo st=$?\n',
         rb'st=143\r?\n', PROMPT)
    step(con, 'the up arrow brings the last line back', b'\x1b[A\n',
         rb'st=\d+\r?\n', PROMPT)
    step(con, 'Tab completes a path', b'echo /etc/secur\t\n',
         rb'\n/etc/securetty *\r?\n', PROMPT)
    step(con, 'a pipe works', b'seq 100 | grep -c 7\n', rb'19\r?\n', PROMPT)
    step(con, 'a program reads what is typed',
         b'(echo up-$((1+1)) >&2; cat) | wc -c\n', rb'up-2\r?\n')
    step(con, 'Ctrl-D ends its input', b'abc\n\x04', rb'\n4\r?\n', PROMPT)
    step(con, 'vi opens a file', b'vi /tmp/v\n', rb'- /tmp/v')
    step(con, 'takes text', b'ihello', rb'hello')
    step(con, 'leaves it', b'\x1b', rb'- /tmp/v')
    step(con, 'and saves it', b':wq\n', PROMPT)
    step(con, 'and the file is there', b'cat /tmp/v\n', rb'\nhello\r?\n',
         PROMPT)
    step(con, 'exit leads back to the log-in', b'exit\n', rb'login: ?$')
    step(con, 'an account that is closed asks for a password',
         b'nobody\n', rb'Password: $')
    step(con, 'and takes none', b'x\n', rb'Login incorrect', rb'login: ?$')
    step(con, 'guest can log in', b'guest\n', rb'guest@rse:~\$ $')
    step(con, 'and is not root', b'id -u; cat /etc/shadow\n',
         rb'1000\r?\n', rb'Permission denied', rb'\$ $')


def run(cpus):
    """One machine with so many CPUs; False when it did not last."""
    linux = '--linux' in os.environ.get('VM_OPTS', '')
    con = Console(machine_argv('build/rse.img', smp=cpus, linux=linux))
    try:
        log_in(con, time.monotonic() + 40 * time_factor())
        con.send(b'dmesg -n 1\n')
        con.wait_for(PROMPT, time.monotonic() + SECONDS)
        step(con, f'{cpus} CPUs are there', b'echo cpus-$(nproc)\n',
             rb'cpus-%d\r?\n' % cpus, PROMPT)
        session(con)
    except Stop as stop:
        print(f'Bail out! {stop}')
        return False
    except EOFError:
        print('Bail out! the machine stopped')
        return False
    finally:
        con.stop()
    return True


def main():
    if not all(run(cpus) for cpus in (1, 2, 4)):
        return 1
    print(f'1..{cases}')
    return failures != 0


if __name__ == '__main__':
    sys.exit(main())
