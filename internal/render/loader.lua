-- Sources are files that rules come from. One that fails costs its own rules alone:
-- kresd has applied a part of it by then, so what is in the transaction is given up
-- and everything is loaded again, with the last good copy of that file or without it.

ffi.cdef[[
int sd_notify(int, const char *);
void kr_rules_deinit(void);
int dup(int);
int dup2(int, int);
int close(int);
int open(const char *, int, ...);
int fileno(void *);
int fsync(int);
int mkdir(const char *, unsigned);
typedef struct { int64_t sec; uint32_t nsec; int32_t pad; } manager_time;
typedef struct {
	uint32_t mask, blksize; uint64_t attributes; uint32_t nlink, uid, gid; uint16_t mode, pad;
	uint64_t ino, size, blocks, attributes_mask; manager_time atime, btime, ctime, mtime;
	uint32_t rdev_major, rdev_minor, dev_major, dev_minor; uint64_t spare[14];
} manager_statx;
int statx(int, const char *, int, unsigned, manager_statx *);
char *strerror(int);
]]

-- A worker that finds no rules runs this, too: it tells systemd nothing, and who asked
-- for a change is somebody else.
local again = os.getenv('KRESD_RULES') == 'again'
-- Where copies are kept; without a place that outlives a boot, beside the rules.
local copies = os.getenv('KRESD_RULES_COPIES') or './copies'
-- In bytes, of one copy and of all. What is larger has none.
local copy_max, copies_max = 256 * 1024 * 1024, 1024 * 1024 * 1024
-- How long a copy is kept that no configuration names, in seconds.
local copy_idle = 30 * 24 * 3600

-- What a path leads to: its identity, its size and when it was written, or nil and why not.
local function look(path)
	local s = ffi.new('manager_statx')
	if C.statx(-100, path, 0, 0x7ff, s) ~= 0 then
		return nil, path .. ': ' .. ffi.string(C.strerror(ffi.errno()))
	end
	-- Who opens something else may wait for ever, or read nothing.
	if s.mode - s.mode % 4096 ~= 0x8000 then return nil, path .. ': it is not a regular file' end
	local id = string.format('%d:%d-%.0f-%.0f-%.0f.%d-%.0f.%d', s.dev_major, s.dev_minor, tonumber(s.ino), tonumber(s.size),
		tonumber(s.mtime.sec), s.mtime.nsec, tonumber(s.ctime.sec), s.ctime.nsec)
	return { id = id, size = tonumber(s.size), time = tonumber(s.mtime.sec) }
end

-- Writes a file whole or not at all.
local function write(path, text)
	local file, problem = io.open(path .. '.new', 'w')
	if not file then return nil, problem end
	local ok, err = file:write(text)
	ok = file:close() and ok
	if ok then return os.rename(path .. '.new', path) end
	os.remove(path .. '.new')
	return nil, err
end

-- The copies that there are: their sizes, what they are of and when that was last loaded.
local kept = {}
local function read_index()
	local file = io.open(copies .. '/index')
	if not file then return end
	for line in file:lines() do
		local key, size, used, id = line:match('^(%x+) (%d+) (%d+) (%S+)$')
		if key then kept[key] = { size = tonumber(size), used = tonumber(used), id = id } end
	end
	file:close()
end

-- The last good copy of a source, if it is whole.
local function copy_of(key)
	local path = copies .. '/' .. key
	local found = kept[key] and look(path)
	if found and found.size == kept[key].size then return { path = path, time = found.time } end
end

local function copy(from, to)
	local input, problem = io.open(from, 'rb')
	if not input then return nil, problem end
	local output, err = io.open(to .. '.new', 'wb')
	if not output then input:close() return nil, err end
	local ok, text = true, input:read(1048576)
	while text and ok do
		ok, err = output:write(text)
		text = input:read(1048576)
	end
	input:close()
	-- After a power failure it is whole, or not there under its name.
	if ok and (not output:flush() or C.fsync(C.fileno(output)) ~= 0) then ok, err = nil, ffi.string(C.strerror(ffi.errno())) end
	output:close()
	if ok then return os.rename(to .. '.new', to) end
	os.remove(to .. '.new')
	return nil, err
