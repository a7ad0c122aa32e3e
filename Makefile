# SPDX-License-Identifier: ISC
# Two targets do everything on a fresh Debian 12: `make run` and `make test`.
# `make help` lists the others.
#
# CC=clang-14 chooses the compiler, MODE=asan|cover the instrumentation, B= the
# output folder, V=1 shows the commands.

CC       ?= cc
ifeq ($(origin CC),default)
CC       := gcc
endif
PREFIX   ?= /usr/local
DESTDIR  ?=
MODE     ?= release
B        ?= build
O        := $(B)/$(MODE)

ifeq ($(V),1)
Q :=
else
Q := @
endif

# ---- what Debian 12 must have -------------------------------------------

DEPS_BUILD := gcc pkg-config libc6-dev libfcgi-dev libjansson-dev libjwt-dev \
              libssl-dev libcurl4-openssl-dev libsqlite3-dev libinih-dev \
              libseccomp-dev
DEPS_RUN   := lighttpd curl
DEPS_TEST  := $(DEPS_RUN) libcmocka-dev clang-14 clang-format-14 apache2 \
              libapache2-mod-fcgid lighttpd-modules-lua nginx caddy openssl sqlite3 gcovr chromium \
              mandoc valgrind systemd faketime \
              python3 python3-prometheus-client python3-jwt \
              python3-cryptography libcrypt-jwt-perl
DEPS_BENCH := $(DEPS_RUN) apache2 libapache2-mod-fcgid nginx wrk \
              libapache2-mod-auth-openidc sqlite3 valgrind
DEPS_LINT  := clang-tidy-14 cppcheck shellcheck
DEPS_FUZZ  := clang-14 libclang-rt-14-dev
DEPS_DEB   := build-essential debhelper dpkg-dev fakeroot lintian \
              ca-certificates
DEPS_DEB_T := $(DEPS_DEB) systemd lighttpd curl openssl xxd procps iproute2

# ---- how to compile -----------------------------------------------------

PKGS     := jansson libssl libcrypto libcurl sqlite3 libseccomp
WARN     := -Wall -Wextra -Wpedantic -Wshadow -Wformat=2 -Wconversion \
            -Wsign-conversion -Wstrict-prototypes -Wmissing-prototypes \
            -Wcast-qual -Wwrite-strings -Wpointer-arith -Wundef -Wvla \
            -Walloca -Wimplicit-fallthrough -Wnull-dereference -Werror
HARDEN   := -fstack-protector-strong -fstack-clash-protection \
            -fcf-protection -fPIE
IS_CLANG := $(shell $(CC) --version 2>/dev/null | grep -c clang)
ifeq ($(IS_CLANG),0)
WARN     += -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wrestrict \
            -Wjump-misses-init
HARDEN   += -ftrivial-auto-var-init=zero -fzero-call-used-regs=used-gpr
endif

ifeq ($(MODE),asan)
OPT      := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
            -fno-sanitize-recover=all -DRG_SANITIZED -DRG_NO_SANDBOX
OPT_LD   := -fsanitize=address,undefined
else ifeq ($(MODE),fuzz)
OPT      := -O1 -g -fno-omit-frame-pointer -DRG_SANITIZED -DRG_NO_SANDBOX \
            -fsanitize=fuzzer-no-link,address,undefined \
            -fno-sanitize-recover=all
OPT_LD   := -fsanitize=address,undefined
else ifeq ($(MODE),cover)
OPT      := -O0 -g --coverage -DRG_COVER_DIR='"$(abspath $(O))"'
OPT_LD   := --coverage
else ifeq ($(MODE),mutate)
OPT      := -O0
OPT_LD   := -Wl,--no-as-needed
HARDEN   := -fPIC
else
OPT      := -O2 -g -D_FORTIFY_SOURCE=3
OPT_LD   :=
endif

PKG_CFLAGS = $(shell pkg-config --cflags $(PKGS))
PKG_LIBS   = $(shell pkg-config --libs $(PKGS))
CPPFLAGS_ := -I. -Isrc -D_GNU_SOURCE \
             -DOPENSSL_API_COMPAT=30000 -DOPENSSL_NO_DEPRECATED
CFLAGS_    = -std=c11 $(OPT) $(WARN) $(HARDEN) $(PKG_CFLAGS) $(CFLAGS)
LDFLAGS_  := -pie -Wl,-z,relro,-z,now,-z,noexecstack $(OPT_LD) $(LDFLAGS)
LIBS       = $(PKG_LIBS) -lfcgi -linih -ljwt
# The guard takes the place of libfcgi's own function (cgi/fcgi_guard.h).
LD_GUARD  := -Wl,--export-dynamic-symbol=OS_Read

