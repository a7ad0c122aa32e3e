# SPDX-License-Identifier: ISC
"""python3 -m unittest: the plugin against a stub of the gateway's classes and
a server that answers as /whoami does, or as badly as it can."""

import asyncio
import http.server
import json
import sys
import threading
import time
import types
import unittest


class Violation(Exception):
    def __init__(self, message, violation):
        super().__init__(message)
        self.violation = violation


def install_stub():
    """The names that the plugin imports from mcpgateway.plugins.framework."""
    framework = types.ModuleType("mcpgateway.plugins.framework")

    class Plugin:
        def __init__(self, config):
            self.config = config

    class PluginResult(types.SimpleNamespace):
        pass

    framework.Plugin = Plugin
    framework.PluginResult = PluginResult
    framework.PluginViolation = types.SimpleNamespace
    framework.PluginViolationError = Violation
    sys.modules["mcpgateway"] = types.ModuleType("mcpgateway")
    sys.modules["mcpgateway.plugins"] = types.ModuleType("mcpgateway.plugins")
    sys.modules["mcpgateway.plugins.framework"] = framework


install_stub()
import rolegate_auth  # noqa: E402  pylint: disable=wrong-import-position

GOOD = {
    "schema": "rolegate.whoami.v1",
    "subject": {"kind": "user", "name": "Ana", "email": "Ana@Example.com"},
    "roles": ["analyst"],
    "permissions": ["tools.read"],
    "is_admin": False,
}


class Server(http.server.BaseHTTPRequestHandler):
    status, body, delay, seen = 200, b"", 0, []

    def do_GET(self):
        Server.seen.append(dict(self.headers))
        time.sleep(Server.delay)
        self.send_response(Server.status)
        if Server.status in (301, 302, 307):
            self.send_header("Location", "/whoami?again")
        self.end_headers()
        try:
            self.wfile.write(Server.body)
        except OSError:
            pass

    def log_message(self, *args):
        pass


def payload(token=None, cookie=None, scheme="Bearer"):
    return types.SimpleNamespace(
        credentials={"scheme": scheme, "credentials": token} if token else None,
        headers={"Cookie": cookie} if cookie else {},
        client_host="192.0.2.1",
        client_port=1,
    )


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.url = f"http://127.0.0.1:{cls.server.server_port}/whoami"

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        cls.server.server_close()

    def setUp(self):
        self.answer(GOOD)
        Server.seen = []
        self.context = types.SimpleNamespace(state={})

    def answer(self, document=None, status=200, body=None, delay=0):
        Server.status, Server.delay = status, delay
        Server.body = body if body is not None else json.dumps(document).encode()

    def plugin(self, **more):
        options = {"whoami_url": self.url, "timeout": 0.5, **more}
        return rolegate_auth.RolegateAuth(types.SimpleNamespace(config=options))

    def resolve(self, plugin=None, **who):
        who = who or {"token": "a.b.c"}
        plugin = plugin or self.plugin()
        return asyncio.run(
            plugin.http_auth_resolve_user(payload(**who), self.context)
        )

    def refused(self, code, **who):
        with self.assertRaises(Violation) as caught:
            self.resolve(**who)
        self.assertEqual(caught.exception.violation.code, code)
        self.assertEqual(self.context.state, {})

    def check(self, permission, email="ana@example.com", method="rolegate"):
        asked = types.SimpleNamespace(
            user_email=email, permission=permission, auth_method=method
        )
        result = asyncio.run(
            self.plugin().http_auth_check_permission(asked, self.context)
        )
        return getattr(result, "modified_payload", None)


