#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""sysroot/sparse_copy.py - copy a sparse file into another at an offset.

Use: sparse_copy.py SOURCE DESTINATION OFFSET...   (triples may be repeated)
Why: dd reads every hole; a disk image is nearly nothing but holes, and it is
made again for every new kernel.
"""
import os
import sys


def copy(source, dest, offset):
    src = os.open(source, os.O_RDONLY)
    dst = os.open(dest, os.O_WRONLY)
    size = os.fstat(src).st_size
    at = 0
    while at < size:
        try:
            at = os.lseek(src, at, os.SEEK_DATA)
        except OSError:         # ENXIO: only a hole is left
            break
        end = os.lseek(src, at, os.SEEK_HOLE)
        while at < end:
            data = os.pread(src, min(end - at, 1 << 20), at)
            os.pwrite(dst, data, offset + at)
            at += len(data)
    os.close(src)
    os.close(dst)


def main():
    args = sys.argv[1:]
    for i in range(0, len(args), 3):
        copy(args[i], args[i + 1], int(args[i + 2]))


if __name__ == '__main__':
    main()
