/* SPDX-License-Identifier: ISC */
/*
 * learn.microsoft.com/entra/identity-platform/reference-error-codes. Grouped by
 * what there is to be done; within a group by number.
 */
#include "entra/aadsts.h"

#include <stddef.h>
#include <string.h>

#define DIGITS_MIN 4
#define DIGITS_MAX 9

#define SECRET "make a new client secret in the app registration"
#define MFA "a second factor was asked for and not given"
#define TRANSIENT "passes by itself; see the Entra service health"
#define STALE "the code is too old or was used before; sign in again"

static const struct aadsts table[] = {
    {50105, RG_E_NOT_ASSIGNED,
	"assign the person, or a group of theirs, to the enterprise "
	"application, or turn off \"Assignment required\" there"},

    {65001, RG_E_CONSENT,
	"grant consent: app registration, API permissions, Grant admin "
	"consent"},
    {90008, RG_E_CONSENT,
	"consent to the application, which asks for too few permissions: add "
	"User.Read"},
    {90094, RG_E_CONSENT,
	"an administrator must grant consent: app registration, API "
	"permissions, Grant admin consent"},
    {650056, RG_E_CONSENT,
	"the application has no permission that was consented to: add "
	"User.Read and grant admin consent"},

    {16000, RG_E_WRONG_ACCOUNT, "the account is not of this tenant"},
    {50020, RG_E_WRONG_ACCOUNT,
	"the account is of another tenant: invite it as a guest, or the "
	"person chose the wrong account"},
    {50177, RG_E_WRONG_ACCOUNT, "external accounts are blocked here"},
    {51004, RG_E_WRONG_ACCOUNT, "the account is not in this directory"},
    {90072, RG_E_WRONG_ACCOUNT,
	"the account is of another tenant and no guest here: invite it"},
    {500200, RG_E_WRONG_ACCOUNT,
	"a personal Microsoft account, and only work accounts may sign in"},

    {70002, RG_E_CLIENT_AUTH, "the client credentials are wrong"},
    {700024, RG_E_CLIENT_AUTH,
	"the client assertion is not valid now: check this machine's clock"},
    {700025, RG_E_CLIENT_AUTH,
	"registered as a public client: register the redirect URI under Web"},
    {700027, RG_E_CLIENT_AUTH,
	"the client assertion's signature fits no certificate: upload the "
	"certificate that rolegate signs with to the app registration"},
    {7000215, RG_E_CLIENT_AUTH,
	"the client secret is wrong: it is the secret's value, not its id"},
    {7000218, RG_E_CLIENT_AUTH, "no client secret or assertion was sent"},
    {7000222, RG_E_CLIENT_AUTH, "the client secret has expired: " SECRET},

    {50011, RG_E_REGISTRATION,
	"the redirect URI is not registered: add public_url + \"/callback\" "
	"under Authentication, Web, to the byte"},
    {50194, RG_E_REGISTRATION,
	"the application is single-tenant: set tenant to its tenant id"},
    {70011, RG_E_REGISTRATION, "scope names something that does not exist"},
    {90002, RG_E_REGISTRATION, "there is no such tenant: check tenant"},
    {500011, RG_E_REGISTRATION,
	"scope names an API that has no service principal in this tenant"},
    {650053, RG_E_REGISTRATION,
	"scope asks an API for a permission that it does not have"},
    {700005, RG_E_REGISTRATION,
	"the code was redeemed at another tenant than it came from: check "
	"issuer and tenant"},
    {700016, RG_E_REGISTRATION,
	"there is no application with this client_id in this tenant"},
    {700054, RG_E_REGISTRATION,
	"the application may not get this response type; rolegate needs "
	"\"code\" only"},
    {900144, RG_E_REGISTRATION, "a parameter is missing: check scope"},
    {901002, RG_E_REGISTRATION, "the resource parameter is not supported"},
    {9010010, RG_E_REGISTRATION, "resource and scope do not fit together"},

    {50072, RG_E_MFA, MFA ": the person must register one"},
    {50074, RG_E_MFA, MFA},
    {50076, RG_E_MFA, MFA ": a Conditional Access policy demands it"},
    {50079, RG_E_MFA, MFA ": the person must register one"},
    {50158, RG_E_MFA, "an external security challenge was not met"},
    {500121, RG_E_MFA, "the second factor was declined or timed out"},

    {53000, RG_E_CONDITIONAL_ACCESS, "the device is not compliant"},
    {53001, RG_E_CONDITIONAL_ACCESS, "the device is not domain joined"},
    {53002, RG_E_CONDITIONAL_ACCESS, "the app is not an approved one"},
    {53003, RG_E_CONDITIONAL_ACCESS,
	"a Conditional Access policy blocks it; Entra's sign-in log says "
	"which one"},
    {53004, RG_E_CONDITIONAL_ACCESS,
	"the person must register for MFA first, and Identity Protection "
	"sees a risk"},

    {65004, RG_E_DECLINED, "the person declined to consent"},

    {50053, RG_E_ACCOUNT, "the account is locked, or the address blocked"},
    {50055, RG_E_ACCOUNT, "the password has expired"},
    {50057, RG_E_ACCOUNT, "the account is disabled"},
    {50126, RG_E_ACCOUNT, "wrong user name or password"},

    {16001, RG_E_INTERACTION, "the person must choose an account"},
    {50058, RG_E_INTERACTION, "nobody is signed in there (prompt=none)"},

    {50148, RG_E_GRANT, "the code verifier does not fit (PKCE)"},
    {54005, RG_E_GRANT, STALE},
    {70000, RG_E_GRANT, "the code is not valid"},
    {70008, RG_E_GRANT, STALE},
    {501481, RG_E_GRANT, "the code verifier does not fit (PKCE)"},

    {90024, RG_E_PROVIDER_BUSY, "a transient error of Entra: " TRANSIENT},
    {90033, RG_E_PROVIDER_BUSY, "Entra is unavailable: " TRANSIENT},
    {90090, RG_E_PROVIDER_BUSY, "Entra could not do it now: " TRANSIENT},

    {50196, RG_E_SIGN_IN_LOOP,
	"Entra saw the same sign-in again and again: does the application "
	"send people back to /login although they have a session?"},
};

const struct aadsts *
aadsts_find(int64_t number)
{
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].number == number)
			return &table[i];
	return NULL;
}

static int
is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z');
}

int64_t
aadsts_number(const char *s)
{
	static const char mark[] = "AADSTS";
	int64_t number = 0;
	size_t i;

	if (s == NULL || strncmp(s, mark, sizeof(mark) - 1) != 0)
		return 0;
	s += sizeof(mark) - 1;
	for (i = 0; s[i] >= '0' && s[i] <= '9'; i++) {
		if (i == DIGITS_MAX)
			return 0;
		number = number * 10 + (s[i] - '0');
	}
	return i < DIGITS_MIN || is_alnum(s[i]) ? 0 : number;
}
