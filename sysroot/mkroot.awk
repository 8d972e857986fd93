# SPDX-License-Identifier: MIT
# sysroot/mkroot.awk -- turn manifests into a debugfs script.
#
# Use: awk -v epoch=SECONDS -f mkroot.awk passwd group MANIFEST...
# Invariants: parents come before children, in one sorted order, so that
#	inode numbers do not depend on the order of the manifests.

function fail(why)
{
	print FILENAME ":" FNR ": " why | "cat >&2"
	failed = 1
	exit 1
}

FNR == 1 { file++ }
/^[ \t]*(#|$)/ { next }
file == 1 { split($0, f, ":"); uid[f[1]] = f[3]; next }
file == 2 { split($0, f, ":"); gid[f[1]] = f[3]; next }

{
	if (NF != 6 || $1 !~ /^\/./)
		fail("want: path type owner group mode source")
	if (!($3 in uid) || !($4 in gid))
		fail("unknown owner or group: " $3 " " $4)
	if ($2 !~ /^(dir|file|link)$/)
		fail("unknown type: " $2)
	type[$1] = $2; owner[$1] = uid[$3]; group[$1] = gid[$4]
	mode[$1] = $5; source[$1] = $6
}

function field(path, name, value)
{
	print "set_inode_field " path " " name " " value
}

END {
	if (failed)
		exit 1
	print "set_current_time @" epoch
	n = 0
	for (path in type)
		paths[++n] = path
	sort_paths(n)
	for (i = 1; i <= n; i++)
		emit(paths[i])
}

# Shell sort: mawk has no asort, and pipes both ways are not in awk either.
function sort_paths(n,    gap, i, j, t)
{
	for (gap = int(n / 2); gap > 0; gap = int(gap / 2))
		for (i = gap + 1; i <= n; i++) {
			t = paths[i]
			for (j = i; j > gap && paths[j - gap] > t; j -= gap)
				paths[j] = paths[j - gap]
			paths[j] = t
		}
}

function emit(path,    dir, name)
{
	dir = path
	sub(/\/[^\/]*$/, "", dir)
	name = substr(path, length(dir) + 2)
	if (dir != "" && type[dir] != "dir") {
		print "mkroot.awk: no directory for " path | "cat >&2"
		exit 1
	}
	print "cd " (dir == "" ? "/" : dir)
	if (type[path] == "dir") {
		print "mkdir " name
		field(path, "mode", "04" mode[path])
	} else if (type[path] == "file") {
		print "write " source[path] " " name
		field(path, "mode", "010" mode[path])
	} else
		print "symlink " name " " source[path]
	field(path, "uid", owner[path])
	field(path, "gid", group[path])
}
