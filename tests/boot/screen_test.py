#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/boot/screen_test.py - the screen and the keyboard: log in on tty1.

Use: screen_test.py               TAP
     screen_test.py --picture F   the same, then the PNG that README.md shows
Keys go in through QEMU's 8042; what was typed shows its effect on the serial
line, and the picture must not be empty.
"""
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import zlib

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
SECONDS = 60 * float(os.environ.get('RSE_TEST_SCALE', '3'))
KEYS = {' ': 'spc', '-': 'minus', '/': 'slash', '.': 'dot', '\n': 'ret',
        ';': 'semicolon', '|': 'shift-backslash', '>': 'shift-dot',
        '_': 'shift-minus', '$': 'shift-4', '(': 'shift-9', ')': 'shift-0'}


class Machine:
    """QEMU with a screen, driven through QMP; the serial line is a file."""

    def __init__(self, folder):
        self.serial = os.path.join(folder, 'serial')
        path = os.path.join(folder, 'qmp')
        self.proc = subprocess.Popen(
            ['setpriv', '--pdeathsig', 'KILL', 'tests/lib/qemu.sh',
             '-display', 'none', '-monitor', 'none', '-device', 'VGA',
             '-serial', 'file:' + self.serial,
             '-qmp', 'unix:' + path + ',server=on,wait=off'], cwd=TOP)
        end = time.monotonic() + SECONDS
        self.sock = socket.socket(socket.AF_UNIX)
        while self.sock.connect_ex(path) != 0:
            if time.monotonic() > end:
                raise SystemExit('Bail out! QEMU does not answer')
            time.sleep(0.1)
        self.qmp = self.sock.makefile('rw')
        self.qmp.readline()
        self.command('qmp_capabilities')

    def command(self, name, **arguments):
        json.dump({'execute': name, 'arguments': arguments}, self.qmp)
        self.qmp.write('\n')
        self.qmp.flush()
        while True:
            answer = json.loads(self.qmp.readline())
            if 'return' in answer or 'error' in answer:
                return answer

    def type(self, text):
        for char in text:
            code = KEYS.get(char) or (
                'shift-' + char.lower() if char.isupper() else char)
            self.command('send-key', keys=[
                {'type': 'qcode', 'data': part} for part in code.split('-')])
            time.sleep(0.05)

    def said(self, word, seconds):
        """Has the serial line said this word, within so many seconds?"""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with open(self.serial, 'rb') as serial:
                if word in serial.read():
                    return True
            time.sleep(0.2)
        return False


def png_rows(data):
    """Width, and the rows of an 8-bit RGB picture, unfiltered."""
    at, body = 8, b''
    while at < len(data):
        size = int.from_bytes(data[at:at + 4], 'big')
        kind = data[at + 4:at + 8]
        if kind == b'IHDR':
            width = int.from_bytes(data[at + 8:at + 12], 'big')
        elif kind == b'IDAT':
            body += data[at + 8:at + 8 + size]
        at += 12 + size
    raw, line, rows = zlib.decompress(body), width * 3, []
    above = bytearray(line)
    for start in range(0, len(raw), line + 1):
        how, row = raw[start], bytearray(raw[start + 1:start + 1 + line])
        for i in range(line):
            a = row[i - 3] if i >= 3 else 0
            b, c = above[i], above[i - 3] if i >= 3 else 0
            if how == 1:
                row[i] = row[i] + a & 255
            elif how == 2:
                row[i] = row[i] + b & 255
            elif how == 3:
                row[i] = row[i] + (a + b) // 2 & 255
            elif how == 4:
                pa, pb, pc = abs(b - c), abs(a - c), abs(a + b - 2 * c)
                near = a if pa <= pb and pa <= pc else b if pb <= pc else c
                row[i] = row[i] + near & 255
        rows.append(row)
        above = row
    return width, rows


def png_write(path, rows):
    def chunk(kind, body):
        return (len(body).to_bytes(4, 'big') + kind + body +
                zlib.crc32(kind + body).to_bytes(4, 'big'))
    head = (len(rows[0]) // 3).to_bytes(4, 'big') + \
        len(rows).to_bytes(4, 'big') + bytes([8, 2, 0, 0, 0])
    body = zlib.compress(b''.join(b'\0' + bytes(r) for r in rows), 9)
    with open(path, 'wb') as out:
        out.write(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', head) +
                  chunk(b'IDAT', body) + chunk(b'IEND', b''))


def crop(rows, width=720):
    """Down to the last line with anything on it, and a margin."""
    last = max((i for i, row in enumerate(rows) if any(row)), default=0)
    return [row[:width * 3] for row in rows[:last + 16]]


def picture(machine, path):
    machine.type('rsectl start\n')
    time.sleep(3)
    for line in ('clear', 'uname -a', 'cat /dev/torus0/projection',
                 'rsectl status | head -5', 'free', 'ps | head -9'):
        machine.type(line + '\n')
        time.sleep(3)
    machine.command('screendump', filename=path, format='png')
    with open(path, 'rb') as shot:
        rows = png_rows(shot.read())[1]
    png_write(path, crop(rows))


def log_in(machine):
    """Keys that a machine held up does not take in are lost: once more."""
    for _ in range(6):
        time.sleep(2)
        machine.type('root\n')
        time.sleep(2)
        machine.type('echo typed-$(tty) > /dev/ttyS0\n')
        if machine.said(b'typed-/dev/tty1', SECONDS / 12):
            return True
    return False


def main():
    failed = 0

    def case(number, good, what):
        nonlocal failed
        failed += not good
        print(('' if good else 'not ') + f'ok {number} - {what}', flush=True)

    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(folder)
        try:
            case(1, machine.said(b'login:', SECONDS), 'the machine starts')
            case(2, log_in(machine), 'keys reach a shell on tty1')
            shot = os.path.join(folder, 'shot.png')
            machine.command('screendump', filename=shot, format='png')
            with open(shot, 'rb') as data:
                width, rows = png_rows(data.read())
            lit = sum(1 for row in rows for i in range(0, width * 3, 3)
                      if row[i])
            case(3, lit > 2000, f'the screen shows text ({lit} points lit)')
            if len(sys.argv) == 3 and sys.argv[1] == '--picture':
                picture(machine, os.path.abspath(sys.argv[2]))
        finally:
            machine.proc.kill()
            machine.proc.wait()
    print('1..3')
    return failed != 0


sys.exit(main())
