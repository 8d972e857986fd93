#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/host/rsectl_test.sh -- rsectl over a folder of plain files: what it
# says of every wrong word, its exit codes, and top in a window that changes.
#
# Use: from the top of the tree, after make build/usr.bin/rsectl.

set -u
rsectl=$PWD/build/usr.bin/rsectl
top=$PWD
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
export RSE_DEV="$dir/dev" RSED_SOCKET="$dir/no.sock"
cases=0

verdict() {
	cases=$((cases + 1))
	name=$(printf '%s' "$1" | tr '\n\033' '  ')
	if [ "$2" = yes ]; then
		echo "ok $cases - $name"
	else
		echo "not ok $cases - $name"
		shift 2
		printf '%s\n' "$@" | sed 's/^/# /'
	fi
}

device_make() {
	mkdir -p dev/braid
	for n in 0 1 2; do
		mkdir -p dev/torus$n
		: >dev/torus$n/ctl
		echo snapshot >dev/torus$n/snapshot
		printf '%s\n' "torus $n" 'state running' 'health healthy' \
		    'lattice 4 4 4' 'time 9' 'processed 1000' 'pending 3' \
		    'processes 2' 'edges 5' 'epoch 7' \
		    'digest 1234567890123456' >dev/torus$n/status
		printf '%s\n' 'processed 1000' 'flux_out 4' 'violations 0' \
		    >dev/torus$n/stats
		printf '%s\n' 'pid x y z behaviour state handled' \
		    '1 0 0 0 relay -5 12' >dev/torus$n/processes
		printf '%s\n' "torus_id $n" 'boundary_states 0 1:5 2:7' \
		    'boundary_states 3 0:1' >dev/torus$n/projection
	done
	: >dev/braid/ctl
	{
		printf '%s\n' 'tori 3' 'braided yes' 'health healthy'
		for n in 0 1 2; do
			printf '%s\n' "torus$n.state running" \
			    "torus$n.processed 1000" "torus$n.pending 3"
		done
	} >dev/braid/status
	echo 'processed 3000' >dev/braid/stats
}

