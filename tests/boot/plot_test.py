#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/boot/plot_test.py - what rsectl prints and draws in a machine.

Use: tests/boot/plot_test.py [FILE]
    With FILE the picture of loom.rse is kept there: docs/plot.png was made
    by "tests/boot/plot_test.py docs/plot.png".

One machine runs set-ups, draws them and prints JSON; here, on the host, a
JSON parser reads what it printed, and the pictures are taken apart pixel by
pixel.  Prints TAP.
"""
import base64
import binascii
import json
import os
import struct
import subprocess
import sys
import zlib

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))

# keep NAME COMMAND: its output as base64 between marks, and its status.
GUEST = r'''
keep() {
	name=$1
	shift
	echo "BEGIN $name"
	{ "$@" 2>/tmp/error; echo $? >/tmp/status; } | base64
	echo "END $(cat /tmp/status)"
	echo "BEGIN $name.error"
	base64 /tmp/error
	echo END 0
}
json() {
	name=$1
	shift
	keep json.$name rsectl --json "$@"
}
draw() {
	rsectl plot -o /tmp/$1.png >/dev/null
	keep $1 cat /tmp/$1.png
}
json absent status
rsectl load /usr/share/rse/loom.rse && rsectl start
for t in 0 1 2; do
	until [ "$(sed -n "s/^torus$t.epoch //p" /dev/braid/status)" -ge EPOCHS ]
	do
		sleep 0.1
	done
done
draw loom
json teach
for what in status stats project "top -n 2 1" "ctl 0" braid "braid help" \
    "plot -o /tmp/json.png"; do
	json "$(echo $what | tr " /" "_.")" $what
done
for what in status stats project; do
	json $what.all $what all
	json $what.1 $what 1
done
json processes.1 processes 1
json refused spawn 0 1 2
json nobody status 7
rsectl stop
/etc/rc.d/rsed stop
rsectl ctl 2 create x=4 y=100 z=2
rsectl kill 1
draw dead
json dead project
json processes.2 processes 2
json down status
keep narrow env COLUMNS=40 rsectl top -n 1 1
mkdir /tmp/small && mount -t tmpfs -o size=8k none /tmp/small
keep full rsectl plot -o /tmp/small/a.png
keep left ls -A /tmp/small
keep fullsnapshot rsectl snapshot 0 /tmp/small/snapshot
keep fullout sh -c "rsectl plot -o - >/dev/full"
keep fullleft ls -A /tmp/small
'''

cases = 0


def result(name, good, *notes):
    global cases
    cases += 1
    print(f'{"ok" if good else "not ok"} {cases} - {name}')
    if not good:
        for note in notes:
            for line in str(note).splitlines()[:20]:
                print(f'# {line}')


def run_machine(epochs):
    """What the guest kept: {name: (status, bytes)}."""
    run = subprocess.run(
        [os.path.join(TOP, 'tests/vm'), '--mem', '256', '--timeout', '90',
         '--', GUEST.replace('EPOCHS', str(epochs))],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    kept, name, body = {}, None, []
    for line in run.stdout.decode('utf-8', 'replace').splitlines():
        if line.startswith('BEGIN '):
            name, body = line[6:].strip(), []
        elif line.startswith('END ') and name is not None:
            kept[name] = (int(line[4:]), base64.b64decode(''.join(body)))
            name = None
        elif name is not None:
            body.append(line.strip())
        else:
            print(f'# {line}')
    result('the machine does what it is told', run.returncode == 0,
           f'status {run.returncode}')
    return kept


class Picture:
    """A PNG of 8-bit RGB, every chunk checked."""

    def __init__(self, data):
        if data[:8] != b'\x89PNG\r\n\x1a\n':
            raise ValueError('no PNG')
        at, packed, kinds = 8, b'', []
        while at < len(data):
            size, kind = struct.unpack_from('>I4s', data, at)
            body = data[at + 8:at + 8 + size]
            crc, = struct.unpack_from('>I', data, at + 8 + size)
            if crc != binascii.crc32(kind + body):
                raise ValueError(f'checksum of {kind}')
            kinds.append(kind)
            if kind == b'IHDR':
                self.width, self.height = struct.unpack_from('>II', body)
                if body[8:] != bytes((8, 2, 0, 0, 0)):
                    raise ValueError(f'another format: {body!r}')
            elif kind == b'IDAT':
                packed += body
            at += 12 + size
        if kinds[0] != b'IHDR' or kinds[-1] != b'IEND':
            raise ValueError(f'chunks {kinds}')
        self.unfilter(zlib.decompress(packed))

    def unfilter(self, raw):
        stride = self.width * 3
        before = bytearray(stride)
        self.rows = []
        for y in range(self.height):
            kind = raw[y * (stride + 1)]
            row = bytearray(raw[y * (stride + 1) + 1:
                                (y + 1) * (stride + 1)])
            for i in range(stride):
                a = row[i - 3] if i >= 3 else 0
                b = before[i]
                c = before[i - 3] if i >= 3 else 0
                if kind == 1:
                    row[i] = (row[i] + a) & 255
                elif kind == 2:
                    row[i] = (row[i] + b) & 255
                elif kind == 3:
                    row[i] = (row[i] + (a + b) // 2) & 255
                elif kind == 4:
                    p = a + b - c
                    pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
                    best = a if pa <= pb and pa <= pc else \
                        b if pb <= pc else c
                    row[i] = (row[i] + best) & 255
            self.rows.append(row)
            before = row

    def at(self, x, y):
        return tuple(self.rows[y][3 * x:3 * x + 3])


# As in usr.bin/rsectl/plot.c, at scale 1.
COLUMN, FIRST, PANEL, CELLS, FACE = 328, 56, 256, 244, 576
PLATE = (0x16, 0x1b, 0x22)


def cell(picture, torus, x, y, dim=(16, 32)):
    """The middle of a cell of the activity; x runs to the left."""
    wide, high = PANEL / dim[0], PANEL / dim[1]
    return picture.at(
        int(FIRST + torus * COLUMN + (dim[0] - 1 - x) * wide + wide / 2),
        int(CELLS + y * high + high / 2))


def face(picture, torus, y, z, dim=(32, 32)):
    high, wide = PANEL / dim[0], PANEL / dim[1]
    return picture.at(int(FIRST + torus * COLUMN + z * wide + wide / 2),
                      int(FACE + y * high + high / 2))


def picture_of(kept, name):
    status, data = kept.get(name, (1, b''))
    try:
        picture = Picture(data)
        result(f'{name}: a sound PNG', status == 0)
        return picture
    except (ValueError, IndexError, zlib.error, struct.error) as error:
        result(f'{name}: a sound PNG', False, error)
        return None


def check_loom(picture):
    bright = sum(cell(picture, 0, 3, 15))
    result('the busiest cells are the brightest',
           bright > 600 and bright > sum(cell(picture, 1, 5, 15)) >
           sum(cell(picture, 2, 5, 10)),
           bright, cell(picture, 1, 5, 15), cell(picture, 2, 5, 10))
    result('cells without processes are empty',
           all(cell(picture, t, 8, y) == PLATE
               for t in range(3) for y in range(32)))
    bands = [face(picture, 0, y, 9) != PLATE for y in range(32)]
    result('torus 0 has a band of flux for each of its rings',
           bands == [4 <= y <= 27 for y in range(32)], bands)
    result('the bands of torus 1 go the other way',
           [face(picture, 1, 20, z) != PLATE for z in range(32)] ==
           [2 <= z <= 9 or 18 <= z <= 29 for z in range(32)])
    result('those of torus 2 cross',
           all((face(picture, 2, y, z) != PLATE) ==
               (y in (5, 15, 16, 26) or z in (5, 15, 16, 26))
               for y in range(32) for z in range(32)))
    ribbon = [any(picture.at(FIRST + PANEL + x, CELLS + 8 * y + 4) !=
                  (0x0d, 0x11, 0x17) for x in range(10, 60))
              for y in range(32)]
    result('between two tori runs the flux of those y that have some',
           ribbon == [4 <= y <= 27 for y in range(32)], ribbon)


def check_dead(picture):
    red = sum(1 for x in range(FIRST + COLUMN, FIRST + COLUMN + PANEL)
              for y in range(CELLS, CELLS + PANEL)
              if picture.at(x, y) == (0xf8, 0x51, 0x49))
    result('a dead torus says so', red > 500, red)
    result('its neighbour is drawn all the same',
           sum(cell(picture, 0, 3, 15)) > 600)
    result('a torus of another size is empty, not missing',
           cell(picture, 2, 1, 50, (4, 100)) == PLATE and
           face(picture, 2, 50, 1, (100, 2)) == PLATE)


def parsed(text, many=False):
    try:
        if many:
            return [json.loads(line) for line in text.splitlines()]
        return json.loads(text)
    except ValueError as error:
        return error


def check_json(kept):
    names = sorted(n for n in kept if n.startswith('json.') and
                   not n.endswith('.error'))
    result('all that was asked for was printed', len(names) == 22, names)
    for name in names:
        status, text = kept[name]
        wrong = {'json.refused': 2, 'json.nobody': 2,
                 'json.dead': 1}.get(name, 0)
        if wrong == 2:
            value = parsed(kept[name + '.error'][1])
            good = isinstance(value, dict) and value.get('exit') == 2 and \
                len(value.get('error', '')) > 20 and text == b''
        else:
            value = parsed(text, name.startswith('json.top'))
            good = isinstance(value, (dict, list))
        result(f'{name[5:]}: JSON, exit code {wrong}',
               good and status == wrong, status, value, text[:200])


def check_values(kept):
    faces = parsed(kept['json.project'][1])
    result('a face is rows of y, z, flux', all(
        isinstance(v, int) for v in faces[0]['boundary_states'][0]) and
        len(faces[0]['boundary_states'][0]) == 3 and
        isinstance(faces[0]['digest'], str))
    rows = parsed(kept['json.processes.1'][1])
    result('processes have their columns', len(rows) == 9216 and
           set(rows[0]) == {'pid', 'x', 'y', 'z', 'behaviour', 'state',
                            'handled'})
    result('an empty torus has an empty list of them',
           parsed(kept['json.processes.2'][1]) == [])
    result('a dead torus is null among living ones',
           [v is None for v in parsed(kept['json.dead'][1])] ==
           [False, True, False])
    result('without rsed the status says null',
           parsed(kept['json.down'][1])['rsed'] is None)
    result('top gave two samples with rates',
           [len(s['tori']) for s in parsed(kept['json.top_-n_2_1'][1],
                                           True)] == [3, 3])


def check_rest(kept):
    status, text = kept['narrow']
    lines = text.decode().splitlines()
    result('top fits 40 columns and shows the dead torus',
           status == 0 and max(map(len, lines)) <= 40 and
           any(line.split()[:2] == ['1', 'dead'] for line in lines), text)
    for name, left in (('full', 'left'), ('fullsnapshot', 'fullleft')):
        status, _ = kept[name]
        result(f'{name}: a full disk is an error and leaves nothing',
               status == 1 and kept[left][1] == b'' and
               b'No space left' in kept[name + '.error'][1],
               status, kept[left], kept[name + '.error'])
    result('so is a full device', kept['fullout'][0] == 1,
           kept['fullout'], kept['fullout.error'])


def main():
    kept = run_machine(300 if len(sys.argv) > 1 else 60)
    loom, dead = picture_of(kept, 'loom'), picture_of(kept, 'dead')
    if loom:
        check_loom(loom)
    if dead:
        check_dead(dead)
    check_json(kept)
    check_values(kept)
    check_rest(kept)
    print(f'1..{cases}')
    if len(sys.argv) > 1 and loom:
        with open(sys.argv[1], 'wb') as f:
            f.write(kept['loom'][1])


main()
