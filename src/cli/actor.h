/* SPDX-License-Identifier: ISC */
#ifndef RG_CLI_ACTOR_H
#define RG_CLI_ACTOR_H

#define CLI_ACTOR_MAX 160

/*
 * How an audit row names who administers: "cli:alice" for whoever logged in,
 * as the kernel knows it; else the user of the process, which is what is
 * proven, and what SUDO_USER says, which anybody who is that user could have
 * set: "cli:www-data (sudo: alice)". `login` and `sudo_user` may be NULL.
 */
void cli_put_actor(char out[static CLI_ACTOR_MAX], const char *user,
    const char *login, const char *sudo_user);

#endif