# ---- what is built ------------------------------------------------------

LIB_SRC   := $(sort $(wildcard src/*.c src/[a-z]*/*.c))
LIB_SRC   := $(filter-out src/cli/main.c,$(LIB_SRC))
EDGE_SRC  := $(filter-out cgi/rolegate.c,$(sort $(wildcard cgi/*.c)))
UNIT_SRC  := $(sort $(wildcard tests/unit/test_*.c))
ASSETS    := $(sort $(wildcard sql/*.sql www/*.html www/*.css www/*.svg www/*.js www/console/*.js www/console/*.css \
             www/*.json www/text/*.json))
obj        = $(patsubst %.c,$(O)/%.o,$(1))
ifeq ($(MODE),mutate)
LIB       := $(O)/mutant.so $(O)/whole.so
else
LIB       := $(O)/librolegate.a
endif
EDGE      := $(O)/libedge.a
UNITS     := $(patsubst tests/unit/%.c,$(O)/unit/%,$(UNIT_SRC))
MODEL     := $(O)/model/decide $(O)/model/return_to $(O)/hook/rolegate
FUZZ_SRC  := $(filter-out tests/fuzz/main.c,$(sort $(wildcard tests/fuzz/*.c)))
FUZZ      := $(patsubst tests/fuzz/%.c,$(O)/fuzz/%,$(FUZZ_SRC))
C_FILES    = $(wildcard cgi/*.[ch] src/*.[ch] src/*/*.[ch] tests/unit/*.[ch] \
             tests/bench/*.[ch] tests/fuzz/*.[ch] tests/model/*.[ch] \
             tests/hook/*.[ch])

.PHONY: all help deps-build deps-run deps-test deps-lint deps-bench run demo-curl test \
        check unit e2e guard fmt fmt-check lint asan cover install \
        install-files deb deb-files deb-test deps-deb deps-deb-test clean
.DELETE_ON_ERROR:
.SECONDARY:

all: deps-build
	$(Q)$(MAKE) --no-print-directory programs

PROGRAMS  := $(O)/rolegate $(O)/rolegatectl

.PHONY: programs units
programs: $(PROGRAMS)
ifeq ($(MODE),release)
programs: $(B)/rolegate $(B)/rolegatectl
$(B)/rolegate $(B)/rolegatectl: $(B)/%: $(O)/%
	$(Q)ln -f $< $@ 2>/dev/null || cp $< $@
endif
units: $(UNITS) $(MODEL) $(FUZZ)

$(O)/%.o: %.c $(MAKEFILE_LIST)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(CPPFLAGS_) $(CFLAGS_) -MMD -MP -c -o $@ $<

$(O)/gen/assets.c: src/base/embed.sh $(ASSETS) $(MAKEFILE_LIST)
	@mkdir -p $(@D)
	@echo "  EMBED   sql/ www/"
	$(Q)sh src/base/embed.sh $(ASSETS) > $@

$(O)/gen/assets.o: $(O)/gen/assets.c
	$(Q)$(CC) $(CPPFLAGS_) $(CFLAGS_) -c -o $@ $<

$(O)/librolegate.a: $(call obj,$(LIB_SRC)) $(O)/gen/assets.o
	@echo "  AR      $@"
	$(Q)rm -f $@ && ar rcs $@ $^

# For `make mutate`: what is in mutant.so, here nothing, takes the place of what
# has the same name in whole.so.
$(O)/whole.so: $(call obj,$(LIB_SRC)) $(O)/gen/assets.o
	@echo "  LD      $@"
	$(Q)$(CC) -shared -Wl,-soname,$(@F) -o $@ $^ $(LIBS)

$(O)/mutant.so: $(O)/whole.so
	$(Q)$(CC) -shared -Wl,-soname,$(@F) -o $@ $^

$(EDGE): $(call obj,$(EDGE_SRC))
	@echo "  AR      $@"
	$(Q)rm -f $@ && ar rcs $@ $^

$(O)/rolegate: $(O)/cgi/rolegate.o $(EDGE) $(LIB)
	@echo "  LD      $@"
	$(Q)$(CC) $(CFLAGS_) $(LDFLAGS_) $(LD_GUARD) -o $@ $^ $(LIBS)

$(O)/rolegatectl: $(O)/src/cli/main.o $(LIB)
	@echo "  LD      $@"
	$(Q)$(CC) $(CFLAGS_) $(LDFLAGS_) -o $@ $^ $(LIBS)

$(O)/unit/%: $(O)/tests/unit/%.o $(EDGE) $(LIB)
	@mkdir -p $(@D)
	@echo "  LD      $@"
	$(Q)$(CC) $(CFLAGS_) $(LDFLAGS_) $(LD_GUARD) -o $@ $^ $(LIBS) \
	    -lcmocka

# What tests/e2e/model.test.mjs and return-to.test.mjs compare with another idea
# of the rules.
$(O)/model/%: $(O)/tests/model/%.o $(LIB)
	@mkdir -p $(@D)
	@echo "  LD      $@"
	$(Q)$(CC) $(CFLAGS_) $(LDFLAGS_) -o $@ $^ $(LIBS)

# rolegate with a hole in it, which sandbox.test.mjs climbs through.
$(O)/hook/rolegate: $(O)/tests/hook/healthz.o $(O)/cgi/rolegate.o $(EDGE) $(LIB)
	@mkdir -p $(@D)
	@echo "  LD      $@"
	$(Q)$(CC) $(CFLAGS_) $(LDFLAGS_) $(LD_GUARD) \
	    -Wl,--wrap=endpoint_healthz -o $@ $^ $(LIBS)

# A target with libFuzzer, or with a driver that only replays a corpus.
ifeq ($(MODE),fuzz)
FUZZ_MAIN := -fsanitize=fuzzer
$(O)/fuzz/%: $(O)/tests/fuzz/%.o $(EDGE) $(LIB)
else
FUZZ_MAIN :=
$(O)/fuzz/%: $(O)/tests/fuzz/%.o $(O)/tests/fuzz/main.o $(EDGE) $(LIB)
endif
	@mkdir -p $(@D)
	@echo "  LD      $@"
	$(Q)$(CC) $(CFLAGS_) $(LDFLAGS_) $(LD_GUARD) $(FUZZ_MAIN) -o $@ $^ \
	    $(LIBS)

$(O)/bench/%: $(O)/tests/bench/%.o $(LIB)
	@mkdir -p $(@D)
	@echo "  LD      $@"
	$(Q)$(CC) $(CFLAGS_) $(LDFLAGS_) -o $@ $^ $(LIBS)

# What decides who may what, with counts in it, and its own tests: quick enough
# for `make test` (tests/cover.sh).
PURE_SRC  := $(wildcard src/jose/*.c src/access/*.c)
PURE_TEST := $(wildcard tests/unit/test_jose_*.c tests/unit/test_access_*.c \
             tests/unit/test_vectors.c)
.PHONY: pure
pure: $(patsubst tests/unit/%.c,$(O)/pure/%,$(PURE_TEST))
$(O)/pure/%: $(O)/tests/unit/%.o $(call obj,$(PURE_SRC)) $(B)/release/librolegate.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_) $(LDFLAGS_) -o $@ $^ $(LIBS) -lcmocka

-include $(shell test -d $(O) && find $(O) -name '*.d')

# ---- dependencies -------------------------------------------------------

deps-build:
	@sh tests/deps.sh $(DEPS_BUILD)

deps-run:
	@sh tests/deps.sh --node $(DEPS_BUILD) $(DEPS_RUN)

deps-test:
	@sh tests/deps.sh --node $(DEPS_BUILD) $(DEPS_TEST)

deps-lint:
	@sh tests/deps.sh $(DEPS_BUILD) $(DEPS_LINT)

# ---- running and testing ------------------------------------------------

run: deps-run ## install what is missing, build, start the demo on loopback
	$(Q)$(MAKE) --no-print-directory programs
	@B=$(B) sh tests/demo.sh run

demo-curl: deps-run ## the same demo on free ports, each person by curl
	$(Q)$(MAKE) --no-print-directory programs
	@B=$(B) sh tests/demo.sh curl

test: deps-test ## install what is missing, build, run all tests
	$(Q)$(MAKE) --no-print-directory check

check: programs units
	@MODE=$(MODE) B=$(B) O=$(O) sh tests/run.sh

unit: programs units ## only the unit tests and vectors
	@MODE=$(MODE) B=$(B) O=$(O) sh tests/run.sh unit

e2e: programs $(MODEL) ## only the end-to-end tests
	@MODE=$(MODE) B=$(B) O=$(O) sh tests/run.sh e2e

guard: programs ## only the layer and hygiene checks
	@MODE=$(MODE) B=$(B) O=$(O) sh tests/run.sh guard

# The second compiler, quickly: it warns of other things. The release build is
# gcc's.
.PHONY: clang-check clang-syntax
clang-check: ## clang's warnings, without building
	$(Q)$(MAKE) --no-print-directory CC=clang-14 clang-syntax

clang-syntax:
	$(Q)printf '%s\n' $(filter %.c,$(C_FILES)) | xargs -P 2 -n 16 \
	    $(CC) $(CPPFLAGS_) $(CFLAGS_) -fsyntax-only

fmt: ## format all C files
	clang-format-14 -i $(C_FILES)

fmt-check:
	@clang-format-14 --dry-run -Werror $(C_FILES)

lint: deps-lint ## clang-tidy, cppcheck, gcc -fanalyzer, shellcheck
	@sh tests/lint.sh "$(CPPFLAGS_) $(PKG_CFLAGS)"

.PHONY: bench bench-audit bench-compare bench-peer bench-growth bench-files \
        bench-hot
BENCHES := bench-compare bench-peer bench-growth bench-files bench-hot bench-audit
bench: $(BENCHES) ## measure: tests/bench/README.md

bench-audit: $(O)/bench/audit $(O)/bench/sweep
	@d=$$(mktemp -d) && $(O)/bench/audit "$$d" 1000000; \
	    $(O)/bench/sweep "$$d" 1000000; rm -rf "$$d"

bench-compare: deps-bench
	$(Q)$(MAKE) --no-print-directory programs $(O)/bench/ceiling $(O)/bench/verify
	@MODE=$(MODE) B=$(B) O=$(O) node tests/bench/compare.mjs

bench-peer: deps-bench
	$(Q)$(MAKE) --no-print-directory programs
	@MODE=$(MODE) B=$(B) O=$(O) node tests/bench/peer.mjs

bench-hot: deps-bench
	$(Q)$(MAKE) --no-print-directory programs
	@MODE=$(MODE) B=$(B) O=$(O) node tests/bench/hot.mjs

bench-growth: deps-bench
	$(Q)$(MAKE) --no-print-directory programs $(O)/bench/ceiling
	@MODE=$(MODE) B=$(B) O=$(O) node tests/bench/growth.mjs

bench-files: deps-bench
	$(Q)$(MAKE) --no-print-directory programs
	@MODE=$(MODE) B=$(B) O=$(O) node tests/bench/large-file.mjs

deps-bench:
	@sh tests/deps.sh --node $(DEPS_BUILD) $(DEPS_BENCH)

T        ?= form
S        ?= 60
FUZZ_OUT  = $(B)/fuzz/found/$(T)
.PHONY: fuzz fuzz-program
fuzz-program: $(O)/fuzz/$(T)

fuzz: ## fuzz target T (of tests/fuzz/) for S seconds
	@sh tests/deps.sh $(DEPS_BUILD) $(DEPS_FUZZ)
	$(Q)$(MAKE) --no-print-directory MODE=fuzz CC=clang-14 T=$(T) \
	    fuzz-program
	$(Q)mkdir -p $(FUZZ_OUT)
	$(Q)cd $(CURDIR) && nice -n 19 $(B)/fuzz/fuzz/$(T) \
	    -max_total_time=$(S) -timeout=10 -rss_limit_mb=1024 \
	    -max_len=16384 -print_final_stats=1 \
	    -artifact_prefix=$(B)/fuzz/found/crash-$(T)- \
	    $(FUZZ_OUT) tests/fuzz/corpus/$(T)

# The schedule is that of SEED, which a failure prints.
.PHONY: soak
soak: deps-test ## load for S seconds while everything breaks
	$(Q)$(MAKE) --no-print-directory programs
	@S=$(S) MODE=$(MODE) B=$(B) O=$(O) node --test --test-reporter=spec \
	    tests/e2e/soak.test.mjs

asan: deps-test ## all tests with AddressSanitizer and UBSan
	$(Q)$(MAKE) --no-print-directory MODE=asan check

cover: deps-test ## all tests, and that they run 95 % of src/ and cgi/
	$(Q)find $(B)/cover -name '*.gcda' -delete 2>/dev/null || true
	$(Q)$(MAKE) --no-print-directory MODE=cover check
	@sh tests/cover.sh all $(B)/cover

.PHONY: mutate mutate-run
mutate: deps-test ## does a test notice each condition of src/jose, src/access (long)
	$(Q)$(MAKE) --no-print-directory MODE=mutate units
	$(Q)$(MAKE) --no-print-directory MODE=mutate mutate-run

mutate-run:
	@MODE=$(MODE) B=$(B) O=$(O) python3 -B tests/mutate.py --build '$(O)' \
	    --cc '$(lastword $(CC)) $(CPPFLAGS_) $(CFLAGS_)' $(FILES)

install: all ## into $(DESTDIR)$(PREFIX)
	$(Q)$(MAKE) --no-print-directory install-files

# The configurations and manuals name /usr/local; the copies name $(PREFIX).
LIBEXEC  := $(DESTDIR)$(PREFIX)/lib
SHARE    := $(DESTDIR)$(PREFIX)/share
put       = sed 's|/usr/local|$(PREFIX)|g' $(1) > $(2)/$(3) && \
            chmod 644 $(2)/$(3)
install-files:
	install -d $(DESTDIR)$(PREFIX)/bin $(LIBEXEC)/rolegate \
	    $(LIBEXEC)/systemd/system $(LIBEXEC)/sysusers.d \
	    $(LIBEXEC)/tmpfiles.d $(SHARE)/man/man5 $(SHARE)/man/man8 \
	    $(SHARE)/doc/rolegate/servers
	install -m 755 $(B)/rolegate $(LIBEXEC)/rolegate/rolegate
	install -m 755 $(B)/rolegatectl $(DESTDIR)$(PREFIX)/bin/rolegatectl
	@set -e; for f in cgi/rolegate.8 src/cli/rolegatectl.8; do \
	    $(call put,$$f,$(SHARE)/man/man8,$${f##*/}); done; \
	$(call put,cgi/rolegate.conf.5,$(SHARE)/man/man5,rolegate.conf.5); \
	for f in cgi/rolegate.conf.example README.md; do \
	    $(call put,$$f,$(SHARE)/doc/rolegate,$${f##*/}); done; \
	for f in cgi/servers/*; do \
	    $(call put,$$f,$(SHARE)/doc/rolegate/servers,$${f##*/}); done; \
	for f in cgi/packaging/*.service cgi/packaging/*.socket \
	    cgi/packaging/*.timer; do \
	    $(call put,$$f,$(LIBEXEC)/systemd/system,$${f##*/}); done; \
	$(call put,cgi/packaging/rolegate.sysusers,$(LIBEXEC)/sysusers.d,rolegate.conf); \
	$(call put,cgi/packaging/rolegate.tmpfiles,$(LIBEXEC)/tmpfiles.d,rolegate.conf)

