# SPDX-License-Identifier: BSD-2-Clause
#
# One traced second of the main job, or of what ARGS says, and its timeline. The machine's memory is a file, from which
# scripts/timeline reads the records after the run: they are in its last quarter, a million for each of four harts.

TRACE_MEM := $B/trace.mem

.PHONY: trace
trace: override ARGS := $(or $(ARGS),seconds=1 seed=7) trace trace_at=0x90000000 trace_mib=128
trace: override MACHINE := $(MACHINE),memory-backend=memory
trace: override MEM := 512M
trace: override QEMU_ARGS := $(QEMU_ARGS) -object memory-backend-file,id=memory,size=512M,mem-path=$(TRACE_MEM),share=on
trace: all $(IMAGES)
	@rm -f $(TRACE_MEM)
	$(call say,QEMU,$B/trace.log)
	$Q$(QEMU_CMD) >$B/trace.log </dev/null || { tail -n 20 $B/trace.log; exit 1; }
	$(call say,TRACE,$B/trace.json $B/timeline.html)
	$Qscripts/timeline $B/trace.log $(TRACE_MEM) $B
	@rm -f $(TRACE_MEM)
