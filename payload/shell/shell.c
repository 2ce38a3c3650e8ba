/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/shell/shell.h"
#include "payload/kernel/console.h"
#include "payload/kernel/work.h"
#include "payload/kernel/panic.h"
#include "payload/kernel/machine.h"
#include "payload/kernel/time.h"
#include "payload/drivers/wires.h"
#include "payload/drivers/typing.h"
#include "payload/load/kinds.h"
#include "payload/shell/commands.h"
#include "payload/shell/line.h"

#define POLL_MS 1 /* a UART's 16 bytes at 115200 baud come in 1.4 ms */

static int panic_code;

static void put(void *arg, const char *text, size_t n)
{
    (void)arg;
    print("%.*s", (int)n, text);
}

/* Wait for the next byte typed. The load's work for the boot hart is done meanwhile. */
static unsigned char get(void)
{
    int c;

    while ((c = console_read()) < 0) {
        if (shell.load && !shell.panicked)
            kinds_service();
        hart_sleep_until(time_after(time_from_ms(POLL_MS)));
    }
    return (unsigned char)c;
}

static void run(void)
{
    static struct line line;
    enum command_result result = COMMAND_OK;

    line = (struct line){.put = put, .candidate = commands_candidate, .prompt = "aia> "};
    while (result != COMMAND_EXIT) {
        enum line_event event;
        line_start(&line);
        while ((event = line_key(&line, get())) == LINE_MORE)
            ;
        if (event == LINE_END)
            return;
        if (event == LINE_TOO_LONG)
            print("line too long: at most %u characters; not carried out\n", LINE_SIZE - 1);
        if (event != LINE_ENTERED)
            continue;
        result = commands_run(line.text);
        irq_print_reports();
    }
}

int shell_run(int code)
{
    if (wires_wanted() && machine.uart.wire.source)
        (void)typing_init(); /* on an error the UART is polled */
    else
        console_receive_interrupt(false); /* a job may have enabled this interrupt */
    print("the shell: `help' lists the commands\n");
    run();
    if (shell.code >= 0)
        return shell.code;
    return code == EXIT_PASS && shell.failed ? EXIT_FAIL : code;
}

static _Noreturn void run_after_panic(void)
{
    print("the shell, after the panic: commands that change nothing; `exit' ends with code %d\n", panic_code);
    run();
    machine_exit(shell.code >= 0 ? shell.code : panic_code);
}

/* Called by panic_then. The shell starts at the top of the hart's stack again. */
static int after_panic(int code)
{
    shell.panicked = true;
    console_receive_interrupt(false); /* after a panic no hart takes interrupts */
    panic_code = code;
    hart_abandon_stack(run_after_panic);
}

void shell_want(const void *fdt)
{
    panic_then = after_panic;
    shell.fdt = fdt;
}
