/* SPDX-License-Identifier: ISC */
/*
 * Replays files and folders of inputs through a target, without libFuzzer. Not
 * one input is a failure: a corpus that was lost must not look like a test.
 */
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "fuzz.h"

#define INPUT_MAX (1 << 20)

static size_t inputs;

static void
die(const char *path)
{
	(void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
	exit(1);
}

static void
replay_file(const char *path)
{
	uint8_t *data = malloc(INPUT_MAX);
	FILE *f = fopen(path, "rb");
	size_t n;

	if (data == NULL || f == NULL)
		die(path);
	n = fread(data, 1, INPUT_MAX, f);
	if (ferror(f) != 0 || getc(f) != EOF)
		die(path);
	(void)fclose(f);
	/* The last line before a crash names the input. */
	(void)fprintf(stderr, "%s\n", path);
	(void)LLVMFuzzerTestOneInput(data, n);
	free(data);
	inputs++;
}

static void
replay(const char *path)
{
	struct dirent **list = NULL;
	struct stat st;
	char below[4096];
	int i, n;

	if (stat(path, &st) != 0)
		die(path);
	if (!S_ISDIR(st.st_mode)) {
		replay_file(path);
		return;
	}
	if ((n = scandir(path, &list, NULL, alphasort)) < 0)
		die(path);
	for (i = 0; i < n; i++) {
		if (list[i]->d_name[0] != '.') {
			(void)snprintf(below, sizeof(below), "%s/%s", path,
			    list[i]->d_name);
			replay(below);
		}
		free(list[i]);
	}
	free(list);
}

int
main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		replay(argv[i]);
	(void)printf("%zu\n", inputs);
	return inputs > 0 ? 0 : 1;
}
