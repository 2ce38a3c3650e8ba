# SPDX-License-Identifier: BSD-2-Clause
#
# The lines and branches of the library that the host tests run; the report of each file is in build/coverage/report.

COVERED        := lib imsic aplic iommu
COVERAGE_LINES ?= 95
COVERAGE_BRANCHES ?= 85
COVERAGE_FLAGS := -O0 --coverage -fno-sanitize=all

# Each run counts from zero. The test with ThreadSanitizer is left out, because its threads would spoil the counts. This fails if
# a test fails, if less than the limits is covered, or if docs/verification.md does not explain a file with lines that no test runs.
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
