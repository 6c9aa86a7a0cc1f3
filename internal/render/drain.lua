-- What kresd-drain calls before a worker stops. There is no way back from any of it.

-- Our sockets of a type on these ports: { {fd, 'ADDRESS:PORT'}, … }
local function on_ports(ports, wanted, last_fd, accept)
	local found = {}
	local sa, len = ffi.new('uint32_t[32]'), ffi.new('unsigned int[1]')
	local kind, klen = ffi.new('int[1]'), ffi.new('unsigned int[1]')
	for fd = 3, last_fd do
		len[0], klen[0] = 128, 4
		if C.getsockname(fd, sa, len) == 0 and (len[0] == 16 or len[0] == 28)
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

-- Connections of clients that are to end, by their peers; answered and told are by peer, too.
local connections, answered, told = {}, {}, {}
local late = false

local function peer_of(fd)
	local sa, len = ffi.new('uint32_t[32]'), ffi.new('unsigned int[1]', 128)
	if C.getpeername(fd, sa, len) ~= 0 then return nil end
	local address, port = proc_address(sa)
	return address .. ':' .. port
end

-- Ends connections at a moment when nothing is under way on them. For kresd a
-- connection whose reading side is shut down looks like one that the client
-- has shut down: it answers what has come, then closes in an orderly way.
-- That moment is right after an answer; or when nothing came for some time, of
-- which a client that was told to leave gets its share, too.
local function part()
	local info, len = ffi.new('uint32_t[64]'), ffi.new('unsigned int[1]')
	local open = 0
	for peer, fd in pairs(connections) do
		len[0] = 256
		if peer_of(fd) ~= peer or C.getsockopt(fd, 6, 11, info, len) ~= 0 then -- IPPROTO_TCP, TCP_INFO
			connections[peer] = nil
		else
			open = open + 1
			-- milliseconds since data went out and came in; the round trip in microseconds
			local quiet = math.min(info[11], info[13]) >= math.max(100, info[17] / 250)
			if queued(fd) == 0 and (quiet or late or answered[peer] and not told[peer]) then
				C.shutdown(fd, 0) -- SHUT_RD
			end
		end
	end
	return open
end

local scheduled = false
package.preload['kres_modules.kresd_manager_leave'] = function ()
	return { layer = { answer_finalize = function (state, req)
		if not req.qsource.comm_flags.tcp or req.qsource.comm_addr == nil then return state end
		local address, port = proc_address(req.qsource.comm_addr)
		local peer = address .. ':' .. port
		if not connections[peer] then return state end
		answered[peer] = true
		-- RFC 7828, section 3.3.2: a time of 0 asks the client to leave.
		local option = req.answer.opt_rr ~= nil and C.knot_edns_get_option(req.answer.opt_rr, 11, nil)
		if option and option ~= nil and option[3] == 2 then
			option[4], option[5] = 0, 0
			told[peer] = true
		end
		if not scheduled then
			scheduled = true
			event.after(0, function () scheduled = false part() end)
		end
		return state
	end } }
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
		local peer = peer_of(row[1])
		if peer then connections[peer], count = row[1], count + 1 end
	end
	if count > 0 then
		modules.load('kresd_manager_leave')
		part()
	end
	return count
end

-- Has the connections end that are left, whatever is under way.
function kresd_manager.hurry()
	late = true
	return true
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

function kresd_manager.drained()
	local waiting = part()
	for _, fd in ipairs(draining) do waiting = waiting + queued(fd) end
	return waiting == 0 and worker.stats().concurrent <= internal
end
