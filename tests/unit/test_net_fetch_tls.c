/* SPDX-License-Identifier: ISC */
/* TLS is verified: the name, the issuer, the validity, the version. */
#include "net/fetch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "tests/unit/http_stub.h"

struct tls {
	pid_t pid;
	unsigned port;
	char ca[64];
	char url[64];
	struct fetch *fetch;
	SSL_CTX *ctx;
	EVP_PKEY *key;
};

/* A self-signed certificate for `san`, valid until `days` from now. */
static X509 *
make_cert(EVP_PKEY *key, const char *san, int days)
{
	X509 *cert = X509_new();
	X509_NAME *name = X509_NAME_new();
	X509V3_CTX v3;
	X509_EXTENSION *ext;

	assert_non_null(cert);
	assert_true(X509_set_version(cert, 2));
	assert_true(ASN1_INTEGER_set(X509_get_serialNumber(cert), 1));
	assert_non_null(
	    X509_time_adj_ex(X509_getm_notBefore(cert), -30, 0, NULL));
	assert_non_null(
	    X509_time_adj_ex(X509_getm_notAfter(cert), days, 0, NULL));
	assert_true(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)"test", -1, -1, 0));
	assert_true(X509_set_subject_name(cert, name));
	assert_true(X509_set_issuer_name(cert, name));
	X509_NAME_free(name);
	X509V3_set_ctx_nodb(&v3);
	X509V3_set_ctx(&v3, cert, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &v3, NID_subject_alt_name, san);
	assert_non_null(ext);
	assert_true(X509_add_ext(cert, ext, -1));
	X509_EXTENSION_free(ext);
	assert_true(X509_set_pubkey(cert, key));
	assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
	return cert;
}

static void
serve(int listener, SSL_CTX *ctx)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
				     "Connection: close\r\n\r\n{}";
	char buf[4096];

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		SSL *ssl = SSL_new(ctx);

		if (fd < 0 || ssl == NULL)
			_exit(1);
		(void)SSL_set_fd(ssl, fd);
		if (SSL_accept(ssl) == 1 &&
		    SSL_read(ssl, buf, sizeof(buf)) > 0) {
			(void)SSL_write(ssl, answer, sizeof(answer) - 1);
			(void)SSL_shutdown(ssl);
		}
		SSL_free(ssl);
		close(fd);
	}
}

/* Starts a server with such a certificate, which is also written to t->ca. */
static void
start(struct tls *t, const char *san, int days, int max_version)
{
	struct sockaddr_in a = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	X509 *cert = make_cert(t->key, san, days);
	FILE *f;
	int fd;

	t->ctx = SSL_CTX_new(TLS_server_method());
	assert_non_null(t->ctx);
	SSL_CTX_set_security_level(t->ctx, 0); /* TLS 1.1 is below level 1 */
	assert_true(SSL_CTX_set_max_proto_version(t->ctx, max_version));
	assert_true(SSL_CTX_use_certificate(t->ctx, cert));
	assert_true(SSL_CTX_use_PrivateKey(t->ctx, t->key));
	f = fopen(t->ca, "w");
	assert_non_null(f);
	assert_true(PEM_write_X509(f, cert));
	assert_int_equal(fclose(f), 0);
	X509_free(cert);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	t->port = ntohs(a.sin_port);
	(void)snprintf(
	    t->url, sizeof(t->url), "https://127.0.0.1:%u/", t->port);
	t->pid = fork();
	assert_true(t->pid >= 0);
	if (t->pid == 0)
		serve(fd, t->ctx);
	close(fd);
}

static int
setup(void **state)
{
	struct tls *t = calloc(1, sizeof(*t));
	int fd;

	if (t == NULL)
		return -1;
	(void)snprintf(t->ca, sizeof(t->ca), "/tmp/rolegate-test-XXXXXX");
	fd = mkstemp(t->ca);
	if (fd < 0)
		return -1;
	close(fd);
	t->fetch = fetch_new();
	t->key = EVP_EC_gen("P-256");
	*state = t;
	return t->fetch == NULL || t->key == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	struct tls *t = *state;

	if (t->pid > 0) {
		(void)kill(t->pid, SIGKILL);
		(void)waitpid(t->pid, NULL, 0);
	}
	(void)unlink(t->ca);
	fetch_free(&t->fetch);
	SSL_CTX_free(t->ctx);
	EVP_PKEY_free(t->key);
	free(t);
	return 0;
}

static enum rg_err
get(struct tls *t, const char *ca, struct err *e)
{
	struct fetch_request q = {.url = t->url,
	    .ca_file = ca,
	    .max_bytes = 1024,
	    .timeout_ms = 3000};
	struct fetch_response res;
	enum rg_err r = fetch(t->fetch, &q, &res, e);

	fetch_response_clear(&res);
	return r;
}

static void
test_trusted(void **state)
{
	struct tls *t = *state;
	struct err e = {0};

	start(t, "IP:127.0.0.1", 30, TLS1_3_VERSION);
	assert_string_equal(err_name(get(t, t->ca, &e)), "RG_OK");
}

static void
test_unknown_issuer(void **state)
{
	struct tls *t = *state;
	struct err e = {0};

	start(t, "IP:127.0.0.1", 30, TLS1_3_VERSION);
	assert_int_equal(get(t, NULL, &e), RG_E_NET_TLS);
	assert_non_null(strstr(e.detail, "self-signed"));
	/* Nor does one CA file stay in force for the next call. */
	assert_int_equal(get(t, t->ca, &e), RG_OK);
	assert_int_equal(get(t, NULL, &e), RG_E_NET_TLS);
}

static void
test_other_name(void **state)
{
	struct tls *t = *state;
	struct err e = {0};

	start(t, "IP:127.0.0.2,DNS:localhost", 30, TLS1_3_VERSION);
	assert_int_equal(get(t, t->ca, &e), RG_E_NET_TLS);
	assert_non_null(strstr(e.detail, "another name"));
}

static void
test_expired(void **state)
{
	struct tls *t = *state;
	struct err e = {0};

	start(t, "IP:127.0.0.1", -1, TLS1_3_VERSION);
	assert_int_equal(get(t, t->ca, &e), RG_E_NET_TLS);
	assert_non_null(strstr(e.detail, "expired"));
}

static void
test_old_version(void **state)
{
	struct tls *t = *state;
	struct err e = {0};

	start(t, "IP:127.0.0.1", 30, TLS1_1_VERSION);
	assert_int_equal(get(t, t->ca, &e), RG_E_NET_TLS);
}

static void
test_no_ca_file(void **state)
{
	struct tls *t = *state;
	struct err e = {0};

	start(t, "IP:127.0.0.1", 30, TLS1_3_VERSION);
	assert_int_equal(get(t, "/nonexistent/ca.pem", &e), RG_E_NET_TLS);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_trusted),
	    T(test_unknown_issuer),
	    T(test_other_name),
	    T(test_expired),
	    T(test_old_version),
	    T(test_no_ca_file),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
