# SPDX-License-Identifier: MIT
# ports/e2fsprogs/port.mk -- mke2fs, e2fsck and tune2fs, statically linked,
# and their pages.

$(PORTS)/e2fsprogs/.done: $(PORTS)/e2fsprogs/.unpacked $(PORTS)/musl/.done \
    ports/e2fsprogs/port.mk
	$(call port_run,e2fsprogs, \
	    cd $(PORTS)/e2fsprogs/src; \
	    ./configure --host=x86_64-linux-musl --build=x86_64-linux-gnu \
		--prefix=/usr --disable-nls --disable-debugfs \
		--disable-imager --disable-resizer --disable-defrag \
		--disable-uuidd --disable-fuse2fs --disable-e2initrd-helper \
		--without-libarchive --with-crond-dir=no \
		--with-udev-rules-dir=no \
		CC=$(CURDIR)/$(RSE_CC) AR=ar RANLIB=ranlib STRIP=strip \
		CFLAGS='-O2' LDFLAGS=-static; \
	    $(PORT_MAKE) libs; \
	    $(PORT_MAKE) -C misc mke2fs tune2fs mke2fs.8 tune2fs.8; \
	    $(PORT_MAKE) -C e2fsck e2fsck e2fsck.8; \
	    mkdir -p ../bin; \
	    cp misc/mke2fs.8 misc/tune2fs.8 e2fsck/e2fsck.8 ../bin; \
	    strip -o ../bin/mke2fs misc/mke2fs; \
	    strip -o ../bin/tune2fs misc/tune2fs; \
	    strip -o ../bin/e2fsck e2fsck/e2fsck )
	@touch $@
