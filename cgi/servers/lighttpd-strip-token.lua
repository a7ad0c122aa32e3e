-- SPDX-License-Identifier: ISC
-- Used by lighttpd-authorizer.conf: once rolegate has agreed (only then is
-- there an AUTH_USER, which no client can send), what is protected is not given
-- the bearer token. It was made for this site and is for nobody else.
local r = lighty.r
if r.req_env["AUTH_USER"] then
    r.req_header["Authorization"] = nil
end
