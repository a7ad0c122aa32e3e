/* SPDX-License-Identifier: ISC */
#include "oidc/authn.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

bool
authn_is_any_value(const char *value)
{
	return text_is_name(value, "._:/-", AUTHN_VALUE_MAX);
}

bool
authn_is_value(enum provider_type type, const char *value)
{
	size_t n;

	if (type != PROVIDER_ENTRA)
		return authn_is_any_value(value);
	n = strspn(value + (value[0] == 'c'), "0123456789");
	return value[0] == 'c' && value[1] != '0' && (n == 1 || n == 2) &&
	       value[1 + n] == '\0';
}

static bool
is_string(const json_t *v, const char *value)
{
	return json_is_string(v) && strcmp(json_string_value(v), value) == 0;
}

bool
authn_has(const json_t *claims, const char *value)
{
	const json_t *acrs = json_object_get(claims, "acrs"), *one;
	size_t i;

	json_array_foreach(acrs, i, one)
	{
		if (is_string(one, value))
			return true;
	}
	return is_string(acrs, value) ||
	       is_string(json_object_get(claims, "acr"), value);
}

static void
add(json_t *list, json_t *v)
{
	if (json_is_string(v) && authn_is_any_value(json_string_value(v)))
		(void)json_array_append(list, v);
}

json_t *
authn_values(const json_t *claims)
{
	json_t *list = json_array(), *acrs = json_object_get(claims, "acrs");
	json_t *one;
	size_t i;

	json_array_foreach(acrs, i, one)
	{
		add(list, one);
	}
	add(list, acrs);
	add(list, json_object_get(claims, "acr"));
	return list;
}

static enum rg_err
check_age(const json_t *claims, const struct authn_expect *x, struct err *e)
{
	int64_t at;

	if (!json_int(claims, "auth_time", &at))
		return err_set(e, RG_E_AUTH_TIME_MISSING,
		    "max_age was asked for; at Entra, add the optional claim "
		    "auth_time to the ID token");
	if (at > clock_add(x->now, x->skew))
		return err_set(e, RG_E_AUTH_TIME_FUTURE,
		    "auth_time %lld, now %lld", (long long)at,
		    (long long)x->now);
	if (x->now > clock_add(clock_add(at, *x->max_age), x->skew))
		return err_set(e, RG_E_AUTH_TIME_OLD,
		    "auth_time %lld, now %lld, max_age %lld", (long long)at,
		    (long long)x->now, (long long)*x->max_age);
	return RG_OK;
}

enum rg_err
authn_check(const json_t *claims, const struct authn_expect *x, struct err *e)
{
	if (x->step_up != NULL && !authn_has(claims, x->step_up))
		return err_set(e, RG_E_STEP_UP,
		    "neither acrs nor acr is %s; at Entra, add the optional "
		    "claim acrs to the ID token",
		    x->step_up);
	if (x->max_age != NULL)
		return check_age(claims, x, e);
	return RG_OK;
}
