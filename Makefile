# Gridteller. `make test` builds all and proves it.
# Everything built goes to $(B).

B        ?= build
CC       ?= gcc
SANITIZE ?=
PREFIX   ?= /usr/local
# 0: the daemons limit their system calls to none (valgrind makes some of its own)
CONFINE  ?= $(if $(filter 1,$(SANITIZE)),0,1)

# the four programs; each is built once its main stands
ALL_PROGRAMS := counter branchd bankd utilityd
PROGRAMS     := $(foreach p,$(ALL_PROGRAMS),$(if $(wildcard app/$(p)/main.c),$(p)))
PKGS         := ncursesw sqlite3 libpq libusb-1.0 openssl libuv libsodium jansson \
                pangocairo pangoft2 fontconfig cairo libqrencode libseccomp libsystemd liboath
PKG_CFLAGS   := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS     := $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lformw -linih -lunistring -lcups -lm

WARN   := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
          -Wpointer-arith -Wformat=2 -Wno-unused-parameter -Wvla -Wundef
HARDEN := -fPIE -fstack-protector-strong -fstack-clash-protection
ifeq ($(shell uname -m),x86_64)
HARDEN += -fcf-protection=full
endif
LINK   := -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--gc-sections -Wl,--as-needed
ifeq ($(SANITIZE),1)
# what gcc guesses of lengths is worse at -O1 with the sanitizers in: the plain build judges them
OPT    := -O1 -g $(if $(findstring clang,$(CC)),,-Wno-format-truncation -Wno-restrict) -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
LINK   += -fsanitize=address,undefined
else
OPT    := -O2 -g -D_FORTIFY_SOURCE=2
endif
ifeq ($(COVERAGE),1)
OPT    := -O0 -g -w --coverage -fprofile-update=atomic
LINK   += --coverage
endif
ifeq ($(CONFINE),0)
OPT    += -DCONFINE_OFF
endif
CFLAGS_ALL := -std=c11 -D_GNU_SOURCE -Iapp -I. -I$(B)/gen -ffunction-sections -fdata-sections \
              $(OPT) $(WARN) $(HARDEN) $(PKG_CFLAGS) $(CFLAGS)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all deps test check-tests lint clean

# V=1 shows every command whole
Q   := $(if $(V),,@)
say  = $(if $(V),@:,@printf '  %-4s %s\n' $(1) $(2))

