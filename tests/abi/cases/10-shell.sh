#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/abi/cases/10-shell.sh -- bash and dash: jobs, traps, pipes, limits.
. /abi/cases/lib.sh

t "process substitution" '[ "$(cat <(echo a) <(echo b))" = "a
b" ]'
t "a long pipeline" 'n=$(seq 100000 | cat | cat | cat | wc -l); [ $n = 100000 ]'
t "pipefail and PIPESTATUS" 'yes | head -1; [ "${PIPESTATUS[*]}" = "141 0" ]'
t "here documents" '[ "$(cat <<END
x$((1+1))
END
)" = x2 ]'
t "a here document larger than a pipe" \
    's=$(seq 30000); n=$(wc -c <<<"$s"); [ $n = 168894 ]'
t "a coprocess" 'coproc bc -l; echo 6*7 >&${COPROC[1]}; read x <&${COPROC[0]}
[ $x = 42 ]'
t "traps and kill" 'trap "echo got >f" USR1; kill -USR1 $$; [ "$(cat f)" = got ]'
t "wait -n and statuses" '(exit 3) & a=$!; (sleep 0.1; exit 4) & b=$!
wait $a; [ $? = 3 ] || exit 1; wait -n $b; [ $? = 4 ]'
t "EXIT trap in a subshell" '(trap "echo bye >f" EXIT; exit 5); [ $? = 5 ] &&
[ "$(cat f)" = bye ]'
t "job control" 'set -m; sleep 30 & kill -STOP %1; sleep 0.2
jobs | grep -q Stopped || exit 1; kill -CONT %1; jobs | grep -q Running || exit 2
kill %1; wait %1; [ $? = 143 ]'
t "process groups of jobs" 'set -m; sleep 5 & p=$!
[ "$(ps -o pgid= -p $p | tr -d " ")" = $p ]; s=$?; kill $p; exit $s'
t "orphans go to init" '(sleep 0.3; ps -o ppid= -p $BASHPID >f) & disown; p=$!
sh -c "(sleep 0.4; cut -d\" \" -f4 /proc/self/stat >g) & exit 0"; sleep 1.2
[ "$(cat g)" -gt 0 ]'
t "ulimit" 'ulimit -n 64; [ $(ulimit -n) = 64 ] && ulimit -c 0 &&
ulimit -f 10; dd if=/dev/zero of=big bs=1k count=100; [ $? = 153 ]'
t "noclobber, appending, descriptors" 'set -C; echo a >f; ! echo b >f; echo b >>f
exec 7<>f; read -u 7 x; [ $x = a ]; echo c >&7; exec 7>&-; [ "$(tail -1 f)" = c ]'
t "read with a time limit" 'mkfifo p; exec 5<>p; ! read -t 0.2 x <&5'
t "command substitution, nested" '[ $(echo $(echo $(echo deep))) = deep ]'
t "globs and a thousand names" 'mkdir d; cd d; touch f{1..1000}; set -- *
[ $# = 1000 ] && set -- f99?; [ $# = 10 ]'
t "an argument list too long" 'x=$(seq 400000); ! /bin/echo $x $x $x >/dev/null'
t "a long environment" 'export X=$(head -c 100000 /dev/zero | tr "\0" x)
[ $(env | grep -c ^X=) = 1 ]'
t "scripts with an interpreter line" 'printf "#!/bin/dash\necho \$0 \$1\n" >s
chmod +x s; [ "$(./s 1)" = "./s 1" ]'
t "a nested interpreter" 'printf "#!/bin/sh\nexec sh \"\$@\"\n" >i; chmod +x i
printf "#!$PWD/i\necho in \$1\n" >s; chmod +x s; [ "$(./s x)" = "in x" ]'
t "not executable, not found, a directory" 'echo >f; ./f; [ $? = 126 ] || exit 1
./none; [ $? = 127 ] || exit 2; mkdir d; ./d; [ $? = 126 ]'
t "dash runs a loop of processes" 'dash -c "i=0; while [ \$i -lt 100 ]; do
/bin/true || exit 1; i=\$((i+1)); done"'
t "times and SECONDS" 'times; sleep 1; [ $SECONDS -ge 1 ]'
t "a pseudo terminal" 'script -qec "tty; stty size" /dev/null | grep -q /dev/pts/'
t "an interactive shell on one" \
    'printf "echo x\$((20+3))y\nexit 7\n" | script -qec "bash --norc -i" o
[ $? = 7 ] && grep -q x23y o'
t "exec in place" '[ "$(bash -c "echo \$\$; exec bash -c \"echo \\\$\\\$\"" |
uniq | wc -l)" = 1 ]'
t "/dev/fd and /dev/stdin" 'echo hi | cat /dev/stdin | grep hi &&
[ "$(cat /dev/fd/5 5<<<five)" = five ]'
t "umask" 'umask 027; touch f; mkdir d; [ "$(stat -c %a f d | tr "\n" " ")" = "640 750 " ]'
