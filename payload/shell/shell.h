/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shell on the console inspects and controls the machine and the library. `make shell` boots to the shell. With the
 * argument `shell` it starts after any job, before the end of the machine, and after a panic.
 */
#ifndef PAYLOAD_SHELL_SHELL_H
#define PAYLOAD_SHELL_SHELL_H

/*
 * Make the shell start after a panic too, with the commands that take no lock and do not wait. `fdt` is the tree for the
 * command `fdt`; it may be NULL. Call this once, if `shell` is among the arguments.
 */
void shell_want(const void *fdt);

/*
 * Read and run commands until `exit` or the end of the input. `code` is the exit code of the job before.
 * Context: thread, boot hart, with the other harts in hart_loop().
 * Returns the exit code: that of `exit CODE`; else EXIT_FAIL if `code` is EXIT_PASS and an audit or a job of the shell has
 * failed; else `code`.
 */
int shell_run(int code);

#endif
