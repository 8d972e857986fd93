#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/abi/cases/40-build.sh -- gcc, binutils and make at work.
. /abi/cases/lib.sh
LIMIT=600

mkdir "$work/p" && cd "$work/p" || exit 1
{
	echo 'int f0(int);'
	for i in $(seq 1 12); do echo "int f$i(int);"; done
} >all.h
for i in $(seq 0 12); do
	{
		echo '#include <stdio.h>'
		echo '#include "all.h"'
		for j in $(seq 40); do
			echo "static int g$j(int x) { return x * $j + $i; }"
		done
		echo "int f$i(int x) { return 0"
		for j in $(seq 40); do echo " + g$j(x)"; done
		echo '; }'
	} >f$i.c
done
{
	echo '#include <stdio.h>'
	echo '#include "all.h"'
	echo 'int main(void) { int s = 0;'
	for i in $(seq 0 12); do echo "s += f$i($i);"; done
	echo 'printf("%d\n", s); return 0; }'
} >main.c
cat >Makefile <<'M'
OBJS := $(patsubst %.c,%.o,$(wildcard f*.c))
prog: main.o libf.a
	gcc -o $@ main.o libf.a
libf.a: $(OBJS)
	ar rcs $@ $^
%.o: %.c all.h
	gcc -O2 -g -Wall -pipe -c -o $@ $<
M
t "make -j4 builds a program" 'cd ../p && make -j4 && [ -x prog ]'
t "the program is right" '[ "$(../p/prog)" = 67080 ]'
t "nothing is made twice" 'cd ../p && make | grep -q "up to date"'
t "touching a header makes all again" 'cd ../p && sleep 0.1 && touch all.h && make -j2 | grep -c "gcc -O2" | grep -q 14'
t "shared library, dlopen" 'echo "int v(void){return 42;}" >v.c; gcc -shared -fPIC -o libv.so v.c
printf "#include <dlfcn.h>\nint main(void){void*h=dlopen(\"./libv.so\",2);return !h||((int(*)(void))dlsym(h,\"v\"))()!=42;}" >m.c; gcc m.c -o m && ./m'
t "threads, locals, a million locks" 'cat >m.c <<X
#include <pthread.h>
static __thread int l; static int n; static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static void *f(void *a){for(int i=0;i<100000;i++){pthread_mutex_lock(&m);n++;l++;pthread_mutex_unlock(&m);}return (void*)(long)l;}
int main(void){pthread_t t[4];void*r;for(int i=0;i<4;i++)pthread_create(t+i,0,f,0);for(int i=0;i<4;i++){pthread_join(t[i],&r);if((long)r!=100000)return 2;}return n!=400000;}
X
gcc -O1 m.c -o m && ./m'
t "static, pie and stripped programs" 'echo "int main(void){return 0;}" >m.c; for o in -static -pie -static-pie -no-pie
do gcc $o m.c -o m && ./m && strip m && ./m || exit 1; done'
t "nm, objdump, readelf, size" 'nm /usr/lib/x86_64-linux-gnu/crt1.o | grep -q _start; objdump -d ../p/prog | grep -q "<main>" && readelf -a ../p/prog | grep -q Entry && size ../p/prog'
t "OpenMP" 'printf "#include <omp.h>\nint main(void){int s=0;\n#pragma omp parallel for reduction(+:s)\nfor(int i=0;i<1000;i++)s+=i;\nreturn s!=499500;}" >m.c; gcc -fopenmp m.c -o m && ./m && OMP_NUM_THREADS=4 ./m'
t "floating point, long double, exceptions" 'printf "#include <fenv.h>\n#include <math.h>\n#include <stdio.h>\nint main(void){volatile double z=0;volatile long double q=1.0L/3;double d=1/z;char b[40];sprintf(b,\"%%.20Lf\",q);return !(isinf(d)&&fetestexcept(FE_DIVBYZERO)&&b[19]==51);}" >m.c; gcc m.c -lm -o m && ./m'
