/* SPDX-License-Identifier: ISC */
#include "net/fetch.h"

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <openssl/x509.h>

#include "base/clock.h"
#include "base/url.h"
#include "base/version.h"

#define HEADERS_MAX ((size_t)64 * 1024) /* of one answer, all lines */
#define WAIT_MAX_MS ((int64_t)24 * 3600 * 1000)
#define ACCEPT "Accept: application/json, */*;q=0.1"

struct fetch {
	CURL *curl;
};

/* What the callbacks of one call share. */
struct call {
	struct buf *body;
	size_t headers;
	bool too_large;
};

struct fetch *
fetch_new(void)
{
	static bool initialised;
	struct fetch *f = NULL;

	if (!initialised && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return NULL;
	initialised = true;
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return NULL;
	f->curl = curl_easy_init();
	if (f->curl == NULL)
		fetch_free(&f);
	return f;
}

void
fetch_free(struct fetch **f)
{
	if (*f == NULL)
		return;
	curl_easy_cleanup((*f)->curl);
	free(*f);
	*f = NULL;
}

void
fetch_response_clear(struct fetch_response *r)
{
	buf_clear(&r->body);
	if (r->location != NULL)
		explicit_bzero(r->location, strlen(r->location));
	free(r->location);
	r->location = NULL;
	r->status = 0;
	r->content_type[0] = '\0';
	r->retry_after_ms = -1;
	r->date = 0;
}

static size_t
on_body(char *data, size_t size, size_t n, void *ctx)
{
	struct call *call = ctx;

	/* libcurl documents that `size` is always 1. */
	(void)size;
	buf_put(call->body, data, n);
	if (buf_ok(call->body))
		return n;
	call->too_large = true;
	return 0;
}

static size_t
on_header(char *data, size_t size, size_t n, void *ctx)
{
	struct call *call = ctx;

	(void)data;
	(void)size;
	if (n <= HEADERS_MAX - call->headers) {
		call->headers += n;
		return n;
	}
	call->too_large = true;
	return 0;
}

/* The rules that hold for every call. */
static CURLcode
set_policy(CURL *c, const struct fetch_request *q, long timeout_ms)
{
	CURLcode rc = CURLE_OK;

#define SET(option, value)                                                     \
	do {                                                                   \
		if (rc == CURLE_OK)                                            \
			rc = curl_easy_setopt(c, option, value);               \
	} while (0)
	SET(CURLOPT_PROTOCOLS_STR,
	    q->allow_loopback_http ? "http,https" : "https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_HTTP09_ALLOWED, 0L);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_TCP_KEEPALIVE, 1L);
	SET(CURLOPT_TIMEOUT_MS, timeout_ms);
	SET(CURLOPT_CONNECTTIMEOUT_MS, timeout_ms);
	SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)q->max_bytes);
	SET(CURLOPT_USERAGENT, "rolegate/" RG_VERSION);
	if (q->ca_file != NULL) {
		SET(CURLOPT_CAINFO, q->ca_file);
		SET(CURLOPT_CAPATH, NULL);
	}
	return rc;
}

static CURLcode
set_request(CURL *c, const struct fetch_request *q, struct curl_slist *headers,
    struct call *call)
{
	CURLcode rc = CURLE_OK;
	const char *body = q->form != NULL ? q->form : q->json;

	SET(CURLOPT_URL, q->url);
	SET(CURLOPT_HTTPHEADER, headers);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, call);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, call);
	if (body != NULL) {
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(body));
		SET(CURLOPT_POSTFIELDS, body);
	} else {
		SET(CURLOPT_HTTPGET, 1L);
		if (q->use_delete)
			SET(CURLOPT_CUSTOMREQUEST, "DELETE");
	}
	if (q->basic_user != NULL) {
		SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		SET(CURLOPT_USERNAME, q->basic_user);
		SET(CURLOPT_PASSWORD,
		    q->basic_pass != NULL ? q->basic_pass : "");
	} else if (q->bearer != NULL) {
		SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
		SET(CURLOPT_XOAUTH2_BEARER, q->bearer);
	}
#undef SET
	return rc;
}