# --- what is built -----------------------------------------------------------
src_of   = $(wildcard app/$(1)/*.c)
obj_of   = $(patsubst %.c,$(B)/obj/%.o,$(1))
LIB_SRC := $(foreach l,base wire ledger print,$(call src_of,$(l))) $(filter-out drivers/once.c,$(wildcard drivers/*.c))
# a program's folder without its main: linked into the program and into tests
part_of  = $(filter-out app/$(1)/main.c,$(call src_of,$(1)))
PARTS   := $(foreach p,$(ALL_PROGRAMS),$(call part_of,$(p)))
SQL     := $(wildcard app/*/*.sql)
FORMS   := $(wildcard forms/*.form)
GEN     := $(patsubst app/%.sql,$(B)/gen/%.sql.h,$(SQL)) $(B)/gen/counter/forms.inc

# the core: what keeps the books, and what judges a payment at the utility
CORE_SRC := $(call src_of,ledger) app/utilityd/judge.c app/utilityd/judge_move.c
# with CORE_APART=1 it is a library of its own (`make mutants`): one mutant is one file and one link
ifeq ($(CORE_APART),1)
LIB_SRC  := $(filter-out $(CORE_SRC),$(LIB_SRC))
part_of   = $(filter-out app/$(1)/main.c $(CORE_SRC),$(call src_of,$(1)))
CORE_LIB := $(B)/libcore.so
LINK     += -Wl,--no-as-needed $(CORE_LIB) -Wl,--as-needed
endif

LIBS       := $(B)/libgridteller.a
UNIT       := $(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/*.c))
SYSTEM     := $(patsubst tests/system/%.c,$(B)/tests/%,$(wildcard tests/system/*.c))
SCREENS    := $(patsubst tests/screens/%.c,$(B)/tests/%,$(wildcard tests/screens/*.c))
FUZZ       := $(patsubst tests/fuzz/%.c,$(B)/tests/fuzz_%,$(filter-out tests/fuzz/replay.c,$(wildcard tests/fuzz/*.c)))
CHECKS     := $(wildcard tests/checks/*.sh)
# those that take longest, started first so that nothing waits for them at the end
LONG       := $(B)/storm tests/storm/mutants.sh $(foreach t,bank_withhold print_usb screen_pictures utility_kill ledger_crash day,$(filter %/$(t),$(UNIT) $(SYSTEM) $(SCREENS)))
TEST_LIB   := $(if $(wildcard tests/lib/*.c),$(B)/libtest.a)
TEST_PKGS  := umockdev-1.0
TEST_CFLAGS = $(shell pkg-config --cflags $(TEST_PKGS) 2>/dev/null)
TEST_LIBS   = $(shell pkg-config --libs $(TEST_PKGS) 2>/dev/null) -lcmocka -lvterm -lutil
# out of the archive, though nothing but the leak checker asks for it
TEST_LIBS  += $(if $(filter 1,$(SANITIZE)),-Wl$(comma)-u$(comma)__lsan_default_suppressions)
comma      := ,
LOCALES    := $(patsubst app/counter/po/%.po,$(B)/locale/%/LC_MESSAGES/gridteller.mo,$(wildcard app/counter/po/*.po))

MANUALS    := $(patsubst app/install/man/%.in,$(B)/man/gridteller-%,$(wildcard app/install/man/*.in))

all: $(PROGRAMS:%=$(B)/%) $(B)/once $(B)/conformance $(LOCALES) $(MANUALS)

$(LIBS): $(call obj_of,$(LIB_SRC)) | $(CORE_LIB)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^
$(B)/libcore.so: $(call obj_of,$(CORE_SRC))
	$(Q)$(CC) -shared -Wl,-soname,libcore.so -o $@ $^

define program
$(B)/lib$(1)-part.a: $$(call obj_of,$$(call part_of,$(1)))
	@rm -f $$@
	$$(AR) rcs $$@ $$^
$(B)/$(1): $$(call obj_of,app/$(1)/main.c) $(B)/lib$(1)-part.a $$(LIBS)
	$$(call say,LINK,$$@)
	$$(Q)$$(CC) $$(LINK) -o $$@ $$^ $$(PKG_LIBS)
endef
$(foreach p,$(ALL_PROGRAMS),$(eval $(call program,$(p))))
# CUPS runs this one itself
$(B)/once: $(B)/obj/drivers/once.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(LINK) -o $@ $^ $(PKG_LIBS)
PART_LIBS := $(foreach p,$(ALL_PROGRAMS),$(if $(call part_of,$(p)),$(B)/lib$(p)-part.a))

$(B)/obj/%.o: %.c | $(GEN)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

# what `make run` and `make demo` need beside the four programs: a player of
# keystrokes and a printer, both of the tests
DEMO_OBJ := $(call obj_of,$(wildcard app/demo/*.c) $(patsubst %,tests/lib/%.c,screen picture printer escpos_read))
$(B)/obj/app/demo/%.o: CFLAGS_ALL += -Itests
$(B)/demo-player: $(DEMO_OBJ) $(LIBS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LINK) -o $@ $^ $(PKG_LIBS) -lvterm -lutil

# what a utility or a bank tries its own front end with
CONFORMANCE_OBJ := $(call obj_of,$(wildcard tests/conformance/*.c))
$(B)/conformance: $(CONFORMANCE_OBJ) $(LIBS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LINK) -o $@ $^ $(PKG_LIBS)

# `make day`: four banks, 200 branches, 100,000 payments, and one line at the end
DAY_OBJ := $(call obj_of,$(wildcard tests/day/*.c))
$(B)/day: $(DAY_OBJ) $(TEST_LIB) $(PART_LIBS) $(LIBS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LINK) -o $@ $(DAY_OBJ) -Wl,--start-group $(TEST_LIB) $(PART_LIBS) $(LIBS) -Wl,--end-group $(PKG_LIBS) $(TEST_LIBS)
day: deps
	@$(MAKE) --no-print-directory -j$$(nproc) all $(B)/day
	@$(B)/day $(DAY)
.PHONY: day

# a schema is read as SQL and compiled in as a string
$(B)/gen/%.sql.h: app/%.sql
	@mkdir -p $(@D)
	@{ echo 'static const char $(basename $(notdir $*))_sql[] ='; \
	   sed -e 's/\\/\\\\/g; s/"/\\"/g; s/^/"/; s/$$/\\n"/' $<; echo ';'; } > $@

# every form again inside the program, for the day its file is broken
$(B)/gen/counter/forms.inc: $(FORMS)
	@mkdir -p $(@D)
	@for f in $(FORMS); do echo "{\"$$(basename $$f .form)\","; \
	    sed -e 's/\\/\\\\/g; s/"/\\"/g; s/^/"/; s/$$/\\n"/' $$f; echo '},'; done > $@

$(B)/locale/%/LC_MESSAGES/gridteller.mo: app/counter/po/%.po
	@mkdir -p $(@D)
	$(Q)msgfmt --check -o $@ $<

# what a program says of itself goes into its page
$(B)/man/gridteller-%: app/install/man/%.in app/install/manual.sh $(PROGRAMS:%=$(B)/%)
	@mkdir -p $(@D)
	$(Q)app/install/manual.sh $(B)/$(basename $*) $< >$@

# PREFIX=/usr/local DESTDIR=
install: all
	@app/install/install.sh $(B) $(PREFIX) '$(DESTDIR)'
# a Debian package, $(B)/gridteller_VERSION_ARCH.deb
deb: all
	@app/install/deb.sh $(B)
.PHONY: install deb

# --- tests -------------------------------------------------------------------
$(B)/obj/tests/%.o: CFLAGS_ALL += $(TEST_CFLAGS) -Itests
$(B)/libtest.a: $(call obj_of,$(wildcard tests/lib/*.c))
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

define test_program
$(B)/tests/%: tests/$(1)/%.c $(TEST_LIB) $(PART_LIBS) $(LIBS) $(GEN)
	@mkdir -p $$(@D)
	$$(call say,TEST,$$<)
	$$(Q)$$(CC) $$(CFLAGS_ALL) $$(TEST_CFLAGS) -Itests -MMD -MP $$(LINK) -o $$@ $$< \
	    -Wl,--start-group $(TEST_LIB) $(PART_LIBS) $(LIBS) -Wl,--end-group $$(PKG_LIBS) $$(TEST_LIBS)
endef
$(foreach d,unit system screens,$(eval $(call test_program,$(d))))

# before ippeveprinter: no sanitizers, it is loaded into a program of others
$(B)/noavahi.so: tests/lib/preload/avahi.c
	$(Q)$(CC) -std=c11 -Wall -Wextra -Wno-unused-parameter -Werror -shared -fPIC -o $@ $<

# what the ledger itself allocates fails when that test says so
$(B)/short-gridteller.a: $(LIBS)
	$(Q)objcopy $(foreach f,malloc calloc realloc strdup,--redefine-sym $(f)=own_$(f)) $< $@
$(B)/tests/ledger_crash: tests/unit/ledger_crash.c $(TEST_LIB) $(PART_LIBS) $(B)/short-gridteller.a $(GEN)
	@mkdir -p $(@D)
	$(call say,TEST,$<)
	$(Q)$(CC) $(CFLAGS_ALL) $(TEST_CFLAGS) -Itests -MMD -MP $(LINK) -o $@ $< \
	    -Wl,--start-group $(TEST_LIB) $(PART_LIBS) $(B)/short-gridteller.a -Wl,--end-group $(PKG_LIBS) $(TEST_LIBS)

# `make test` replays what was found; `make fuzz SECONDS=20` looks for more,
# each target for that long, with clang.
FUZZ_MAIN := $(if $(FUZZER),-fsanitize=fuzzer,tests/fuzz/replay.c)
$(B)/tests/fuzz_%: tests/fuzz/%.c tests/fuzz/replay.c $(PART_LIBS) $(LIBS) $(GEN)
	@mkdir -p $(@D)
	$(call say,FUZZ,$<)
	$(Q)$(CC) $(CFLAGS_ALL) -DFUZZ_NAME='"$*"' $(LINK) -o $@ $< $(FUZZ_MAIN) \
	    -Wl,--start-group $(PART_LIBS) $(LIBS) -Wl,--end-group $(PKG_LIBS)

SECONDS ?= 20
fuzz-programs: $(FUZZ)
fuzz: deps
	@echo 'int main(void) { return 0; }' | clang -fsanitize=address -x c -o /dev/null - 2>/dev/null || \
	    { echo "fuzz: clang with its run-time library is wanted: apt-get install clang libclang-rt-dev" >&2; exit 1; }
	@$(MAKE) --no-print-directory -j$$(nproc) B=$(B)/fuzz CC=clang SANITIZE=1 FUZZER=1 \
	    CFLAGS=-fsanitize=fuzzer-no-link fuzz-programs
	@for t in $(notdir $(FUZZ)); do n=$${t#fuzz_}; mkdir -p $(B)/fuzz/corpus/$$n; echo "fuzz: $$n"; \
	    $(B)/fuzz/tests/$$t -max_total_time=$(SECONDS) -verbosity=0 -print_final_stats=1 \
	        -artifact_prefix=$(B)/fuzz/$$n- $(B)/fuzz/corpus/$$n tests/fuzz/corpus/$$n || exit 1; done
.PHONY: fuzz fuzz-programs

# The storm (tests/storm): simulated days of a branch, the programs' own code over
# disks, time and connections that are not real. `make storm MINUTES=10`.
MINUTES   ?= 10
STORM_OBJ := $(call obj_of,$(wildcard tests/storm/*.c) tests/lib/disk.c tests/lib/moves.c)
# two programs in one: what both call by one name is told apart
$(B)/storm-branchd.a: $(B)/libbranchd-part.a
	$(Q)objcopy --redefine-sym service_today=branch_service_today $< $@
STORM_LIBS := $(B)/storm-branchd.a $(B)/libbankd-part.a $(B)/libutilityd-part.a $(LIBS)
STORM_LINK  = $(CC) $(LINK) -Wl,--wrap=clock_monotonic_ms -o $@ $(STORM_OBJ) $(1) \
    -Wl,--start-group $(STORM_LIBS) -Wl,--end-group $(PKG_LIBS)
$(B)/storm: $(STORM_OBJ) $(STORM_LIBS)
	$(call say,LINK,$@)
	$(Q)$(call STORM_LINK)
# Named mutants of the core and its settings, each of one file's copy: all must be caught.
MUTANTS := $(patsubst tests/storm/mutants/%.sed,$(B)/mutants/%,$(wildcard tests/storm/mutants/*.sed))
$(B)/mutants/%: tests/storm/mutants/%.sed $(B)/storm
	@mkdir -p $(@D)
	$(call say,MUT,$<)
	@file=$$(sed -n 's/^# file: //p' $<); sed -f $< $$file >$@.c; ! cmp -s $$file $@.c || { echo "$<: changes nothing" >&2; exit 1; }
	$(Q)$(CC) $(CFLAGS_ALL) -Wno-error -c -o $@.o $@.c
	@grep -q '^# file: app/branchd' $< && objcopy --redefine-sym service_today=branch_service_today $@.o || true
	$(Q)$(call STORM_LINK,$@.o)
storm-programs: $(B)/storm $(MUTANTS)
.PHONY: storm-programs
storm: deps
	@$(MAKE) --no-print-directory -j$$(nproc) $(B)/storm
	@$(B)/storm -m $(MINUTES) -s $${SEED:-$$(date +%s)}
.PHONY: storm

# Mutants of the core by the hundred, drawn by SEED: `make mutants N=300 SEED=1`; LEAST=95: exit 1 below.
N         ?= 300
CORE_OBJ  := $(call obj_of,$(CORE_SRC))
MUTATE    := nice $(MAKE) --no-print-directory B=$(B)/mutate CORE_APART=1 CFLAGS='-fPIC -w'
$(B)/mutate: tests/mutants/mutate.c
	$(Q)$(CC) $(CFLAGS_ALL) -pie -o $@ $<
mutants-programs: $(B)/mutate $(B)/storm $(filter $(B)/tests/ledger_% $(B)/tests/utility_judge $(B)/tests/utility_moves $(B)/tests/utility_walk,$(UNIT))
mutants-run:
	@B=$(B) N=$(N) SEED=$(SEED) LINES_RUN=$(LINES_RUN) FILES='$(CORE_SRC)' CORE='$(CORE_OBJ)' COMPILE='$(CC) $(CFLAGS_ALL)' \
	    JUDGE_LIBS='-Wl,--start-group $(TEST_LIB) $(PART_LIBS) $(LIBS) -Wl,--end-group $(CORE_LIB) $(PKG_LIBS) $(TEST_LIBS)' tests/mutants/run.sh
mutants: deps
	@$(MUTATE) -j$$(nproc) mutants-programs
	@$(MUTATE) mutants-run
.PHONY: mutants mutants-programs mutants-run

# Branch coverage of the core by its unit programs and SEEDS days of the storm: `make coverage`.
# tests/coverage.sh says what is counted; LEAST=95: exit 1 below.
COVER    := nice $(MAKE) --no-print-directory B=$(B)/coverage COVERAGE=1
COVER_BY := $(filter-out %_crash %_kill %_totals,$(filter $(B)/tests/ledger_% $(B)/tests/utility_judge $(B)/tests/utility_moves $(B)/tests/utility_store $(B)/tests/utility_overlap,$(UNIT)))
coverage-programs: $(B)/storm $(COVER_BY)
coverage-run:
	@B=$(B) FILES='$(CORE_SRC)' tests/coverage.sh $(COVER_BY) $(B)/storm
coverage: deps
	@$(COVER) -j$$(nproc) coverage-programs
	@$(COVER) coverage-run
.PHONY: coverage coverage-programs coverage-run

# `make bench` measures, each program's peers beside it in the same run; a line
# a measure: "bench: NAME ours X peer Y ratio R target T ok|short".
BENCH := $(patsubst tests/bench/%.c,$(B)/tests/bench_%,$(wildcard tests/bench/*.c))
$(B)/tests/bench_%: tests/bench/%.c $(TEST_LIB) $(PART_LIBS) $(LIBS) $(GEN)
	@mkdir -p $(@D)
	$(call say,TEST,$<)
	$(Q)$(CC) $(CFLAGS_ALL) -Itests -MMD -MP $(LINK) -o $@ $< \
	    -Wl,--start-group $(TEST_LIB) $(PART_LIBS) $(LIBS) -Wl,--end-group $(PKG_LIBS) $(TEST_LIBS)
bench-programs: $(BENCH)
bench: deps
	@$(MAKE) --no-print-directory -j$$(nproc) all bench-programs
	@for b in $(BENCH); do $$b || exit 1; done
.PHONY: bench bench-programs

# Installs what is missing, builds, runs every test program; the last line is
# "N passed, N failed" over all of them.
test: deps
	@$(MAKE) --no-print-directory -j$$(nproc) all test-programs storm-programs
	@B=$(B) tests/run $(LONG) $(filter-out $(LONG),$(CHECKS) $(UNIT) $(FUZZ) $(SCREENS) $(SYSTEM) tests/storm/spin.sh)
.PHONY: test-programs
test-programs: $(B)/once $(B)/noavahi.so $(B)/conformance $(B)/day $(MANUALS) $(UNIT) $(FUZZ) $(SYSTEM) $(SCREENS)

# every screen in both languages, as pictures in $(B)/screens
screens: all $(B)/tests/screen_pictures
	@CMOCKA_MESSAGE_OUTPUT=TAP B=$(B) $(B)/tests/screen_pictures && echo "see $(B)/screens"
.PHONY: screens

# --- for people --------------------------------------------------------------
# BILLS=file: a bills file to take instead of samples
run demo:
	@app/install/deps.sh build && mkdir -p $(B)
	@$(MAKE) --no-print-directory -j$$(nproc) all $(B)/demo-player >$(B)/build.log 2>&1 || { tail -n 30 $(B)/build.log; exit 1; }
	@B=$(B) BILLS='$(BILLS)' sh app/demo/$@.sh
.PHONY: run demo

deps:
	@app/install/deps.sh

lint: deps
	@B=$(B) tests/lint.sh

clean:
	rm -rf $(B)

-include $(shell find $(B) -type f -name '*.d' 2>/dev/null)
