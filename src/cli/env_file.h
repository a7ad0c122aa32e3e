/* SPDX-License-Identifier: ISC */
/* A file of NAME=value lines, as docker and dotenv read it. */
#ifndef RG_CLI_ENV_FILE_H
#define RG_CLI_ENV_FILE_H

#include <jansson.h>

#include "base/err.h"

/*
 * {NAME: value} of what has a value, names in upper case; of several lines for
 * one name the last. dotenv puts other variables in the place of ${NAME} and
 * ${NAME:-default}, in quotes or not; what they are, the file does not say:
 * such values stay as they are, and `unexpanded` is {NAME: line} of them.
 * RG_E_FILE, or RG_E_INVALID that names the line.
 */
enum rg_err env_file_read(
    const char *path, json_t **out, json_t **unexpanded, struct err *e);

#endif