/* What went wrong, in our words: libcurl's own text could quote the URL. */
static enum rg_err
explain(
    CURL *c, CURLcode rc, bool too_large, const struct url *u, struct err *e)
{
	long verify = 0;

	if (too_large || rc == CURLE_FILESIZE_EXCEEDED)
		return err_set(
		    e, RG_E_NET_SIZE, "%s port %u", u->host, u->port);
	switch (rc) {
	case CURLE_OPERATION_TIMEDOUT:
		return err_set(
		    e, RG_E_NET_TIMEOUT, "%s port %u", u->host, u->port);
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
		return err_set(e, RG_E_NET_CONNECT, "%s port %u: %s", u->host,
		    u->port, curl_easy_strerror(rc));
	case CURLE_PEER_FAILED_VERIFICATION:
		(void)curl_easy_getinfo(c, CURLINFO_SSL_VERIFYRESULT, &verify);
		/* libcurl leaves it so when the chain was fine, the name not */
		if (verify == X509_V_OK || verify == X509_V_ERR_UNSPECIFIED)
			return err_set(e, RG_E_NET_TLS,
			    "%s port %u: the certificate is for another name",
			    u->host, u->port);
		return err_set(e, RG_E_NET_TLS, "%s port %u: %s", u->host,
		    u->port, X509_verify_cert_error_string(verify));
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
		return err_set(e, RG_E_NET_TLS, "%s port %u: %s", u->host,
		    u->port, curl_easy_strerror(rc));
	default:
		/* "Out of memory" is among them: libcurl says so, too, when a
		 * peer sends a header line over its limit of 100 KiB. */
		return err_set(e, RG_E_NET, "%s port %u: %s", u->host, u->port,
		    curl_easy_strerror(rc));
	}
}

/* "Text/HTML; charset=x" becomes "text/html"; too long a name becomes "". */
static void
read_content_type(CURL *c, struct fetch_response *res)
{
	char *type = NULL;
	size_t i, n;

	if (curl_easy_getinfo(c, CURLINFO_CONTENT_TYPE, &type) != CURLE_OK ||
	    type == NULL)
		return;
	n = strcspn(type, "; \t");
	if (n >= sizeof(res->content_type))
		return;
	for (i = 0; i < n; i++)
		res->content_type[i] = type[i] >= 'A' && type[i] <= 'Z'
					   ? (char)(type[i] - 'A' + 'a')
					   : type[i];
	res->content_type[n] = '\0';
}

/*
 * Seconds with or without a fraction, in milliseconds; -1 for anything else.
 * RFC 9110 has whole seconds only, Microsoft's own example "2.128".
 */
static int64_t
parse_seconds(const char *s)
{
	int64_t ms = 0, unit = 100;

	if (*s < '0' || *s > '9')
		return -1;
	for (; *s >= '0' && *s <= '9'; s++)
		if (ms < WAIT_MAX_MS)
			ms = ms * 10 + (*s - '0') * 1000;
	if (*s == '.')
		for (s++; *s >= '0' && *s <= '9'; s++, unit /= 10)
			ms += (*s - '0') * unit;
	if (*s != '\0')
		return -1;
	return ms < WAIT_MAX_MS ? ms : WAIT_MAX_MS;
}

/* A header that came exactly once; NULL if not. */
static const char *
header(CURL *c, const char *name)
{
	struct curl_header *h = NULL;

	if (curl_easy_header(c, name, 0, CURLH_HEADER, -1, &h) != CURLHE_OK ||
	    h->amount != 1)
		return NULL;
	return h->value;
}

static void
read_times(CURL *c, struct fetch_response *res)
{
	const char *date = header(c, "Date"), *after = header(c, "Retry-After");
	int64_t t;

	if (date != NULL && (t = (int64_t)curl_getdate(date, NULL)) > 0)
		res->date = t;
	if (after == NULL)
		return;
	res->retry_after_ms = parse_seconds(after);
	/* An HTTP-date otherwise: in the past means now. */
	if (res->retry_after_ms < 0 &&
	    (t = (int64_t)curl_getdate(after, NULL)) > 0) {
		t -= res->date != 0 ? res->date : clock_now();
		if (t > WAIT_MAX_MS / 1000)
			t = WAIT_MAX_MS / 1000;
		res->retry_after_ms = t < 0 ? 0 : t * 1000;
	}
}

/* RFC 6750 section 2.1, so that no token can add a header line. */
static bool
is_bearer(const char *s)
{
	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++)
		if (*s <= 0x20 || *s >= 0x7f)
			return false;
	return true;
}

/* "Name: value" on one line; the name decides in libcurl, too. */
static bool
is_header(const char *s)
{
	const char *colon = strchr(s, ':');

	if (colon == NULL || colon == s || colon[1] != ' ' || colon[2] == '\0')
		return false;
	for (; *s != '\0'; s++)
		if (*s < 0x20 || *s >= 0x7f || (s < colon && *s == ' '))
			return false;
	return true;
}