# ---- Debian package -----------------------------------------------------

VERSION   = $(shell sed -n 's/.*RG_VERSION "\(.*\)"/\1/p' src/base/version.h)
DEB_TREE  = $(B)/deb/rolegate-$(VERSION)

deb: deps-deb ## a Debian package, in build/deb/
	$(Q)$(MAKE) --no-print-directory deb-files

# dpkg-buildpackage wants debian/ at the top of its tree; this one has it in
# cgi/packaging/, so the tree is put together.
deb-files:
	$(Q)rm -rf $(B)/deb && mkdir -p $(DEB_TREE)
	$(Q)cp -R Makefile README.md cgi src sql www $(DEB_TREE)
	$(Q)cp -R cgi/packaging/debian $(DEB_TREE)/debian
	$(Q)test "$$(dpkg-parsechangelog -l $(DEB_TREE)/debian/changelog \
	    -S Version)" = "$(VERSION)" || \
	    { echo "cgi/packaging/debian/changelog is not of $(VERSION)"; exit 1; }
	$(Q)cd $(DEB_TREE) && env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS \
	    DEB_BUILD_OPTIONS="parallel=$$(nproc) nocheck" \
	    dpkg-buildpackage -us -uc -b > ../build.log 2>&1 || \
	    { tail -n 40 ../build.log; exit 1; }
	@ls -1 $(B)/deb/rolegate_*.deb

# Not part of `make test`: it needs root, a kernel that lets a second systemd
# start in its own namespaces, and minutes, most of them to build the package.
deb-test: deps-deb-test ## build, install, run, purge the package (root, minutes)
	$(Q)$(MAKE) --no-print-directory deb-files
	@B=$(B) sh tests/deb.sh

deps-deb:
	@sh tests/deps.sh $(DEPS_BUILD) $(DEPS_DEB)

deps-deb-test:
	@sh tests/deps.sh $(DEPS_BUILD) $(DEPS_DEB_T)

clean: ## remove what was built
	rm -rf $(B)

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | \
	    awk -F '\t' '{printf "  make %-10s %s\n", $$1, $$2}'
