#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/lint/layers.sh -- does every #include in sys/ obey sys/conf/layers?
#
# Use: from the top of the tree.  Prints TAP, one case a folder.

set -eu
rules=sys/conf/layers

awk '
	# The graph first: no cycle, no unknown folder.
	function visit(dir,    n, i, dirs) {
		if (state[dir] == 1)
			return 0
		if (state[dir] == 2)
			return 1
		state[dir] = 1
		n = split(allowed[dir], dirs, " ")
		for (i = 1; i <= n; i++)
			if (dirs[i] != "rse" &&
			    (!(dirs[i] in allowed) || !visit(dirs[i])))
				return 0
		state[dir] = 2
		return 1
	}
	/^#/ || /^$/ { next }
	{
		dir = $1
		sub(/:$/, "", dir)
		$1 = ""
		allowed[dir] = $0
	}
	END {
		bad = 0
		for (dir in allowed)
			if (!visit(dir))
				bad = 1
		print (bad ? "not ok" : "ok") " - the rows form no cycle"
	}' "$rules"
cases=1

for path in sys/*/; do
	dir=$(basename "$path")
	case $dir in
	conf|include) continue ;;
	esac
	cases=$((cases + 1))
	row=$(sed -n "s/^$dir: *//p" "$rules")
	if ! grep -q "^$dir:" "$rules"; then
		echo "not ok - sys/$dir has no row in $rules"
		continue
	fi
	# Quoted names with a folder; <machine/> and <abi/> are open to all.
	find "$path" -name '*.[chS]' -exec \
	    grep -nE '^[ 	]*#[ 	]*include[ 	]+["<]' {} + |
	awk -v dir="$dir" -v row="$row" '
		BEGIN {
			n = split(row, names, " ")
			for (i = 1; i <= n; i++)
				ok[names[i]] = 1
			ok[dir] = ok["machine"] = ok["abi"] = 1
		}
		{
			name = $0
			sub(/^[^"<]*["<]/, "", name)
			sub(/[">].*/, "", name)
			if (name ~ /^rse[a-z_]*\.h$/)
				folder = "rse"
			else if (name ~ /\//)
				folder = substr(name, 1, index(name, "/") - 1)
			else
				next
			if (!(folder in ok)) {
				place = $0
				sub(/:[^:]*include.*/, "", place)
				print "# " place ": includes " name
				bad = 1
			}
		}
		END {
			print (bad ? "not ok" : "ok") " - sys/" dir \
			    " includes only: " row
		}'
done
# assembly is the business of one folder
cases=$((cases + 1))
if strays=$(find sys -name '*.S' ! -path 'sys/amd64/*' | grep .); then
	echo "not ok - assembly only in sys/amd64"
	echo "$strays" | sed 's/^/# /'
else
	echo "ok - assembly only in sys/amd64"
fi
echo "1..$cases"
