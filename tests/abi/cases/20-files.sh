#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/abi/cases/20-files.sh -- coreutils, findutils, tar and compressors.
. /abi/cases/lib.sh

t "sort with merges through files" 'seq 200000 | shuf | sort -n -S 1M -T . >s
seq 200000 | cmp - s'
t "sort in parallel" 'seq 100000 | sort --parallel=4 -R | sort -n | tail -1 | grep 100000'
t "tar through gzip and back" 'tar czf a.tgz -C /usr/lib python3.11 && mkdir x &&
tar xzf a.tgz -C x && diff -r /usr/lib/python3.11 x/python3.11'
t "tar keeps modes, links and times" 'mkdir -p d/e; echo 1 >d/f; ln d/f d/h
ln -s f d/s; chmod 4751 d/f; touch -d 2001-02-03 d/f; mkfifo d/p; tar cf a.tar d
mkdir x; tar xpf a.tar -C x
a=$(cd d; stat -c "%n %a %h %s %Y %F" f h s p); b=$(cd x/d; stat -c "%n %a %h %s %Y %F" f h s p)
[ "${a%% s *}" = "${b%% s *}" ] && [ "$(readlink x/d/s)" = f ]'
t "a sparse file" 'truncate -s 100M f; [ $(du -k f | cut -f1) -lt 200 ]; tar cSf a.tar f
[ $(stat -c %s a.tar) -lt 100000 ] && cp --sparse=always f g && cmp f g'
t "holes by SEEK_DATA" 'truncate -s 8M f; echo x | dd of=f bs=1 seek=4M conv=notrunc
cp --sparse=auto f g; cmp f g; [ $(du -k g | cut -f1) -lt 4000 ]'
t "xz, bzip2, gzip give back" 'head -c 1000000 /usr/bin/gawk >f; for z in gzip "xz -T2 -0" bzip2
do cp f g; $z g && ${z%% *} -d g.* && cmp f g || exit 1; done'
t "dd with every flag that matters" 'dd if=/dev/urandom of=f bs=64k count=16 conv=fsync
dd if=f of=g bs=4k iflag=fullblock oflag=append conv=notrunc && cmp f g &&
dd if=f of=h bs=4096 skip=2 count=3 && [ $(stat -c %s h) = 12288 ]'
t "cp -a of a tree" 'cp -a /etc x && diff -r --no-dereference /etc x'
t "cp --preserve, install, mktemp" 'echo >f; touch -d @1000000000.123456789 f; cp -p f g
[ "$(stat -c %y f)" = "$(stat -c %y g)" ] && install -m 711 f h && [ $(stat -c %a h) = 711 ]'
t "mv across file systems" 'echo x >f; mv f /root/abi.$$; mv /root/abi.$$ g; grep x g'
t "mv replaces, refuses, exchanges names" 'echo a >f; echo b >g; mv f g; [ $(cat g) = a ]
mkdir d e; touch e/x; ! mv -T d e; rm e/x; mv -T d e; [ ! -e d ]'
t "ln, readlink, realpath" 'echo >f; ln f g; ln -s f s; [ f -ef g ] && [ f -ef s ]
[ $(readlink s) = f ] && [ $(realpath s) = $PWD/f ]; ln -s l l; ! cat l'
t "rm -r of a deep tree" 'p=.; for i in $(seq 200); do p=$p/deep-directory; done
mkdir -p $p; touch $p/f; rm -r deep-directory'
t "rm of an unreadable directory as nobody" 'chmod 777 .; setpriv --reuid 65534 --clear-groups sh -c "
mkdir d; touch d/f; chmod 0 d; ! ls d && ! rm -r d </dev/null; chmod 700 d; rm -r d"'
t "permissions as nobody" 'chmod 755 .; echo x >f; chmod 600 f
! setpriv --reuid 65534 --clear-groups cat f && ! setpriv --reuid 65534 touch g &&
chmod 644 f && setpriv --reuid 65534 cat f'
t "sticky directories" 'chmod 1777 .; echo >f; ! setpriv --reuid 65534 --clear-groups rm -f f'
t "set-id bits go when written" 'cp /bin/true f; chmod 4755 f; chown 65534 f
[ $(stat -c %a f) = 755 ] && chmod 4755 f && setpriv --reuid 65534 --clear-groups sh -c "echo >>f"
[ $(stat -c %a f) = 755 ]'
t "a set-uid program" 'cp /usr/bin/id f; chown 65534 f; chmod 4755 f; mount -o remount,suid /tmp
[ $(./f -u) = 65534 ]'
t "chown, chgrp, id" 'touch f; chown nobody:nogroup f; [ "$(stat -c %U:%G f)" = nobody:nogroup ]
[ "$(id -un)" = root ]'
t "touch, date, find -newer" 'touch -d "1 hour ago" a; touch b; find . -newer a | grep -q b
find . -mmin +30 -name a | grep -q a'
t "find -exec, -delete, xargs -P" 'mkdir d; touch d/{1..200}; find d -type f -print0 |
xargs -0 -P4 -n7 md5sum | wc -l | grep -q 200 && find d -type f -delete && [ -z "$(ls d)" ]'
t "find by inode, links, permission" 'touch f; ln f g; [ $(find . -samefile f | wc -l) = 2 ]
chmod 640 f; find . -perm 640 -links 2 | grep -q g'
t "ls sorts and shows" 'touch -d 2001-01-01 a; touch -d 2002-01-01 b; [ "$(ls -tr | tr "\n" " ")" = "a b " ]
ls -lanR /dev >/dev/null'
t "stat -f, df, du" 'stat -f / && df -k / && df -i /tmp && du -s /etc'
t "tail -f ends with its process" 'echo 1 >f; sleep 1 & tail -f --pid=$! f >o; grep 1 o'
t "tail -f sees what comes" 'echo 1 >f; (sleep 1; echo 2 >>f; sleep 1) & tail -s 0.2 -f --pid=$! f >o
[ "$(cat o)" = "1
2" ]'
t "split and join" 'seq 10000 >f; split -n l/7 f; cat x?? | cmp - f'
t "timeout, nice, nohup, env" 'timeout 0.3 sleep 9; [ $? = 124 ] && [ $(nice -n 5 nice) = 5 ]
timeout -s KILL 0.3 sleep 9; [ $? = 137 ]; nohup true'
t "mkfifo between processes" 'mkfifo p; (cat p >o) & seq 1000 >p; wait; [ $(wc -l <o) = 1000 ]'
t "mknod of devices" 'mknod n c 1 3 && stat -c "%F %t,%T" n | grep -q "character special file 1,3"'
t "tee and /dev/full" 'echo x | tee a b | grep x && cmp a b; ! echo x >/dev/full'
t "checksums" 'sha256sum /bin/* >s && sha256sum -c --quiet s && b2sum /bin/bash && md5sum /bin/ls && cksum f s | grep s'
t "grep, sed -i, gawk" 'seq 100000 >f; [ $(grep -c 7 f) = 40951 ] && sed -i s/9/x/g f &&
[ $(gawk "/x/{n++}END{print n}" f) = 40951 ]'
t "gawk two-way pipes" 'gawk "BEGIN{c=\"sort\"; print \"b\\na\" |& c; close(c,\"to\"); c |& getline x; exit x!=\"a\"}"'
t "diff and patch" 'seq 100 >a; sed 50d a >b; diff -u a b >p; patch a p && cmp a b'
t "flock" 'flock f sleep 1 & sleep 0.3; ! flock -n f true && wait && flock -n f true'
t "fallocate, punch" 'fallocate -l 1M f && [ $(stat -c %s f) = 1048576 ]'
t "a file system in a file" 'truncate -s 8M f; mke2fs -q -t ext4 f && e2fsck -fn f && dumpe2fs -h f |
grep -q "Block count" && echo hello >h && debugfs -w -R "write h hello" f && debugfs -R "cat hello" f | grep hello'
t "mount a tmpfs, see it, unmount" 'mkdir m; mount -t tmpfs -o size=1M none m && grep -q "$PWD/m" /proc/mounts &&
! dd if=/dev/zero of=m/f bs=64k count=40 && findmnt m && umount m'
t "bind mounts" 'mkdir a b; touch a/f; mount --bind a b && [ -e b/f ] && umount b && [ ! -e b/f ]'
t "recursive bind mounts" 'mkdir a b; mount -t tmpfs none a && mkdir a/s && mount -t tmpfs none a/s && touch a/s/f &&
mount --rbind a b && [ -e b/s/f ] && umount -R b && [ ! -e b/s ] && umount -R a'
t "sync, truncate, shred" 'sync; truncate -s 5 f; shred -u f; [ ! -e f ]'
