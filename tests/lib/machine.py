# SPDX-License-Identifier: MIT
"""tests/lib/machine.py - a virtual machine and its serial line.

Use: con = Console(machine_argv(...)); log_in(con, deadline); con.send(),
con.wait_for(); at the end con.stop(), always.  Whatever goes wrong is a Stop
with the exit status of tests/vm, or EOFError when the machine went away.
"""
import os
import re
import select
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
FACTOR = {'kvm': 1.0, 'tcg': 3.0}
BOOT_SECONDS = 40
NUDGE_SECONDS = 5       # without a sound: press Return
PANIC = b'Bail out! panic:'
PANIC_END = b'end of panic'
LINUX_PANIC = b'Kernel panic - not syncing'
LINUX_PANIC_END = b'end Kernel panic'
ST_GONE, ST_TIMEOUT, ST_NOT_UP, ST_PANIC = 123, 124, 125, 126


class Stop(Exception):
    """The run is over, with this status and message."""

    def __init__(self, status, why):
        super().__init__(why)
        self.status = status


class Console:
    """The serial line of a machine: bytes in, bytes out, and its end."""

    def __init__(self, argv, log=None):
        self.log = log
        self.buf = b''
        self.proc = subprocess.Popen(argv, cwd=TOP, stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, bufsize=0)

    def send(self, data):
        try:
            self.proc.stdin.write(data)
        except BrokenPipeError:
            pass                # fill() finds out and says so

    def fill(self, deadline):
        """Wait for bytes; True when some came, False when it is time."""
        left = deadline - time.monotonic()
        ready, _, _ = select.select([self.proc.stdout], [], [], max(left, 0))
        if not ready:
            return False
        data = os.read(self.proc.stdout.fileno(), 65536)
        if not data:
            raise EOFError
        if self.log:
            self.log.write(data)
            self.log.flush()
        self.buf += data
        return True

    def check_panic(self):
        """Raise Stop when the buffer holds the beginning of a panic."""
        for first, last in ((PANIC, PANIC_END),
                            (LINUX_PANIC, LINUX_PANIC_END)):
            start = self.buf.find(first)
            if start < 0:
                continue
            deadline = time.monotonic() + 10
            try:
                while self.buf.find(last, start) < 0:
                    if not self.fill(deadline):
                        break
            except EOFError:
                pass
            text = self.buf[start:].replace(b'\r', b'')
            end = text.find(last)
            if end >= 0:
                text = text[:end + len(last)]
            sys.stderr.buffer.write(text + b'\n')
            raise Stop(ST_PANIC, 'the kernel panicked')

    def wait_for(self, pattern, deadline, nudge=False):
        """Read until the pattern matches; drop everything up to its end."""
        quiet = time.monotonic() + NUDGE_SECONDS
        while True:
            self.check_panic()
            match = re.search(pattern, self.buf)
            if match:
                self.buf = self.buf[match.end():]
                return
            until = min(deadline, quiet) if nudge else deadline
            if self.fill(until):
                quiet = time.monotonic() + NUDGE_SECONDS
            elif time.monotonic() >= deadline:
                raise Stop(ST_TIMEOUT, 'timeout')
            else:
                self.send(b'\n')
                quiet = time.monotonic() + NUDGE_SECONDS

    def stop(self):
        self.proc.kill()
        self.proc.wait()


def log_in(con, deadline):
    try:
        con.wait_for(rb'login: ?$', deadline, nudge=True)
        con.send(b'root\n')
        con.wait_for(rb'# (\x1b\[[0-9;]*[A-Za-z])*$', deadline, nudge=True)
    except Stop as stop:
        if stop.status == ST_TIMEOUT:
            raise Stop(ST_NOT_UP, 'no log-in in time; the console said:\n' +
                       con.buf[-2000:].decode('latin-1')) from None
        raise
    except EOFError:
        raise Stop(ST_NOT_UP, 'the machine stopped before the log-in: ' +
                   con.buf[-2000:].decode('latin-1')) from None


def machine_argv(image, smp=2, mem=512, disks=(), keep=False, linux=False):
    """The command line of a machine whose console is stdin and stdout."""
    argv = ['setpriv', '--pdeathsig', 'KILL', 'tests/lib/qemu.sh',
            '--smp', str(smp), '--mem', str(mem),
            '--image', os.path.abspath(image)]
    for disk in disks:
        argv += ['--disk', os.path.abspath(disk)]
    if keep:
        argv.append('--keep')
    if linux:
        argv += ['-kernel', 'build/linux/vmlinuz',
                 '-initrd', 'build/linux/initrd', '-append',
                 'loglevel=4 console=ttyS0 panic=-1 root=/dev/vda2']
    return argv + ['-display', 'none', '-monitor', 'none',
                   '-serial', 'stdio']


def time_factor():
    if 'VM_TIME_FACTOR' in os.environ:
        return float(os.environ['VM_TIME_FACTOR'])
    accel = subprocess.run([os.path.join(TOP, 'tests/lib/accel.sh')],
                           stdout=subprocess.PIPE, check=True, text=True)
    return FACTOR[accel.stdout.strip()]