# refuse CODE TEXT ARGUMENT...: it ends with CODE and says TEXT, and no ctl
# was written.
refuse() {
	code=$1 text=$2
	shift 2
	"$rsectl" "$@" >out 2>err </dev/null
	status=$?
	good=no
	[ $status -eq "$code" ] && grep -qF -e "$text" err && [ ! -s out ] &&
	    [ "$(wc -l <err)" -eq 1 ] &&
	    [ -z "$(cat dev/*/ctl 2>/dev/null)" ] && good=yes
	verdict "rsectl $*: $text" $good "exit $status" "$(cat err out)" \
	    "$(cat dev/*/ctl)"
	for f in dev/*/ctl; do : >"$f"; done
}

# writes FILE TEXT ARGUMENT...: the device gets TEXT.
writes() {
	file=$1 text=$2
	shift 2
	"$rsectl" "$@" >out 2>err </dev/null
	status=$?
	got=$(cat "dev/$file")
	good=no
	[ $status -eq 0 ] && [ "$got" = "$text" ] && good=yes
	verdict "rsectl $*" $good "exit $status" "$got" "$(cat err)"
	: >"dev/$file"
}

# setup LINE TEXT: the set-up on standard input is refused, at LINE.
setup() {
	cat >mine.rse
	refuse 2 "mine.rse:$1: $2" load mine.rse
}

device_make
refuse 2 '"dance" is no command' dance
refuse 2 '-x is no option' -x status
refuse 2 '-x is no option' -xd status
refuse 2 '-x is no option' -dx status
refuse 2 '--js is no option; there are -d, -h, --help and --json' --js
refuse 2 '{"error": "-x is no option' -x --json
refuse 2 '"-x" is no torus' status -x
refuse 2 '"?[31m" is no command' "$(printf '\033[31m')"
refuse 2 '"9" is no torus' start 9
refuse 2 '"01" is no torus' status 01
refuse 2 'something is missing' step
refuse 2 'that is too much' stop 1 2
refuse 2 'the number of events is "0", not a number from 1' step 0 0
refuse 2 'the number of events is "1e3"' step all 1e3
refuse 2 'something is missing' spawn 0 1 2
refuse 2 'z is "up", not a number from -2147483648' spawn 0 1 2 up
refuse 2 'x is "2147483648"' spawn 0 2147483648 0 0
refuse 2 'one torus: 0, 1 or 2, not all' spawn all 1 2 3
refuse 2 'the delay is "0", not a number from 1' edge 0 0 0 0 1 0 0 0
refuse 2 'where only "portal" may' edge 0 0 0 0 1 0 0 5 gate
refuse 2 'the y to go to is ""' edge 0 0 0 0 1 '' 0 5
refuse 2 'the payload is "-2147483649"' inject 0 1 2 3 -2147483649
refuse 2 'the time is "9223372036854775808"' \
    inject 0 0 0 0 1 9223372036854775808
refuse 2 'the torus to go to is "3", not a number from 0 to 2' migrate 0 1 3
refuse 2 'the process is "x"' kill 0 x
refuse 2 '"limit" is not of the form KEY=VALUE' ctl 0 config limit
refuse 2 '"limt" is no key; there are limit' ctl 0 config limt=3
refuse 2 'limit is "0", not a number from 1' ctl 0 config limit=0
refuse 2 'not one of: relay phold sir ising' braid config behaviour=dance
refuse 2 'policy is "2", not one of: wait continue' braid config policy=2
refuse 2 'x is "1025", not a number from 1 to 1024' ctl 0 create x=1025
refuse 2 '"colour" is no key; there are x, y, z' ctl 0 create colour=3
refuse 2 'the time of an epoch is "10000001"' braid pace 10000001
refuse 2 'pace needs more words: pace USEC' braid pace
refuse 2 'is one word too many: on' braid on top
refuse 2 'where only "approximate" may' recover 0 exact
refuse 2 'the scale is "9", not a number from 1 to 4' plot -s 9
refuse 2 '-x is no option; there are -o FILE' plot -x
refuse 2 'something must stand behind -o' plot -o
refuse 2 'the file stands behind -o' plot a.png
refuse 2 'the period in tenths of a second is "0"' top 0
refuse 2 'how often must stand behind -n' top -n
refuse 2 'how often is "0x5"' top -n0x5
refuse 2 'the period is 5 or 6, not both' top 5 6
refuse 2 '-m is no option; there is -n' top -m
refuse 2 'there is no word in that' ctl 0 ''
refuse 2 'there is no word in that' braid ' '
refuse 2 'x is "one"' ctl 0 'spawn one 2 3'
refuse 2 'a word has a newline in it' ctl 0 "$(printf 'stop\nkill')"
refuse 2 'behind it come a torus and a file' snapshot 0
refuse 1 'No such file or directory; nothing was written' \
    snapshot 0 none/x
refuse 1 'none.rse: No such file' load none.rse
refuse 3 'rsed does not answer; /etc/rc.d/rsed start' snapshot
refuse 3 'rsed does not answer' restore
refuse 2 '/dev/zero: it is no snapshot' restore 0 /dev/zero
printf 'RSESNAP1........\020\0\0\0\0\0\0\0................' >long
refuse 2 'a snapshot of 16 bytes, and something behind it' restore 0 long
good=no
RSE_DEV=/none "$rsectl" status >out 2>err
status=$?
[ $status -eq 3 ] && [ ! -s out ] && grep -q 'no such device' err && good=yes
verdict 'without a device it says so' $good "exit $status" "$(cat err)"
"$rsectl" snapshot 0 kept && cmp -s kept dev/torus0/snapshot && good=yes ||
    good=no
verdict 'a snapshot is kept' $good
long=$(printf '%0255d' 0)
"$rsectl" snapshot 0 "$long" && cmp -s "$long" kept && [ -z "$(ls -A |
    grep '^\.rsectl')" ] && good=yes || good=no
verdict 'under the longest name' $good
"$rsectl" snapshot 0 /dev/full 2>err
[ $? -eq 1 ] && grep -q 'No space' err && [ -c /dev/full ] && good=yes ||
    good=no
verdict 'a full device is an error' $good "$(cat err)"
"$rsectl" status >/dev/full 2>err
[ $? -eq 1 ] && [ -s err ] && good=yes || good=no
verdict 'so is output that goes nowhere' $good "$(cat err)"

writes torus1/ctl 'spawn 1 -2 0x3' spawn 1 1 -2 0x3
writes torus2/ctl 'edge 0 0 0 3 0 0 1 portal' edge 2 0 0 0 3 0 0 1 portal
writes braid/ctl 'stop' stop
writes braid/ctl 'step 12' step all 12
writes torus0/ctl 'kill' kill 0
writes torus0/ctl 'dance 3' ctl 0 dance 3
writes torus0/ctl 'spawn 1 2 3' ctl 0 ' spawn 1' '2 3 '
writes torus0/ctl 'stop' stop 0 -d
writes torus0/ctl 'stop' -- stop 0

# says TEXT ARGUMENT...: that is what it prints, and all is well.
says() {
	text=$1
	shift
	"$rsectl" "$@" >out 2>err </dev/null
	status=$?
	good=no
	[ $status -eq 0 ] && grep -qF -e "$text" out && [ ! -s err ] &&
	    good=yes
	verdict "rsectl $*: $text" $good "exit $status" "$(cat out err)"
}
says 'usage: rsectl step N|all [COUNT]' step --help
says 'usage: rsectl step N|all [COUNT]' --help step
says 'usage: rsectl step N|all [COUNT]' help step
says 'usage: rsectl plot' plot x -h
says 'To begin with' -h
says 'To begin with' help
says '{"command": "step", ' help step --json
refuse 2 '"dance" is no command' help dance
for words in '' help --json; do
	# shellcheck disable=SC2086 # none, or one
	"$rsectl" $words >/dev/full 2>err
	[ $? -eq 1 ] && [ -s err ] && good=yes || good=no
	verdict "rsectl $words: that is not said is an error" $good
done

printf 'torus 1\nspawn 0..1 2 0..1\ninject 3 0 0 -1 # last\n' >good.rse
writes torus1/ctl 'inject 3 0 0 -1' load good.rse
setup 2 '"dance" is no word of a set-up; there are' <<END
torus 1
dance
END
setup 3 'the range 9..0 ends before it begins' <<END
# a comment

spawn 9..0 0 0
END
setup 1 '"0..z" is neither a coordinate nor a range' <<END
spawn 0..z 0 0
END
setup 1 '"w" is neither a number nor x, y or z' <<END
edge 0 0 0 w y z 1
END
setup 1 '"x*2": behind x may only come + or -' <<END
edge 0 0 0 x*2 y z 1
END
setup 2 'edge: the x to go to is "2147483648"' <<END
stop
edge 2147483647 0 0 x+1 y z 1
END
setup 1 'behind torus comes 0, 1, 2 or all' <<END
torus 3
END
setup 2 '"dance" is no word of the braid; there are start, stop' <<END
spawn 0 0 0
braid dance
END
setup 1 '"?[1m" is no word of a set-up' <<END
$(printf '\033[1m')
END
setup 1 'behind braid comes a word' <<END
braid
END
setup 1 'with this the file stands for more than 1048576 lines' <<END
spawn 0..1023 0..1023 0..1023
END
setup 1 'kill needs more words: kill PID' <<END
kill
END
setup 2 'more than 17 words' <<END
start
1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18
END
awk 'BEGIN { for (i = 0; i < 500; i++) printf "a"; print "" }' >long
setup 1 'the line is longer than' <long
printf 'stop\n\0' >zero
setup 2 'this is not text' <zero
: >mine.rse
refuse 2 'there is nothing in it' load mine.rse
refuse 2 'standard input: there is nothing in it' load -
printf '\357\273\277torus 0\r\nspawn 1 1 1\r\n' >mine.rse
writes torus0/ctl 'spawn 1 1 1' load mine.rse

# Every word that the manual has is known here.
missing=
for word in $(sed -n '/CONTROL WORDS/,/^\.Sh [EF]/s/^\.It Ic \([a-z]*\).*/\1/p' \
    "$top/docs/man/torus.4" "$top/docs/man/braid.4" | sort -u); do
	[ "$word" = restore ] || grep -q "{ \"$word\", " \
	    "$top/usr.bin/rsectl/words.c" || missing="$missing $word"
done
[ -z "$missing" ] && good=yes || good=no
verdict 'the words of torus(4) and braid(4) are known' $good "$missing"
# Every command is in the manual page and in what is taught.
missing=
"$rsectl" >out
for word in $(sed -n 's/^	{ "\([a-z]*\)", .*/\1/p' \
    "$top/usr.bin/rsectl/rsectl.c"); do
	grep -q "^\.It Cm $word\b" "$top/usr.bin/rsectl/rsectl.1" &&
	    grep -q "^  $word " out || missing="$missing $word"
done
[ -z "$missing" ] && good=yes || good=no
verdict 'every command is taught and in rsectl(1)' $good "$missing"
awk 'length > 80' out >wide
[ ! -s wide ] && grep -q '^Just now: 3 tori run' out && good=yes || good=no
verdict 'what it teaches fits 80 columns and the moment' $good "$(cat wide)"

python3 - "$rsectl" >window 2>&1 <<'END'
import fcntl, json, os, pty, re, select, signal, socket, struct
import subprocess, sys, termios, time

rsectl = sys.argv[1]


def say(name, good, note=''):
    print(f'{"yes" if good else "no"} {name}')
    if not good:
        print(f'# {note!r}')


# What ctl says of its words.
with open('ctl', 'w') as f:
    f.write('start                               run\n'
            'kill     pid                        remove it\n'
            'edge     x y z x y z delay [portal] join\n'
            'kill                                end "it"\n')
os.environ['RSE_DEV'] = os.getcwd() + '/words'
WORDS = [{'word': w, 'arguments': a, 'help': h} for w, a, h in (
    ('start', '', 'run'), ('kill', 'pid', 'remove it'),
    ('edge', 'x y z x y z delay [portal]', 'join'),
    ('kill', '', 'end "it"'))]
subprocess.run(['cp', '-R', 'dev', 'words'], check=True)
for name in 'torus0', 'braid':
    os.replace('ctl', f'words/{name}/ctl')
    subprocess.run(['cp', f'words/{name}/ctl', 'ctl'], check=True)

for args, check in (
        (['status', '0'], lambda v: v['digest'] == '1234567890123456' and
         v['lattice'] == [4, 4, 4] and v['time'] == 9),
        (['project'], lambda v: v[2]['boundary_states'] ==
         [[0, 1, 5], [0, 2, 7], [3, 0, 1]]),
        (['processes', '1'], lambda v: v == [
            {'pid': 1, 'x': 0, 'y': 0, 'z': 0, 'behaviour': 'relay',
             'state': -5, 'handled': 12}]),
        (['top', '-n', '1', '1'], lambda v: len(v['tori']) == 3),
        (['recover'], lambda v: v == []),
        (['ctl', '0'], lambda v: v == WORDS),
        (['braid', 'help'], lambda v: v == WORDS),
        ([], lambda v: len(v) == 22 and all(c['help'] for c in v))):
    run = subprocess.run([rsectl, *args, '--json'] if args else
                         [rsectl, '--json'], capture_output=True)
    try:
        say(f'{args} in JSON', run.returncode == 0 and
            check(json.loads(run.stdout)), run)
    except (ValueError, KeyError, TypeError) as error:
        say(f'{args} in JSON', False, (error, run))
run = subprocess.run([rsectl, '--json', 'spawn', '0', '1', '2', '"\n'],
                     capture_output=True)
error = json.loads(run.stderr)
say('a complaint in JSON', run.returncode == 2 == error['exit'] and
    'z is' in error['error'], run)
run = subprocess.run([rsectl, '--json', b'\xc3\xa4 \xff\xed\xa0\x80\xc3'],
                     capture_output=True)
say('a word that is no UTF-8 is JSON all the same', json.loads(
    run.stderr.decode())['error'].startswith('"\xe4 ' + 5 * '\ufffd'), run)

# A daemon that hangs, or ends, before it answers.
os.environ['RSED_SOCKET'] = 'hang.sock'
hang = socket.socket(socket.AF_UNIX)
hang.bind('hang.sock')
hang.listen(1)
run = subprocess.run([rsectl, 'status'], capture_output=True, timeout=60)
say('status does not wait for ever for rsed', run.returncode == 0 and
    b'braided yes' in run.stdout and b'it hangs' in run.stdout, run)
hang.accept()[0].close()
left = subprocess.Popen([rsectl, 'stop'], stderr=subprocess.PIPE)
hang.accept()[0].close()
why = left.communicate()[1]
say('rsed that ended is named', left.returncode == 3 and
    b'rsed ended before it answered' in why, why)
top = subprocess.Popen([rsectl, 'top', '1'], stdout=subprocess.PIPE)
seen = top.stdout.readline()
top.send_signal(signal.SIGINT)
say('top can be left when rsed hangs', seen.startswith(b'torus') and
    top.wait(60) == 0, seen)
os.environ['RSED_SOCKET'] = 'no.sock'


class Window:
    """A terminal with top in it, which samples every half minute only."""

    def __init__(self, wide, high, period='300', **env):
        gate, key = os.pipe()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.close(key)
            os.read(gate, 1)    # until the window has its size
            os.environ.update({'TERM': 'xterm', **env})
            os.execv(rsectl, [rsectl, 'top', period])
        self.size(wide, high)
        os.close(gate)
        os.close(key)
        self.raw = ''

    def size(self, wide, high):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ,
                    struct.pack('HHHH', high, wide, 0, 0))

    def read(self, until):
        """More of what it says, as long as that is not so, or to its end.

        The limit is shorter than top's period: what is asked for is drawn
        when it is asked for."""
        end = time.monotonic() + 25
        while not until() and time.monotonic() < end:
            if not select.select([self.fd], [], [], 1)[0]:
                continue
            try:
                out = os.read(self.fd, 65536)
            except OSError:
                break
            if not out:
                break
            self.raw += out.decode()

    def frame(self):
        """The lines of the last picture that is complete."""
        last = self.raw.rpartition('\x1b[J')[0].rpartition('\x1b[H')[2]
        plain = re.sub(r'\x1b\[[?0-9;]*[a-zA-Z]', '', last)
        return plain.replace('\r', '').split('\n')

    def picture(self, good):
        """Wait for a picture like this."""
        self.raw = ''
        self.read(lambda: good(self.frame()))
        return good(self.frame())

    def leave(self):
        """It has been told to: what it says, and its exit code."""
        self.raw = ''
        self.read(lambda: False)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


