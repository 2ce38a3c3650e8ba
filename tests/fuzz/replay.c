/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replaces libFuzzer: runs the target once on every file of its corpus, and prints TAP. The program's name is replay-NAME, the
 * corpus is tests/fuzz/corpus/NAME; other directories may be given. A directory without files is an error, because it is not the
 * corpus. An input that fails aborts, after its name was printed.
 */
#include "fuzz.h"
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#define LARGEST (1 << 20)

static unsigned count;

static void one(const char *path)
{
    static uint8_t data[LARGEST];
    FILE *f = fopen(path, "rb");

    if (!f) {
        perror(path);
        exit(1);
    }
    size_t n = fread(data, 1, sizeof(data), f);
    (void)fclose(f);
    (void)printf("# %s\n", path);
    (void)fflush(stdout);
    (void)LLVMFuzzerTestOneInput(data, n);
    count++;
}

static void all(const char *dir)
{
    DIR *d = opendir(dir);
    struct dirent *e;
    struct stat st;
    char path[1024];

    if (!d) {
        perror(dir);
        exit(1);
    }
    while ((e = readdir(d))) {
        if (e->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
        if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
            all(path);
        else
            one(path);
    }
    (void)closedir(d);
}

static void report(const char *dir, int n)
{
    count = 0;
    all(dir);
    (void)printf("%sok %d - %u inputs of %s\n", count ? "" : "not ", n, count, dir);
}

int main(int argc, char **argv)
{
    const char *name = strrchr(argv[0], '-');
    char corpus[256];

    (void)snprintf(corpus, sizeof(corpus), "tests/fuzz/corpus/%s", name ? name + 1 : "");
    (void)printf("1..%d\n", argc);
    report(corpus, 1);
    for (int i = 1; i < argc; i++)
        report(argv[i], i + 1);
    return 0;
}