end

-- Keeps what was read of the files, where that is what is still there.
local function keep(read)
	C.mkdir(copies, 448) -- 0700
	local now, total, changed, named = os.time(), 0, false, {}
	for _, r in ipairs(read) do named[r.key] = true end
	for key, k in pairs(kept) do
		if not named[key] and math.abs(now - k.used) > copy_idle then
			os.remove(copies .. '/' .. key)
			kept[key], changed = nil, true
		else
			total = total + k.size
		end
	end
	for _, r in ipairs(read) do
		local k = kept[r.key]
		local size, old = r.found.size, k and k.size or 0
		local whole = k and copy_of(r.key)
		if not whole or k.id ~= r.found.id then
			for key, other in pairs(kept) do -- those that no one names make room
				if size <= copy_max and total - old + size > copies_max and not named[key] then
					os.remove(copies .. '/' .. key)
					kept[key], total = nil, total - other.size
				end
			end
			local ok, problem = nil, 'it is larger than what is kept'
			if size <= copy_max and total - old + size <= copies_max then
				ok, problem = copy(r.path, copies .. '/' .. r.key)
				local after = ok and look(r.path)
				if ok and (not after or after.id ~= r.found.id) then
					-- It was replaced meanwhile: this may be neither.
					os.remove(copies .. '/' .. r.key)
					ok, problem = nil, 'it has changed meanwhile'
				end
				if not ok and not look(copies .. '/' .. r.key) then kept[r.key], total, changed = nil, total - old, true end
			end
			if ok then
				kept[r.key], total, changed = { size = size, used = now, id = r.found.id }, total - old + size, true
			else
				io.stderr:write(string.format('<5>%s: no copy of %s is kept for when it fails: %s\n', r.where, r.path, problem))
			end
		elseif math.abs(now - k.used) > 24 * 3600 then
			k.used, changed = now, true
		end
	end
	if not changed then return end
	local lines = {}
	for key, k in pairs(kept) do lines[#lines + 1] = string.format('%s %d %d %s\n', key, k.size, k.used, k.id) end
	write(copies .. '/index', table.concat(lines))
	local folder = C.open(copies, 0x10000) -- O_RDONLY | O_DIRECTORY
	if folder >= 0 then C.fsync(folder) C.close(folder) end
end

-- Calls a function; returns whether it succeeded and what was said meanwhile.
local function listen(f, ...)
	local heard = io.tmpfile()
	if not heard then return pcall(f, ...) end
	local stderr = C.dup(2)
	C.dup2(C.fileno(heard), 2)
	local ok, result = pcall(f, ...)
	C.dup2(stderr, 2)
	C.close(stderr)
	heard:seek('set')
	local said
	for line in heard:lines() do
		io.stderr:write(line, '\n')
		if not line:find('] warning: ', 1, true) then said = line end
	end
	heard:close()
	if not ok then return false, tostring(result) end
	return result, said
end

-- kresd's words about a file, as file:line: what.
local function words(said, path)
	said = (said or path .. ': kresd refuses it'):gsub('^%[[^]]*%] ', '')
	said = said:gsub('^error parsing zone file `(.*)`:(%d+), error %-?%d+: ', '%1:%2: ')
	said = said:gsub('^error opening zone file `(.*)`, error: %-?%d+ %((.*)%)$', '%1: %2')
	if not said:find(path, 1, true) then said = path .. ': ' .. said end
	return (said:gsub('%c', '?'):sub(1, 500))
end

local strict, failed, suspect, read = {}, {}, nil, {}
local repeated = {} -- what is thrown to load everything again

-- A process that ends in the middle of a file twice ends there again, until it is
-- another file.
local function note(s) write('./loading', string.format('%s %s %d', s.key, s.id, s.times)) end
local function begin(key, found)
	local times = suspect and suspect.key == key and suspect.id == found.id and suspect.times or 0
	if times >= 2 then
		suspect.again = true
		return true
	end
	note({ key = key, id = found.id, times = times + 1 })
	return false
end

-- Whether a file can be given to kresd, which would wait or be wordless otherwise: what
-- it is, or nil and why not.
local function usable(path, key)
	local found, problem = look(path)
	if not found then return nil, problem end
	local file, err = io.open(path) -- in the words of the system
	if not file then return nil, err end
	file:close()
	if begin(key, found) then return nil, path .. ': the policy-loader has ended in the middle of it, twice' end
	return found
end

local function fail(where, key, problem)
	if strict[where] then error(where .. ': ' .. problem, 0) end
	failed[where] = { problem = problem, copy = copy_of(key) }
	failed[#failed + 1] = where
end

-- Has rules read from a file by a function that gets its path.
local function source(where, path, key, apply)
	if not failed[where] then
		local found, problem = usable(path, key)
		if found then
			local ok, said = listen(apply, path)
			if ok then
				read[#read + 1] = { where = where, path = path, key = key, found = found }
				return
			end
			fail(where, key, words(said, path))
			error(repeated, 0) -- a part of it is in force
		end
		fail(where, key, problem)
	end
	local f = failed[where]
	if not f.copy then return end
	if not usable(f.copy.path, key) then
		f.copy = nil
	elseif not listen(apply, f.copy.path) then
		f.copy = nil
		error(repeated, 0)
	end
end

-- A mark in the rules themselves tells workers that they were written by a load that
-- succeeded. No client has this address (RFC 6666).
local mark = '100::6b72:6573'

-- Loads everything, and reports.
local function load_rules(hash, rules)
	read_index()
	local folder = debug.getinfo(1, 'S').source:match('^@(.*)/[^/]*/[^/]*$')
	local file = not again and folder and io.open(folder .. '/strict')
	if file then
		if file:read('*l') == hash then
			for where in file:lines() do strict[where] = true end
		end
		file:close()
	end
	file = io.open('./loading')
	if file then
		local key, id, times = (file:read('*l') or ''):match('^(%x+) (%S+) (%d+)$')
		suspect = key and { key = key, id = id, times = tonumber(times) }
		file:close()
	end
	-- What is in force now.
	local before
	if C.kr_rules_init(nil, 0, false) == 0 then
		local request, action = ffi.new('struct kr_request'), ffi.new('knot_db_val_t')
		local address = C.kr_straddr_socket(mark, 1, nil)
		request.qsource.addr = address
		if C.kr_view_select_action(request, action) == 0 then before = ffi.string(action.data, action.len) end
		C.free(address)
	end
	C.kr_rules_deinit()

	while true do
		assert(C.kr_rules_init(nil, 0, true) == 0, 'cannot open the rule database')
		read = {}
		local ok, problem = pcall(rules)
		if ok then break end
		C.kr_rules_commit(false)
		C.kr_rules_deinit()
		if problem ~= repeated then
			os.remove('./loading') -- it ends by itself
			error(problem, 0)
		end
	end
	if suspect and suspect.again then note(suspect) else os.remove('./loading') end

	local report, missing = { 'rules ' .. hash }, {}
	for _, where in ipairs(failed) do
		local f = failed[where]
		local instead = 'its rules are not in force'
		if f.copy then
			instead = 'the copy of ' .. os.date('%Y-%m-%d %H:%M:%S', f.copy.time) .. ' is in force'
		else
			missing[#missing + 1] = where
			if before and before:find('^%-%- rules ' .. hash) and not (before .. ' '):find(' ' .. where .. ' ', 1, true) then
				C.kr_rules_commit(false)
				error(where .. ': ' .. f.problem .. '; there is no copy of it, so the rules that were loaded before stay in force', 0)
			end
		end
		io.stderr:write(string.format('<3>%s: %s; %s\n', where, f.problem, instead))
		report[#report + 1] = string.format('%s %d %s', where, f.copy and f.copy.time or 0, f.problem)
	end
	local words = '-- rules ' .. hash .. ' ' .. table.concat(missing, ' ')
	assert(C.kr_view_insert_action(mark .. '/128', '', 0, words) == 0, 'cannot mark the rules')
	if not again then keep(read) end
	write('./sources', table.concat(report, '\n') .. '\n')
	return #failed == 0 and '' or string.format(', %d source%s degraded', #failed, #failed == 1 and '' or 's')
end