w = Window(100, 30)
say('top shows every column in a wide window', w.picture(
    lambda lines: lines[0].split() == [
        'torus', 'state', 'health', 'events/s', 'events', 'pending', 'procs',
        'edges', 'epoch', 'flux', 'viol'] and lines[1].split()[:3] ==
    ['0', 'running', 'healthy'] and len(lines) > 10), w.raw)
say('in colour', '\x1b[32m' in w.raw, w.raw)


def is_narrow(lines):
    return lines[0].split() == ['torus', 'state', 'events/s', 'pending'] \
        and max(map(len, lines)) <= 40


w.size(40, 24)
say('a window made narrow is drawn at once', w.picture(is_narrow), w.raw)
good = True
for i in range(100):
    w.size(100, 30)
    time.sleep(i * 1e-5)        # it is drawing by now, or not yet, or again
    w.size(40, 24)
    good = good and w.picture(is_narrow)
say('also while it is still drawing', good, w.raw)
w.size(10, 3)
say('and a tiny one', w.picture(
    lambda lines: lines[0] != '' and max(map(len, lines)) <= 10 and
    len(lines) <= 3), w.raw)
os.write(w.fd, b'q')
say('q leaves and shows the cursor again', w.leave() == 0 and
    '\x1b[?25h' in w.raw, w.raw)
