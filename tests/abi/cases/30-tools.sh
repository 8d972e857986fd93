#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/abi/cases/30-tools.sh -- procps, util-linux, perl, lua, sqlite.
. /abi/cases/lib.sh

t "ps -ef, ps axjf" 'ps -ef | grep -q "[p]s -ef" && ps axjf && ps -eLf && ps -o pid,ppid,stat,rss,vsz,nlwp,wchan,cmd'
t "top once" 'TERM=linux top -b -n 1 | grep -q "Tasks:"'
t "free, vmstat, uptime" 'free -m | grep -q Mem && vmstat && vmstat -s && uptime && w -h; :'
t "pgrep, pkill, pidof" 'sleep 77 & pgrep -f "sleep 77" | grep -q $! && pkill -f "^sleep 77"; wait $!; [ $? = 143 ]'
t "pmap" 'pmap -x $$ | grep -q total'
t "sysctl" '[ "$(sysctl -n kernel.ostype)" = Linux ] && sysctl kernel.pid_max vm.overcommit_memory fs.file-max'
t "kill with every name" 'kill -l >/dev/null; sleep 9 & kill -s INT $!; kill -s TERM $!; wait $!; [ $? -gt 128 ]'
t "setsid, renice, taskset, chrt" 'setsid -w sh -c "ps -o sid= -p \$\$ | grep -q \$\$" && renice -n 3 -p $$ &&
taskset -p $$ && taskset -c 0 sh -c "taskset -p \$\$ | grep -q : " && chrt -p $$ && chrt -i 0 true'
t "prlimit" 'prlimit --nofile=99:100 sh -c "[ \$(ulimit -n) = 99 ]" && prlimit >/dev/null'
t "getopt, rev, column, hexdump, uuidgen" 'echo abc | rev | grep cba && hexdump -C /bin/true | head -1 | grep ELF && uuidgen'
t "lscpu, lsmem, lsblk" 'lscpu | grep -q "CPU(s)" && lsblk; :'
t "dmesg, logger" 'dmesg | head -3 | grep -q .'
t "findmnt, mountpoint" 'findmnt -n / && mountpoint -q /proc && ! mountpoint -q /etc'
t "ipcs" 'ipcs -m >/dev/null; :'
t "unshare refuses or works, with no harm" 'unshare -u true; :'
t "perl: fork, pipe, wait" 'perl -e "pipe R,W; if(!fork){close R; print W qq(hi\n); exit 3} close W; \$_=<R>; wait; exit(!(\$_ eq qq(hi\n) && \$?>>8==3))"'
t "perl: signals and alarm" 'perl -e "\$SIG{ALRM}=sub{\$n++}; alarm 1; select undef,undef,undef,5; exit(\$n!=1)"'
t "perl: socketpair and select" 'perl -MSocket -e "socketpair(A,B,AF_UNIX,SOCK_STREAM,0) or die; syswrite A,q(x); \$r=q(); vec(\$r,fileno(B),1)=1;
exit(select(\$r,undef,undef,2)!=1)"'
t "perl: a UNIX server with 20 clients" 'perl -MIO::Socket::UNIX -e "
\$s=IO::Socket::UNIX->new(Local=>q(s),Listen=>5) or die \$!; for(1..20){ next if fork; \$c=IO::Socket::UNIX->new(Peer=>q(s)) or die; print \$c qq(\$\$\n);
\$l=<\$c>; exit(\$l ne qq(\$\$\n)) } for(1..20){ \$c=\$s->accept; \$l=<\$c>; print \$c \$l; close \$c } while(wait>0){\$bad++ if \$?} exit \$bad"'
t "perl: flock between processes" 'perl -MFcntl=:flock -e "open F,q(>f); flock F,LOCK_EX; if(!fork){open G,q(>f); exit(flock(G,LOCK_EX|LOCK_NB)?1:0)} wait; exit \$?>>8"'
t "perl: 100 000 lines sorted" 'seq 100000 | perl -e "print sort {\$b<=>\$a} <>" | head -1 | grep 100000'
t "perl: system, exec, backquotes" '[ "$(perl -e "system(q(echo a)); print qx(echo b); exec q(echo c)")" = "a
b
c" ]'
t "perl: stat, utime, opendir" 'perl -e "open F,q(>f); close F; utime 1e9,1e9,q(f); opendir D,q(.); exit(!((stat q(f))[9]==1e9 && grep {\$_ eq q(f)} readdir D))"'
t "lua" 'lua5.4 -e "local f=io.popen(\"echo hi\"); assert(f:read()==\"hi\"); assert(os.execute(\"exit 0\")); assert(os.tmpname()); assert(os.time()>1e9)"'
t "sqlite3: 20 000 rows, a transaction" 'sqlite3 db "create table t(a integer primary key,b text); begin; with recursive c(x) as (select 1 union all select x+1 from c where x<20000) insert into t select x,hex(randomblob(20)) from c; commit; create index i on t(b); pragma integrity_check; select count(*) from t;" >o; grep -q ok o && grep -q 20000 o'
t "sqlite3: write-ahead log, two processes" 'sqlite3 db "pragma journal_mode=wal; create table t(a);"; for i in 1 2; do
(for j in $(seq 20); do sqlite3 -cmd ".timeout 20000" db "insert into t values($i);" || exit 1; done) & p="$p $!"; done
for q in $p; do wait $q || exit 1; done; [ $(sqlite3 db "select count(*) from t") = 40 ]'
t "less reads a file" 'seq 10 >f; less f | tail -1 | grep 10'
t "file" 'file -b /bin/bash | grep -q ELF; :'
t "bc, m4" '[ $(echo 2^64 | bc) = 18446744073709551616 ] && [ $(echo "eval(6*7)" | m4) = 42 ]'
t "make -j with a job server" 'printf "all: %s\n%%.o:\n\tsleep 0.1; echo >\$@\n" "$(seq -s " " -f %g.o 20)" >Makefile; make -j4 && [ $(ls *.o | wc -l) = 20 ]'
t "ldd and ld.so" 'ldd /bin/bash | grep -q libc.so && /lib64/ld-linux-x86-64.so.2 --list-diagnostics | grep -q x86_64'
t "getconf, locale, iconv" '[ $(getconf PAGESIZE) = 4096 ] && [ $(getconf _NPROCESSORS_ONLN) -ge 1 ] && locale && echo é | iconv -f UTF-8 -t LATIN1 | wc -c | grep 2'
