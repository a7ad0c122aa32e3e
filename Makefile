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
              libssl-dev libcurl4-openssl-dev libsqlite3-dev libinih-dev
DEPS_RUN   := lighttpd curl
DEPS_TEST  := $(DEPS_RUN) libcmocka-dev clang-format-14 apache2 \
              libapache2-mod-fcgid nginx caddy openssl sqlite3 gcovr chromium \
              mandoc
DEPS_LINT  := clang-tidy-14 cppcheck shellcheck

# ---- how to compile -----------------------------------------------------

PKGS     := jansson libssl libcrypto libcurl sqlite3
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
            -fno-sanitize-recover=all -DRG_SANITIZED
OPT_LD   := -fsanitize=address,undefined
else ifeq ($(MODE),cover)
OPT      := -O0 -g --coverage
OPT_LD   := --coverage
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
LIBS       = $(PKG_LIBS) -lfcgi -linih
# The guard takes the place of libfcgi's own function (cgi/fcgi_guard.h).
LD_GUARD  := -Wl,--export-dynamic-symbol=OS_Read

# ---- what is built ------------------------------------------------------

LIB_SRC   := $(sort $(wildcard src/*.c src/[a-z]*/*.c))
LIB_SRC   := $(filter-out src/cli/main.c,$(LIB_SRC))
EDGE_SRC  := $(filter-out cgi/rolegate.c,$(sort $(wildcard cgi/*.c)))
UNIT_SRC  := $(sort $(wildcard tests/unit/test_*.c))
ASSETS    := $(sort $(wildcard sql/*.sql www/*.html www/*.css www/*.svg))
obj        = $(patsubst %.c,$(O)/%.o,$(1))
LIB       := $(O)/librolegate.a
EDGE      := $(O)/libedge.a
UNITS     := $(patsubst tests/unit/%.c,$(O)/unit/%,$(UNIT_SRC))
C_FILES    = $(wildcard cgi/*.[ch] src/*.[ch] src/*/*.[ch] tests/unit/*.[ch] \
             tests/bench/*.[ch] tests/fuzz/*.[ch])

.PHONY: all help deps-build deps-run deps-test deps-lint run demo-curl test \
        check unit e2e guard fmt fmt-check lint asan cover install clean
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
units: $(UNITS)

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

$(LIB): $(call obj,$(LIB_SRC)) $(O)/gen/assets.o
	@echo "  AR      $@"
	$(Q)rm -f $@ && ar rcs $@ $^

$(EDGE): $(call obj,$(EDGE_SRC))
	@echo "  AR      $@"
	$(Q)rm -f $@ && ar rcs $@ $^

$(O)/rolegate: $(O)/cgi/rolegate.o $(EDGE) $(LIB)
	@echo "  LD      $@"
	$(Q)$(CC) $(CFLAGS_) $(LDFLAGS_) $(LD_GUARD) -o $@ $^ $(LIBS)

$(O)/rolegatectl: $(O)/src/cli/main.o $(LIB)
	@echo "  LD      $@"
	$(Q)$(CC) $(CFLAGS_) $(LDFLAGS_) -o $@ $^ $(LIBS)

# libjwt is linked into the tests as an oracle only (tests/vectors/README.md).
$(O)/unit/%: $(O)/tests/unit/%.o $(EDGE) $(LIB)
	@mkdir -p $(@D)
	@echo "  LD      $@"
	$(Q)$(CC) $(CFLAGS_) $(LDFLAGS_) $(LD_GUARD) -o $@ $^ $(LIBS) \
	    -lcmocka -ljwt

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

e2e: programs ## only the end-to-end tests
	@MODE=$(MODE) B=$(B) O=$(O) sh tests/run.sh e2e

guard: programs ## only the layer and hygiene checks
	@MODE=$(MODE) B=$(B) O=$(O) sh tests/run.sh guard

fmt: ## format all C files
	clang-format-14 -i $(C_FILES)

fmt-check:
	@clang-format-14 --dry-run -Werror $(C_FILES)

lint: deps-lint ## clang-tidy, cppcheck, gcc -fanalyzer, shellcheck
	@sh tests/lint.sh "$(CPPFLAGS_) $(PKG_CFLAGS)"

asan: deps-test ## all tests with AddressSanitizer and UBSan
	$(Q)$(MAKE) --no-print-directory MODE=asan check

cover: deps-test ## all tests with line coverage of src/ and cgi/
	$(Q)find $(B)/cover -name '*.gcda' -delete 2>/dev/null || true
	$(Q)$(MAKE) --no-print-directory MODE=cover check
	@sh tests/cover.sh $(B)/cover

install: all ## into $(DESTDIR)$(PREFIX)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/rolegate \
	    $(DESTDIR)$(PREFIX)/share/man/man5 \
	    $(DESTDIR)$(PREFIX)/share/man/man8 \
	    $(DESTDIR)$(PREFIX)/share/doc/rolegate/servers
	install -m 755 $(B)/rolegate $(DESTDIR)$(PREFIX)/lib/rolegate/rolegate
	install -m 755 $(B)/rolegatectl $(DESTDIR)$(PREFIX)/bin/rolegatectl
	install -m 644 cgi/rolegate.8 src/cli/rolegatectl.8 \
	    $(DESTDIR)$(PREFIX)/share/man/man8
	install -m 644 cgi/rolegate.conf.5 $(DESTDIR)$(PREFIX)/share/man/man5
	install -m 644 cgi/rolegate.conf.example README.md \
	    $(DESTDIR)$(PREFIX)/share/doc/rolegate
	install -m 644 cgi/servers/* $(DESTDIR)$(PREFIX)/share/doc/rolegate/servers

clean: ## remove what was built
	rm -rf $(B)

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | \
	    awk -F '\t' '{printf "  make %-10s %s\n", $$1, $$2}'
