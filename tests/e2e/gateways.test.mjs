// SPDX-License-Identifier: ISC
// Every web server and way of asking in front of one rolegate: the same person
// gets the same answer, what a client claims about itself counts nowhere, and
// what doesn't answer, or answers nonsense, lets nobody in. The servers are
// started once (gateways/stage.mjs), for suites that follow in this order.
import './gateways/table.mjs';
import './gateways/guards.mjs';
import './gateways/spoof.mjs';
import './gateways/canary.mjs';
import './gateways/traffic.mjs';
import './gateways/authorizer.mjs';
import './gateways/budget.mjs';
import './gateways/down.mjs';