static enum rg_err
check_request(const struct fetch_request *q, struct url *u, struct err *e)
{
	size_t i;

	if (q->url == NULL || q->max_bytes == 0 || q->timeout_ms <= 0)
		return err_set(e, RG_E_USAGE, "no URL or no limit");
	if (q->form != NULL && q->json != NULL)
		return err_set(e, RG_E_USAGE, "two bodies");
	if (url_parse(q->url, u) != RG_OK)
		return err_set(e, RG_E_NET_URL, "not a plain https URL");
	if (!u->https && !(q->allow_loopback_http && url_is_loopback(u)))
		return err_set(e, RG_E_NET_URL, "%s: not https", u->host);
	if (q->bearer != NULL && !is_bearer(q->bearer))
		return err_set(
		    e, RG_E_USAGE, "%s: not a bearer token", u->host);
	for (i = 0; q->headers != NULL && q->headers[i] != NULL; i++)
		if (!is_header(q->headers[i]))
			return err_set(
			    e, RG_E_USAGE, "%s: not a header line", u->host);
	return RG_OK;
}

/* What is left for the call; 0 when there is no time. */
static long
time_left(const struct fetch_request *q)
{
	int64_t left;

	if (q->deadline_ms == 0)
		return q->timeout_ms;
	left = q->deadline_ms - clock_mono_ms();
	if (left <= 0)
		return 0;
	return left < q->timeout_ms ? (long)left : q->timeout_ms;
}

/* NULL when out of memory. */
static struct curl_slist *
make_headers(const struct fetch_request *q)
{
	struct curl_slist *list, *more;
	size_t i;

	/* libcurl would wait for a "100 Continue" before a larger body. */
	list = curl_slist_append(NULL, "Expect:");
	more = list == NULL ? NULL : curl_slist_append(list, ACCEPT);
	if (more != NULL && q->json != NULL)
		more =
		    curl_slist_append(list, "Content-Type: application/json");
	for (i = 0; more != NULL && q->headers != NULL && q->headers[i] != NULL;
	     i++)
		more = curl_slist_append(list, q->headers[i]);
	if (more == NULL)
		curl_slist_free_all(list);
	return more == NULL ? NULL : list;
}

enum rg_err
fetch(struct fetch *f, const struct fetch_request *q,
    struct fetch_response *res, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct curl_slist *headers = NULL;
	struct call call = {.body = &res->body};
	struct url u;
	const char *location = NULL;
	long timeout_ms;
	CURLcode rc;

	memset(res, 0, sizeof(*res));
	res->retry_after_ms = -1;
	r = check_request(q, &u, e);
	if (r != RG_OK)
		goto out;
	res->body.limit = q->max_bytes;
	if ((timeout_ms = time_left(q)) == 0) {
		r = err_set(
		    e, RG_E_NET_TIMEOUT, "%s port %u: no time", u.host, u.port);
		goto out;
	}
	if ((headers = make_headers(q)) == NULL) {
		r = err_set(e, RG_E_NOMEM, "%s", u.host);
		goto out;
	}
	curl_easy_reset(f->curl); /* keeps the open connections */
	rc = set_policy(f->curl, q, timeout_ms);
	if (rc == CURLE_OK)
		rc = set_request(f->curl, q, headers, &call);
	if (rc == CURLE_OK)
		rc = curl_easy_perform(f->curl);
	if (rc != CURLE_OK) {
		r = explain(f->curl, rc, call.too_large, &u, e);
		goto out;
	}
	if (curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &res->status) !=
	    CURLE_OK) {
		r = err_set(e, RG_E_NET, "%s: no status", u.host);
		goto out;
	}
	read_content_type(f->curl, res);
	read_times(f->curl, res);
	if (curl_easy_getinfo(f->curl, CURLINFO_REDIRECT_URL, &location) ==
		CURLE_OK &&
	    location != NULL && (res->location = strdup(location)) == NULL) {
		r = err_set(e, RG_E_NOMEM, "%s: a redirect", u.host);
		goto out;
	}
	r = RG_OK;
out:
	/* Nothing of ours may stay referenced (or, a secret, kept) there. */
	curl_easy_reset(f->curl);
	curl_slist_free_all(headers);
	if (r != RG_OK)
		fetch_response_clear(res);
	return r;
}
