-- SPDX-License-Identifier: Apache-2.0
-- What a worker needs to follow single requests: sent once over the control socket,
-- it stays until the worker ends. The manager calls kresd_manager.follow. Each request
-- goes on by itself, and what is said of it is kept here until it is fetched.
local ffi = require('ffi')
local C = ffi.C
local MOST, LINES, BYTES, KEPT = 8, 3000, 400000, 60000 -- requests; of each lines, bytes, milliseconds

local by_id, by_request, count = {}, {}, 0

local function forget(id)
	local t = by_id[id]
	if not t then return end
	by_id[id], count = nil, count - 1
	if t.request then by_request[t.request] = nil end
	return t
end

-- Both callbacks are made once and stay, so that a request that is not followed any
-- more still has them. Nothing may be raised through the C code that calls them.
local log = ffi.cast('trace_log_f', function (req, message)
	pcall(function ()
		local t = by_request[tonumber(req.uid)]
		if not t then return end
		local line = ffi.string(message)
		t.bytes = t.bytes + #line
		if #t.lines >= LINES or t.bytes > BYTES then t.cut = true return end
		t.lines[#t.lines + 1] = { at = tonumber(C.kr_now()) - t.began, line = line }
	end)
end)

local function result(t, req)
	t.took = tonumber(C.kr_now()) - t.began
	local ede = req.extended_error
	if ede.info_code >= 0 then
		t.ede = tonumber(ede.info_code)
		if ede.extra_text ~= nil then t.ede_text = ffi.string(ede.extra_text) end
	end
	if req.answer == nil then return end
	t.rcode = tonumber(req.answer:rcode())
	t.ad = req.answer:ad() and true or false
	for _, rr in ipairs(req.answer:section(kres.section.ANSWER)) do
		if #t.answer >= 100 then t.cut = true return end
		t.answer[#t.answer + 1] = kres.rr2str(rr)
	end
end

local finish = ffi.cast('trace_callback_f', function (req)
	local request = tonumber(req.uid)
	local t = by_request[request]
	if not t then return end
	by_request[request] = nil
	local ok, problem = pcall(result, t, req)
	if not ok then t.problem = tostring(problem) end
	t.done = true
end)

-- Code that was compiled must not be called back from the C functions that it calls.
for _, f in ipairs({ worker.resolve, worker.resolve_pkt }) do
	jit.off(f)
	jit.flush(f)
end

-- Views go by the address of the client, from.
local function start(id, name, rrtype, from)
	local number = kres.type[rrtype]
	if not number then return { problem = 'unknown type of records ' .. rrtype } end
	if count >= MOST then return { problem = 'it follows ' .. MOST .. ' requests already; try again later' } end
	local t = { lines = {}, answer = {}, bytes = 0, began = tonumber(C.kr_now()), done = false }
	by_id[id], count = t, count + 1
	event.after(KEPT, function () if by_id[id] == t then forget(id) end end)
	local began, problem = pcall(resolve, { name = name, type = number, options = { 'DNSSEC_WANT' }, init = function (req)
		t.request = tonumber(req.uid)
		by_request[t.request] = t
		if from then req.qsource.addr = C.kr_straddr_socket(from, 53, req.pool) end
		req.trace_log, req.trace_finish = log, finish
	end })
	if began then return {} end
	forget(id)
	return { problem = tostring(problem) }
end

local function fetch(id)
	local t = by_id[id]
	if not t then return { problem = 'it does not know the request any more' } end
	if t.done then return forget(id) end
	return { done = false }
end

kresd_manager = kresd_manager or {}
function kresd_manager.follow(verb, ...)
	if verb == 'start' then return start(...) end
	if verb == 'fetch' then return fetch(...) end
	forget(...)
	return {}
end
return true