class Resolve(Case):
    def test_a_person(self):
        result = self.resolve()
        self.assertEqual(result.modified_payload["email"], "ana@example.com")
        self.assertNotIn("is_admin", result.modified_payload)
        self.assertEqual(result.metadata, {"auth_method": "rolegate"})
        self.assertEqual(Server.seen[0]["Authorization"], "Bearer a.b.c")

    def test_our_cookie_and_no_other(self):
        self.resolve(cookie="jwt_token=x; __Host-rolegate=abc; y=z")
        self.assertEqual(Server.seen[0]["Cookie"], "__Host-rolegate=abc")

    def test_nothing_of_ours_is_no_opinion(self):
        for who in ({"cookie": "jwt_token=x"}, {"token": "x", "scheme": "Basic"}):
            result = self.resolve(**who)
            self.assertFalse(hasattr(result, "modified_payload"))
        self.assertEqual(Server.seen, [])

    def test_refusals_are_violations(self):
        for status in (400, 401, 403):
            self.answer({}, status)
            self.refused("ROLEGATE_REFUSED")

    def test_whatever_goes_wrong_is_a_violation(self):
        for status in (204, 302, 307, 404, 500, 502, 503):
            self.answer(GOOD, status)
            self.refused("ROLEGATE_UNAVAILABLE")
        for body in (b"", b"{", b"[]", b"null", b"\xff", b"x" * 70000):
            self.answer(body=body)
            self.refused("ROLEGATE_UNAVAILABLE")

    def test_an_answer_that_is_not_quite_right(self):
        changes = (
            {"schema": "rolegate.whoami.v2"}, {"subject": None},
            {"subject": {"kind": "app", "email": "a@example.com"}},
            {"subject": {"kind": "user", "email": ""}}, {"roles": []},
            {"subject": {"kind": "user", "email": ["a@example.com"]}},
            {"permissions": "*"},
        )
        for change in changes:
            self.answer({**GOOD, **change})
            self.refused("ROLEGATE_UNAVAILABLE")

    def test_slow_or_gone(self):
        self.answer(GOOD, delay=2)
        began = time.monotonic()
        self.refused("ROLEGATE_UNAVAILABLE")
        self.assertLess(time.monotonic() - began, 1.9)
        self.refused(
            "ROLEGATE_UNAVAILABLE", token="x",
            plugin=self.plugin(whoami_url="http://127.0.0.1:1/whoami"),
        )

    def test_no_header_can_be_added(self):
        for token in ("a\r\nX-Role: admin", "a b", "é"):
            self.refused("ROLEGATE_MALFORMED", token=token)
        self.refused("ROLEGATE_MALFORMED", cookie="rolegate=a; rolegate=b")
        self.assertEqual(Server.seen, [])

    def test_the_platform_administrators_address(self):
        root = self.plugin(platform_admin_email="ANA@example.com")
        self.refused("ROLEGATE_REFUSED", token="x", plugin=root)
        self.answer({**GOOD, "is_admin": True})
        self.assertTrue(self.resolve(token="x", plugin=root).modified_payload)

    def test_only_https_off_this_machine(self):
        with self.assertRaises(ValueError):
            self.plugin(whoami_url="http://rolegate.example.com/whoami")
        with self.assertRaises(ValueError):
            self.plugin(whoami_url="http://127.0.0.1.example.com/whoami")


class Check(Case):
    def test_what_rolegate_says_and_nothing_else(self):
        self.resolve()
        self.assertTrue(self.check("tools.read")["granted"])
        for permission in ("tools.execute", "", None, "tools", "tools.read "):
            self.assertFalse(self.check(permission)["granted"])
        self.assertFalse(self.check("tools.read", email="bob@x")["granted"])

    def test_everything_for_who_has_everything(self):
        self.answer({**GOOD, "permissions": ["*"]})
        self.resolve()
        self.assertTrue(self.check("tools.execute")["granted"])

    def test_never_on_doubt(self):
        self.assertFalse(self.check("tools.read")["granted"])
        self.context.state["rolegate"] = "?"
        self.assertFalse(self.check("tools.read")["granted"])

    def test_of_others_no_opinion(self):
        self.assertIsNone(self.check("tools.read", method="jwt"))


if __name__ == "__main__":
    unittest.main()
