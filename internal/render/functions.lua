-- The canary tries this configuration in a directory of its own and serves nobody.
local canary = worker.id == 'canary'
-- Its control socket has the name of the unit's instance.
local instance = worker.id

-- kresd-manager calls these over the control socket.
kresd_manager = {}

ffi.cdef[[
int sd_notify(int, const char *);
int setenv(const char *, const char *, int);
int connect(int, const void *, unsigned int);
int ioctl(int, unsigned long, ...);
int getsockname(int, void *, unsigned int *);
int getsockopt(int, int, int, void *, unsigned int *);
int socket(int, int, int);
int setsockopt(int, int, int, const void *, unsigned int);
int bind(int, const void *, unsigned int);
int close(int);
unsigned int getuid(void);
char *strerror(int);
int fileno(void *);
int flock(int, int);
int access(const char *, int);
long readlink(const char *, char *, size_t);
int lockf(int, int, long);
int getpeername(int, void *, unsigned int *);
int shutdown(int, int);
long recv(int, void *, size_t, int);
int dup2(int, int);
uint8_t *knot_edns_get_option(const void *, uint16_t, const uint8_t *);
]]
-- Scripts count on a number, as all instances of the stock manager have. Workers
-- begin with 1.
if canary then
	ffi.C.setenv('SYSTEMD_INSTANCE', '0', 1)
	worker.id = '0'
end
local SOL_SOCKET, SO_TYPE, SOCK_STREAM, SOCK_DGRAM = 1, 3, 1, 2
local AF_INET, FIONREAD, EADDRINUSE = 2, 0x541B, 98

-- Text of an address as in /proc/net/udp: 32-bit words in the byte order of the machine.
local function proc_address(sa)
	local words = ffi.cast('const uint32_t *', sa)
	local v4 = ffi.cast('const uint16_t *', sa)[0] == AF_INET
	local text = ''
	for i = v4 and 1 or 2, v4 and 1 or 5 do text = text .. string.format('%08X', words[i]) end
	local bytes = ffi.cast('const uint8_t *', sa)
	return text, string.format('%04X', bytes[2] * 256 + bytes[3])
end

-- Ports of our listeners: of plain DNS over UDP, of all that kresd serves over TCP, and of
-- what of that begins with a handshake of TLS.
local udp_ports, tcp_ports, tls_ports = {}, {}, {}

-- Resolves a name that needs nobody else; kresd_manager.answer is its rcode when done.
function kresd_manager.probe()
	kresd_manager.answer = nil
	resolve({ name = 'localhost.', type = kres.type.A, class = kres.class.IN, options = {},
		finish = function(packet) kresd_manager.answer = tonumber(packet:rcode()) end })
	return true
end

-- Tells the user id of somebody else who holds the address, nil if nobody does.
local function held_by_other(sa, protocol)
	local address, port = proc_address(sa)
	local me = C.getuid()
	local function wildcard(a) return not a:find('[^0]') end
	local function find(file, conflicts)
		for line in io.lines('/proc/self/net/' .. file) do
			local a, p, state, uid = line:match('^%s*%d+:%s+(%x+):(%x+)%s+%x+:%x+%s+(%x+)%s+%S+%s+%S+%s+%x+%s+(%d+)')
			if p == port and tonumber(uid) ~= me and (state == '07' or state == '0A') and conflicts(a) then
				return uid
			end
		end
	end
	local function same(a) return a == address or wildcard(a) or wildcard(address) end
	if #address > 8 then return find(protocol .. '6', same) end
	-- A wildcard socket of IPv6 may hold the port for IPv4, too.
	return find(protocol, same) or find(protocol .. '6', wildcard)
end

-- Loads a module that is a package of its own.
local function need(module, what)
	local name = 'kres_modules.' .. module
	if not package.searchpath(name, package.path) and not package.searchpath(name, package.cpath) then
		error(string.format("%s needs the module %s of kresd, a package of its own (in Debian knot-resolver6-module-%s)", what, module, module), 0)
	end
	modules.load(module)
end

