# SPDX-License-Identifier: BSD-2-Clause
#
# What of the library the host tests run: lines and branches, each file's in build/coverage/report.

COVERED        := lib imsic aplic iommu
COVERAGE_LINES ?= 95
COVERAGE_BRANCHES ?= 85
COVERAGE_FLAGS := -O0 --coverage -fno-sanitize=all

# Counted anew each time; not of what has ThreadSanitizer, and is a thread too many for the counts. A test that fails, less than
# the limits, or a file with lines that none runs and docs/verification.md does not explain, fails.
.PHONY: coverage
coverage: dtbs
	+$Q$(MAKE) --no-print-directory B=$B/coverage HOST_CFLAGS='$(COVERAGE_FLAGS)' host
	@find $B/coverage -name '*.gcda' -exec rm -f {} +
	@export BUILD='$B' QEMU='$(QEMU)'; for t in $(patsubst $B/%,$B/coverage/%,$(filter-out %_threads,$(HOST_TESTS)) $(FUZZ_REPLAYS)); do \
		$$t >$B/coverage/log 2>&1 || { cat $B/coverage/log; echo "coverage: $$t fails"; exit 1; }; done
	$Qgcovr --root . --object-directory $B/coverage/host/obj $B/coverage/host/obj $(foreach d,$(COVERED),--filter '$d/') \
		--fail-under-line $(COVERAGE_LINES) --txt $B/coverage/report || status=$$?; \
	gcovr --root . --object-directory $B/coverage/host/obj $B/coverage/host/obj $(foreach d,$(COVERED),--filter '$d/') \
		--branches --fail-under-branch $(COVERAGE_BRANCHES) --txt $B/coverage/branches || status=$$?; \
	for f in $$(awk '$$1 ~ /\// && $$2 != $$3 && $$4 ~ /%$$/ { print $$1 }' $B/coverage/report); do \
		sed -n '/^<!-- coverage: begin/,/^<!-- coverage: end/p' docs/verification.md | grep -qF "\`$$f\`" || \
		{ echo "coverage: $$f: docs/verification.md does not say why"; status=1; }; done; \
	cat $B/coverage/report; tail -n 3 $B/coverage/branches; exit $${status:-0}
