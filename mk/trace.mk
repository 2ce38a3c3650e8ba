# SPDX-License-Identifier: BSD-2-Clause
#
# One traced second of the main job, and its timeline. The machine's memory is a file, out of which scripts/timeline
# fetches the records after the run; half of it is theirs.

TRACE_ARGS ?= seconds=1 seed=7
TRACE_AT   := 0x90000000
TRACE_MIB  := 128

.PHONY: trace
trace: MEM := 512M
trace: MACHINE := $(MACHINE),memory-backend=memory
trace: ARGS := $(TRACE_ARGS) trace trace_at=$(TRACE_AT) trace_mib=$(TRACE_MIB)
trace: QEMU_ARGS += -object memory-backend-file,id=memory,size=512M,mem-path=$B/trace.mem,share=on
trace: all
	@rm -f $B/trace.mem
	$(call say,QEMU,$B/trace.log)
	$Q$(QEMU_CMD) >$B/trace.log || { tail -n 20 $B/trace.log; exit 1; }
	$(call say,TIMELINE,$B/trace.json $B/timeline.html)
	$Qscripts/timeline $B/trace.log $B/trace.mem $B
	@rm -f $B/trace.mem
