/* SPDX-License-Identifier: ISC */
/* The socket that web servers connect to. */
#ifndef RG_CGI_LISTEN_H
#define RG_CGI_LISTEN_H

#include <stdbool.h>
#include <sys/types.h>
#include <sys/un.h>

#include "base/err.h"
#include "cgi/server.h"

/* The listeners of a process: the main one, and that of authorizers. */
#define LISTENERS 2

struct listener {
	int fd; /* listening, O_NONBLOCK, close-on-exec; -1 = none */
	bool is_unix;
	bool authorizer_only; /* other roles are refused on it */
	bool has_peer;	      /* peer_uid holds */
	uid_t peer_uid;
	bool is_ours; /* made here, not inherited */
	/* What to unlink at the end; path is "" when it is not ours. */
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	dev_t dev;
	ino_t ino;
};

/*
 * Makes the socket that options->listen names. A unix socket appears under its
 * path with its final owner and mode, and already listening. One that another
 * process still answers on is left alone (RG_E_EXISTS); one that nobody
 * listens on any more is replaced. TCP: loopback only, with a warning in the
 * log, since every local user can connect. RG_E_CONF for what can't be done as
 * written; the detail says what.
 */
enum rg_err
listen_open(const struct server_options *, struct listener *out, struct err *);

/*
 * The same for options->listen_authorizer; without it, out->fd is -1.
 * Apache's mod_authnz_fcgi needs one: it speaks TCP only. Since every user of
 * the machine can connect to a loopback port and say anything in a server's
 * name, nothing but the authorizer role is served there, which tells no more
 * than who the owner of a session is, to whom has the session already.
 */
enum rg_err listen_open_authorizer(
    const struct server_options *, struct listener *out, struct err *);

/*
 * Takes over a listening socket that was inherited as `fd`: unix, or TCP on a
 * loopback address; anything else is RG_E_CONF.
 */
enum rg_err listen_adopt(
    int fd, const struct server_options *, struct listener *out, struct err *);

/*
 * The same for one that listen_open() or listen_open_authorizer() made before
 * this process became another program: the path where it is, which may not be
 * the configured one any more, is removed at the end.
 */
enum rg_err listen_adopt_own(
    int fd, const struct server_options *, struct listener *out, struct err *);

#define LISTEN_ADDRESS_MAX (sizeof(((struct listener *)NULL)->path) + 5)

/*
 * Where a socket of ours is, which may be elsewhere than at `configured` (or
 * NULL), as after an upgrade: `configured` itself if that names it, else the
 * place, written to `out`.
 */
const char *listen_address(const struct listener *, const char *configured,
    char out[static LISTEN_ADDRESS_MAX]);

/* Looks up options->peer_user; RG_E_CONF if there is no such user. */
enum rg_err
listen_peer(const struct server_options *, struct listener *, struct err *);

/* True for a descriptor that is a listening socket. */
bool listen_is_listening(int fd);

/*
 * Whether the process behind the unix socket `fd` may speak to us: root, our
 * own user, or peer_user. TCP has no such proof: always true.
 */
bool listen_may_speak(const struct listener *, int fd, uid_t *uid);

/* Closes; removes the path if it still is the socket that we made. */
void listen_close(struct listener *);

#endif
