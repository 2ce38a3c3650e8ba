# SPDX-License-Identifier: BSD-2-Clause
#
# The explorer (tests/explore) and the mutants that show what it finds (tests/mutants).

# Small structs and no position independence: a state is memory, and is copied and hashed a million times. Uninitialized
# variables get a value; otherwise equal states would differ in them.
EXPLORE_FLAGS = $(HOSTCC) -O1 -g -std=c11 -D_GNU_SOURCE $(WARN) -fno-pie -fno-stack-protector \
	-ftrivial-auto-var-init=pattern -DAIA_MAX_HARTS=3 -DM_MAX_HARTS=3 -DM_DEVS=4 -DM_QUEUE=8 -DM_WORDS=1 -DM_CHIPS=1 \
	-Iinclude -Itests/host/model -I. $(HOST_CFLAGS)
EXPLORE_SRC  := $(wildcard lib/*.c imsic/*.c iommu/*.c tests/explore/*.c) \
	$(addprefix tests/host/model/m_,atomic.c core.c device.c file.c mmio.c)
EXPLORE_OBJ  := $(EXPLORE_SRC:%.c=$B/explore/obj/%.o)
EXPLORE      := $B/explore/explore

$B/explore/obj/%.o: %.c $B/.flags mk/explore.mk
	$(call say,HOSTCC,$<)
	@mkdir -p $(@D)
	$Q$(EXPLORE_FLAGS) -MMD -MP -c $< -o $@

$(EXPLORE): $(EXPLORE_OBJ)
	$(call say,HOSTLD,$@)
	$Q$(HOSTCC) -no-pie $^ -o $@

.PHONY: explore explore-bin mutants
explore-bin: $(EXPLORE)
host-objects: $(EXPLORE_OBJ)

# All scenarios; SCENARIO="NAME..." selects those whose names begin so. EXPLORE_ARGS goes to the explorer.
explore: $(EXPLORE)
	$Q$(EXPLORE) $(EXPLORE_ARGS) $(SCENARIO)

# MUTANT="NAME..." selects mutants by name.
mutants: $(EXPLORE) host dtbs
	$Qtests/mutants/run $B $(MUTANT)