w = Window(80, 24, NO_COLOR='1')
say('without colour if that is wanted', w.picture(
    lambda lines: lines[0].startswith('torus') and
    max(map(len, lines)) <= 80) and
    not re.search(r'\x1b\[[0-9;]+m', w.raw), w.raw)
dumb = Window(80, 24, '2', TERM='dumb')
dumb.read(lambda: dumb.raw.count('torus') > 1)
say('a terminal that knows no escapes gets none', '\x1b' not in dumb.raw and
    dumb.raw.startswith('torus'), dumb.raw)
os.kill(dumb.pid, signal.SIGKILL)
os.waitpid(dumb.pid, 0)
os.kill(w.pid, signal.SIGTSTP)
stopped = os.WIFSTOPPED(os.waitpid(w.pid, os.WUNTRACED)[1])
w.read(lambda: '\x1b[?25h' in w.raw)
end = w.raw
os.kill(w.pid, signal.SIGCONT)
say('it can be suspended, and draws again afterwards', w.picture(
    lambda lines: lines[0].startswith('torus')) and stopped and
    '\x1b[?25h' in end, (end, w.raw))
os.kill(w.pid, 15)
say('SIGTERM leaves the terminal as it was', w.leave() == 0 and
    '\x1b[?25h' in w.raw, w.raw)
END
status=$?
while read -r good name; do
	case $good in
	yes | no) verdict "$name" "$good" "$(grep -A 1 -F "no $name" window)" ;;
	esac
done <window
[ $status -eq 0 ] && good=yes || good=no
verdict 'the looks at JSON and windows came to their end' $good \
    "$(tail -n 5 window)"
echo "1..$cases"
