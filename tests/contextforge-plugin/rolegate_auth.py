# SPDX-License-Identifier: ISC
"""A ContextForge plugin that asks rolegate who somebody is and what they may do.

An example, for deployments that can't put rolegate in front of the gateway by
a web server. rolegate answers at its /whoami; see README.md, "ContextForge".

http_auth_resolve_user    who: the caller's own session cookie or bearer token
                          is shown to rolegate
http_auth_check_permission
                          may they: a permission of the gateway is granted only
                          if rolegate names it among the person's permissions

Two things of the gateway decide how this is written. An exception of a hook, or
its timeout, lets the request go on to the gateway's own JWT check, so whatever
goes wrong here is a violation, never an exception. And a grant of
http_auth_check_permission counts only with PLUGINS_CAN_OVERRIDE_RBAC=true, a
denial always.
"""

import asyncio
import json
import urllib.error
import urllib.request

from mcpgateway.plugins.framework import (
    Plugin,
    PluginResult,
    PluginViolation,
    PluginViolationError,
)

ANSWER_MAX = 64 * 1024
COOKIES = ("__Host-rolegate", "rolegate")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """/whoami never redirects: what does is not rolegate."""

    def redirect_request(self, *args, **kwargs):
        return None


# No proxy of the environment: the request carries a credential.
_OPENER = urllib.request.build_opener(
    _NoRedirect, urllib.request.ProxyHandler({})
)


def _refuse(code, reason):
    raise PluginViolationError(
        message=reason,
        violation=PluginViolation(
            reason=reason, description=reason, code=code, details={}
        ),
    )


def _credentials(payload):
    """The headers to show to rolegate: one bearer token or our own cookie.

    None: there is nothing of rolegate's to judge.
    """
    credentials = payload.credentials or {}
    token = credentials.get("credentials")
    if token and str(credentials.get("scheme", "")).lower() == "bearer":
        if not isinstance(token, str) or not token.isascii():
            _refuse("ROLEGATE_MALFORMED", "Malformed credentials")
        if not all(0x21 <= ord(c) < 0x7F for c in token):
            _refuse("ROLEGATE_MALFORMED", "Malformed credentials")
        return {"Authorization": "Bearer " + token}
    headers = {k.lower(): v for k, v in dict(payload.headers or {}).items()}
    ours = []
    for part in headers.get("cookie", "").split(";"):
        name, _, value = part.strip().partition("=")
        if name in COOKIES:
            ours.append(name + "=" + value)
    if len(ours) > 1:
        _refuse("ROLEGATE_MALFORMED", "Malformed credentials")
    return {"Cookie": ours[0]} if ours else None


def _whoami(url, headers, timeout):
    """(status, document); (0, None) when there was no usable answer."""
    request = urllib.request.Request(
        url, headers={**headers, "Accept": "application/json"}
    )
    try:
        with _OPENER.open(request, timeout=timeout) as answer:
            text = answer.read(ANSWER_MAX + 1)
            status = answer.status
    except urllib.error.HTTPError as error:
        return error.code, None
    except (OSError, ValueError):
        return 0, None
    if len(text) > ANSWER_MAX:
        return 0, None
    try:
        document = json.loads(text)
    except ValueError:
        return 0, None
    return status, document


def _person(document):
    """(e-mail, name, set of permissions), or None if anything is amiss."""
    if not isinstance(document, dict):
        return None
    if document.get("schema") != "rolegate.whoami.v1":
        return None
    subject = document.get("subject")
    permissions = document.get("permissions")
    if not isinstance(subject, dict) or not isinstance(permissions, list):
        return None
    email = subject.get("email")
    if subject.get("kind") != "user" or not isinstance(email, str):
        return None
    if "@" not in email or not document.get("roles"):
        return None
    name = subject.get("name")
    return (
        email.lower(),
        name if isinstance(name, str) and name else email,
        frozenset(p for p in permissions if isinstance(p, str)),
    )


class RolegateAuth(Plugin):
    """Configuration: whoami_url, timeout (seconds), platform_admin_email."""

    def __init__(self, config):
        super().__init__(config)
        options = config.config or {}
        self._url = options["whoami_url"]
        if not self._url.startswith(
            ("https://", "http://127.0.0.1:", "http://127.0.0.1/")
        ):
            raise ValueError("whoami_url: https, or http on loopback only")
        self._timeout = float(options.get("timeout", 2))
        # The gateway takes whoever has it for its administrator.
        self._root = options.get("platform_admin_email", "").lower()

    async def http_auth_resolve_user(self, payload, context):
        """Says who it is, or refuses; without our credentials, no opinion."""
        headers = _credentials(payload)
        if headers is None:
            return PluginResult(continue_processing=True)
        try:
            status, document = await asyncio.to_thread(
                _whoami, self._url, headers, self._timeout
            )
            person = _person(document) if status == 200 else None
            admin = status == 200 and document.get("is_admin") is True
        except Exception:  # pylint: disable=broad-except
            status, person, admin = 0, None, False
        if status in (400, 401, 403):
            _refuse("ROLEGATE_REFUSED", "Not signed in, or without a role")
        if person is None:
            _refuse("ROLEGATE_UNAVAILABLE", "Authentication is unavailable")
        email, name, permissions = person
        if self._root and email == self._root and not admin:
            _refuse("ROLEGATE_REFUSED", "This address is not theirs")
        # For the permission check of this request, which has no credentials.
        context.state["rolegate"] = {
            "email": email,
            "permissions": sorted(permissions),
        }
        return PluginResult(
            modified_payload={
                "email": email,
                "full_name": name,
                "is_active": True,
                "auth_provider": "rolegate",
            },
            metadata={"auth_method": "rolegate"},
            continue_processing=True,
        )

    async def http_auth_check_permission(self, payload, context):
        """Only for people whom we resolved; anything unclear is a denial."""
        if payload.auth_method != "rolegate":
            return PluginResult(continue_processing=True)
        known = context.state.get("rolegate")
        granted = (
            isinstance(known, dict)
            and isinstance(payload.permission, str)
            and str(payload.user_email).lower() == known.get("email")
            and (
                payload.permission in known.get("permissions", ())
                or "*" in known.get("permissions", ())
            )
        )
        return PluginResult(
            modified_payload={
                "granted": granted,
                "reason": "rolegate" if granted else "not granted by rolegate",
            },
            continue_processing=True,
        )
