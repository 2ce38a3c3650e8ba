#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Do two runs of a row print the same if QEMU's main loop and its harts race? race.c makes QEMU lose the race in every run; turns.c,
# which tests/qemu/run preloads for a row with `repeat', keeps the main loop from racing.
# Needs: BUILD/payload.elf BUILD/qemu/turns.so BUILD/qemu/race.so
: "${BUILD:=build}" "${QEMU:=qemu-system-riscv64}"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
race=$(realpath -e "$BUILD/qemu/race.so") || exit 1

mkdir "$dir/qemu" "$dir/log"
ln -s "$(realpath "$BUILD/payload.elf")" "$dir/payload.elf"
ln -s "$(realpath "$BUILD/qemu/turns.so")" "$dir/qemu/turns.so"
cat > "$dir/racing" <<END
#!/bin/sh
LD_PRELOAD="\$LD_PRELOAD $race" exec "$QEMU" "\$@"
END
chmod +x "$dir/racing"

unset SMP MACHINE MEM ARGS QEMU_ARGS
echo 1..1
if QEMU="$dir/racing" BUILD="$dir" tests/qemu/run trace > "$dir/out" 2>&1; then
    echo "ok 1 - two runs of row trace print the same"
else
    echo "not ok 1 - two runs of row trace print the same"
    sed 's/^/# /' "$dir/out"
fi
