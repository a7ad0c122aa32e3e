/* SPDX-License-Identifier: ISC */
#include "oidc/claims_request.h"

#include <string.h>

#include <jansson.h>

#include "base/json.h"

enum rg_err
claims_request(struct buf *out, const char *acrs, const char *challenge)
{
	enum rg_err r = RG_E_INTERNAL;
	json_t *all = NULL, *ours = NULL;

	if (challenge == NULL) {
		all = json_object();
	} else if (strlen(challenge) > CLAIMS_CHALLENGE_MAX ||
		   json_load_strict(challenge, strlen(challenge), &all) !=
		       RG_OK) {
		r = RG_E_JSON;
		goto out;
	}
	if (acrs != NULL) {
		ours = json_pack("{s:{s:{s:b, s:s}}}", "id_token", "acrs",
		    "essential", 1, "value", acrs);
		if (ours == NULL ||
		    json_object_update_recursive(all, ours) != 0) {
			r = RG_E_NOMEM;
			goto out;
		}
	}
	r = json_put(out, all) ? RG_OK : RG_E_NOMEM;
out:
	json_decref(all);
	json_decref(ours);
	return r;
}
