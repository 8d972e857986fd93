#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/boot/powercut_test.py - the power fails under heavy writing.

Use: from the top of the tree.  POWERCUT_ROUNDS=n: other than 2 rounds.
Each round boots what the last one left, writes from several sides and kills the
machine at a random moment.  The next boot must repair the disk by itself, with
a restart if e2fsck asks for one, and then work without a complaint: the
console says nothing about the file system, the free space that statfs(2) tells
is that of the disk, e2fsck finds nothing afterwards, and what a sync had
brought to the disk is there.
"""
import io
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, 'tests/lib')
from machine import (Console, Stop, log_in, machine_argv,  # noqa: E402
                     time_factor)

ROUNDS = int(os.environ.get('POWERCUT_ROUNDS', '2'))
ROOT_AT = 36 << 20              # where sysroot/mkdisk.sh puts the root
RESTART = b'REBOOT SYSTEM'      # e2fsck has changed the mounted root
COMPLAINT = re.compile(rb'.*(?:ext2: |needs repair|vfs: ).*')
WRITERS = rb"""
cd /root; mkdir -p kept a b
names() { while :; do for i in 1 2 3 4 5 6 7 8 9; do echo $i >a/n$i;
  mv a/n$i b/m$i; ln b/m$i a/l$i; done; rm -f a/* b/*; done; }
sizes() { while :; do dd if=/dev/zero of=big$1 bs=64k count=$((40 * $1));
  : >big$1; cat /bin/busybox /bin/busybox >>big$1; rm big$1; done; }
trees() { while :; do mkdir -p t/1/2/3/4/5/6; cp /etc/* t/1/2 ; mv t/1/2 u;
  rm -r t u; done; }
(names & sizes 1 & sizes 2 & trees &) >/dev/null 2>&1
k=ROUND00; while :; do seq $k $((k + 3000)) >kept/$k; sync
echo "on disk $k."; k=$((k + 1)); done
"""
# All that writes ends, so that what statfs tells is what the disk keeps.
FREE = rb"""stty -echo; rm -rf /root/a /root/b /root/t /root/u; mkdir /root/c
cp /bin/busybox /root/c; for s in /etc/rc.d/*; do $s stop; done
killall crond klogd syslogd; sync; dmesg | grep ext2
while ! mount -o remount,ro /; do sleep 1; done; stat -f -c 'free %f %d.' /
"""
cases = failures = 0


def check(good, name, why=''):
    global cases, failures
    cases += 1
    print(f'{"ok" if good else "not ok"} {cases} - {name}', flush=True)
    if not good:
        failures += 1
        for line in why.splitlines()[-20:]:
            print('#', line)


def write_and_cut(image, number):
    """Returns the names of the files that were synced before the end."""
    con = Console(machine_argv(image, keep=True))
    first = number * 100
    synced = []
    try:
        log_in(con, time.monotonic() + 40 * time_factor())
        con.send(b'stty -echo; dmesg -n 1; echo go-$((1+1)); cat >/tmp/w\n')
        con.wait_for(rb'go-2\r?\n', time.monotonic() + 40 * time_factor())
        con.send(WRITERS.replace(b'ROUND', b'%d' % number) + b'\x04')
        con.send(b'sh /tmp/w\n')
        until = time.monotonic() + 40 * time_factor()
        cut = None
        while cut is None or time.monotonic() < cut:
            try:
                con.wait_for(rb'on disk %d\.' % (first + len(synced)),
                             cut or until)
            except Stop:
                if cut is None or time.monotonic() < cut:
                    raise
                break
            synced.append(first + len(synced))
            cut = cut or time.monotonic() + random.uniform(1, 6)
        return synced
    finally:
        con.stop()


def boot_and_use(image):
    """Returns what the console said, and the free blocks and inodes."""
    log = io.BytesIO()
    for _ in range(2):
        con = Console(machine_argv(image, keep=True), log)
        until = time.monotonic() + 60 * time_factor()
        try:
            log_in(con, until)
            con.send(FREE)
            con.wait_for(rb'free (?=\d+ \d+\.)', until)
            free = con.buf.split(b'.')[0].split()
            con.send(b'poweroff\n')
            while con.fill(until):
                pass
            raise Stop(1, 'the machine does not power off')
        except EOFError:
            return log.getvalue(), [int(n) for n in free]
        except Stop:
            if RESTART not in log.getvalue():
                raise
        finally:
            con.stop()
    raise Stop(1, 'e2fsck asks for a second restart')


def look_from_outside(image, synced, free, work):
    part = os.path.join(work, 'root.ext2')
    with open(image, 'rb') as disk, open(part, 'wb') as root:
        disk.seek(ROOT_AT)
        shutil.copyfileobj(disk, root, 1 << 20)
    os.truncate(part, (os.path.getsize(part) >> 20) - 1 << 20)
    env = dict(os.environ, PATH=os.environ['PATH'] + ':/usr/sbin:/sbin')

    def ask(*argv):
        return subprocess.run([*argv, part], env=env, text=True,
                              errors='replace', stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)

    fsck = ask('e2fsck', '-fn')
    check(fsck.returncode == 0, 'e2fsck finds nothing', fsck.stdout)
    head = ask('dumpe2fs', '-h').stdout
    told = [int(re.search(rf'Free {what}: *(\d+)', head).group(1))
            for what in ('blocks', 'inodes')]
    check(free == told and re.search(r'state: *clean\n', head),
          'statfs told what is free', f'statfs {free}, disk {told}\n{head}')
    lost = [n for n in synced
            if ask('debugfs', '-R', f'cat /root/kept/{n}').stdout.split('\n')
            [1:-1] != [str(n + i) for i in range(3001)]]
    check(not lost, f'{len(synced)} synced files are whole', f'not {lost}')


def main():
    with tempfile.TemporaryDirectory(dir='build') as work:
        image = os.path.join(work, 'disk.img')
        subprocess.run(['cp', '--sparse=always', 'build/rse.img', image],
                       check=True)
        try:
            for number in range(1, ROUNDS + 1):
                synced = write_and_cut(image, number)
                said, free = boot_and_use(image)
                wrong = COMPLAINT.findall(said)
                check(not wrong, 'nothing to complain about at the boot',
                      b'\n'.join(wrong).decode('latin-1'))
                look_from_outside(image, synced, free, work)
        except Stop as stop:
            print(f'Bail out! {stop}')
            return 1
        except EOFError:
            print('Bail out! the machine stopped')
            return 1
    print(f'1..{cases}')
    return failures != 0


if __name__ == '__main__':
    sys.exit(main())
