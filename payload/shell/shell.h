/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shell on the console: to look at the machine and at the library's books, and to push them about. `make shell` boots
 * to it; with `shell` among the arguments it comes after any job, before the machine is ended, and after a panic.
 */
#ifndef PAYLOAD_SHELL_SHELL_H
#define PAYLOAD_SHELL_SHELL_H

/*
 * Once, when the arguments are known: `shell` was given. From now on the shell also comes after a panic, with commands that
 * take no lock and wait for nobody. The tree is what `fdt` shows; may be NULL.
 */
void shell_want(const void *fdt);

/*
 * Read and carry out commands until `exit`, or the end of the input. `code` is the verdict so far; returns the exit code:
 * what `exit` said, else `code`, or EXIT_FAIL if that was EXIT_PASS and an audit has found something. Boot hart,
 * thread context, the other harts in hart_loop().
 */
int shell_run(int code);

#endif
