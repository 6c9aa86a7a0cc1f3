-- SPDX-License-Identifier: Apache-2.0
-- What can be read back from a worker: a table of texts by name.

local ffi = require('ffi')
local C = ffi.C
local seen = {}

-- Text of any value, the same for equal values; what differs from run to run is left out.
local skip = { M = true, C = true, ffi = true, kres = true, policy = true, kluautil = true, _G = true,
	mod = true, trust_anchors = true, cache = true, worker = true, event = true, modules = true, net = true,
	event_id = true, epoch = true, current_epoch = true, ev_sample = true, layer_data = true, queue = true, log = true }
local function show(v, depth, path)
	local kind = type(v)
	if kind == 'string' then return string.format('%q', v) end
	if kind == 'number' or kind == 'boolean' or kind == 'nil' then return tostring(v) end
	if kind == 'cdata' then
		return tostring(ffi.typeof(v))
	end
	if path[v] or depth > 6 then return kind end
	path[v] = true
	local parts = {}
	if kind == 'table' then
		local keys = {}
		for k in pairs(v) do if not skip[k] then keys[#keys + 1] = k end end
		table.sort(keys, function (a, b) return tostring(a) < tostring(b) end)
		for _, k in ipairs(keys) do parts[#parts + 1] = tostring(k) .. '=' .. show(rawget(v, k), depth + 1, path) end
	elseif kind == 'function' then
		for i = 1, 60 do
			local name, value = debug.getupvalue(v, i)
			if not name then break end
			if not skip[name] and name ~= '' then parts[#parts + 1] = name .. '=' .. show(value, depth + 1, path) end
		end
	end
	path[v] = nil
	return (kind == 'function' and 'function' or '') .. '{' .. table.concat(parts, ' ') .. '}'
end

local function observe(name, f)
	local ok, value = pcall(f)
	seen[name] = ok and show(value, 0, {}) or 'error: ' .. tostring(value)
end

-- Sorted texts of a list.
local function sorted(list)
	local texts = {}
	for _, v in ipairs(list) do texts[#texts + 1] = show(v, 0, {}) end
	table.sort(texts)
	return texts
end

observe('mode', function () return mode() end)
for _, flag in ipairs({ 'NO_MINIMIZE', 'NO_IPV6', 'NO_IPV4', 'TCP', 'NO_EDNS', 'NO_CACHE', 'ALLOW_LOCAL', 'DNSSEC_WANT',
	'DNSSEC_CD', 'STUB', 'ALWAYS_CUT', 'PERMISSIVE', 'STRICT', 'REORDER_RR', 'TRACE', 'NO_0X20', 'FORWARD',
	'DNS64_MARK', 'DNS64_DISABLE', 'FALLBACK_DISABLE', 'PASSTHRU_LEGACY' }) do
	observe('option ' .. flag, function () return option(flag) end)
end

observe('modules', function () return sorted(modules.list()) end)
local layers = { rebinding = true, workarounds = true, iterate = true, validate = true, cache = true, serve_stale = true,
	dns64 = true, renumber = true, policy = true, fallback = true, hints = true }
observe('order of modules', function ()
	local order = {}
	for _, m in ipairs(modules.list()) do if layers[m] then order[#order + 1] = m end end
	return order
end)
for _, m in ipairs({ 'dns64', 'fallback', 'predict', 'prefetch', 'prefill', 'priming', 'rebinding', 'renumber', 'serve_stale',
	'ta_sentinel', 'ta_signal_query', 'ta_update', 'workarounds', 'detect_time_jump' }) do
	observe('module ' .. m, function () return _G[m] end)
end
observe('nsid', function () return nsid and nsid.name() end)
observe('hostname', function () return hostname() end)
observe('worker id', function () return worker.id end)

observe('listeners', function ()
	return sorted((function ()
		local list = net.list()
		for _, l in ipairs(list) do if l.transport.path then l.transport.path = l.transport.path:gsub('^.*/control/', '') end end
		return list
	end)())
end)
for _, name in ipairs({ 'outgoing_v4', 'outgoing_v6', 'tcp_pipeline', 'tls', 'tls_padding', 'tcp_in_idle', 'tls_handshake_timeout' }) do
	observe('net.' .. name, function () return net[name]() end)
end
observe('net.ipv4', function () return net.ipv4 end)
observe('net.ipv6', function () return net.ipv6 end)
observe('net.bufsize', function () return { net.bufsize() } end)
observe('net.proxy_allowed', function () return sorted(net.proxy_allowed()) end)
for _, name in ipairs({ 'proxy_all4', 'proxy_all6', 'missing_kind_is_error', 'enable_connect_udp', 'min_udp_source_port', 'tcp_backlog' }) do
	observe('network ' .. name, function () return C.the_network[name] end)
end
observe('network user_timeout', function () return tonumber(C.the_network.tcp.user_timeout) end)
observe('network send buffers', function () return { C.the_network.listen_udp_buflens.snd, C.the_network.listen_tcp_buflens.snd } end)
observe('network receive buffers', function () return { C.the_network.listen_udp_buflens.rcv, C.the_network.listen_tcp_buflens.rcv } end)
observe('network quic', function ()
	local p = C.the_network.quic_params
	if p == nil then return '000400040000' end -- the defaults
	local bytes, text = ffi.cast('uint8_t *', p), ''
	for i = 0, 5 do text = text .. string.format('%02x', bytes[i]) end
	return text
end)

observe('cache times', function () return { cache.min_ttl(), cache.max_ttl(), cache.ns_tout() } end)
observe('cache size', function () return cache.current_size end)
observe('cache storage', function () return cache.current_storage end)

observe('log level', function () return log_level() end)
observe('log target', function () return log_target() end)
observe('log groups', function () return sorted(log_groups()) end)

-- A worker soon replaces a DS by the key that it is of, so both look alike here.
observe('trust anchors', function ()
	local tags = {}
	for name, set in pairs(trust_anchors.keysets) do
		for _, key in ipairs(set) do tags[#tags + 1] = string.format('%q %d', name, key.key_tag) end
	end
	return sorted(tags)
end)
observe('trust anchor files', function ()
	local files = {}
	for name, set in pairs(trust_anchors.keysets) do
		files[#files + 1] = string.format('%q %s managed %s', name, tostring(set.filename), tostring(set.managed))
	end
	return sorted(files)
end)
observe('negative trust anchors', function ()
	local names = {}
	for _, name in ipairs(trust_anchors.insecure) do names[#names + 1] = kres.dname2str(todname(name)):lower() end
	return sorted(names)
end)
observe('policy rules', function () return { #policy.rules, #policy.postrules } end)
observe('mine', function () return mine end)

return seen
