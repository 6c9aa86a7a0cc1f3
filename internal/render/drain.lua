-- What kresd-drain calls before a worker stops. There is no way back from any of it.

local AF_INET6 = 10
local function sa_family(sa) return ffi.cast('const uint16_t *', sa)[0] end

-- Our sockets of a type on these ports: { {fd, 'ADDRESS:PORT'}, … }
local function on_ports(ports, wanted, last_fd, accept)
	local found = {}
	local sa, len = ffi.new('uint32_t[32]'), ffi.new('unsigned int[1]')
	local kind, klen = ffi.new('int[1]'), ffi.new('unsigned int[1]')
	for fd = 3, last_fd do
		len[0], klen[0] = 128, 4
		if C.getsockname(fd, sa, len) == 0 and (sa_family(sa) == AF_INET or sa_family(sa) == AF_INET6)
		   and C.getsockopt(fd, SOL_SOCKET, SO_TYPE, kind, klen) == 0 and kind[0] == wanted then
			local address, port = proc_address(sa)
			if ports[tonumber(port, 16)] and accept(fd) then found[#found + 1] = { fd, address .. ':' .. port } end
		end
	end
	return found
end

-- Whether a socket listens: SO_ACCEPTCONN.
local function listening(fd)
	local yes, len = ffi.new('int[1]'), ffi.new('unsigned int[1]', 4)
	return C.getsockopt(fd, SOL_SOCKET, 30, yes, len) == 0 and yes[0] == 1
end

-- Our UDP listening sockets for plain DNS, which can be steered, and our TCP listening sockets.
function kresd_manager.sockets()
	return on_ports(udp_ports, SOCK_DGRAM, 1023, function () return true end)
end
function kresd_manager.listeners()
	return on_ports(tcp_ports, SOCK_STREAM, 1023, listening)
end

local draining = {}

-- A connected UDP socket takes no datagrams from other peers, so the kernel
-- gives them to the other workers; what was queued is still read and answered.
function kresd_manager.drain(fds)
	local failed = 0
	draining = fds
	for _, fd in ipairs(fds) do
		local sa, len = ffi.new('uint8_t[28]'), ffi.new('unsigned int[1]', 28)
		C.getsockname(fd, sa, len)
		local peer = ffi.new('uint8_t[28]')
		peer[0], peer[1], peer[3] = sa[0], sa[1], 1 -- same family, port 1, loopback
		if len[0] == 16 then peer[4], peer[7] = 127, 1 else peer[23] = 1 end
		if C.connect(fd, peer, len[0]) ~= 0 then failed = failed + 1 end
	end
	return failed
end

local function queued(fd)
	local n = ffi.new('int[1]')
	C.ioctl(fd, FIONREAD, n)
	return n[0]
end

-- Connections of clients that are to end, by their names; what is known of each is by name, too.
local connections, encrypted, told, shut = {}, {}, {}, {}
-- Their requests that began since, all together and on each.
local begun, under_way = 0, {}
local late = false

-- The name of a connection: both of its ends, because a client may use a port
-- of its for connections to several of ours.
local function name(peer, here)
	local address, port = proc_address(peer)
	local our_address, our_port = proc_address(here)
	return address .. ':' .. port .. ' ' .. our_address .. ':' .. our_port
end

local function name_of(fd)
	local peer, here, len = ffi.new('uint32_t[32]'), ffi.new('uint32_t[32]'), ffi.new('unsigned int[1]', 128)
	if C.getpeername(fd, peer, len) ~= 0 then return nil end
	len[0] = 128
	if C.getsockname(fd, here, len) ~= 0 then return nil end
	return name(peer, here)
end

-- Requests that kresd makes for itself, such as priming: nobody waits for them,
-- and without a way to the root servers they take seconds.
local internal = 0
local resolve_pkt = worker.resolve_pkt
function worker.resolve_pkt(packet, options, finish, init)
	if not finish then return resolve_pkt(packet, options, finish, init) end
	local open = true
	internal = internal + 1
	local function close()
		if open then open, internal = false, internal - 1 end
	end
	local ok = resolve_pkt(packet, options, function (...) close() finish(...) end, init)
	if not ok then close() end
	return ok
end

local info, unread = ffi.new('uint32_t[64]'), ffi.new('uint8_t[4096]')
local info_length = ffi.new('unsigned int[1]')

-- Ends a connection at a moment when nothing is under way on it. For kresd a
-- connection whose reading side is shut down looks like one that the client
-- has shut down: it answers what has come, then closes in an orderly way; but
-- what comes meanwhile is lost. The moment is right after an answer, or when
-- nothing came for some time, and a client that was told to leave gets its
-- share of that, too.
local function part(this, clear, answered, now)
	local fd = connections[this]
	if not fd then return end
	info_length[0] = 256
	if name_of(fd) ~= this or C.getsockopt(fd, 6, 11, info, info_length) ~= 0 then -- IPPROTO_TCP, TCP_INFO
		connections[this] = nil
		return
	end
	if shut[this] then
		-- In another round of its loop kresd has seen the end, and reads no more.
		-- If something were left unread the close would be a reset, which can
		-- take answers along.
		if now > shut[this] + 10 then
			while C.recv(fd, unread, 4096, 0x40) > 0 do end -- MSG_DONTWAIT
		end
		return
	end
	-- A client that is about to send its first query may take its time: on a
	-- connection with TLS, with not more than two segments of data from it.
	-- No round number, at which clients that send by the clock send again.
	local long = encrypted[this] and info[38] <= 2 and 1030 or 130
	-- milliseconds since data went out and came in; the round trip in microseconds
	local quiet = math.min(info[11], info[13]) >= math.max(long, info[17] / 250)
	local moment = clear and not under_way[this] and (quiet or answered and not told[this])
	if (moment or late) and queued(fd) == 0 then
		C.shutdown(fd, 0) -- SHUT_RD
		shut[this] = now
	end
end

-- Does so for the connections in a table, which may just have got an answer, and
-- returns how many connections are left of them.
local function part_from(these, answered)
	-- Requests from before could be of anybody, and are waited for in any case.
	local clear, now = worker.stats().concurrent <= internal + begun, tonumber(C.kr_now())
	local open = 0
	for this in pairs(these) do
		part(this, clear, answered, now)
		if connections[this] then open = open + 1 end
	end
	return open
end

-- The connection of a request, if it is one of those. Behind a proxy that sends
-- another address than its own it is not found, and ends when it is quiet.
local function carrier(req)
	local from = req.qsource
	if not from.comm_flags.tcp or from.comm_addr == nil or from.dst_addr == nil then return nil end
	local this = name(from.comm_addr, from.dst_addr)
	return connections[this] and this
end

local just = nil -- connections that get an answer in this round of the loop
local requests = {} -- their connections, by the addresses of requests that began since
package.preload['kres_modules.kresd_manager_leave'] = function ()
	local layer = {}
	function layer.begin(state, req)
		local this, key = carrier(req), tonumber(ffi.cast('uintptr_t', req))
		if this and not requests[key] then
			requests[key] = this
			begun, under_way[this] = begun + 1, (under_way[this] or 0) + 1
		end
		return state
	end
	function layer.answer_finalize(state, req)
		local this = carrier(req)
		-- RFC 7828, section 3.3.2: a time of 0 asks the client to leave.
		local option = this and req.answer.opt_rr ~= nil and C.knot_edns_get_option(req.answer.opt_rr, 11, nil)
		if option and option ~= nil and option[3] == 2 then
			option[4], option[5] = 0, 0
			told[this] = true
		end
		return state
	end
	function layer.finish(state, req)
		local this, key = carrier(req), tonumber(ffi.cast('uintptr_t', req))
		if requests[key] then
			local n = under_way[requests[key]] - 1
			begun, under_way[requests[key]] = begun - 1, n > 0 and n or nil
			requests[key] = nil
		end
		if this then
			if not just then -- when the answer is out
				just = {}
				event.after(0, function ()
					local these = just
					just = nil
					part_from(these, true)
				end)
			end
			just[this] = true
		end
		return state
	end
	return { layer = layer }
end

-- Gives these listening sockets up, and has the connections on our ports end.
-- The kernel moves connections that wait to be accepted to the other workers
-- (net.ipv4.tcp_migrate_req). A socket that takes the number of the old one
-- closes it without kresd, which crashes in net.close().
function kresd_manager.leave(fds)
	local spare = C.socket(AF_INET, SOCK_STREAM, 0)
	for _, fd in ipairs(fds) do C.dup2(spare, fd) end
	C.close(spare)
	local size = 1024
	for line in io.lines('/proc/self/status') do size = tonumber(line:match('^FDSize:%s*(%d+)')) or size end
	local count = 0
	for _, row in ipairs(on_ports(tcp_ports, SOCK_STREAM, size - 1, function (fd) return not listening(fd) end)) do
		local this = name_of(row[1])
		if this then
			connections[this], count = row[1], count + 1
			encrypted[this] = tls_ports[tonumber(row[2]:match('%x+$'), 16)]
		end
	end
	if count > 0 then
		modules.load('kresd_manager_leave')
		part_from(connections)
	end
	return count
end

-- Has the connections end that are left, whatever is under way.
function kresd_manager.hurry()
	late = true
	return true
end

function kresd_manager.drained()
	local waiting = part_from(connections)
	for _, fd in ipairs(draining) do waiting = waiting + queued(fd) end
	return waiting == 0 and worker.stats().concurrent <= internal
end