-- DNS over HTTPS as it was, with the certificate in these files or else with one
-- that the module makes. The module reads the files once; so net.tls, which has
-- the other protocols read them again, does it for the module, too.
local function legacy_https(cert, key)
	need('http', '/network/listen: kind doh-legacy')
	http.config({ tls = true, cert = cert, key = key }, 'doh_legacy')
	if not cert then return end
	local tls, library = net.tls, require('kres_modules.http_tls_cert')
	net.tls = function (c, k)
		if not c then return tls() end
		local done = tls(c, k)
		local context = library.new_tls_context(library.load(c, k))
		for _, s in pairs(http.servers) do s.server.ctx = context end
		return done
	end
end

-- What XDP takes and the packaged units do not give. Without it a worker fails
-- half-way, and may leave its program attached to the network interface.
local function xdp_privileges()
	local capabilities, locked
	for line in io.lines('/proc/self/status') do capabilities = capabilities or line:match('^CapEff:%s*(%x+)') end
	for line in io.lines('/proc/self/limits') do locked = locked or line:match('^Max locked memory%s+%S+%s+(%S+)') end
	local low, missing = tonumber(capabilities:sub(-8), 16), {}
	for _, c in ipairs({ { 12, 'CAP_NET_ADMIN' }, { 13, 'CAP_NET_RAW' }, { 14, 'CAP_IPC_LOCK' }, { 21, 'CAP_SYS_ADMIN' } }) do
		if math.floor(low / 2 ^ c[1]) % 2 == 0 then missing[#missing + 1] = c[2] end
	end
	-- CAP_SYS_RESOURCE may raise the limit.
	if locked ~= 'unlimited' and math.floor(low / 2 ^ 24) % 2 == 0 then missing[#missing + 1] = 'LimitMEMLOCK=infinity' end
	if #missing > 0 then
		error('/network/listen: kind xdp needs ' .. table.concat(missing, ', ') .. ', which kresd@.service does not give: docs/xdp.md has the drop-in that does', 0)
	end
end

-- Network interfaces with XDP, by name.
local xdp = {}

-- Each worker has a receive queue of its own, counted from 0. The canary attaches
-- nothing: that would take packets away from those who serve.
local function listen_xdp(where, port)
	local nic
	for name, interface in pairs(net.interfaces()) do
		local found = name == where
		for _, address in ipairs(interface.addr or {}) do found = found or address == where end
		if found then nic = name end
	end
	if not nic then error(string.format("there is no interface '%s' or with that address", where), 0) end
	if xdp[nic] then error(string.format("/network/listen: kind xdp serves all addresses of an interface, and %s is named twice, as %s and %s", nic, xdp[nic], where), 0) end
	xdp[nic] = where
	if not canary then net.listen(nic, port, { kind = 'xdp', nic_queue = tonumber(worker.id) - 1 }) end
end

-- The canary binds without SO_REUSEPORT, so it never takes a query away from a
-- worker, and closes at once. An address that our own workers hold is proven.
local function try_bind(address, port, kinds, freebind)
	local sa = C.kr_straddr_socket(address, port, nil)
	if sa == nil then error(string.format("'%s' is not an address", address), 0) end
	for _, protocol in ipairs(kinds) do
		local family = ffi.cast('const uint16_t *', sa)[0]
		local fd = C.socket(family, protocol == 'udp' and SOCK_DGRAM or SOCK_STREAM, 0)
		if fd < 0 then error(string.format("cannot listen on %s port %d (%s): %s", address, port, protocol, ffi.string(C.strerror(ffi.errno()))), 0) end
		local on = ffi.new('int[1]', 1)
		if freebind then C.setsockopt(fd, 0, 15, on, 4) end -- IPPROTO_IP, IP_FREEBIND
		if family ~= AF_INET then C.setsockopt(fd, 41, 26, on, 4) end -- IPPROTO_IPV6, IPV6_V6ONLY
		if protocol == 'tcp' then C.setsockopt(fd, SOL_SOCKET, 2, on, 4) end -- SO_REUSEADDR: old connections do not matter
		local bad, errno = C.bind(fd, sa, C.kr_sockaddr_len(sa)), ffi.errno()
		C.close(fd)
		if bad ~= 0 then
			local uid = errno == EADDRINUSE and held_by_other(sa, protocol)
			if errno ~= EADDRINUSE or uid then
				error(string.format("cannot listen on %s port %d (%s): %s%s", address, port, protocol,
					ffi.string(C.strerror(errno)), uid and ' by a process of user id ' .. uid or ''), 0)
			end
		end
	end
	C.free(sa)
end

-- Opens the cache. A cache of another size needs a new 'top' file; processes
-- that still use the old one keep it. The file 'size' tells which size it was
-- made for; workers that start together look one after another.
-- The canary only looks whether it may write there, and has a small cache of its
-- own. Its sandbox has the directory read-only, which is told last (access(2)).
local function open_cache(size, dir)
	local why = '; ReadWritePaths= of kresd@.service must name it'
	if canary then
		local errno = C.access(dir, 3) == 0 and 30 or require('ffi').errno() -- W_OK and X_OK; EROFS
		if errno ~= 30 then
			error('cannot use the cache directory: ' .. dir .. ': ' .. require('ffi').string(C.strerror(errno)) .. why, 0)
		end
		size, dir = 8 * 1024 * 1024, '.'
	else
		local path = dir .. '/size'
		local file, problem = io.open(path, 'a+')
		if not file then error('cannot use the cache directory: ' .. problem .. why, 0) end
		C.flock(C.fileno(file), 2) -- LOCK_EX
		file:seek('set')
		if file:read('*a') ~= tostring(size) then
			os.remove(dir .. '/top')
			local new = assert(io.open(path, 'w'))
			assert(new:write(tostring(size)))
			assert(new:close())
		end
		file:close()
	end
	cache.open(size, 'lmdb://' .. dir)
end

-- Removes files of shared memory that no process uses any more: whoever uses one
-- has a lock on it (fcntl(2)). They are named by what they were made with, so a
-- change makes a new one. In a roll the last worker finds the old one left.
local function tidy_shared(keep)
	for _, name in ipairs(require('kluautil').list_dir('.')) do
		if not keep['./' .. name] and (name:find('^ratelimiting%-') or name:find('^defer%-')) then
			local file = io.open(name, 'r+')
			if file then
				if C.lockf(C.fileno(file), 2, 0) == 0 then os.remove(name) end -- F_TLOCK
				file:close()
			end
		end
	end
end

local function interface(name)
	return net.interfaces()[name] or error(string.format("network interface '%s' does not exist, is down or has no address", name), 0)
end

local function listen(where, port, kind, protocols, freebind)
	for _, address in ipairs(type(where) == 'table' and where.addr or { where }) do
		if canary then
			try_bind(address, port, protocols, freebind)
		else
			net.listen(address, port, { kind = kind, freebind = freebind })
		end
	end
	udp_ports[port] = udp_ports[port] or kind == 'dns'
	tcp_ports[port] = tcp_ports[port] or kind ~= 'doq' and kind ~= 'doh_legacy'
	tls_ports[port] = tls_ports[port] or kind == 'tls' or kind == 'doh2'
end

-- Whether the rules are ones that a run of the policy-loader has put in force: it
-- leaves a mark, see loader.lua.
local function rules_loaded()
	local request, action = ffi.new('struct kr_request'), ffi.new('knot_db_val_t')
	local address = C.kr_straddr_socket('100::6b72:6573', 1, nil)
	request.qsource.addr = address
	local found = C.kr_view_select_action(request, action) == 0 and ffi.string(action.data, action.len):find('^%-%- rules ')
	C.free(address)
	C.kr_rules_reset() -- what is loaded before this worker serves is what it sees
	return found
end

-- A worker does not serve without its rules. Where there are none, as after the run
-- directory was emptied, or when the policy-loader did not end at boot, it loads them;
-- one of several workers does.
local function need_rules()
	if rules_loaded() then return end
	local lock = assert(io.open('./rules.lock', 'a'))
	C.flock(C.fileno(lock), 2) -- LOCK_EX
	if not rules_loaded() then
		local function shell(s) return "'" .. s:gsub("'", "'\\''") .. "'" end
		local buffer = ffi.new('char[4096]')
		local program = ffi.string(buffer, math.max(0, tonumber(C.readlink('/proc/self/exe', buffer, 4096))))
		local folder = debug.getinfo(1, 'S').source:match('^@(.*)/[^/]*/[^/]*$')
		io.stderr:write('<4>there are no rules; loading them\n')
		os.execute(string.format('NOTIFY_SOCKET= KRESD_RULES=again exec %s -c %s -c - -n', shell(program), shell(folder .. '/policy-loader/policy-loader.lua')))
	end
	lock:close()
	if not rules_loaded() then
		error('no rules are loaded, and this worker does not serve without them; see systemctl status kres-policy-loader and fix what it says', 0)
	end
end
